"""What a topography is, and what was understood of the file that it came from."""

from dataclasses import asdict, dataclass
from typing import Any

from climpy.arrays import FloatArray
from climpy.grids.regular import RegularGrid


@dataclass(frozen=True, eq=False)
class Topography:
    """Heights of the whole globe on a regular grid.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights of the cells [m], land above 0; finite; rows from south to north, columns from west
        to east.
    grid : RegularGrid
        Where the cells are.
    """

    heights: FloatArray
    grid: RegularGrid


@dataclass(frozen=True)
class Understanding:
    """What was understood of a user's file; every field can be written as JSON.

    Parameters
    ----------
    file, variable : str
        Name of the file and of the variable taken as topography.
    file_format : str
        Format of the file as the NetCDF library calls it.
    dims, shape : tuple
        Names and lengths of the variable's dimensions, in the order of the file.
    dimension_order : str
        ``"latitude, longitude"`` or ``"longitude, latitude"``.
    latitude, longitude : str
        Names of the coordinate variables.
    latitude_step, longitude_step : float
        Steps of the data's own grid [degrees].
    rows, columns : int
        Cells of the data's own grid.
    orientation : str
        ``"south-up"`` if the first row is the southernmost, else ``"north-up"``.
    rows_at_poles : bool
        True if the first and last rows stood on the poles; heights are then means of two rows.
    longitude_range : (float, float)
        Outer edges of the data's own cells [degrees].
    cyclic_column_dropped : bool
        True if the last column repeated the first.
    units : str
        Unit of the heights: always metres.
    units_assumed : bool
        True if the file did not say so.
    dtype : str
        Type in the file, with the byte order where it is not the usual one.
    scale_factor, add_offset : float
        Packing; 1 and 0 where there is none.
    fill_values : tuple of float
        Values in the file that stand for "no value".
    holes : int
        Cells without a value, filled from their nearest neighbour.
    hole_share : float
        Share of all cells.
    land_share : float
        Share of the globe's area above 0 m.
    minimum, maximum : float
        Lowest and highest value [m].
    other_variables : tuple of str
        What else the file holds, without coordinates.
    notes, warnings : tuple of str
        Sentences: what was done to the data, and what the user should look at.
    """

    file: str
    variable: str
    file_format: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dimension_order: str
    latitude: str
    longitude: str
    latitude_step: float
    longitude_step: float
    rows: int
    columns: int
    orientation: str
    rows_at_poles: bool
    longitude_range: tuple[float, float]
    cyclic_column_dropped: bool
    units: str
    units_assumed: bool
    dtype: str
    scale_factor: float
    add_offset: float
    fill_values: tuple[float, ...]
    holes: int
    hole_share: float
    land_share: float
    minimum: float
    maximum: float
    other_variables: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as a dictionary for JSON."""
        return asdict(self)
