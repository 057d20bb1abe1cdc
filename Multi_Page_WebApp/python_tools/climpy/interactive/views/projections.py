"""Ways to lay cells out flat: longitude-latitude, from above a pole, by row and column."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from climpy.arrays import BoolArray, FloatArray
from climpy.errors import InputRefused

Pair = tuple[FloatArray, FloatArray]


class Window(NamedTuple):
    """A rectangle of a projection."""

    left: float
    right: float
    bottom: float
    top: float


class Projection(Protocol):
    """From places to a flat picture and back.

    Places are latitude and longitude [degrees], or row and column. Arrays may be of any shapes
    that go together.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def geographic(self) -> bool:
        """True if places are degrees."""

    @property
    def turn(self) -> float:
        """Width after which the picture repeats itself, 0 if it does not."""

    @property
    def extent(self) -> Window:
        """The rectangle that holds everything."""

    def forward(self, latitudes: FloatArray, longitudes: FloatArray) -> Pair:
        """Places as x and y; also those beyond the picture's rim."""

    def inverse(self, x: FloatArray, y: FloatArray) -> Pair:
        """Places of points, NaN where there is none."""

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """True for points of the picture, False beyond its rim."""


@dataclass(frozen=True)
class LonLat:
    """Longitudes as x and latitudes as y.

    Parameters
    ----------
    seam : float
        Longitude of the left edge, -360..360 [degrees].
    """

    seam: float = -180.0

    def __post_init__(self) -> None:
        if not -360.0 <= self.seam <= 360.0:
            raise InputRefused(f"The left edge of a map lies at -360..360, not {self.seam:g}.")

    @property
    def name(self) -> str:
        """What it is called."""
        return "longitude-latitude"

    @property
    def geographic(self) -> bool:
        """Always: places are degrees."""
        return True

    @property
    def turn(self) -> float:
        """Once round the globe."""
        return 360.0

    @property
    def extent(self) -> Window:
        """360 degrees from the seam eastward, pole to pole."""
        return Window(self.seam, self.seam + 360.0, -90.0, 90.0)

    def forward(self, latitudes: FloatArray, longitudes: FloatArray) -> Pair:
        """Places as x, less than 360 degrees east of the seam, and y."""
        x = self.seam + np.round(np.asarray(longitudes) - self.seam, 9) % 360.0
        return np.asarray(x), np.asarray(latitudes, dtype=np.float64)

    def inverse(self, x: FloatArray, y: FloatArray) -> Pair:
        """Latitudes and longitudes (-180..180), NaN beyond the edges of the map."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        inside = self.holds(x, y)
        return np.where(inside, y, np.nan), np.where(inside, (x + 180.0) % 360.0 - 180.0, np.nan)

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """True on the map, its edges included."""
        x, y = np.asarray(x), np.asarray(y)
        return np.asarray((x >= self.seam) & (x <= self.seam + 360.0) & (np.abs(y) <= 90.0))


@dataclass(frozen=True)
class Polar:
    """From above a pole, areas in proportion: Lambert's azimuthal equal-area projection.

    Parameters
    ----------
    side : {"north", "south"}
        Which pole lies in the middle.
    rim : float
        Latitude of the rim in that hemisphere, 1..85 [degrees].
    meridian : float
        The longitude that leads from the pole down (north) or up (south) [degrees].

    Notes
    -----
    x and y count in radii of the planet; the distance from the pole is 2 sin(colatitude / 2).

    References
    ----------
    Snyder 1987, equations 24-3 to 24-8 (doi:10.3133/pp1395).
    """

    side: str = "north"
    rim: float = 30.0
    meridian: float = 0.0

    def __post_init__(self) -> None:
        if self.side not in ("north", "south"):
            raise InputRefused(f"A polar view shows the north or the south, not {self.side!r}.")
        if not 1.0 <= self.rim <= 85.0:
            raise InputRefused(f"The rim of a polar view lies at 1..85, not {self.rim:g}.")

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.side} polar"

    @property
    def geographic(self) -> bool:
        """Always: places are degrees."""
        return True

    @property
    def turn(self) -> float:
        """None: the picture does not repeat itself."""
        return 0.0

    @property
    def radius(self) -> float:
        """Distance of the rim from the pole."""
        return float(2.0 * np.sin(np.deg2rad(0.5 * (90.0 - self.rim))))

    @property
    def extent(self) -> Window:
        """The square round the rim."""
        return Window(-self.radius, self.radius, -self.radius, self.radius)

    def forward(self, latitudes: FloatArray, longitudes: FloatArray) -> Pair:
        """Places as x and y, also those beyond the rim."""
        sign = self._sign
        distance = 2.0 * np.sin(np.deg2rad(0.5 * (90.0 - sign * np.asarray(latitudes))))
        angle = np.deg2rad(np.asarray(longitudes) - self.meridian)
        return np.asarray(distance * np.sin(angle)), np.asarray(-sign * distance * np.cos(angle))

    def inverse(self, x: FloatArray, y: FloatArray) -> Pair:
        """Latitudes and longitudes (-180..180), NaN beyond the rim."""
        sign = self._sign
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        squared = np.where(self.holds(x, y), x * x + y * y, np.nan)
        colatitude = 2.0 * np.rad2deg(np.arcsin(np.minimum(0.5 * np.sqrt(squared), 1.0)))
        longitude = self.meridian + np.rad2deg(np.arctan2(x, -sign * y))
        longitude = np.where(np.isnan(squared), np.nan, (longitude + 180.0) % 360.0 - 180.0)
        return sign * (90.0 - colatitude), longitude

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """True within the rim, the rim included."""
        return np.asarray(np.square(x) + np.square(y) <= self.radius**2 * (1.0 + 1e-12))

    @property
    def _sign(self) -> float:
        return 1.0 if self.side == "north" else -1.0


@dataclass(frozen=True)
class Index:
    """Columns as x and rows as y: the centre of a cell at its column and row, counted from 0.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    """

    shape: tuple[int, int]

    @property
    def name(self) -> str:
        """What it is called."""
        return "rows and columns"

    @property
    def geographic(self) -> bool:
        """Never: places are rows and columns."""
        return False

    @property
    def turn(self) -> float:
        """None: the picture does not repeat itself."""
        return 0.0

    @property
    def extent(self) -> Window:
        """All cells."""
        ny, nx = self.shape
        return Window(-0.5, nx - 0.5, -0.5, ny - 0.5)

    def forward(self, latitudes: FloatArray, longitudes: FloatArray) -> Pair:
        """Rows and columns as y and x."""
        return np.asarray(longitudes, np.float64), np.asarray(latitudes, np.float64)

    def inverse(self, x: FloatArray, y: FloatArray) -> Pair:
        """Rows and columns, NaN where there is no cell."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        inside = self.holds(x, y)
        return np.where(inside, y, np.nan), np.where(inside, x, np.nan)

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """True on cells."""
        x, y = np.asarray(x), np.asarray(y)
        left, right, bottom, top = self.extent
        return np.asarray((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
