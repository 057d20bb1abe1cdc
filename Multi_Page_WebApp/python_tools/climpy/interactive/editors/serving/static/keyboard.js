// Tells the editor which keys were pressed: the model named "keyboard" is given "undo:1", "box:2", …
// The number makes each press a change.
const WITH_CONTROL = { z: "undo", y: "redo" };
const ALONE = { b: "box", l: "lasso", r: "brush", p: "pan", escape: "escape" };
const TYPING = new Set(["text", "search", "number", "email", "url", "password", "tel", "date"]);

let presses = 0;

addEventListener(
  "keydown",
  (event) => {
    const wish = wished(event);
    if (wish === undefined) return;
    const model = keyboard();
    if (model === null) return;
    presses += 1;
    model.value = `${wish}:${presses}`;
    event.preventDefault();
  },
  true,
);

function wished(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  const at = event.composedPath()[0];
  if (types(at)) return undefined;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && event.shiftKey) return "redo";
    return event.shiftKey ? undefined : WITH_CONTROL[key];
  }
  if (event.repeat || (key !== "escape" && chooses(at))) return undefined;
  return ALONE[key];
}

// A field in which letters, and Ctrl+Z, are the field's own; also one inside a shadow root.
function types(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && TYPING.has(element.type);
}

// A list in which letters find an entry.
function chooses(element) {
  return element instanceof HTMLSelectElement;
}

function keyboard() {
  for (const document of window.Bokeh?.documents ?? []) {
    const model = document.get_model_by_name("keyboard");
    if (model !== null) return model;
  }
  return null;
}
