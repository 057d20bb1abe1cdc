// Grids of bent cells, drawn from their corners: mesh poles, north fold, date line and all.

const LONGEST_EDGE = 3; // degrees of longitude beyond which an edge follows its great circle
const AT_POLE = 89.9999;

/** Cells given by (rows + 1) x (columns + 1) corners; longitudes in degrees. */
export class Polygons {
  constructor({ corner_longitudes, corner_latitudes, longitudes, latitudes, rows, columns, repeated = 0 }) {
    Object.assign(this, { rows, columns, longitudes, latitudes, repeated });
    this.kind = "curvilinear";
    this.turn = 360;
    this.#build(corner_longitudes, corner_latitudes);
    this.#cells = new Int32Array(0);
  }

  #cells;
  #start;
  #x;
  #y;
  #box;
  #least = 1;

  get bounds() {
    let [south, north] = [90, -90];
    for (let cell = 0; cell < this.rows * this.columns; cell += 1) {
      if (this.#start[cell] === this.#start[cell + 1]) continue;
      south = Math.min(south, this.#box[4 * cell + 2]);
      north = Math.max(north, this.#box[4 * cell + 3]);
    }
    return { west: -180, east: 180, south: Math.min(south, north), north };
  }

  get cellSize() {
    return this.#least;
  }

  #build(longitudes, latitudes) {
    const total = this.rows * this.columns;
    this.#start = new Int32Array(total + 1);
    this.#box = new Float64Array(4 * total);
    let [x, y, used] = [new Float64Array(5 * total + 64), new Float64Array(5 * total + 64), 0];
    const across = this.columns + 1;
    const heights = [];
    for (let cell = 0; cell < total; cell += 1) {
      const first = Math.floor(cell / this.columns) * across + (cell % this.columns);
      const corners = [first, first + 1, first + across + 1, first + across];
      const outline = outlineOf(corners.map((at) => [longitudes[at], latitudes[at]]), this.longitudes[cell]);
      if (used + outline.length > x.length) [x, y] = [grown(x), grown(y)];
      const box = [Infinity, -Infinity, Infinity, -Infinity];
      for (const [east, north] of outline) {
        x[used] = east;
        y[used] = north;
        used += 1;
        box[0] = Math.min(box[0], east);
        box[1] = Math.max(box[1], east);
        box[2] = Math.min(box[2], north);
        box[3] = Math.max(box[3], north);
      }
      this.#box.set(box, 4 * cell);
      this.#start[cell + 1] = used;
      if (outline.length && cell % 97 === 0) heights.push(box[3] - box[2]);
    }
    [this.#x, this.#y] = [x.slice(0, used), y.slice(0, used)];
    heights.sort((a, b) => a - b);
    this.#least = heights[Math.floor(heights.length / 4)] || 1;
  }

  /** Paint cells; a layer is `{colours}` of all cells. */
  paint(view, layers, out, style) {
    if (this.#cells.length !== out.length) this.#cells = new Int32Array(out.length);
    const cells = this.#cells.fill(-1);
    this.#rasterise(view, cells);
    const colours = layers.length ? layers[layers.length - 1].colours : null;
    const { ground, hatch } = style;
    for (let line = 0, at = 0; line < view.height; line += 1) {
      for (let pixel = 0; pixel < view.width; pixel += 1, at += 1) {
        const cell = cells[at];
        if (cell < 0 || !colours) out[at] = ground;
        else out[at] = colours[cell] === 0 ? hatch[(pixel + line) & 7] : colours[cell];
      }
    }
  }

  #rasterise(view, cells) {
    const [west, north] = view.worldOf(-0.5, -0.5);
    const [east, south] = view.worldOf(view.width - 0.5, view.height - 0.5);
    const box = this.#box;
    for (let cell = 0, at = 0; cell < this.rows * this.columns; cell += 1, at += 4) {
      if (!(box[at + 3] >= south && box[at + 2] <= north)) continue;
      let turn = Math.ceil((west - box[at + 1]) / 360) * 360;
      for (; box[at] + turn <= east; turn += 360) this.#fill(view, cells, cell, turn);
    }
  }

  /** Give the pixels whose centres lie within a cell its number, line by line. */
  #fill(view, cells, cell, turn) {
    const [first, end] = [this.#start[cell], this.#start[cell + 1]];
    const [xs, ys] = [this.#x, this.#y];
    const top = Math.max(0, Math.ceil(view.lineOf(this.#box[4 * cell + 3]) - 0.5));
    const bottom = Math.min(view.height, Math.ceil(view.lineOf(this.#box[4 * cell + 2]) - 0.5));
    for (let line = top; line < bottom; line += 1) {
      const y = view.y + (view.height / 2 - line - 0.5) / view.scale;
      let count = 0;
      for (let vertex = first, before = end - 1; vertex < end; before = vertex, vertex += 1) {
        if (ys[vertex] > y === ys[before] > y) continue;
        const [low, high] = ys[vertex] < ys[before] ? [vertex, before] : [before, vertex];
        const share = (y - ys[low]) / (ys[high] - ys[low]);
        crossings[count] = view.pixelOf(xs[low] + share * (xs[high] - xs[low]) + turn);
        count += 1;
      }
      if (count > 2) sortFirst(crossings, count);
      else if (count === 2 && crossings[0] > crossings[1]) [crossings[0], crossings[1]] = [crossings[1], crossings[0]];
      for (let pair = 0; pair + 1 < count; pair += 2) {
        const from = Math.max(0, Math.ceil(crossings[pair] - 0.5));
        const to = Math.min(view.width, Math.ceil(crossings[pair + 1] - 0.5));
        const start = line * view.width;
        for (let pixel = from; pixel < to; pixel += 1) cells[start + pixel] = cell;
      }
    }
  }

  /** Row and column under a pixel of what was painted last, or null. */
  cellAt(view, pixel, line) {
    const cell = this.#cells[line * view.width + pixel] ?? -1;
    return cell < 0 ? null : [Math.floor(cell / this.columns), cell % this.columns];
  }

  outline(row, column) {
    const cell = row * this.columns + column;
    const found = [];
    for (let vertex = this.#start[cell]; vertex < this.#start[cell + 1]; vertex += 1) {
      found.push([this.#x[vertex], this.#y[vertex]]);
    }
    return found;
  }

  centre(row, column) {
    const cell = row * this.columns + column;
    return [this.latitudes[cell], this.longitudes[cell]];
  }

  /** The whole grid: bent grids are given at once. */
  visible() {
    return null;
  }
}

const crossings = new Float64Array(1024);

function sortFirst(values, count) {
  for (let at = 1; at < count; at += 1) {
    const value = values[at];
    let place = at - 1;
    for (; place >= 0 && values[place] > value; place -= 1) values[place + 1] = values[place];
    values[place + 1] = value;
  }
}

function grown(array) {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

function near(longitude, other) {
  return longitude - 360 * Math.round((longitude - other) / 360);
}

/**
 * Outline of a cell on the map, longitudes running on without a jump; empty if a corner is missing.
 * A cell that holds a geographic pole reaches over all longitudes up to it.
 */
export function outlineOf(corners, centre) {
  if (corners.some(([x, y]) => !(Math.abs(x) <= 1e4 && Math.abs(y) <= 90.5))) return [];
  const points = [];
  corners.forEach((corner, at) => {
    const next = corners[(at + 1) % corners.length];
    const before = corners[(at + corners.length - 1) % corners.length];
    if (Math.abs(corner[1]) > AT_POLE) {
      points.push([before[0], corner[1]], [next[0], corner[1]]);
    } else {
      points.push(corner, ...between(corner, next));
    }
  });
  const unrolled = [[near(points[0][0], Number.isFinite(centre) ? centre : points[0][0]), points[0][1]]];
  for (const [x, y] of points.slice(1)) unrolled.push([near(x, unrolled[unrolled.length - 1][0]), y]);
  const [last, first] = [unrolled[unrolled.length - 1], unrolled[0]];
  const winding = near(first[0], last[0]) - first[0];
  if (Math.abs(winding) < 180) return unrolled;
  const pole = unrolled.reduce((sum, [, y]) => sum + y, 0) > 0 ? 90 : -90;
  return [...unrolled, [first[0] + winding, first[1]], [first[0] + winding, pole], [first[0], pole]];
}

/** Points of the great circle between two corners that are far apart in longitude. */
function between(from, to) {
  const span = Math.abs(near(to[0], from[0]) - from[0]);
  if (span <= LONGEST_EDGE || Math.abs(to[1]) > AT_POLE) return [];
  const backwards = from[0] > to[0] || (from[0] === to[0] && from[1] > to[1]);
  const [a, b] = (backwards ? [to, from] : [from, to]).map(vector);
  const angle = Math.acos(Math.min(1, Math.max(-1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])));
  if (!(angle > 1e-9 && angle < 3.1)) return [];
  const parts = Math.min(48, Math.ceil(span / LONGEST_EDGE));
  const found = [];
  for (let part = 1; part < parts; part += 1) {
    const [p, q] = [Math.sin((1 - part / parts) * angle), Math.sin((part / parts) * angle)];
    found.push(degrees(a.map((value, axis) => p * value + q * b[axis])));
  }
  return backwards ? found.reverse() : found;
}

function vector([longitude, latitude]) {
  const [x, y] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)];
}

function degrees([x, y, z]) {
  return [(Math.atan2(y, x) * 180) / Math.PI, (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI];
}
