"""Arrays with a few words about them, as bytes that a browser reads without a library."""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from climpy.arrays import AnyArray


def packed(meta: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    """Give JSON and arrays as one run of bytes.

    Parameters
    ----------
    meta : mapping
        What JSON can hold.
    arrays : mapping of name to array
        Written as float32.

    Returns
    -------
    bytes
        The length of the JSON text (4 bytes, little-endian), the text, padded with blanks so that
        the arrays begin at a multiple of 4, and the arrays, little-endian, one after the other in
        the order of the text's list `arrays` of names and shapes.
    """
    shapes = [{"name": name, "shape": list(values.shape)} for name, values in arrays.items()]
    text = json.dumps({**meta, "arrays": shapes}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    contents = (np.ascontiguousarray(values, dtype="<f4").tobytes() for values in arrays.values())
    return b"".join([struct.pack("<I", len(text)), text, *contents])
