// Grids whose cells are rectangles on the map: along longitudes and latitudes, or rows and columns.

/** Cells between edges along two axes. `turn` is 360 where columns go round the globe, else 0. */
export class Rectangles {
  constructor({ columnEdges, rowEdges, longitudes, latitudes, turn, kind, repeated = 0 }) {
    Object.assign(this, { columnEdges, rowEdges, longitudes, latitudes, turn, kind, repeated });
    this.rows = rowEdges.length - 1;
    this.columns = columnEdges.length - 1;
    this.#rowOf = new Int32Array(0);
    this.#columnOf = new Int32Array(0);
  }

  #rowOf;
  #columnOf;

  /** West, east, south, north. */
  get bounds() {
    const [x, y] = [extent(this.columnEdges), extent(this.rowEdges)];
    return { west: x[0], east: x[1], south: y[0], north: y[1] };
  }

  get cellSize() {
    const { west, east, south, north } = this.bounds;
    return Math.min((east - west) / this.columns, (north - south) / this.rows);
  }

  /** Find the row of each line and the column of each pixel column of the view. */
  #locate(view) {
    if (this.#rowOf.length !== view.height) this.#rowOf = new Int32Array(view.height);
    if (this.#columnOf.length !== view.width) this.#columnOf = new Int32Array(view.width);
    this.#rowOf.fill(-1);
    this.#columnOf.fill(-1);
    mark(this.#rowOf, this.rowEdges, (y) => view.lineOf(y), null);
    mark(this.#columnOf, this.columnEdges, (x) => view.pixelOf(x), this.turn * view.scale);
  }

  /** Paint layers of colours, each `{rows, columns, every, colours}`, later ones over earlier. */
  paint(view, layers, out, style) {
    this.#locate(view);
    out.fill(style.ground);
    for (const layer of layers) this.#paintLayer(view, layer, out, style.hatch);
  }

  #paintLayer(view, layer, out, hatch) {
    const { rows: [firstRow, endRow], columns: [firstColumn, endColumn], every, colours } = layer;
    const across = Math.ceil((endColumn - firstColumn) / every);
    const places = this.#columnOf.map((column) =>
      column >= firstColumn && column < endColumn ? Math.floor((column - firstColumn) / every) : -1);
    for (let line = 0; line < view.height; line += 1) {
      const row = this.#rowOf[line];
      if (row < firstRow || row >= endRow) continue;
      const base = Math.floor((row - firstRow) / every) * across;
      const start = line * view.width;
      for (let pixel = 0; pixel < view.width; pixel += 1) {
        const at = places[pixel];
        if (at < 0) continue;
        const colour = colours[base + at];
        out[start + pixel] = colour === 0 ? hatch[(pixel + line) & 7] : colour;
      }
    }
  }

  /** Row and column under a pixel of what was painted last, or null. */
  cellAt(view, pixel, line) {
    const [row, column] = [this.#rowOf[line] ?? -1, this.#columnOf[pixel] ?? -1];
    return row < 0 || column < 0 ? null : [row, column];
  }

  /** Corners of a cell as [x, y]. */
  outline(row, column) {
    const [west, east] = [this.columnEdges[column], this.columnEdges[column + 1]];
    const [south, north] = [this.rowEdges[row], this.rowEdges[row + 1]];
    return [[west, south], [east, south], [east, north], [west, north]];
  }

  /** Latitude and longitude of a cell's centre, or null in a view of indices without places. */
  centre(row, column) {
    return this.latitudes ? [this.latitudes[row], this.longitudes[column]] : null;
  }

  /** Ranges of rows and columns that the view shows: `{rows, columns: [range, …]}`, or null. */
  visible(view) {
    this.#locate(view);
    const columns = this.#columnOf.filter((column) => column >= 0);
    const rows = this.#rowOf.filter((row) => row >= 0);
    if (!rows.length || !columns.length) return null;
    const seams = [...columns.keys()].filter((at) => Math.abs(columns[at] - columns[at - 1]) > this.columns / 2);
    const parts = [0, ...seams].map((first, part) => range(columns.slice(first, seams[part])));
    return { rows: range(rows), columns: parts.length > 2 ? [[0, this.columns]] : parts };
  }
}

function range(cells) {
  const [first, last] = [cells[0], cells[cells.length - 1]];
  return [Math.min(first, last), Math.max(first, last) + 1];
}

function extent(edges) {
  const [first, last] = [edges[0], edges[edges.length - 1]];
  return first < last ? [first, last] : [last, first];
}

/** Write the number of each cell into the pixels whose centres it holds. */
function mark(target, edges, pixelOf, period) {
  for (let cell = 0; cell + 1 < edges.length; cell += 1) {
    let [from, to] = [pixelOf(edges[cell]), pixelOf(edges[cell + 1])];
    if (from > to) [from, to] = [to, from];
    if (!period) {
      fill(target, from, to, cell);
      continue;
    }
    const shift = Math.ceil(-to / period) * period;
    for (let copy = shift; from + copy < target.length; copy += period) {
      fill(target, from + copy, to + copy, cell);
    }
  }
}

function fill(target, from, to, cell) {
  const first = Math.max(0, Math.ceil(from - 0.5));
  const end = Math.min(target.length, Math.ceil(to - 0.5));
  if (first < end) target.fill(cell, first, end);
}
