"""Saving a picture whose words may hold names that somebody else chose."""

import warnings
from pathlib import Path

from matplotlib.figure import Figure

from climpy.io import whole_file


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; it appears whole or not at all.

    Letters that the font does not have (a file named in Chinese) are drawn as boxes, without a
    word.

    Raises
    ------
    OutputRefused
        If the file cannot be written.
    """
    with whole_file(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(temporary, format="png", pil_kwargs={"compress_level": 4})
