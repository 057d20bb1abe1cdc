// Colour maps, built in the Oklab space (Ottosson 2020) so that equal steps look equal.

/** Values under and over the limits; missing is 0 and drawn hatched. */
export const UNDER = packed([126, 63, 178]);
export const OVER = packed([222, 52, 120]);
const LAND = packed([189, 182, 170]);
const STEPS = 512;

const SEA = [[0, 0.22, 0.08, 265], [0.5, 0.5, 0.115, 245], [1, 0.91, 0.035, 220]];
const GROUND = [
  [0, 0.44, 0.085, 150], [0.25, 0.62, 0.09, 125], [0.5, 0.75, 0.085, 88],
  [0.8, 0.87, 0.04, 62], [1, 0.99, 0.004, 60],
];
const STOPS = {
  tide: [[0, 0.24, 0.09, 275], [0.25, 0.41, 0.1, 248], [0.5, 0.58, 0.1, 205],
    [0.75, 0.76, 0.13, 152], [1, 0.95, 0.13, 105]],
  ember: [[0, 0.22, 0.06, 300], [0.3, 0.42, 0.15, 335], [0.58, 0.62, 0.18, 32],
    [0.8, 0.79, 0.14, 72], [1, 0.96, 0.07, 100]],
  grey: [[0, 0.2, 0, 0], [1, 0.97, 0, 0]],
  depth: [[0, 0.93, 0.035, 215], [0.5, 0.6, 0.115, 240], [1, 0.24, 0.09, 267]],
  balance: [[0, 0.33, 0.13, 264], [0.25, 0.62, 0.125, 246], [0.5, 0.97, 0.004, 90],
    [0.75, 0.66, 0.15, 38], [1, 0.38, 0.14, 24]],
};

/** Names of the maps, in the order of the menu. */
export const MAPS = {
  heights: "Land and sea", depth: "Depth", tide: "Tide", ember: "Ember", grey: "Grey",
  balance: "Blue to red", classes: "Classes",
};

function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** A packed colour as CSS. */
export function css(colour) {
  return `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
}

function linear([lightness, a, b]) {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
}

function screen(lab) {
  const [lightness, a, b] = lab;
  let rgb = linear(lab);
  for (let share = 0.95; share > 0 && rgb.some((part) => part < -1e-4 || part > 1.0001); share -= 0.05) {
    rgb = linear([lightness, a * share, b * share]);
  }
  return packed(rgb.map((part) => {
    const light = Math.min(1, Math.max(0, part));
    return Math.round(255 * (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : 12.92 * light));
  }));
}

function lab(lightness, chroma, hue) {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function ramp(stops) {
  const table = new Uint32Array(STEPS);
  let next = 1;
  for (let step = 0; step < STEPS; step += 1) {
    const at = step / (STEPS - 1);
    while (next < stops.length - 1 && at > stops[next][0]) next += 1;
    const [from, to] = [stops[next - 1], stops[next]];
    const share = (at - from[0]) / (to[0] - from[0]);
    const [a, b] = [lab(...from.slice(1)), lab(...to.slice(1))];
    table[step] = screen(a.map((part, axis) => part + share * (b[axis] - part)));
  }
  return table;
}

const tables = new Map();
function table(name, stops) {
  if (!tables.has(name)) tables.set(name, ramp(stops));
  return tables.get(name);
}

const classColours = new Map();
/** Colour of a class; neighbours in number differ in hue and lightness. */
function classColour(number) {
  if (number === 0) return LAND;
  if (!classColours.has(number)) {
    const turn = ((((number * 137.508) % 360) + 360) % 360) + 40;
    const level = ((number % 3) + 3) % 3;
    classColours.set(number, screen(lab([0.66, 0.8, 0.5][level], 0.13, turn)));
  }
  return classColours.get(number);
}

/** How values become colours: a map between two limits. */
export class Colours {
  constructor(name, low, high) {
    this.name = name;
    this.low = low;
    this.high = high > low ? high : low + (Math.abs(low) || 1);
  }

  /** A function from a value (not missing) to a packed colour. */
  painter() {
    if (this.name === "classes") return classColour;
    return this.name === "heights" ? this.#heights() : this.#even();
  }

  #even() {
    const { low, high, name } = this;
    const colours = table(name, STOPS[name]);
    const factor = STEPS / (high - low);
    const depth = name === "depth";
    return (value) => {
      if (depth && value === 0) return LAND;
      if (value < low) return UNDER;
      if (value > high) return OVER;
      return colours[Math.min(STEPS - 1, ((value - low) * factor) | 0)];
    };
  }

  #heights() {
    const { low, high } = this;
    const [sea, ground] = [table("sea", SEA), table("ground", GROUND)];
    const [bottom, top] = [Math.min(low, 0), Math.max(high, 0)];
    return (value) => {
      if (value < low) return UNDER;
      if (value > high) return OVER;
      if (value < 0) return sea[Math.min(STEPS - 1, ((value - bottom) / -bottom * STEPS) | 0)];
      return ground[top > 0 ? Math.min(STEPS - 1, (value / top * STEPS) | 0) : 0];
    };
  }

  /** Colours of many values; 0 where one is missing. */
  fill(values, target) {
    const paint = this.painter();
    for (let cell = 0; cell < values.length; cell += 1) {
      const value = values[cell];
      target[cell] = value === value ? paint(value) : 0;
    }
    return target;
  }
}

const MOST_CLASSES = 4096;

/** What a field is like: limits, middle 96 %, mean, and its classes if all values are integers. */
export function summary(values) {
  let [least, greatest, sum, cells, integers] = [Infinity, -Infinity, 0, 0, true];
  const classes = new Set();
  for (const value of values) {
    if (value !== value) continue;
    cells += 1;
    sum += value;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    if (integers && !Number.isInteger(value)) integers = false;
    if (integers && classes.size <= MOST_CLASSES) classes.add(value);
  }
  const known = cells > 0;
  return {
    least: known ? least : null,
    greatest: known ? greatest : null,
    mean: known ? sum / cells : null,
    cells,
    missing: values.length - cells,
    classes: integers && known && classes.size <= MOST_CLASSES ? [...classes].sort((a, b) => a - b) : null,
    middle: known ? middle(values, cells) : [0, 1],
  };
}

function middle(values, cells) {
  const every = Math.max(1, Math.floor(values.length / 50000));
  const sample = [];
  for (let cell = 0; cell < values.length; cell += every) {
    if (values[cell] === values[cell]) sample.push(values[cell]);
  }
  if (!sample.length) return [0, cells];
  sample.sort((a, b) => a - b);
  const at = (share) => sample[Math.round(share * (sample.length - 1))];
  return [at(0.02), at(0.98)];
}

const HEIGHTS = /topo|orog|elev|height|altitude|relief|^z /i;
const CLASSES = /basin|mask|msk|trip|class|colou?r|textur|biome|soil/i;
const SHARES = /frac|share|percent|%/i;

/** The map that suits a field best. */
export function suited(variable, about, fileType) {
  const words = `${variable.name} ${variable.long_name}`;
  const { least, greatest, classes } = about;
  const few = classes?.length <= 13 && /^(1|-|index)?$/.test(variable.units);
  if (classes?.length > 1 && (few || CLASSES.test(words)) && !SHARES.test(words)) return "classes";
  const straddles = least < 0 && greatest > 0;
  if (straddles && (HEIGHTS.test(words) || fileType === "raw")) return "heights";
  if (/bathy|depth/i.test(words) && least >= 0) return "depth";
  if (straddles && Math.min(-least, greatest) > 0.05 * Math.max(-least, greatest)) return "balance";
  return "tide";
}
