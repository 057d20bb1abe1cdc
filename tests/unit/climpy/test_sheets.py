"""Titles fit their sheet, whatever the name in them."""

import pytest

from climpy.pictures.sheets import ELLIPSIS, sheet, write_line


def written(text: str) -> tuple[str, float]:
    """What stands on the sheet, and the share of its width where it ends."""
    figure = sheet((14.0, 8.4), 110)
    write_line(figure, text, (0.03, 0.95), 15.0, heading=True)
    (line,) = figure.texts
    return line.get_text(), line.get_window_extent().x1 / figure.bbox.width


def test_a_short_title_is_left_as_it_is() -> None:
    text, end = written("Boundary conditions from earth.nc")
    assert text == "Boundary conditions from earth.nc"
    assert end < 0.97


@pytest.mark.parametrize("letter", ["n", "W", "i", "古", "$", " x"])
def test_a_long_title_keeps_its_beginning_and_end(letter: str) -> None:
    text, end = written(f"Boundary conditions from {250 * letter}.nc")
    assert text.startswith("Boundary conditions from")
    assert text.endswith(".nc")
    assert ELLIPSIS in text
    assert 0.85 < end <= 0.9701
