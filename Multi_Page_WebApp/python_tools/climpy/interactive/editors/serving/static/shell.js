// Fills the page with its document, and loads it anew once a lost connection may be had again.
const NOTICE = 400; // ms: a page that is being left loses its connection too
const PATIENCE = [1000, 2000, 3000, 5000];
const QUICK = 15000; // ms: a page that lives no longer than this is not reloaded at once again

const begun = Date.now();
let lost = false;
let leaving = false;

addEventListener("pagehide", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));

window.WebSocket = class extends WebSocket {
  constructor(...what) {
    super(...what);
    this.addEventListener("close", () => setTimeout(lose, NOTICE));
  }
};

function lose() {
  if (lost || leaving) return;
  lost = true;
  document.getElementById("loading").hidden = true;
  document.getElementById("lost").hidden = false;
  document.getElementById("editor").inert = true;
  void come_back();
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function come_back() {
  await pause(Date.now() - begun < QUICK ? QUICK / 5 : 0);
  for (let turn = 0; ; turn++) {
    await pause(PATIENCE[Math.min(turn, PATIENCE.length - 1)] * (0.75 + Math.random() / 2));
    if (await answers()) {
      location.reload();
      return;
    }
  }
}

async function answers() {
  try {
    const answer = await fetch(document.body.dataset.health, { cache: "no-store", redirect: "manual" });
    return answer.type === "opaqueredirect" || answer.status < 500;
  } catch {
    return false;
  }
}

const item = JSON.parse(document.getElementById("item").textContent);
Bokeh.set_log_level("warn");
const views = await Bokeh.embed.embed_items({}, [item]);
if (views.length > 0) {
  document.getElementById("loading").hidden = true;
  document.body.classList.add("shown");
} else {
  setTimeout(give_up, 2 * NOTICE);
}

function give_up() {
  if (lost || leaving) return;
  document.getElementById("loading").hidden = true;
  document.getElementById("broken").hidden = false;
}
