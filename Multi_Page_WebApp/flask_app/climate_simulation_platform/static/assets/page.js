// Pages of a file's revisions: connects their controls with the map.

import { say } from "../base.js";
import { MAPS } from "./colours.js";
import { FieldMap } from "./map.js";
import { exactly, typed } from "./numbers.js";
import { Source } from "./source.js";

function startMap(figure) {
  const variables = JSON.parse(figure.dataset.variables);
  const root = figure.parentElement;
  const source = new Source({ fieldUrl: figure.dataset.fieldUrl, geometryUrl: figure.dataset.geometryUrl });
  const form = figure.querySelector('[data-map="colours"]');
  const map = new FieldMap(root, source, {
    fileType: figure.dataset.fileType,
    whole: "whole" in figure.dataset,
    map: figure.dataset.colours,
    told: (shown) => tellColours(form, shown),
  });
  colourControls(form, map);
  const index = figure.querySelector('[data-map="index"]');
  index.addEventListener("click", () => {
    const byIndex = index.getAttribute("aria-pressed") !== "true";
    index.setAttribute("aria-pressed", String(byIndex));
    map.project(byIndex);
  });
  const pickers = figure.querySelector('[data-map="pickers"]');
  const variable = variables.find(({ name }) => name === figure.dataset.variable);
  if (pickers) pickControls(pickers, variables, map);
  map.show(variable, places(pickers ?? document.querySelector("[data-reload]")));
  return map;
}

function places(form) {
  const found = {};
  for (const field of form?.querySelectorAll("[data-place]") ?? []) {
    if (field.validity.valid && field.value !== "") found[field.name] = Number(field.value);
  }
  return found;
}

function pickControls(form, variables, map) {
  const chosen = () => variables.find(({ name }) => name === form.elements.variable.value);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    const anew = target.name === "variable";
    const fields = [...new FormData(form)].filter(([name]) => !anew || name === "revision" || name === "variable");
    const query = `?${new URLSearchParams(fields)}`;
    if (anew && (map.variable?.choose.length || chosen().choose.length)) {
      location.search = query; // other dimensions have other fields, which the server writes
      return;
    }
    history.replaceState(null, "", query);
    const editor = document.querySelector("[data-editor]");
    editor.href = editor.href.replace(/variable=[^&]*/, new URLSearchParams({ variable: chosen().name }));
    map.show(chosen(), places(form));
  });
}

function colourControls(form, map) {
  const { map: menu, low, high, symmetric, full, middle } = form.elements;
  for (const [name, title] of Object.entries(MAPS)) menu.add(new Option(title, name));
  const error = form.querySelector('[data-map="limits-error"]');
  const apply = (limits) => {
    error.hidden = limits[0] < limits[1];
    error.textContent = error.hidden ? "" : "From must be a number below To.";
    if (error.hidden) map.recolour({ map: menu.value, low: limits[0], high: limits[1], symmetric: symmetric.checked });
  };
  const known = () => map.whole ?? map.values;
  form.addEventListener("submit", (event) => event.preventDefault());
  menu.addEventListener("change", () => {
    if (menu.value === "balance") symmetric.checked = true;
    apply([known().least, known().greatest]);
  });
  for (const field of [low, high]) {
    field.addEventListener("change", () => {
      symmetric.checked = false;
      apply([typed(low.value), typed(high.value)]);
    });
  }
  symmetric.addEventListener("change", () => {
    apply(symmetric.checked ? [typed(low.value), typed(high.value)] : [known().least, known().greatest]);
  });
  full.addEventListener("click", () => apply([known().least, known().greatest]));
  middle.addEventListener("click", () => apply(known().middle));
}

/** Show in the form which colours and limits the map has. */
function tellColours(form, { colours, symmetric }) {
  const { map: menu, low, high, symmetric: box, full, middle } = form.elements;
  menu.value = colours.name;
  low.value = exactly(Math.fround(colours.low));
  high.value = exactly(Math.fround(colours.high));
  box.checked = Boolean(symmetric);
  for (const field of [low, high, box, full, middle]) field.disabled = colours.name === "classes";
}

function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        say("The browser does not let the page copy; open the text below and copy it by hand.", "care");
      }
    });
  }
}

const figure = document.querySelector("[data-field-map]");
if (figure) figure.fieldMap = startMap(figure);
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
copyButtons();
