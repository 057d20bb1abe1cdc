"""Run every measurement and rewrite docs/performance.md: `make bench`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import platform, regrid, routing, whole_run

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"

INTRODUCTION = """# Performance

Measured by `make bench`, which rewrites this page. Times are processor times unless it says
otherwise; each row is measured in a process of its own, and rows that compare two programs measure
both in the same run. Machines differ and are noisy: read the ratios rather than the seconds. Memory
is the peak growth during the work, beyond the input.
"""


def main() -> None:
    """Measure, and write the page."""
    parts = [INTRODUCTION]
    for title, module in (
        ("Routing", routing),
        ("Regridding", regrid),
        ("The whole workflow", whole_run),
        ("The platform in the browser", platform),
    ):
        print(f"{title} ...", file=sys.stderr)
        parts.append(f"## {title}\n\n{module.EXPLANATION}\n\n{_table(module.measure())}")
    PAGE.write_text("\n".join(parts))
    print(PAGE.read_text())


def _table(rows: list[dict[str, Any]]) -> str:
    columns = {
        "name": "what",
        "ours": "time",
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
    if column in ("ours", "other"):
        return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value:.3g} s"
    if column == "bytes":
        return f"{value / 1e3:.0f} kB"
    if column in ("memory", "other_memory"):
        return f"{value:.0f} MB"
    if column == "ratio":
        return f"{value:.1f} x"
    if column == "difference":
        return f"{value:.1e} m"
    return str(value)


if __name__ == "__main__":
    main()
