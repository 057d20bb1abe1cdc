"""What remappings do to a smooth field, beside each remapping of the engine `mosaix`.

References
----------
Jones, P. W. (1999), Monthly Weather Review 127, 2204-2210: the field 2 + cos^2(lat) cos(2 lon).
doi:10.1175/1520-0493(1999)127<2204:FASOCR>2.0.CO;2
"""

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.io import ModelFile, Variable


def smooth_field(grid: CoupledGrid) -> FloatArray:
    """2 + cos^2(latitude) cos(2 longitude) at the centres of a grid."""
    latitudes, longitudes = np.deg2rad(grid.latitudes), np.deg2rad(grid.longitudes)
    field: FloatArray = 2.0 + np.cos(latitudes) ** 2 * np.cos(2.0 * longitudes)
    return field


def diagnostics_file(
    title: str, links: Links, source: CoupledGrid, target: CoupledGrid
) -> ModelFile:
    """Describe a file of diagnostics on the target grid; NaN where no link ends."""
    number = np.bincount(links.target, minlength=target.masked.size).reshape(target.shape)
    linked = number > 0
    carried = links.apply(smooth_field(source))
    expected = smooth_field(target)
    least, greatest = _extremes(links)
    fields: dict[str, tuple[FloatArray, str]] = {
        "sum_of_weights": (links.sums(), "what becomes of the constant field 1"),
        "least_weight": (least, "least weight"),
        "greatest_weight": (greatest, "greatest weight"),
        "field": (carried, "the field 2 + cos2(lat) cos(2 lon), carried from the source grid"),
        "field_expected": (expected, "the same field at the centres of the target grid"),
        "field_error": (carried - expected, "field - field_expected"),
    }
    dims = (f"y_{target.name}", f"x_{target.name}")
    variables = {
        "lat": Variable(dims, target.latitudes, {"units": "degrees_north"}, False),
        "lon": Variable(dims, target.longitudes, {"units": "degrees_east"}, False),
        "number_of_links": _whole(dims, number, "number of links that end here"),
    }
    for name, (values, meaning) in fields.items():
        kept = np.where(linked, values, np.nan)
        variables[name] = Variable(dims, kept, {"units": "1", "long_name": meaning})
    dims = (f"y_{source.name}_source", f"x_{source.name}_source")
    sent = np.bincount(links.source, minlength=source.masked.size).reshape(source.shape)
    variables["number_of_links_sent"] = _whole(dims, sent, "number of links that begin here")
    return ModelFile(variables, {"title": title})


def _extremes(links: Links) -> tuple[FloatArray, FloatArray]:
    """Least and greatest weight of each target cell."""
    size = links.target_shape[0] * links.target_shape[1]
    least, greatest = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(least, links.target, links.weight)
    np.maximum.at(greatest, links.target, links.weight)
    return least.reshape(links.target_shape), greatest.reshape(links.target_shape)


def _whole(dims: tuple[str, ...], values: AnyArray, meaning: str) -> Variable:
    return Variable(dims, values.astype(np.int32), {"units": "1", "long_name": meaning}, False)
