// The steps page keeps itself up to date: what changed is written into the page as it stands, so
// that focus, scroll and running animations stay.
import { localTimes } from "../base.js";

const BUSY_MS = 700;
const IDLE_MS = 5000;
const LONGEST_WAIT_MS = 10000;

const board = document.getElementById("board");
const lost = document.getElementById("lost");
const said = document.getElementById("said");
let tag = "";
let timer = 0;
let failures = 0;

function live() {
  return document.getElementById("live");
}

/** Make one element like another, keeping every element that has its like. */
function become(element, wanted) {
  for (const { name } of [...element.attributes]) {
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  const olds = [...element.childNodes];
  const news = [...wanted.childNodes];
  for (let k = 0; k < news.length; k += 1) {
    if (k >= olds.length) element.append(news[k]);
    else if (!alike(olds[k], news[k])) olds[k].replaceWith(news[k]);
    else if (olds[k].nodeType === Node.ELEMENT_NODE) become(olds[k], news[k]);
    else if (olds[k].data !== news[k].data) olds[k].data = news[k].data;
  }
  for (const old of olds.slice(news.length)) old.remove();
}

function alike(one, other) {
  if (one.nodeType !== other.nodeType || one.nodeName !== other.nodeName) return false;
  if (one.nodeType !== Node.ELEMENT_NODE) return true;
  if (one.nodeName.toLowerCase() === "time") return one.dateTime === other.dateTime && "local" in one.dataset === "local" in other.dataset;
  return one.id === other.id && one.getAttribute("class") === other.getAttribute("class");
}

function states() {
  const found = new Map();
  for (const step of board.querySelectorAll("[data-heard]")) found.set(step.id, step.dataset.heard);
  return found;
}

function show(html) {
  const before = states();
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("live");
  if (!fresh) return;
  const focused = document.activeElement?.id;
  localTimes(fresh);
  become(live(), fresh);
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  const changed = [...states()].filter(([id, heard]) => before.get(id) !== heard);
  if (changed.length) said.textContent = changed.map(([, heard]) => heard).join(". ");
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const response = await fetch(board.dataset.url, { headers, cache: "no-store" });
    if (response.redirected || response.status === 401 || response.status === 404) {
      location.reload();
      return;
    }
    if (response.status !== 304) {
      if (!response.ok) throw new Error(String(response.status));
      tag = response.headers.get("ETag") ?? "";
      show(await response.text());
    }
    failures = 0;
    lost.hidden = true;
  } catch {
    failures += 1;
    lost.hidden = failures < 2;
  }
  const pace = live().dataset.work === "yes" ? BUSY_MS : IDLE_MS;
  const patience = Math.min(BUSY_MS * 2 ** Math.min(failures, 6), LONGEST_WAIT_MS);
  timer = setTimeout(look, failures ? patience : pace);
}

// Seconds pass here; the server's word replaces them with each answer.
function tick() {
  for (const span of board.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(span.dataset.since)) / 1000));
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(seconds / 3600);
    const words = hours ? `${hours} h ${minutes % 60} min` : minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
    if (span.textContent !== words) span.textContent = words;
  }
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
addEventListener("online", look);
setInterval(tick, 1000);
timer = setTimeout(look, BUSY_MS);
