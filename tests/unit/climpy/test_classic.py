"""How long a classic file must be, by its header alone."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.classic import expected_size

FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


@settings(deadline=None, max_examples=30)
@given(
    form=st.sampled_from(FORMATS),
    fixed=st.lists(st.tuples(st.sampled_from(("i1", "i2", "f4", "f8")), st.integers(1, 5))),
    records=st.lists(st.tuples(st.sampled_from(("i1", "i2", "f4", "f8")), st.integers(1, 5))),
    length=st.integers(0, 3),
)
def test_the_size_is_that_of_the_file_but_for_padding(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    fixed: list[tuple[str, int]],
    records: list[tuple[str, int]],
    length: int,
) -> None:
    path = tmp_path_factory.mktemp("classic") / "file.nc"
    with netCDF4.Dataset(path, "w", format=form) as dataset:
        dataset.title = "sizes"
        dataset.createDimension("time", None)
        for number, (dtype, size) in enumerate([*fixed, *records]):
            dataset.createDimension(f"n{number}", size)
            dims = ("time",) if number >= len(fixed) else ()
            variable = dataset.createVariable(f"v{number}", dtype, (*dims, f"n{number}"))
            variable.units = "m"
            variable[:] = np.ones((length, size)[1 - len(dims) :])
    expected, size = expected_size(path), path.stat().st_size
    assert expected <= size
    if fixed or (records and length):
        assert size - expected < 4


def test_a_file_without_variables_needs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC").close()
    assert expected_size(path) == 0


def test_a_damaged_header_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    path.write_bytes(b"CDF\x01" + b"\xff" * 60)
    with pytest.raises(ValueError, match="longer than the file"):
        expected_size(path)
    path.write_bytes(b"CDF\x01\x00")
    with pytest.raises(EOFError, match="cut off"):
        expected_size(path)
