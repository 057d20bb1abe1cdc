"""How a field is coloured, and what is drawn over it; one for all views of a page."""

from dataclasses import dataclass, field

import numpy as np
from bokeh.models import LinearColorMapper

from climpy.arrays import AnyArray
from climpy.interactive.field import Field
from climpy.interactive.views import palettes

CLEAR = "#00000000"
LAND, OCEAN = "#c8b98f", "#3f7ea6"
UNPAINTED = "#dbe7ee"
BELOW, ABOVE = "#6a00a8", "#ff3fb4"
"""What lies beyond the limits, if that is to be seen."""


@dataclass(eq=False)
class Look:
    """Colours, limits and lines.

    Parameters
    ----------
    palette : str
        One of `climpy.interactive.views.palettes.FAMILIES`.
    reverse : bool
        The last colour first.
    steps : int or None
        Number of colours; as many as there are if None.
    low, high : float or None
        Limits; round ones that hold all values if None.
    symmetric : bool
        Limits as far below 0 as above.
    beyond : bool
        Whether values beyond the limits have colours of their own.
    mask : bool
        Whether only land and ocean are told apart.
    grid, graticule, coast : bool
        What is drawn: borders of large cells, meridians and parallels, the field's own coastline.
    """

    palette: str = "batlow"
    reverse: bool = False
    steps: int | None = None
    low: float | None = None
    high: float | None = None
    symmetric: bool = False
    beyond: bool = False
    mask: bool = False
    grid: bool = True
    graticule: bool = True
    coast: bool = True
    limits: tuple[float, float] = (0.0, 1.0)
    mapper: LinearColorMapper = field(default_factory=lambda: LinearColorMapper(nan_color=CLEAR))

    def begin(self, shown: Field) -> None:
        """Take what is usual for a field."""
        self.palette = palettes.usual_palette(shown.kind)
        self.low = self.high = self.steps = None
        self.reverse = self.symmetric = self.mask = False
        self.fit(shown)

    def fit(self, shown: Field) -> None:
        """Set limits by the values, where they are not set by hand."""
        if shown.kind == "codes":
            self.limits = palettes.code_limits(shown.values)
        else:
            values = shown.values
            if shown.kind == "bathymetry":
                values = values[values > 0.0]
            low, high = palettes.limits_of(values, symmetric=self.symmetric)
            self.limits = (
                low if self.low is None else self.low,
                high if self.high is None else self.high,
            )
        self.dress(shown)

    def dress(self, shown: Field) -> None:
        """Give the mapper its colours.

        Raises
        ------
        InputRefused
            If the limits are none.
        """
        if self.mask:
            self.mapper.update(
                palette=[OCEAN, LAND], low=-0.5, high=1.5, low_color=None, high_color=None
            )
            return
        given = palettes.colours(
            self.palette,
            self.limits,
            steps=self.steps,
            reverse=self.reverse,
            turn=self._turn(shown),
        )
        codes = shown.kind == "codes"
        self.mapper.update(
            palette=list(given.palette), low=given.low, high=given.high,
            low_color=UNPAINTED if codes else BELOW if self.beyond else None,
            high_color=ABOVE if self.beyond and not codes else None,
        )  # fmt: skip

    def _turn(self, shown: Field) -> float | None:
        """Sea level, where a palette has colours for both sides of it."""
        sided = palettes.FAMILIES["Heights and depths"]
        return 0.0 if shown.kind == "topography" and self.palette in sided else None

    def shown(self, of: Field, cells: AnyArray | None = None) -> AnyArray:
        """The numbers that are coloured, for all cells or for some (flat indices)."""
        values = of.values.ravel() if cells is None else of.values.ravel()[cells]
        if not self.mask:
            return values
        if of.sea is not None:
            sea = of.sea.ravel() if cells is None else of.sea.ravel()[cells]
            return np.where(sea, 0.0, 1.0)
        land = values > 0.0 if of.kind == "topography" else ~(values > 0.0)
        return np.where(np.isnan(values), np.nan, land)

    def land_is_blank(self, of: Field) -> bool:
        """Whether land has no value that could be coloured, so that it is shown as land."""
        return not self.mask and of.kind in ("bathymetry", "codes")
