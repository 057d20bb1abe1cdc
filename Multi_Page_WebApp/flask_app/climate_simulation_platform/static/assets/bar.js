// The colour bar under a map, and the lines and labels over it.

import { OVER, UNDER, css } from "./colours.js";
import { counted, degrees, rounded, ticks, wrapped } from "./numbers.js";

const FONT = "system-ui, sans-serif";

/**
 * Draw the colour bar; `beyond` tells whether values lie below and above the limits.
 * Gives a sentence that says the same.
 */
export function drawBar(canvas, colours, about, beyond, units) {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const wide = canvas.clientWidth;
  const high = canvas.clientHeight;
  if (!wide) return "";
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.clearRect(0, 0, wide, high);
  pen.font = `12px ${FONT}`;
  pen.fillStyle = getComputedStyle(canvas).color;
  pen.strokeStyle = pen.fillStyle;
  pen.lineWidth = 1;
  if (colours.name === "classes") return drawClasses(pen, colours, about, wide);
  return drawRamp(pen, colours, beyond, wide, units);
}

function drawRamp(pen, colours, beyond, wide, units) {
  const { low, high } = colours;
  const [left, right, tall] = [24, wide - 24, 14];
  const paint = colours.painter();
  for (let x = left; x < right; x += 1) {
    pen.fillStyle = css(paint(shifted(low + ((x - left + 0.5) / (right - left)) * (high - low), colours)));
    pen.fillRect(x, 1, 1.5, tall);
  }
  if (beyond.under) triangle(pen, left - 2, -12, tall, UNDER);
  if (beyond.over) triangle(pen, right + 2, 12, tall, OVER);
  pen.strokeRect(left + 0.5, 1.5, right - left - 1, tall - 1);
  pen.fillStyle = pen.strokeStyle;
  pen.textAlign = "center";
  const widest = Math.max(pen.measureText(rounded(low, 4)).width, pen.measureText(rounded(high, 4)).width, 28);
  let free = -Infinity;
  for (const tick of ticks(low, high, Math.max(1, Math.min(8, Math.floor((right - left) / (widest + 28)))))) {
    const x = left + ((tick - low) / (high - low)) * (right - left);
    const text = rounded(tick, 6);
    const half = pen.measureText(text).width / 2;
    const middle = Math.min(wide - half - 1, Math.max(half + 1, x));
    if (middle - half < free) continue;
    pen.fillRect(Math.round(x), tall + 1, 1, 5);
    pen.fillText(text, middle, tall + 18);
    free = middle + half + 6;
  }
  return `Colours from ${rounded(low)} to ${rounded(high)}${units ? ` ${units}` : ""}.`;
}

/** A bar of depths begins beside 0, whose colour is that of land. */
function shifted(value, colours) {
  return colours.name === "depth" && value === 0 ? Number.MIN_VALUE : value;
}

function triangle(pen, x, wide, tall, colour) {
  pen.fillStyle = css(colour);
  pen.beginPath();
  pen.moveTo(x, 1);
  pen.lineTo(x + wide, 1 + tall / 2);
  pen.lineTo(x, 1 + tall);
  pen.closePath();
  pen.fill();
  pen.stroke();
}

function drawClasses(pen, colours, about, wide) {
  const classes = about.classes ?? [];
  const paint = colours.painter();
  const ink = pen.fillStyle;
  if (!classes.length || classes.length * 34 > wide * 2) {
    const known = about.classes ? `${counted(classes.length)} classes` : "Many classes";
    const text = `${known}, ${rounded(about.least)} to ${rounded(about.greatest)}; each number has its colour`;
    pen.fillText(text, 2, 14);
    return `${text}.`;
  }
  let [x, line] = [0, 0];
  for (const value of classes) {
    const text = rounded(value);
    const size = 24 + pen.measureText(text).width;
    if (x + size > wide) [x, line] = [0, line + 1];
    pen.fillStyle = css(paint(value));
    pen.fillRect(x, 2 + 18 * line, 14, 14);
    pen.strokeRect(x + 0.5, 2.5 + 18 * line, 13, 13);
    pen.fillStyle = ink;
    pen.fillText(text, x + 18, 13 + 18 * line);
    x += size + 6;
  }
  return `${classes.length} classes: ${classes.map((value) => rounded(value)).join(", ")}.`;
}

const DEGREES = [90, 60, 45, 30, 20, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/** Draw meridians and parallels (or lines of indices) with their labels. */
export function drawLines(pen, view, ratio, onGlobe) {
  const gap = 90 * ratio;
  const step = onGlobe
    ? DEGREES.filter((size) => size * view.scale >= gap).pop() ?? 90
    : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((size) => size * view.scale >= gap) ?? 10000;
  const [west, north] = view.worldOf(-0.5, -0.5);
  const [east, south] = view.worldOf(view.width - 0.5, view.height - 0.5);
  pen.font = `${11 * ratio}px ${FONT}`;
  pen.textAlign = "left";
  const label = (text, x, y, align) => {
    const wide = pen.measureText(text).width + 6 * ratio;
    const left = align === "center" ? x - wide / 2 : x;
    pen.fillStyle = "rgb(255 255 255 / 82%)";
    pen.fillRect(left, y - 11 * ratio, wide, 15 * ratio);
    pen.fillStyle = "#14212b";
    pen.fillText(text, left + 3 * ratio, y);
  };
  const line = (fromX, fromY, toX, toY) => {
    pen.lineWidth = ratio;
    pen.strokeStyle = "rgb(70 85 95 / 45%)";
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    pen.lineTo(toX, toY);
    pen.stroke();
  };
  const shift = onGlobe ? 0 : 0.5;
  const columns = multiples(step, west - shift, east - shift);
  const rows = multiples(step, Math.max(south, view.bounds.south) - shift, Math.min(north, view.bounds.north) - shift);
  for (const x of columns) {
    const at = Math.round(view.pixelOf(x + shift)) + 0.5;
    line(at, 0, at, view.height);
  }
  for (const y of rows) {
    const at = Math.round(view.lineOf(y + shift)) + 0.5;
    line(0, at, view.width, at);
  }
  for (const x of columns) {
    const at = view.pixelOf(x + shift);
    if (at < 34 * ratio || at > view.width - 14 * ratio) continue;
    label(onGlobe ? degrees(wrapped(x), "E", "W") : String(x), at, view.height - 5 * ratio, "center");
  }
  for (const y of rows) {
    const at = view.lineOf(y + shift) + 4 * ratio;
    if (at < 12 * ratio || at > view.height - 20 * ratio) continue;
    label(onGlobe ? degrees(y, "N", "S") : String(view.flipped ? view.flipped - 1 - y : y), 4 * ratio, at, "left");
  }
}

function multiples(step, from, to) {
  const found = [];
  for (let count = Math.ceil(from / step); count * step <= to && found.length < 200; count += 1) {
    found.push(Number((count * step).toFixed(6)));
  }
  return found;
}
