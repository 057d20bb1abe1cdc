// A map of a field: paints it, follows the hand, tells what lies under the pointer.

import { drawBar, drawLines } from "./bar.js";
import { Colours, suited, summary } from "./colours.js";
import { counted, exactly, place, rounded } from "./numbers.js";
import { View, moved } from "./view.js";

const SLOW_FRAME = 45;
const PATCH = 48;

export class FieldMap {
  /** `root` holds the elements named by data-map; `about` gives the file type and how to choose colours. */
  constructor(root, source, about) {
    Object.assign(this, { source, about, root });
    this.part = (name) => root.querySelector(`[data-map="${name}"]`);
    this.frame = this.part("frame");
    this.canvas = this.part("canvas");
    this.marks = this.part("marks");
    this.view = new View(2, 1);
    this.byIndex = false;
    this.frames = [];
    this.#listen();
  }

  #listen() {
    moved(this.frame, this.view, {
      changed: () => this.#movedView(),
      pointed: (pixel, line, byKey) => this.#point(pixel, line, byKey),
      ratio: () => this.ratio,
    });
    new ResizeObserver(() => this.#resize()).observe(this.frame);
    const repaint = () => this.#restyle();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    for (const [name, factor] of [["closer", 1.6], ["farther", 1 / 1.6], ["whole", 1e-9]]) {
      this.part(name).addEventListener("click", () => {
        this.view.zoom(factor);
        this.#movedView();
      });
    }
  }

  get ratio() {
    return Math.min(2, devicePixelRatio || 1);
  }

  get grid() {
    return this.byIndex || !this.grids.onGlobe ? this.grids.byIndex : this.grids.onGlobe;
  }

  /** Show a variable at places along its other dimensions. */
  async show(variable, indices) {
    this.loading?.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    this.#state("loading", "Reading the field");
    try {
      const cells = cellsOf(variable);
      const every = Math.max(1, Math.ceil(Math.sqrt(cells / this.#budget())));
      const ask = (window) => this.source.field(variable.name, indices, window, signal);
      let [grids, field] = await Promise.all([this.source.geometry(variable.name), ask({ every })]);
      if (grids.kind === "curvilinear" && every > 1) field = await ask({});
      if (signal.aborted) return;
      const sameGrid = this.grids === grids;
      this.grids = grids;
      Object.assign(this, { variable, indices, details: [], patches: new Map(), cell: null });
      this.base = layer(field);
      this.meta = field.meta;
      this.values = summary(this.base.values);
      this.whole = this.base.every === 1 ? this.values : null;
      if (!sameGrid || !this.placed) this.#place();
      this.#state("ready", "");
      this.part("index").hidden = grids.kind === "index";
      this.recolour(null);
      if (!this.whole) this.#askStatistics(signal);
      this.#askDetailSoon();
    } catch (error) {
      if (error.name !== "AbortError") this.#state("failed", error.message);
    }
  }

  #budget() {
    const area = this.frame.clientWidth * this.frame.clientHeight * this.ratio ** 2;
    return Math.min(2_000_000, Math.max(300_000, 1.2 * area));
  }

  async #askStatistics(signal) {
    try {
      const whole = await this.source.statistics(this.variable.name, this.indices, signal);
      if (signal.aborted) return;
      this.whole = { ...this.values, ...whole };
      this.recolour(this.chosen);
    } catch (error) {
      if (error.name !== "AbortError") this.#tell();
    }
  }

  #state(state, sentence) {
    this.root.dataset.state = state;
    this.part("state").textContent = sentence;
    this.frame.setAttribute("aria-busy", String(state === "loading"));
  }

  /** Draw on the globe or by index. */
  project(byIndex) {
    this.byIndex = byIndex;
    this.#place();
    this.#paintSoon();
    this.#askDetailSoon();
  }

  #place() {
    const { bounds, turn } = this.grid;
    const height = bounds.north - bounds.south;
    const shape = turn && height > 120 ? 2 : (bounds.east - bounds.west) / height;
    this.frame.style.aspectRatio = String(Math.min(3.2, Math.max(0.8, shape)));
    this.#size();
    this.view.fit(this.grid);
    this.view.flipped = this.grid.flipped ?? 0;
    this.placed = true;
  }

  #size() {
    const wide = Math.max(2, Math.round(this.frame.clientWidth * this.ratio));
    const high = Math.max(2, Math.round(this.frame.clientHeight * this.ratio));
    for (const canvas of [this.canvas, this.marks]) {
      canvas.width = wide;
      canvas.height = high;
    }
    this.image = new ImageData(wide, high);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (this.grids) this.view.resize(wide, high, this.grid);
  }

  #resize() {
    if (!this.grids) return;
    const changed = Math.round(this.frame.clientWidth * this.ratio) !== this.canvas.width
      || Math.round(this.frame.clientHeight * this.ratio) !== this.canvas.height;
    if (!changed) return;
    this.#size();
    this.paint();
    this.#bar();
    this.#askDetailSoon();
  }

  #restyle() {
    this.style = null;
    if (!this.base) return;
    this.#paintSoon();
    this.#bar();
  }

  /** Choose colours: `{map, low, high, symmetric}`, each as it suits the field where null. */
  recolour(chosen) {
    this.chosen = chosen;
    const values = this.whole ?? this.values;
    const map = chosen?.map ?? this.about.map ?? suited(this.variable, values, this.about.fileType);
    let [low, high] = [chosen?.low ?? values.least ?? 0, chosen?.high ?? values.greatest ?? 1];
    const symmetric = chosen ? chosen.symmetric : map === "balance";
    if (symmetric) {
      const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
      [low, high] = [-size, size];
    }
    if (map === "depth" && chosen?.low === undefined && low > 0) low = 0;
    this.colours = new Colours(map, low, high);
    this.symmetric = symmetric;
    for (const one of [this.base, ...this.details]) this.#colour(one);
    this.#bar();
    this.#paintSoon();
    this.#tell();
    this.about.told?.(this);
  }

  #colour(one) {
    one.colours ??= new Uint32Array(one.values.length);
    this.colours.fill(one.values, one.colours);
  }

  #bar() {
    const values = this.whole ?? this.values;
    const beyond = { under: values.least < this.colours.low, over: values.greatest > this.colours.high };
    const units = this.meta.units;
    const text = drawBar(this.part("bar"), this.colours, values, beyond, units);
    this.part("bar").setAttribute("aria-label", text);
    const name = this.meta.long_name || this.variable.name;
    this.part("quantity").textContent = units && units !== "1" ? `${name} [${units}]` : name;
  }

  #tell() {
    const values = this.whole;
    const part = (name, text) => {
      const element = this.part(name);
      if (element) element.textContent = text;
    };
    const number = (value) => (values ? rounded(value, 7) : "\u2026");
    part("least", number(values?.least));
    part("mean", number(values?.mean));
    part("greatest", number(values?.greatest));
    part("cells", values ? counted(values.cells) : "\u2026");
    part("missing", values ? counted(values.missing) : "\u2026");
    part("shape", `${counted(this.grids.rows)} × ${counted(this.grids.columns)}`);
  }

  #paintSoon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.paint();
    });
  }

  /** Paint now; gives the milliseconds that it took. */
  paint() {
    if (!this.base) return 0;
    const began = performance.now();
    this.style ??= styleOf(this.canvas, this.ratio);
    this.grid.paint(this.view, [this.base, ...this.details], this.pixels, this.style);
    const pen = this.canvas.getContext("2d");
    pen.putImageData(this.image, 0, 0);
    drawLines(pen, this.view, this.ratio, this.grid.kind !== "index");
    this.#look();
    this.frame.style.touchAction = this.view.whole ? "pan-y" : "none";
    this.drawnAt = { x: this.view.x, y: this.view.y, scale: this.view.scale };
    const took = performance.now() - began;
    this.frames.push(took);
    if (this.frames.length > 240) this.frames.shift();
    this.root.dataset.painted = String(Number(this.root.dataset.painted ?? 0) + 1);
    return took;
  }

  #movedView() {
    const last = this.frames.slice(-3);
    if (last.length > 2 && Math.min(...last) > SLOW_FRAME) this.#shiftThenPaint();
    else this.#paintSoon();
    this.#askDetailSoon();
  }

  /** A grid too large for each frame: move the picture, paint anew at rest. */
  #shiftThenPaint() {
    const zoomed = this.view.scale / this.drawnAt.scale;
    const x = this.view.pixelOf(this.drawnAt.x) - (this.view.width / 2) * zoomed;
    const y = this.view.lineOf(this.drawnAt.y) - (this.view.height / 2) * zoomed;
    this.canvas.style.transformOrigin = "0 0";
    this.canvas.style.transform = `translate(${x / this.ratio}px, ${y / this.ratio}px) scale(${zoomed})`;
    clearTimeout(this.atRest);
    this.atRest = setTimeout(() => {
      this.canvas.style.transform = "";
      this.paint();
    }, 160);
  }

  #askDetailSoon() {
    clearTimeout(this.detailTimer);
    this.detailTimer = setTimeout(() => this.#askDetail(), 140);
  }

  /** Ask for all cells of the part that is seen, once they are few enough. */
  async #askDetail() {
    if (!this.base || this.base.every === 1) return;
    const seen = this.grid.visible(this.view);
    if (!seen) return;
    if (seen.columns.every((range) => this.details.some((known) => holds(known, seen.rows, range)))) return;
    const rows = widened(seen.rows, this.grids.rows);
    const windows = seen.columns.map((range) => ({ rows, columns: widened(range, this.grids.columns), every: 1 }));
    const cells = windows.reduce((sum, window) => sum + size(window.rows) * size(window.columns), 0);
    if (cells > 2 * this.#budget()) return;
    this.detailing?.abort();
    this.detailing = new AbortController();
    const { signal } = this.detailing;
    try {
      const fields = await Promise.all(
        windows.map((window) => this.source.field(this.variable.name, this.indices, window, signal)));
      if (signal.aborted) return;
      this.details = fields.map(layer);
      for (const one of this.details) this.#colour(one);
      this.#paintSoon();
      this.root.dataset.detail = String(Number(this.root.dataset.detail ?? 0) + 1);
    } catch (error) {
      if (error.name !== "AbortError") this.part("state").textContent = error.message;
    }
  }

  /** Value of a cell: a number, NaN where it is missing, undefined while it is asked for. */
  value(row, column) {
    for (const one of [...this.details, this.base]) {
      const found = one.every === 1 || this.about.whole ? valueIn(one, row, column) : undefined;
      if (found !== undefined) return found;
    }
    const key = `${Math.floor(row / PATCH)},${Math.floor(column / PATCH)}`;
    const patch = this.patches.get(key);
    if (patch) return valueIn(patch, row, column);
    clearTimeout(this.patchTimer);
    this.patchTimer = setTimeout(() => this.#askPatch(key, row, column), 90);
    return undefined;
  }

  async #askPatch(key, row, column) {
    const around = (at, total) => {
      const first = Math.floor(at / PATCH) * PATCH;
      return [first, Math.min(total, first + PATCH)];
    };
    const { patches } = this;
    const window = { rows: around(row, this.grids.rows), columns: around(column, this.grids.columns) };
    const found = await this.source.field(this.variable.name, this.indices, window).catch(() => null);
    if (!found || patches !== this.patches) return;
    patches.set(key, layer(found));
    if (this.cell) this.#read(this.cell, false);
  }

  /** Look at the cell under a place of the screen, once what is seen is painted. */
  #point(pixel, line, byKey = false) {
    this.pointer = pixel === null ? null : [pixel, line, byKey];
    if (!this.waiting && !this.canvas.style.transform) this.#look();
  }

  #look() {
    if (!this.base) return;
    const [pixel, line, byKey] = this.pointer ?? [-1, -1, false];
    const cell = this.pointer && this.grid.cellAt(this.view, Math.floor(pixel), Math.floor(line));
    this.cell = cell && this.about.whole ? cell.map((at) => at - (at % this.base.every)) : cell;
    this.#read(this.cell, byKey);
    this.#mark();
  }

  /** Write what is known of a cell. */
  #read(cell, aloud) {
    const output = this.part("readout");
    output.setAttribute("aria-live", aloud ? "polite" : "off");
    output.textContent = cell ? this.describe(...cell) : output.dataset.empty;
    output.dataset.cell = cell ? cell.join(",") : "";
  }

  /** One line about a cell: value with units, place, indices. */
  describe(row, column) {
    const value = this.value(row, column);
    const units = this.meta.units && this.meta.units !== "1" ? ` ${this.meta.units}` : "";
    let text = "\u2026";
    if (value !== undefined) text = Number.isNaN(value) ? "missing" : `${exactly(value)}${units}`;
    const centre = this.grid.centre(row, column);
    const where = centre ? ` · ${place(...centre)}` : "";
    return `${text}${where} · row ${row}, column ${column}`;
  }

  #mark() {
    const pen = this.marks.getContext("2d");
    pen.clearRect(0, 0, this.marks.width, this.marks.height);
    if (!this.cell) return;
    const outline = this.grid.outline(...this.cell);
    const period = this.grid.turn * this.view.scale;
    const pixels = outline.map(([x]) => this.view.pixelOf(x));
    const shift = period ? Math.ceil(-Math.max(...pixels) / period) * period : 0;
    for (let copy = shift; copy <= this.view.width; copy += period || Infinity) {
      pen.beginPath();
      outline.forEach(([, y], at) => pen.lineTo(pixels[at] + copy, this.view.lineOf(y)));
      pen.closePath();
      pen.lineWidth = 3 * this.ratio;
      pen.strokeStyle = "#ffffff";
      pen.stroke();
      pen.lineWidth = 1.5 * this.ratio;
      pen.strokeStyle = "#111111";
      pen.stroke();
    }
  }
}

function cellsOf(variable) {
  const chosen = variable.choose.reduce((product, { length }) => product * length, 1);
  return variable.shape.reduce((product, length) => product * length, 1) / Math.max(1, chosen);
}

function layer({ meta, arrays }) {
  const { rows, columns, every } = meta;
  const across = Math.ceil((columns[1] - columns[0]) / every);
  return { rows, columns, every, across, values: arrays.values };
}

function valueIn({ rows, columns, every, across, values }, row, column) {
  if (row < rows[0] || row >= rows[1] || column < columns[0] || column >= columns[1]) return undefined;
  return values[Math.floor((row - rows[0]) / every) * across + Math.floor((column - columns[0]) / every)];
}

function size([first, end]) {
  return end - first;
}

function widened([first, end], total) {
  const more = Math.ceil((end - first) / 4);
  return [Math.max(0, first - more), Math.min(total, end + more)];
}

function holds(known, rows, columns) {
  return known.rows[0] <= rows[0] && known.rows[1] >= rows[1]
    && known.columns[0] <= columns[0] && known.columns[1] >= columns[1];
}

/** Colours of what is no value, from the page's theme. */
function styleOf(canvas, ratio) {
  const { color, backgroundColor, borderTopColor } = getComputedStyle(canvas);
  const hatch = new Uint32Array(8).fill(asPixel(color));
  hatch.fill(asPixel(borderTopColor), 0, ratio > 1 ? 2 : 1);
  return { ground: asPixel(backgroundColor), hatch };
}

function asPixel(text) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
}
