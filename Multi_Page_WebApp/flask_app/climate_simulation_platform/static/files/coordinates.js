// The map follows what stands in the form.
import { say } from "../base.js";
import { settled, swap } from "./swap.js";

const form = document.querySelector("[data-choices]");

async function show() {
  const given = new URLSearchParams(new FormData(form));
  given.set("show", "yes");
  try {
    await swap(`${form.action}?${given}`, "understood");
  } catch (error) {
    say(error.message, "bad");
  }
}

form.addEventListener("input", settled(show, 400));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
