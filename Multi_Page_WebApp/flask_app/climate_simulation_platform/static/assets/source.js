// Fields and grids of a file, as the server gives them.

import { decode } from "./decode.js";
import { Polygons } from "./polygons.js";
import { Rectangles } from "./rectangles.js";

/** Ask for bytes; an error carries the server's sentence. */
async function bytes(url, signal) {
  let response;
  try {
    response = await fetch(url, { headers: { Accept: "application/octet-stream, application/json" }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer; check the connection and try again.");
  }
  if (!response.ok) {
    const answer = await response.json().catch(() => ({}));
    throw new Error(answer.sentence ?? `The server answered ${response.status}.`);
  }
  return response.arrayBuffer();
}

function with_(url, parameters) {
  const whole = new URL(url, location.href);
  for (const [name, value] of Object.entries(parameters)) whole.searchParams.set(name, value);
  return whole;
}

/** What one page draws from: addresses of `field` and `geometry`, both with the revision in them. */
export class Source {
  #geometries = new Map();

  constructor({ fieldUrl, geometryUrl }) {
    Object.assign(this, { fieldUrl, geometryUrl });
  }

  /** A window of a field, `{meta, arrays}`; `indices` by their names in addresses, `window` is `{rows, columns, every}` or empty. */
  async field(variable, indices, window = {}, signal = undefined) {
    const parameters = { variable, ...indices };
    if (window.rows) parameters.rows = window.rows.join(":");
    if (window.columns) parameters.columns = window.columns.join(":");
    if (window.every > 1) parameters.every = window.every;
    return decode(await bytes(with_(this.fieldUrl, parameters), signal));
  }

  /** Least, mean, greatest and cells of the whole field. */
  async statistics(variable, indices, signal) {
    const url = with_(this.fieldUrl, { variable, statistics: 1, ...indices });
    return decode(await bytes(url, signal)).meta.statistics;
  }

  /** Where the cells of a variable lie: `{kind, rows, columns, onGlobe, byIndex}`. */
  async geometry(variable) {
    if (!this.#geometries.has(variable)) {
      const pending = bytes(with_(this.geometryUrl, { variable })).then((buffer) => grids(decode(buffer)));
      pending.catch(() => this.#geometries.delete(variable));
      this.#geometries.set(variable, pending);
    }
    return this.#geometries.get(variable);
  }
}

/** Both ways to draw a field: on the globe (null where it has no place there) and by index. */
export function grids({ meta, arrays }) {
  const [rows, columns] = meta.shape;
  const flipped = meta.south_up === false;
  let onGlobe = null;
  if (meta.kind === "rectilinear") {
    onGlobe = new Rectangles({
      columnEdges: Float64Array.from(arrays.longitude_edges),
      rowEdges: Float64Array.from(arrays.latitude_edges),
      longitudes: arrays.longitudes,
      latitudes: arrays.latitudes,
      turn: meta.periodic_columns === null ? 0 : 360,
      kind: "rectilinear",
    });
  } else if (meta.kind === "curvilinear") {
    onGlobe = new Polygons({ ...arrays, rows, columns });
  }
  return { kind: meta.kind, rows, columns, onGlobe, byIndex: byIndex(rows, columns, flipped, onGlobe), meta };
}

function byIndex(rows, columns, flipped, onGlobe) {
  const grid = new Rectangles({
    columnEdges: Float64Array.from({ length: columns + 1 }, (_, edge) => edge),
    rowEdges: Float64Array.from({ length: rows + 1 }, (_, edge) => (flipped ? rows - edge : edge)),
    turn: 0,
    kind: "index",
  });
  grid.flipped = flipped ? rows : 0;
  if (onGlobe) grid.centre = (row, column) => onGlobe.centre(row, column);
  return grid;
}
