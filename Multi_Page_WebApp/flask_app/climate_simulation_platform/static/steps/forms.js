// What the forms of the steps do while one types; without it their buttons ask the server.

const form = document.getElementById("step-form");

function number(text) {
  const plain = text.trim().replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(plain) ? Number(plain) : NaN;
}

/* Parts of a form that only matter for some choices */
function conditions() {
  const parts = [...form.querySelectorAll("[data-for]")];
  const show = () => {
    for (const part of parts) {
      const chosen = form.querySelector(`[name="${part.dataset.for}"]:checked`)?.value;
      part.hidden = !part.dataset.value.split(" ").includes(chosen);
    }
  };
  form.addEventListener("change", show);
  show();
}

/* Regrid: how many cells */
function gridSize() {
  const output = form.querySelector("[data-grid-size]");
  if (!output) return;
  const fields = ["dlat", "dlon"].map((name) => form.elements[name]);
  const show = () => {
    const counts = fields.map((field) => Number(field.dataset.span) / number(field.value));
    const whole = counts.map((count) => Math.abs(count - Math.round(count)) <= 1e-6 * count);
    if (counts.some((count) => !Number.isFinite(count) || count <= 0)) {
      output.textContent = "Give two steps in degrees.";
    } else if (!whole[0] || !whole[1]) {
      const k = whole[0] ? 1 : 0;
      output.textContent = `${fields[k].value} does not divide ${fields[k].dataset.span} into whole cells.`;
    } else {
      const [rows, columns] = counts.map((count) => Math.round(count).toLocaleString("en"));
      output.textContent = `${rows} rows and ${columns} columns.`;
    }
    output.classList.toggle("off", !(whole[0] && whole[1]));
  };
  form.addEventListener("input", show);
  show();
}

/** Give copied fields and labels numbers of their own, and each row's button its place. */
function renumber(rows) {
  rows.forEach((row, k) => {
    for (const element of row.querySelectorAll("[id], [for]")) {
      for (const name of ["id", "for"]) {
        if (element.hasAttribute(name)) {
          element.setAttribute(name, element.getAttribute(name).replace(/-\d+$/, `-${k + 1}`));
        }
      }
    }
    for (const element of row.querySelectorAll("[aria-label], [title]")) {
      for (const name of ["aria-label", "title"]) {
        const said = element.getAttribute(name);
        if (said) element.setAttribute(name, said.replace(/(band|place) \d+/, `$1 ${k + 1}`));
      }
    }
    const remove = row.querySelector('[name="do"]');
    if (remove) remove.value = `remove-${k}`;
  });
}

/* Routing: places of closed basins */
function places() {
  const list = document.getElementById("places");
  if (!list) return;
  form.addEventListener("click", (event) => {
    const button = event.target.closest('[name="do"]');
    if (!button) return;
    event.preventDefault();
    const rows = [...list.children];
    if (button.value === "add") {
      const row = rows[0].cloneNode(true);
      for (const field of row.querySelectorAll("input")) field.value = "";
      list.append(row);
      renumber([...list.children]);
      row.querySelector("input").focus();
      return;
    }
    const row = button.closest("li");
    if (rows.length > 1) row.remove();
    else for (const field of row.querySelectorAll("input")) field.value = "";
    renumber([...list.children]);
    list.querySelector("input").focus();
  });
}

/* Vegetation: sums, preview, bands */
const SVG = "http://www.w3.org/2000/svg";

function shares(row) {
  return [...row.querySelectorAll(".share")].map((field) =>
    field.value.trim() === "" ? 0 : number(field.value),
  );
}

function sums(rows) {
  for (const row of rows) {
    const total = shares(row).reduce((sum, share) => sum + share, 0);
    const output = row.querySelector("[data-sum]");
    const off = total - 100;
    output.replaceChildren(Number.isNaN(total) ? "" : `${Number(total.toPrecision(6))} %`);
    if (Number.isNaN(total) || Math.abs(off) > 1e-6) {
      const remark = document.createElement("span");
      remark.className = "off";
      remark.textContent = Number.isNaN(total)
        ? "not all numbers"
        : `${Number(Math.abs(off).toPrecision(6))} % ${off > 0 ? "too much" : "missing"}`;
      output.append(" ", remark);
    }
  }
}

function preview(rows, picture, used) {
  const { width, height } = picture.viewBox.baseVal;
  const bars = [];
  let south = 0;
  for (const row of rows) {
    const north = Math.min(number(row.querySelector(".limit").value), 90);
    const parts = shares(row);
    if (!(north > south) || parts.some(Number.isNaN)) continue;
    let filled = 0;
    parts.forEach((share, k) => {
      const part = Math.max(0, Math.min(share, 100 - filled));
      if (!part) return;
      filled += part;
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("class", `plant plant-${k + 1}`);
      bar.setAttribute("x", String((width * south) / 90));
      bar.setAttribute("y", String(height * (1 - filled / 100)));
      bar.setAttribute("width", String((width * (north - south)) / 90));
      bar.setAttribute("height", String((height * part) / 100));
      bars.push(bar);
      used.add(k + 1);
    });
    south = north;
  }
  picture.replaceChildren(...bars);
}

function vegetation() {
  const body = document.getElementById("bands-rows");
  if (!body) return;
  const picture = document.getElementById("bars");
  const legend = [...document.querySelectorAll(".legend [data-class]")];
  const rows = () => [...body.rows];
  const show = () => {
    const used = new Set();
    sums(rows());
    preview(rows(), picture, used);
    for (const item of legend) item.hidden = !used.has(Number(item.dataset.class));
  };
  form.addEventListener("input", show);
  form.addEventListener("click", (event) => {
    const all = event.target.closest("[data-all]");
    if (all) {
      const row = all.closest("tr");
      row.dataset.open = "";
      row.querySelector(".share").focus();
    }
    const button = event.target.closest('[name="do"]');
    if (!button || button.value === "default") return;
    event.preventDefault();
    if (button.value === "add") add(rows(), Number(body.closest("[data-most]").dataset.most));
    else remove(rows(), button.closest("tr"));
    renumber(rows());
    show();
  });
  show();
}

function limits(rows) {
  return rows.map((row) => number(row.querySelector(".limit").value));
}

function add(rows, most) {
  if (rows.length >= most) return;
  const edges = [0, ...limits(rows)];
  const widths = rows.map((_, k) => edges[k + 1] - edges[k]);
  const widest = widths.some(Number.isNaN) ? rows.length - 1 : widths.indexOf(Math.max(...widths));
  const row = rows[widest].cloneNode(true);
  rows[widest].querySelectorAll("input").forEach((field, k) => {
    row.querySelectorAll("input")[k].value = field.value;
  });
  const middle = edges[widest] + widths[widest] / 2;
  row.querySelector(".limit").value = Number.isNaN(middle) ? "" : String(Number(middle.toFixed(3)));
  rows[widest].before(row);
  row.querySelector(".limit").focus();
}

function remove(rows, row) {
  if (rows.length < 2) return;
  const last = rows.at(-1);
  if (row === last) rows.at(-2).querySelector(".limit").value = last.querySelector(".limit").value;
  const near = rows[rows.indexOf(row) + 1] ?? rows.at(-2);
  row.remove();
  near.querySelector(".limit").focus();
}

if (form) {
  conditions();
  gridSize();
  places();
  vegetation();
}
