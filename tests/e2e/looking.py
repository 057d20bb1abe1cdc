"""What is wrong with a page as it stands on the screen: for eyes, fingers and screen readers."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.browsing import Window

GRAVE = ("serious", "critical")

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
CONTRAST = ("color-contrast",)
"""Which rules of axe-core: all that apply; those that depend on colours."""

LEAST_TARGET = 24
"""Least width and height of what a finger is to hit (WCAG 2.2, 2.5.8) [CSS pixels]."""

_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const wide = document.scrollingElement.scrollWidth - width;
  if (wide <= 0) return [];
  const found = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.right > width + 0.5;
  });
  return [`${wide} pixels wider than the screen: ` + found.slice(0, 4).map(
    (element) => `${element.tagName.toLowerCase()}.${element.className}`).join(", ")];
}"""

_TOO_SMALL = """(least) => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const inText = (element) => element.closest("p, li, dd, td, .hint, .error, figcaption, footer") &&
    getComputedStyle(element).display.startsWith("inline");
  return [...document.querySelectorAll(wanted)].filter((element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    if (element.closest(".only-heard, .skip, dialog:not([open])") || inText(element)) return false;
    const target = element.matches("[type=checkbox], [type=radio]")
      ? element.closest("label") ?? element.parentElement : element;
    const box = target.getBoundingClientRect();
    return box.width > 0 && (box.width < least || box.height < least);
  }).map((element) => {
    const box = element.getBoundingClientRect();
    const name = element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 40);
    return `${element.tagName.toLowerCase()} “${name}” is ` +
      `${box.width.toFixed(0)} x ${box.height.toFixed(0)} pixels`;
  });
}"""

_HIDDEN_WORDS = """() =>
  [...document.querySelectorAll("h1, h2, h3, button, .badge, th, label, legend")]
  .filter((element) => element.checkVisibility() && !element.closest(".only-heard"))
  .filter((element) => {
    const style = getComputedStyle(element);
    return style.overflowX === "hidden" && style.textOverflow !== "ellipsis" &&
      element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 2;
  })
  .map((element) => `words are cut off: ${element.textContent.trim().slice(0, 60)}`)"""


def faults_of(window: Window) -> list[str]:
    """Everything that is wrong with the page in a window; empty for a good one."""
    page = window.page
    found = [*grave_findings(page), *_headings(page), *page.evaluate(_TOO_WIDE)]
    found.extend(page.evaluate(_HIDDEN_WORDS))
    if window.screen.touch:
        found.extend(page.evaluate(_TOO_SMALL, LEAST_TARGET))
    return found


def faults_in_dark(window: Window) -> list[str]:
    """What is wrong with the same page in dark colours."""
    page = window.page
    page.emulate_media(color_scheme="dark")
    found = [f"dark: {fault}" for fault in grave_findings(page, CONTRAST)]
    page.emulate_media(color_scheme="light")
    return found


def findings(page: Page, rules: tuple[str, ...] = RULES) -> list[tuple[str, str, str]]:
    """What axe-core finds: impact, rule, and where."""
    options = {"resultTypes": ["violations"], "runOnly": list(rules)}
    response = Axe().run(page, options=options).response
    return [
        (violation["impact"], violation["id"], _places(violation["nodes"]))
        for violation in response["violations"]
    ]


def grave_findings(page: Page, rules: tuple[str, ...] = RULES) -> list[str]:
    """The serious and the critical ones."""
    return [
        f"axe, {impact}: {rule} at {places}"
        for impact, rule, places in findings(page, rules)
        if impact in GRAVE
    ]


def _places(nodes: list[dict[str, object]]) -> str:
    return ", ".join(str(node["target"]) for node in nodes[:3])


def _headings(page: Page) -> list[str]:
    first = page.locator("h1").all_inner_texts()
    return [] if len(first) == 1 and first[0].strip() else [f"headings of first order: {first}"]
