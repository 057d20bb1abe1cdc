"""What a viewer needs of any NetCDF file: its header, windows of its fields, where cells lie."""

from climpy.fields.comparing import Difference, difference
from climpy.fields.heading import header
from climpy.fields.packing import packed
from climpy.fields.placing import Geometry, geometry
from climpy.fields.windows import Field, field, fitting_stride

__all__ = [
    "Difference",
    "Field",
    "Geometry",
    "difference",
    "field",
    "fitting_stride",
    "geometry",
    "header",
    "packed",
]
