"""Run every measurement and rewrite docs/performance.md: `make bench`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import editors, platform, queue, regrid, routing, weights, whole_run

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"

INTRODUCTION = """# Performance

Measured by `make bench`, which rewrites this page. Times are processor times unless it says
otherwise; each row is measured in a process of its own, and rows that compare two programs measure
both in the same run. Machines differ and are noisy: read the ratios rather than the seconds. Memory
is the peak growth during the work, beyond the input.
"""


PARTS: Mapping[str, tuple[str, Any]] = {
    "routing": ("Routing", routing),
    "regrid": ("Regridding", regrid),
    "whole": ("The whole workflow", whole_run),
    "weights": ("Coupling weights", weights),
    "platform": ("The platform in the browser", platform),
    "editors": ("Editors in the browser", editors),
    "queue": ("Queue, workers, dispatcher", queue),
}
"""Title and module of each part, by the word that asks for it alone."""


def main() -> None:
    """Measure all parts, or those that are named, and write the page."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        sys.exit(f"There is no part {sorted(unknown)[0]}; there are {', '.join(PARTS)}.")
    sections = _sections(PAGE.read_text() if PAGE.exists() else "")
    for name in wanted:
        title, module = PARTS[name]
        print(f"{title} ...", file=sys.stderr)
        sections[title] = f"{module.EXPLANATION}\n\n{_table(module.measure())}"
    known = [title for title, _ in PARTS.values() if title in sections]
    parts = [INTRODUCTION, *(f"## {title}\n\n{sections[title]}" for title in known)]
    PAGE.write_text("\n".join(parts))
    print(PAGE.read_text())


def _sections(page: str) -> dict[str, str]:
    """Text of each part of a page by its title."""
    found = {}
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n\n")
        found[title] = f"{text.rstrip()}\n"
    return found


def _table(rows: list[dict[str, Any]]) -> str:
    columns = {
        "name": "what",
        "ours": "time",
        "p95": "95 of 100 below",
        "rate": "a second",
        "speed_up": "faster by",
        "times": "times",
        "errors": "errors",
        "memory": "memory",
        "bytes": "bytes",
        "per_cell": "per cell",
        "other": "the other's time",
        "ratio": "ours is faster by",
        "other_memory": "the other's peak",
        "difference": "largest difference",
    }
    used = [c for c in columns if any(row.get(c) is not None for row in rows)]
    lines = [[columns[c] for c in used], ["---"] * len(used)]
    lines += [[_cell(c, row) for c in used] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(column: str, row: Mapping[str, Any]) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if column in ("ours", "other", "p95"):
        return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value:.3g} s"
    if column == "bytes":
        return f"{value / 1e3:.0f} kB"
    if column in ("memory", "other_memory"):
        return f"{value:.0f} MB"
    if column == "rate":
        return f"{value:.0f}"
    if column == "speed_up":
        return f"{value:.2f} x"
    if column == "ratio":
        return f"{value:.1f} x"
    if column == "difference":
        return f"{value:.1e} m"
    return str(value)


if __name__ == "__main__":
    main()
