"""What pages show of a set of weights beyond what was kept of it; these run in the sandbox.

They import climpy when called: the server of the pages does not.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

FRACTION, RIVERS = "fraction", "rivers"
PICTURES = (FRACTION, RIVERS)
"""Maps of one set."""

LEAST_DIFFERENCE = 1e-6
"""Ocean fractions that differ by more than this count as different."""


def picture(path: Path, which: str) -> bytes:
    """Draw a map of a set (PNG).

    Raises
    ------
    InputRefused
        If it is no set of weights.
    """
    from climpy.bc.ipsl.weights import reading
    from climpy.pictures import weights
    from climpy.steps.archives import unpack

    with tempfile.TemporaryDirectory(prefix="weights-") as scratch:
        unpack(path, Path(scratch))
        known = reading.remappings(Path(scratch))
        fraction = reading.ocean_fraction(known)
        if which == RIVERS:
            return weights.rivers_map(fraction, reading.rivers(known))
        return weights.fraction_map(fraction)


def difference_picture(first: Path, second: Path) -> bytes:
    """Draw the ocean fraction of the second set minus that of the first (PNG).

    Raises
    ------
    InputRefused
        If they cannot be compared.
    """
    from climpy.pictures import weights

    return weights.difference_map(*(_fraction(path) for path in (first, second)))


def difference_figures(first: Path, second: Path) -> bytes:
    """Largest and mean difference of the ocean fraction, and how many cells differ, as JSON.

    Raises
    ------
    InputRefused
        If they cannot be compared.
    """
    import numpy as np

    from climpy.pictures import weights

    apart = np.abs(weights.difference(*(_fraction(path) for path in (first, second))))
    figures = {
        "largest": float(apart.max()),
        "mean": float(apart.mean()),
        "cells": int((apart > LEAST_DIFFERENCE).sum()),
    }
    return json.dumps(figures).encode()


def one_file(path: Path, name: str) -> bytes:
    """Content of one file of a set.

    Raises
    ------
    InputRefused
        If there is none of that name.
    """
    from climpy.errors import InputRefused
    from climpy.steps.archives import unpack

    with tempfile.TemporaryDirectory(prefix="weights-") as scratch:
        folder = Path(scratch)
        for file in unpack(path, folder):
            if file.relative_to(folder).as_posix() == name:
                return file.read_bytes()
    raise InputRefused("The archive has no file of this name.")


def _fraction(path: Path) -> Any:
    from climpy.bc.ipsl.weights import reading
    from climpy.steps.archives import unpack

    with tempfile.TemporaryDirectory(prefix="weights-") as scratch:
        unpack(path, Path(scratch))
        return reading.ocean_fraction(reading.remappings(Path(scratch)))
