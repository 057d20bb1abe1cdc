"""The report on a set of weights: figures, checks and histograms as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from climate_simulation_platform.constants import ENGINE
from climate_simulation_platform.records import Revision

WIDTH, HEIGHT = 440.0, 150.0
"""Room of the bars of a histogram."""

MOST_LABELS = 8
"""Labels below a histogram."""

LINKS = "links"

ROUNDING = 1e-9
"""Shares below this are none."""

FIGURES = {
    "sea_points": "Points in the sea",
    "atmosphere_cells_of_ocean": "Atmosphere cells of ocean alone",
    "atmosphere_cells_of_both": "Cells of both",
    "atmosphere_cells_of_land": "Cells of land alone",
    "share_of_land_without_a_river_to_the_sea": "Land without a river to the sea",
}
"""What figures of a report are called."""


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram.

    Parameters
    ----------
    left, top, width, height : float
        Where it is drawn; y grows downwards.
    label : str
        What it counts.
    labelled : bool
        Whether there is room for the label.
    """

    left: float
    top: float
    width: float
    height: float
    label: str
    count: int
    labelled: bool


@dataclass(frozen=True)
class Checks:
    """What was looked at in one file.

    Parameters
    ----------
    rows : tuple of mapping
        `about`, `value` and `limit` as written, `passed`.
    """

    file: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def passed(self) -> int:
        """How many are true."""
        return sum(bool(row["passed"]) for row in self.rows)


def figures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the engine counted: name and number."""
    links = report.get(LINKS, {})
    told = [(f"Links, {name}", _written(number)) for name, number in links.items()]
    for name, title in FIGURES.items():
        if name not in report:
            continue
        value = report[name]
        share = name.startswith("share_")
        told.append((title, _percent(value) if share else _written(value)))
    return told


def _percent(share: float) -> str:
    """A share in percent; what is left of rounding is none."""
    return f"{100.0 * share:.2g} %" if share > ROUNDING else "none"


def checks(found: Sequence[Mapping[str, Any]]) -> tuple[Checks, ...]:
    """Checks by file, in the order in which they were made."""
    files = dict.fromkeys(check["file"] for check in found)
    return tuple(
        Checks(
            file,
            tuple(
                {
                    "about": check["about"],
                    "value": scientific(check["value"]),
                    "limit": scientific(check["limit"]),
                    "passed": check["passed"],
                }
                for check in found
                if check["file"] == file
            ),
        )
        for file in files
    )


def scientific(value: float) -> str:
    """A number in the notation that shows its size, such as 1.3e-15; 0 stays 0."""
    return "0" if value == 0 else f"{value:.1e}".replace("-", "\N{MINUS SIGN}")


def bars(counted: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Bars of a histogram, side by side."""
    most = max([count for _, count in counted], default=0) or 1
    width = WIDTH / max(len(counted), 1)
    last, every = len(counted) - 1, -(-len(counted) // MOST_LABELS)
    return tuple(
        Bar(
            round(k * width + 0.08 * width, 1),
            round(HEIGHT * (1.0 - count / most), 1),
            round(0.84 * width, 1),
            round(HEIGHT * count / most, 1),
            label,
            count,
            k == last or (k % every == 0 and last - k >= every),
        )
        for k, (label, count) in enumerate(counted)
    )


def other_engine(revision: Revision, every: Sequence[Revision]) -> Revision | None:
    """The newest set that the other engine made of the same files, on the same atmosphere."""

    def alike(one: Revision) -> bool:
        return (
            one.parameters.get(ENGINE) != revision.parameters.get(ENGINE)
            and one.parameters.get("atmosphere") == revision.parameters.get("atmosphere")
            and one.input_revisions == revision.input_revisions
        )

    found = [one for one in every if alike(one)]
    return max(found, key=lambda one: one.revision, default=None)


def differing_files(
    here: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Files of two sets, and whether their values are the same."""
    sums = [{file["name"]: file["values_sha256"] for file in files} for files in (here, there)]
    names = sorted({*sums[0], *sums[1]})
    return [(name, _compared(*(known.get(name) for known in sums))) for name in names]


def _compared(here: str | None, there: str | None) -> str:
    if here is None or there is None:
        return "only in the newer" if here is None else "only in the older"
    return "the same values" if here == there else "different values"


def _written(number: Any) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
