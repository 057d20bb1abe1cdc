// Sends a file as the body of a request and shows how far that is; then opens what came of it.
const form = document.querySelector("[data-open]");
const field = form.querySelector("#file");
const drop = form.querySelector("[data-drop]");
const progress = form.querySelector("[data-progress]");
const bar = form.querySelector("progress");
const label = form.querySelector("[data-label]");
const told = form.querySelector("[data-told]");
const refusal = form.querySelector("[data-refusal]");

let sending = null;

function amount(bytes) {
  const megabytes = bytes / 1e6;
  return megabytes < 999.5 ? `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB` : `${(megabytes / 1000).toFixed(2)} GB`;
}

function ended(sentence) {
  sending = null;
  progress.hidden = true;
  drop.hidden = false;
  field.value = "";
  refusal.hidden = sentence === "";
  refusal.querySelector("p").textContent = sentence;
}

function answered(request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // Not ours: something between us and the server answered.
  }
  if (request.status === 201 && answer.address) {
    location.assign(answer.address);
  } else {
    ended(answer.sentence ?? `The server answered ${request.status}.`);
  }
}

function send(file) {
  if (sending) return;
  const most = Number(form.dataset.mostBytes);
  if (file.size > most) {
    ended(`The file has ${amount(file.size)}; at most ${form.dataset.most} are taken.`);
    return;
  }
  const request = new XMLHttpRequest();
  sending = request;
  refusal.hidden = true;
  drop.hidden = true;
  progress.hidden = false;
  bar.value = 0;
  label.textContent = "Sending";
  told.textContent = "";
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    told.textContent = `${Math.floor((100 * event.loaded) / event.total)} %, ${amount(event.loaded)} of ${amount(event.total)}`;
  });
  request.upload.addEventListener("load", () => {
    label.textContent = "Reading";
    bar.removeAttribute("value");
    told.textContent = "The file is there; it is being looked into.";
  });
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => ended("The connection broke; nothing was kept. Please send the file again."));
  request.addEventListener("abort", () => ended(""));
  request.open("POST", form.dataset.to);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
  request.send(file);
}

field.addEventListener("change", () => field.files.length && send(field.files[0]));
form.querySelector("[data-cancel]").addEventListener("click", () => sending?.abort());
form.addEventListener("submit", (event) => event.preventDefault());

for (const name of ["dragenter", "dragover"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    drop.dataset.over = "";
  });
}
for (const name of ["dragleave", "drop"]) addEventListener(name, () => delete drop.dataset.over);
addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) send(file);
});
