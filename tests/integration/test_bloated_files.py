"""Small files that say so much of themselves that no page could show it."""

from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from flask import Flask

from tests.netcdf_corpus import Layout
from tests.uploading import bytes_of, left_over, number_of, upload
from tests.web import Visitor, make_app, services_of, signed_in


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_app(tmp_path_factory.mktemp("bloated"))
    yield made
    services_of(made).sandbox.close()


@pytest.fixture(scope="module")
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


def with_labels(path: Path, letters: int) -> None:
    """A topography beside which many fields lie on a dimension whose places have names."""
    Layout(format="NETCDF4")(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.createDimension("time", 500)
        named = dataset.createVariable("time", str, ("time",))
        named[:] = np.array([f"{k:x<{letters}}" for k in range(500)], dtype=object)
        for k in range(20):
            dataset.createVariable(f"field_{k}", "f4", ("time", "lat", "lon"), zlib=True)


def with_attributes(path: Path, letters: int) -> None:
    """A topography with many long notes."""
    Layout(format="NETCDF4")(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.setncatts({f"note_{k}": "x" * letters for k in range(1000)})


@pytest.mark.parametrize("writer", [with_labels, with_attributes])
def test_a_file_that_says_too_much_is_refused_in_one_sentence(
    app: Flask, visitor: Visitor, tmp_path: Path, writer: object
) -> None:
    assert callable(writer)
    few, many = (
        upload(visitor, bytes_of(lambda path, n=n: writer(path, n), tmp_path), "notes.nc")
        for n in (10, 3000)
    )
    page = visitor.get(f"/{number_of(few)}/raw/view")
    assert page.status_code == 200
    assert many.status_code == 400
    assert "notes.nc says more of itself" in many.text
    assert left_over(app) == []
