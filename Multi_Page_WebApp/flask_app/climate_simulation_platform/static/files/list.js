// The list of topographies: search as one types, states that stay true while steps run.
import { say } from "../base.js";
import { settled, swap } from "./swap.js";

const LOOK_AGAIN = 5000;
const form = document.querySelector("[data-search]");

function address() {
  const given = new FormData(form);
  for (const [name, usual] of [["q", ""], ["sort", "changed"]]) {
    if (given.get(name) === usual) given.delete(name);
  }
  const query = new URLSearchParams(given).toString();
  return query ? `${form.action}?${query}` : form.action;
}

async function search() {
  const url = address();
  try {
    if (await swap(url, "list")) history.replaceState(null, "", url);
  } catch (error) {
    say(error.message, "bad");
  }
}

async function lookAgain() {
  const list = document.getElementById("list");
  const occupied = list.querySelector(".menu[open]") || list.contains(document.activeElement);
  if ("live" in list.dataset && !document.hidden && !occupied) {
    await swap(location.href, "list").catch(() => null);
  }
  setTimeout(lookAgain, LOOK_AGAIN);
}

if (form) {
  form.addEventListener("input", settled(search, 250));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
}
setTimeout(lookAgain, LOOK_AGAIN);
