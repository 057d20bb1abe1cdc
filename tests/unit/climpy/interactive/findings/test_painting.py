"""How a painting of basins is judged and repaired."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import sub_basins
from climpy.interactive import Field, Session
from climpy.interactive.findings import (
    Ground,
    connected_part,
    painting,
    proposal,
    repaint_part,
)
from tests.unit.climpy.interactive import fields_to_edit as made


def painted(rows: list[str]) -> Field:
    """Codes of a drawing of the unique cells, north on top; `#` land, 0 to 3 codes."""
    depths = made.drawn_ocean(["".join("#" if c == "#" else "." for c in row) for row in rows])
    codes = np.array([[0.0 if c == "#" else float(c) for c in row] for row in rows])[::-1]
    values = np.zeros(depths.shape)
    values[:-1, 1:-1] = codes
    values = values.ravel()[depths.nodes].reshape(depths.shape)
    return replace(depths, values=values, kind="codes", sea=depths.ocean)


PAINTED = painted(["########", "11122233", "11#2#203", "11122#33"])


def test_basins_are_counted_once_per_cell_and_by_area() -> None:
    ground = Ground(PAINTED)
    found = painting(PAINTED, ground)
    assert [(size.code, size.cells) for size in found.sizes] == [(1, 8), (2, 7), (3, 5), (0, 1)]
    whole = sum(size.area_km2 for size in found.sizes)
    assert np.isclose(whole, ground.areas_km2[PAINTED.ocean.ravel()].sum())
    assert found.bare == 1


def test_what_is_not_painted_comes_first() -> None:
    found = painting(PAINTED, Ground(PAINTED))
    assert [(part.code, part.cells, part.beside) for part in found.parts] == [(0, 1, 3)]
    assert "1 ocean cell without a basin" in found.sentence
    assert found.mask(painted=False).sum() == 1
    assert not found.specks


def test_a_speck_is_found_and_takes_the_basin_around_it() -> None:
    field = painted(["########", "11112222", "13112222", "11113333"])
    ground = Ground(field)
    found = painting(field, ground)
    (speck,) = found.specks
    assert (speck.code, speck.cells, speck.beside) == (3, 1, 1)
    assert found.sentence == "Every ocean cell has a basin; 1 part away from the rest of its basin."
    session = Session(field)
    session.apply(repaint_part(field, ground, found, speck, speck.beside))
    assert not painting(session.field, ground).parts


def test_a_basin_over_the_seam_and_the_fold_is_in_one_piece() -> None:
    field = painted(["3#2##1#3", "3#2##1#3", "3222111#", "########"])
    found = painting(field, Ground(field))
    assert found.sentence == "Every ocean cell has a basin; each basin is in one piece."


def test_a_connected_part_ends_at_land_and_at_other_basins() -> None:
    ground = Ground(PAINTED)
    flat = PAINTED.values.ravel()
    one = int(np.flatnonzero((flat == 1) & ground.unique)[0])
    part = connected_part(PAINTED, ground, ground.place(one))
    assert np.array_equal(part, PAINTED.values == 1)
    land = int(np.flatnonzero(~PAINTED.ocean.ravel() & ground.unique)[0])
    assert not connected_part(PAINTED, ground, ground.place(land)).any()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.sampled_from(["thirds", "connected"]))
def test_a_proposal_as_edits_gives_the_proposed_codes(seed: int, method: str) -> None:
    field = made.basins(seed)
    ground = Ground(field)
    codes = sub_basins.propose(field.ocean.astype(np.float64), ground.grid, method=method)
    session = Session(field)
    edits = proposal(field, ground, codes, method)
    for edit in edits:
        session.apply(edit)
    assert np.array_equal(session.values, codes)
    assert proposal(session.field, ground, codes, method) == ()
    assert sum(size.cells for size in painting(session.field, ground).sizes) == np.count_nonzero(
        field.ocean.ravel() & ground.unique
    )
