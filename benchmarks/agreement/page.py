"""The page that shows the agreement."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from benchmarks.agreement import land, mesh, ocean
from benchmarks.agreement.comparing import Cause, Found, Row

SECTIONS: tuple[tuple[str, str, Callable[[], Iterator[Row]]], ...] = (
    (
        "regrid.nc",
        "The topography is on the grid that is asked for; it must come out as it went in.",
        land.regrid_rows,
    ),
    (
        "routing.nc",
        "The three first rows are stages on the way: after the depressions are filled, the heights "
        "the directions are taken from, and the directions before outlets get their codes.",
        land.routing_rows,
    ),
    ("soils.nc", "", land.soil_rows),
    (
        "topo_high_res.nc",
        "The third row evaluates our method at the latitudes and longitudes that stand in the old "
        "file.",
        land.relief_rows,
    ),
    ("bathy.nc", "On the group's ocean grid, like all that follows.", ocean.bathymetry_rows),
    ("heatflow.nc", "", ocean.heatflow_rows),
    ("ahmcoef.nc", "", ocean.ahmcoef_rows),
    ("sub_basins.nc", "The first proposal, thirds of the columns.", ocean.basin_rows),
    ("Checks: internal oceans", "", land.sea_rows),
    ("Checks: diffusive passages", "", ocean.passage_rows),
    (
        "coords.nc",
        "The grid that the generator makes for poles at 60 N, 106 E and 74 W beside the group's 40 "
        "Ma grid, halo and fold included. *Fed with* names the file that is compared.",
        mesh.rows,
    ),
)

INTRODUCTION = """# Agreement with the published method

Written by `python -m benchmarks.agreement`; a test keeps it as the code would write it now. The
reference are results of the older system's methods for a 60 Ma topography of one degree; there is
none for `pft.nc`.

*Fed with* tells what a method was given: `own heights` is the whole chain from the topography on;
with `reference heights` (those the old routing ended with) or `reference depths` a step is on its
own. A cell is *equal* if both sides have the same value within the tolerance, or both have none.
The *largest difference* is over all cells with a value on both sides; *rounding* is one within the
tolerance. Each cell that differs is given a cause by a mask that is computed from the fields, not
by its place in a list; what no mask holds would stand under *unexplained*. FIX marks what the older
method did wrong by accident.
"""


def rows() -> list[list[Row]]:
    """Compare everything, one list of rows for each section."""
    return [list(compare()) for _, _, compare in SECTIONS]


def page(sections: list[list[Row]]) -> str:
    """Write the page."""
    parts = [INTRODUCTION, _summary([row for section in sections for row in section])]
    for (title, explanation, _), section in zip(SECTIONS, sections, strict=True):
        parts.append(f"## {title}\n")
        if explanation:
            parts.append(f"{explanation}\n")
        parts.append(_table(section))
        meanings = _meanings(section)
        if meanings:
            parts.append(meanings)
    return "\n".join(parts)


def _summary(all_rows: list[Row]) -> str:
    cells, equal = sum(row.cells for row in all_rows), sum(row.equal for row in all_rows)
    unexplained = sum(row.unexplained for row in all_rows)
    return (
        f"In {len(all_rows)} comparisons {cells:,} values are compared; {equal:,} are equal, "
        f"{cells - equal - unexplained:,} differ for a cause that is shown, "
        f"{unexplained:,} without one.\n"
    )


def _table(section: list[Row]) -> str:
    titles = (
        "variable",
        "fed with",
        "cells",
        "equal",
        "tolerance",
        "largest difference",
        "differ, by cause",
        "unexplained",
    )
    lines = [titles, tuple("---:" if t in titles[2:6] + titles[7:] else "---" for t in titles)]
    lines += [_cells(row) for row in section]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.variable,
        row.fed_with,
        f"{row.cells:,}",
        f"{row.equal:,}",
        f"{row.tolerance:g} {row.unit}".strip() if row.tolerance else "none",
        _largest(row),
        "; ".join(_found(cause, found, row.unit) for cause, found in row.causes.items()),
        f"{row.unexplained:,}",
    )


def _found(cause: Cause, found: Found, unit: str) -> str:
    reach = "" if np.isnan(found.largest) else f" (to {_digits(found.largest, unit)})"
    return f"{cause.name}: {found.cells:,}{reach}"


def _largest(row: Row) -> str:
    """Largest difference; below a small tolerance its digits are the machine's."""
    if row.largest == 0.0 and row.tolerance == 0.0:
        return "0"
    if row.largest <= row.tolerance <= 1e-8:
        return "rounding"
    return _digits(row.largest, row.unit)


def _digits(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".strip() if value >= 10.0 else f"{value:.2g} {unit}".strip()


def _meanings(section: Iterable[Row]) -> str:
    causes: dict[Cause, None] = {cause: None for row in section for cause in row.causes}
    return "".join(f"- *{cause.name}*: {cause.meaning}.\n" for cause in causes)
