"""The header of a classic NetCDF file: how long the whole file must be.

The NetCDF library opens a classic file that is cut off in its data and reads zeros where the data
should be: a topography with a hole the size of an ocean, without a word. The header says where each
variable ends.

References
----------
The NetCDF classic format specification, Unidata,
https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
_LONGEST_NAME = 65536


@dataclass(frozen=True)
class _Placed:
    """Where a variable stands in the file; `length` is that of one record for record variables."""

    begin: int
    length: int
    record: bool


def expected_size(path: Path) -> int:
    """Give the number of bytes that a classic file (CDF-1, CDF-2 or CDF-5) needs at least.

    Raises
    ------
    EOFError
        If the header itself is cut off.
    ValueError
        If the header is damaged.
    """
    with path.open("rb") as stream:
        header = _Header(stream, path.stat().st_size)
        records, variables = header.read()
    record_length = _record_length([v.length for v in variables if v.record])
    ends = [_end(v, records, record_length) for v in variables]
    return max(ends, default=0)


def _end(variable: _Placed, records: int, record_length: int) -> int:
    """Give the position after the last byte of a variable."""
    if not variable.record:
        return variable.begin + variable.length
    if records == 0:
        return 0
    return variable.begin + (records - 1) * record_length + variable.length


def _record_length(lengths: list[int]) -> int:
    """Bytes from one record to the next: padded to four, but not if there is one variable only."""
    if len(lengths) == 1:
        return lengths[0]
    return sum(_padded(length) for length in lengths)


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


class _Header:
    """Reads the header, field by field."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.size = stream, size
        version = stream.read(4)[3:]
        if version not in (b"\x01", b"\x02", b"\x05"):
            raise ValueError("unknown version of the classic format")
        self.wide_count = version == b"\x05"
        self.wide_offset = version != b"\x01"

    def read(self) -> tuple[int, list[_Placed]]:
        """Give the number of records and the places of all variables."""
        records = self._count()
        if records == (2**64 - 1 if self.wide_count else 2**32 - 1):
            records = 0  # a stream of unknown length
        dims = [self._dimension() for _ in range(self._list())]
        self._skip_attributes()
        return records, [self._variable(dims) for _ in range(self._list())]

    def _bytes(self, count: int) -> bytes:
        if count > self.size:
            raise EOFError("the header is cut off")
        got = self.stream.read(count)
        if len(got) < count:
            raise EOFError("the header is cut off")
        return got

    def _number(self, wide: bool) -> int:
        pattern, count = (">Q", 8) if wide else (">I", 4)
        return int(struct.unpack(pattern, self._bytes(count))[0])

    def _count(self) -> int:
        return self._number(self.wide_count)

    def _list(self) -> int:
        self._number(False)  # the tag; an absent list has the tag 0 and the length 0
        length = self._count()
        if length > self.size:
            raise ValueError("a list is longer than the file")
        return length

    def _skip_name(self) -> None:
        length = self._count()
        if length > _LONGEST_NAME:
            raise ValueError("a name is too long")
        self._bytes(_padded(length))

    def _dimension(self) -> int:
        self._skip_name()
        return self._count()

    def _skip_attributes(self) -> None:
        for _ in range(self._list()):
            self._skip_name()
            size = self._type()
            self._bytes(_padded(size * self._count()))

    def _type(self) -> int:
        code = self._number(False)
        if code not in _BYTES:
            raise ValueError(f"unknown type {code}")
        return _BYTES[code]

    def _variable(self, dims: list[int]) -> _Placed:
        self._skip_name()
        numbers = [self._count() for _ in range(self._count_of_dims(len(dims)))]
        if any(number >= len(dims) for number in numbers):
            raise ValueError("a variable has a dimension that does not exist")
        self._skip_attributes()
        size = self._type()
        self._count()  # the stored size: redundant, and wrong for large variables
        begin = self._number(self.wide_offset)
        lengths = [dims[number] for number in numbers]
        record = bool(lengths) and lengths[0] == 0
        return _Placed(begin, size * prod(lengths[1:] if record else lengths), record)

    def _count_of_dims(self, known: int) -> int:
        count = self._count()
        if count > max(1024, known):
            raise ValueError("a variable has too many dimensions")
        return count
