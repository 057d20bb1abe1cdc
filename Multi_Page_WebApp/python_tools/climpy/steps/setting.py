"""A user's topography written anew as a person described it: the file that the steps begin from."""

from pathlib import Path

from climpy.bc.ipsl import regrid
from climpy.io import write
from climpy.steps.provenance import checksum, provenance
from climpy.topography import Choices, Understanding, open_topography

SETTING = "set_coords"
"""What files call this in their attribute `step`; a step of the workflow it is not."""

TITLE = "Topography as uploaded, on its own grid"


def apply_choices(
    path: Path, choices: Choices, target: Path, *, name: str | None = None
) -> Understanding:
    """Write the topography of a file as a person described it.

    Parameters
    ----------
    path : Path
        The user's file.
    choices : Choices
        What the person says about it.
    target : Path
        Written whole or not at all: `topo` (lat, lon) [m] on the file's own cells, south row
        first, holes filled, with provenance.
    name : str, optional
        What sentences and the new file's history call the user's file; its own name if not given.

    Returns
    -------
    Understanding
        What was understood of the user's file with these choices.

    Raises
    ------
    InputRefused
        If a choice does not fit the file, or the file cannot be used with them.
    OutputRefused
        If the target cannot be written.
    """
    topography, understanding = open_topography(path, choices=choices, name=name)
    content = regrid.to_file(topography)
    attributes = provenance(
        SETTING,
        choices.as_dict(),
        {"raw": path},
        {"raw": checksum(path)},
        names={"raw": name or path.name},
    )
    write(target, content, provenance={**attributes, "title": TITLE})
    return understanding
