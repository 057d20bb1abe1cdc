// Numbers, places and ticks as a reader wants them.

/** The shortest decimal number that is exactly this float32. */
export function exactly(value) {
  for (let digits = 1; digits < 10; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return plain(Number(text));
  }
  return plain(value);
}

/** A number to read: a handful of digits. */
export function rounded(value, digits = 5) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "none";
  return plain(Number(value.toPrecision(digits)));
}

/** A count with thin spaces between thousands. */
export function counted(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function plain(value) {
  return String(value).replace("-", "\u2212").replace(/e\+?\u2212?(-?)/, (text) => text.replace("+", ""));
}

/** A text that a person typed as a number; NaN if it is none. */
export function typed(text) {
  const trimmed = text.trim().replace("\u2212", "-").replace(",", ".");
  return trimmed === "" ? NaN : Number(trimmed);
}

/** Bring a longitude to -180 … 180. */
export function wrapped(longitude) {
  return longitude - 360 * Math.floor((longitude + 180) / 360);
}

/** A place as "12.5°N, 3.25°W". */
export function place(latitude, longitude) {
  return `${degrees(latitude, "N", "S")}, ${degrees(wrapped(longitude), "E", "W")}`;
}

/** An angle with its side of the equator or of Greenwich. */
export function degrees(value, positive, negative) {
  const size = Number(Math.abs(value).toFixed(3));
  return `${size}°${size === 0 || size === 180 ? "" : value > 0 ? positive : negative}`;
}

/** Round numbers between two limits, about `wanted` of them. */
export function ticks(low, high, wanted) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999);
  const places = Math.max(0, Math.min(20, 2 - Math.floor(Math.log10(step))));
  const found = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + span * 1e-9; count += 1) {
    found.push(Number((count * step).toFixed(places)));
  }
  return found;
}
