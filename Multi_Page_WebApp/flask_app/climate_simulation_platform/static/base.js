// What every page does with JavaScript; without it all of it works through plain forms.

/** Token that every changing request carries. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/**
 * Ask the server and give its JSON answer; an error carries the server's sentence and status.
 * `body` may be FormData, a string, or a plain object that is sent as JSON.
 */
export async function ask(url, { method = "GET", body = undefined, signal = undefined } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let payload = body;
  if (body && Object.getPrototypeOf(body) === Object.prototype) {
    headers["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(url, { method, headers, body: payload, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer; check the connection and try again.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(answer.sentence ?? `The server answered ${response.status}.`);
    error.status = response.status;
    error.answer = answer;
    throw error;
  }
  return answer;
}

/** Show a message at the top of the page; `tone` is "info", "good", "care" or "bad". */
export function say(text, tone = "info") {
  const message = document.createElement("div");
  message.className = `message message-${tone}`;
  message.setAttribute("role", tone === "bad" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  message.append(words);
  document.getElementById("messages").append(message);
  return message;
}

/** Ask a question in a dialog; resolves to whether the answer was yes. */
export function confirmed(question, yes = "Continue", danger = false) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-question]").textContent = question;
  const button = dialog.querySelector("[data-yes]");
  button.textContent = yes;
  button.classList.toggle("button-danger", danger);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Write the moments below an element in the reader's own time zone. */
export function localTimes(root = document) {
  const wording = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    time.title = time.textContent.trim();
    time.textContent = wording.format(moment);
    time.dataset.local = "";
  }
}

function submitted(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.confirm && !form.elements.confirmed?.value) {
    event.preventDefault();
    askFirst(form, event.submitter);
    return;
  }
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

async function askFirst(form, submitter) {
  const danger = submitter?.classList.contains("button-danger");
  if (!(await confirmed(form.dataset.confirm, form.dataset.yes, danger))) return;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "confirmed";
  field.value = "yes";
  form.append(field);
  form.requestSubmit(submitter);
}

// A page that comes back from the browser's memory can be sent again.
function shownAgain(event) {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

function themeButton() {
  const button = document.querySelector(".theme");
  if (!button) return;
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // The choice then lasts for this page only.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function menus() {
  const close = (except) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => close(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest(".menu[open]");
    close(null);
    menu?.querySelector("summary").focus();
  });
}

document.addEventListener("submit", submitted);
addEventListener("pageshow", shownAgain);
themeButton();
menus();
localTimes();
document.querySelector("[data-errors]")?.focus();
