// Which part of the map is seen, and the gestures that change it.

/** Centre (x, y in degrees or cells), pixels per unit, size in pixels of the screen. */
export class View {
  constructor(width, height) {
    Object.assign(this, { width, height, x: 0, y: 0, scale: 1, least: 1, greatest: 100 });
    this.bounds = { west: -180, east: 180, south: -90, north: 90 };
    this.turn = 360;
  }

  pixelOf(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  lineOf(y) {
    return (this.y - y) * this.scale + this.height / 2;
  }

  /** Place of the centre of a pixel. */
  worldOf(pixel, line) {
    return [
      this.x + (pixel + 0.5 - this.width / 2) / this.scale,
      this.y + (this.height / 2 - line - 0.5) / this.scale,
    ];
  }

  /** Show a grid as a whole. */
  fit(grid) {
    this.bounds = grid.turn ? { ...grid.bounds, ...roundGlobe(grid.bounds) } : grid.bounds;
    this.turn = grid.turn;
    this.resize(this.width, this.height, grid);
    this.scale = this.least;
    this.x = (this.bounds.west + this.bounds.east) / 2;
    this.y = (this.bounds.south + this.bounds.north) / 2;
    this.#keep();
  }

  resize(width, height, grid) {
    const relative = this.scale / this.least;
    Object.assign(this, { width, height });
    const { west, east, south, north } = this.bounds;
    this.least = Math.min(width / (east - west), height / (north - south));
    this.greatest = Math.max(this.least * 4, Math.min(width, height) / 6 / grid.cellSize);
    this.scale = Math.min(this.greatest, Math.max(this.least, relative * this.least));
    this.#keep();
  }

  get whole() {
    return this.scale <= this.least * 1.001;
  }

  pan(pixels, lines) {
    this.x -= pixels / this.scale;
    this.y += lines / this.scale;
    this.#keep();
  }

  /** Zoom and leave the place under a pixel where it is; tells whether anything changed. */
  zoom(factor, pixel = this.width / 2, line = this.height / 2) {
    const scale = Math.min(this.greatest, Math.max(this.least, this.scale * factor));
    if (scale === this.scale) return false;
    const [x, y] = this.worldOf(pixel - 0.5, line - 0.5);
    this.scale = scale;
    this.x = x - (pixel - this.width / 2) / scale;
    this.y = y - (this.height / 2 - line) / scale;
    this.#keep();
    return true;
  }

  #keep() {
    const { west, east, south, north } = this.bounds;
    const half = this.height / 2 / this.scale;
    this.y = south + half > north - half
      ? (south + north) / 2
      : Math.min(north - half, Math.max(south + half, this.y));
    if (this.turn) {
      this.x -= this.turn * Math.round((this.x - (west + east) / 2) / this.turn);
    } else {
      const wide = this.width / 2 / this.scale;
      this.x = west + wide > east - wide
        ? (west + east) / 2
        : Math.min(east - wide, Math.max(west + wide, this.x));
    }
  }
}

function roundGlobe({ south, north }) {
  const whole = north - south > 120;
  return { west: -180, east: 180, south: whole ? -90 : south, north: whole ? 90 : north };
}

/**
 * Let a person move a view: drag, wheel, pinch, keys. `changed()` is called after each move,
 * `pointed(pixel, line | null)` where the pointer rests, `ratio()` gives pixels per CSS pixel.
 */
export function moved(element, view, { changed, pointed, ratio }) {
  const down = new Map();
  const at = (event) => {
    const box = element.getBoundingClientRect();
    const [left, top] = [box.left + element.clientLeft, box.top + element.clientTop];
    return [(event.clientX - left) * ratio(), (event.clientY - top) * ratio()];
  };
  const during = (event) => {
    const [pixel, line] = at(event);
    if (!down.has(event.pointerId)) {
      if (event.target.closest("button")) pointed(null, null);
      else pointed(pixel, line);
      return;
    }
    const before = [...down.values()];
    down.set(event.pointerId, [pixel, line]);
    const after = [...down.values()];
    const [from, to] = [middle(before), middle(after)];
    view.pan(to[0] - from[0], to[1] - from[1]);
    if (after.length > 1) view.zoom(distance(after) / Math.max(1, distance(before)), ...to);
    changed();
    pointed(pixel, line);
  };
  const up = (event) => down.delete(event.pointerId);
  element.addEventListener("pointerdown", (event) => {
    if (event.button > 0 || event.target.closest("button")) return;
    down.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
    pointed(...at(event));
  });
  element.addEventListener("pointermove", during);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, up);
  element.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !down.size) pointed(null, null);
  });
  element.addEventListener("wheel", (event) => {
    const lines = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    const zoomed = view.zoom(2 ** (-Math.max(-240, Math.min(240, lines)) / 200), ...at(event));
    if (!zoomed && lines > 0) return; // the whole is seen: the page may scroll on
    event.preventDefault();
    changed();
    pointed(...at(event));
  }, { passive: false });
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || event.ctrlKey || event.metaKey || event.altKey || !key(event, view, ratio())) return;
    event.preventDefault();
    changed();
    pointed(view.width / 2, view.height / 2, true);
  });
}

function key(event, view, ratio) {
  const step = (event.shiftKey ? 4 : 48) * ratio;
  const pans = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
  if (pans[event.key]) view.pan(...pans[event.key]);
  else if (event.key === "+" || event.key === "=") view.zoom(1.5);
  else if (event.key === "-" || event.key === "_") view.zoom(1 / 1.5);
  else if (event.key === "0") view.zoom(1e-9);
  else if (event.key !== "Enter") return false;
  return true;
}

function middle(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

function distance([a, b]) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
