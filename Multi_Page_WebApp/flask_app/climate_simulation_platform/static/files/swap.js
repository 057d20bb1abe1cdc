// A part of a page fetched anew and put in its place, so that the rest stays as it is.

let asked = null;

/**
 * Fetch an address of a page and replace the element of that id by the one found there.
 * A later call takes the place of one that is not answered yet; gives the new element, or null.
 */
export async function swap(url, id) {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  const old = document.getElementById(id);
  old.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, signal: mine.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(id);
    if (!fresh) throw new Error("The server answers something else; reload the page.");
    old.replaceWith(document.adoptNode(fresh));
    return fresh;
  } catch (error) {
    if (error.name === "AbortError") return null;
    old.removeAttribute("aria-busy");
    throw error;
  }
}

/** A function that waits until it has not been called for some time. */
export function settled(action, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}
