"""A pair of mesh poles and how good its place is."""

from dataclasses import dataclass

from climpy.grids.orca import OrcaParameters

TINY_SIDE_KM = 10.0
"""A wet cell with a shorter side than this forces short time steps on the ocean model [km]."""

GOOD_MARGIN_KM, FAIR_MARGIN_KM = 500.0, 200.0
"""Distances from the sea from which a mesh pole is called well and fairly placed [km]."""


@dataclass(frozen=True)
class PolePair:
    """A place for the mesh poles, on one latitude at opposite longitudes.

    Parameters
    ----------
    latitude, longitude : float
        Of the first pole [degrees north, degrees east 0..180]; the second lies half a turn away.
    margins_km : tuple of float
        Distance of each pole from the nearest ocean cell's centre; of a pole in the sea that from
        the nearest land cell's, negative.
    tiny_wet_cells : int
        Ocean cells of the grid's polar cap that have a side shorter than 10 km.
    shortest_wet_side_km : float
        Shortest side of an ocean cell of the polar cap, where the poles' place matters; infinite
        if there is none.
    """

    latitude: float
    longitude: float
    margins_km: tuple[float, float]
    tiny_wet_cells: int
    shortest_wet_side_km: float

    @property
    def margin_km(self) -> float:
        """The smaller of the two margins."""
        return min(self.margins_km)

    @property
    def on_land(self) -> bool:
        """True where both poles lie on land."""
        return self.margin_km > 0.0

    @property
    def quality(self) -> str:
        """One of good, fair, poor, in the sea."""
        if not self.on_land:
            return "in the sea"
        if self.margin_km >= GOOD_MARGIN_KM and not self.tiny_wet_cells:
            return "good"
        return "fair" if self.margin_km >= FAIR_MARGIN_KM else "poor"

    @property
    def places(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Latitude and longitude [degrees, -180..180] of both poles."""
        return OrcaParameters(self.longitude, self.latitude).poles

    def __str__(self) -> str:
        first, second = (place_name(*place) for place in self.places)
        return (
            f"{first} and {second}: {self.quality}, {self._margins()}, "
            f"{self.tiny_wet_cells} wet cells with a side under {TINY_SIDE_KM:g} km, "
            f"shortest wet side {self.shortest_wet_side_km:.1f} km"
        )

    def _margins(self) -> str:
        """How far the poles lie from the sea or, in it, from land."""
        if min(self.margins_km) >= 0.0:
            return "{:.0f} and {:.0f} km from the sea".format(*self.margins_km)
        return " and ".join(
            f"{abs(margin):.0f} km from {'land' if margin < 0.0 else 'the sea'}"
            for margin in self.margins_km
        )


def place_name(latitude: float, longitude: float) -> str:
    """Write a place as 60.0 N 106.0 E."""
    east = (longitude + 180.0) % 360.0 - 180.0
    return (
        f"{abs(latitude):.1f} {'S' if latitude < 0.0 else 'N'} "
        f"{abs(east):.1f} {'W' if east < 0.0 else 'E'}"
    )
