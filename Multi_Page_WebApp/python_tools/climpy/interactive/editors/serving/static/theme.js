// Runs before the first paint: the reader's own choice of light or dark, without a flash.
(() => {
  document.documentElement.classList.add("scripted");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be closed to us; the system's setting holds.
  }
})();
