// The upload with its progress; without this the form is sent as any other.
import { csrfToken } from "../base.js";

const form = document.querySelector("[data-upload]");
const panel = form.querySelector("[data-progress]");
const buttons = form.querySelector("[data-buttons]");
const bar = panel.querySelector("progress");
const label = panel.querySelector("label");
const told = panel.querySelector("[data-told]");
const heard = panel.querySelector("[data-heard]");
const refusals = form.querySelector("[data-refusals]");
const file = form.elements.file;
const name = form.elements.name;

let sending = null;

function amount(bytes) {
  const megabytes = bytes / 1e6;
  return megabytes < 999.5 ? `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB` : `${(megabytes / 1000).toFixed(2)} GB`;
}

function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function phase(text) {
  label.textContent = text;
  heard.textContent = text;
}

function showPanel(shown) {
  panel.hidden = !shown;
  buttons.hidden = shown;
  for (const field of form.elements) {
    if (field.matches("input:not([type=hidden]), textarea")) field.disabled = shown;
  }
}

/** Sentences by field, shown at the form as the server would; the chosen file stays chosen. */
function refuse(sentences) {
  for (const old of form.querySelectorAll(".field > .error")) old.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const described = field.getAttribute("aria-describedby")?.replace(`${field.id}-error`, "").trim();
    if (described) field.setAttribute("aria-describedby", described);
    else field.removeAttribute("aria-describedby");
  }
  refusals.replaceChildren();
  const entries = Object.entries(sentences);
  if (!entries.length) return;
  const message = document.createElement("div");
  message.className = "message message-bad";
  message.setAttribute("role", "alert");
  message.tabIndex = -1;
  const body = document.createElement("div");
  const title = document.createElement("strong");
  title.textContent = "Please look at the form again";
  const list = document.createElement("ul");
  for (const [id, sentence] of entries) list.append(refusal(id, sentence));
  body.append(title, list);
  message.append(body);
  refusals.append(message);
  message.focus();
}

function refusal(id, sentence) {
  const entry = document.createElement("li");
  const field = document.getElementById(id);
  if (!field) {
    entry.textContent = sentence;
    return entry;
  }
  const link = document.createElement("a");
  link.href = `#${id}`;
  link.textContent = sentence;
  entry.append(link);
  const error = document.createElement("p");
  error.className = "error";
  error.id = `${id}-error`;
  error.textContent = sentence;
  field.before(error);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${error.id}`.trim());
  return entry;
}

function ended(sentences) {
  sending = null;
  showPanel(false);
  refuse(sentences);
}

function progressed(event, began) {
  if (!event.lengthComputable) return;
  const seconds = (performance.now() - began) / 1000;
  const speed = event.loaded / Math.max(seconds, 0.001);
  bar.value = event.loaded / event.total;
  const percent = Math.floor((100 * event.loaded) / event.total);
  const left = seconds > 1 ? `, ${duration((event.total - event.loaded) / speed)} left` : "";
  told.textContent = `${percent} %, ${amount(event.loaded)} of ${amount(event.total)}, ${amount(speed)}/s${left}`;
}

function answered(request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // Not ours: something between us and the server answered.
  }
  if (request.status === 201 && answer.location) {
    phase("Done");
    location.assign(answer.location);
    return;
  }
  ended(answer.errors ?? { "": answer.sentence ?? `The server answered ${request.status}.` });
}

function send(body) {
  const request = new XMLHttpRequest();
  const began = performance.now();
  sending = request;
  refuse({});
  showPanel(true);
  phase("Uploading");
  bar.value = 0;
  told.textContent = "";
  request.upload.addEventListener("progress", (event) => progressed(event, began));
  request.upload.addEventListener("load", () => {
    phase("Checking");
    bar.removeAttribute("value");
    told.textContent = "The file is there; it is being read.";
  });
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => ended({ "": "The connection broke; nothing was kept. Please send it again." }));
  request.addEventListener("abort", () => ended({}));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.send(body);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (sending) return;
  const chosen = file.files[0];
  const most = Number(form.dataset.mostBytes);
  if (!chosen) refuse({ file: "Choose a NetCDF file." });
  else if (chosen.size > most) refuse({ file: `The file has ${amount(chosen.size)}; at most ${amount(most)} are accepted.` });
  else send(new FormData(form));
});

panel.querySelector("[data-cancel]").addEventListener("click", () => sending?.abort());

file.addEventListener("change", () => {
  name.placeholder = file.files[0]?.name.replace(/\.[a-z0-9]{1,4}$/i, "") ?? "";
});

addEventListener("beforeunload", (event) => {
  if (sending && sending.readyState < XMLHttpRequest.DONE) event.preventDefault();
});
