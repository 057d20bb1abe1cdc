"""Looking into a file that somebody brought: what runs in a process of its own.

The pages name these functions and never load what they need: imports stand within them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from climate_simulation_platform.constants import FileType
from climpy.errors import InputRefused

PICTURE_SHAPE = (360, 720)
"""Rows and columns of the picture [pixels]."""

ON_A_PAGE = ("name the one to take with topo_var (--topo-var)", "choose one")
"""What a sentence for the command line says, and what it says on a page."""

MOST_TOLD = 2_000_000
"""Characters of what is kept of a file, as JSON, that pages can still show."""

GREATEST_HEIGHT = 6000.0
"""Where the colours end [m], above and below the sea."""


@dataclass(frozen=True)
class Description:
    """What is kept of a file, so that no page need open it again.

    Parameters
    ----------
    header : mapping
        Dimensions, variables and attributes, ready for JSON.
    thumbnail : bytes
        A small PNG, empty if there is nothing to draw.
    values_sha256 : str
        Checksum of the values alone.
    versions : mapping
        Software by name.
    """

    header: Mapping[str, Any]
    thumbnail: bytes
    values_sha256: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Findings:
    """What was understood of a topography.

    Parameters
    ----------
    understanding : mapping or None
        Fields of `climpy.topography.Understanding`; None if it was refused.
    refusal : str
        Why, in one sentence.
    choose : tuple of str
        What a person can choose against that refusal; empty: nothing helps.
    fields, coordinates, units : tuple
        What there is to choose from.
    picture : bytes
        A map of what was understood, PNG; empty if nothing was.
    """

    understanding: Mapping[str, Any] | None
    refusal: str
    choose: tuple[str, ...]
    fields: tuple[Mapping[str, Any], ...]
    coordinates: tuple[Mapping[str, Any], ...]
    units: tuple[str, ...]
    picture: bytes


def examine(path: Path, name: str, choices: Mapping[str, Any]) -> Findings:
    """What a file holds, read with somebody's choices.

    Raises
    ------
    InputRefused
        If a choice is malformed.
    """
    from climpy.topography import Choices
    from climpy.topography import examine as examine_topography
    from climpy.topography.choices import UNITS

    with _called(path, name):
        found = examine_topography(path, Choices.from_dict(choices), name=name).as_dict()
    helps = tuple(found["choose"]) if found["settable"] else ()
    return Findings(
        understanding=found["understanding"],
        refusal=(found["refusal"] or "").replace(path.name, name).replace(*ON_A_PAGE),
        choose=helps,
        fields=tuple(found["fields"]),
        coordinates=tuple(found["coordinates"]),
        units=tuple(UNITS),
        picture=_drawn(found["preview"]),
    )


def examine_upload(path: Path, name: str) -> tuple[Findings, Description | None]:
    """The same for a file that has just come in, with its description if it can be of use.

    Raises
    ------
    InputRefused
        If it cannot be read at all.
    """
    findings = examine(path, name, {})
    if findings.understanding is None and not findings.choose:
        return findings, None
    with _called(path, name):
        _demand_few_words(path, (findings.understanding, findings.fields, findings.coordinates))
        return findings, describe(path, FileType.RAW.value)


def rewrite(
    path: Path, name: str, choices: Mapping[str, Any], target: Path
) -> tuple[Mapping[str, Any], Description]:
    """Write a topography anew as somebody chose; what was understood, and the new file's own.

    Raises
    ------
    InputRefused
        If the choices do not fit the file.
    """
    from climpy.steps import apply_choices
    from climpy.topography import Choices

    with _called(path, name):
        understanding = apply_choices(path, Choices.from_dict(choices), target, name=name)
    return understanding.as_dict(), describe(target, FileType.RAW.value)


def describe(path: Path, file_type: str) -> Description:
    """What is kept of a file.

    Raises
    ------
    InputRefused
        If it says too much of itself.
    """
    from climpy import fields
    from climpy.pictures.thumbnails import thumbnail
    from climpy.steps.provenance import values_checksum, versions

    if FileType(file_type).packed:
        return _describe_set(path)
    header = fields.header(path)
    _demand_few_words(path, header)
    return Description(
        header=header,
        thumbnail=thumbnail(path, file_type),
        values_sha256=values_checksum(path),
        versions=versions(),
    )


def _describe_set(path: Path) -> Description:
    """What is kept of a set of weights: in place of variables its files, report and checks."""
    from climpy.pictures.weights import thumbnail
    from climpy.steps.provenance import versions
    from climpy.steps.sets import describe_set

    found = describe_set(path)
    return Description(
        header={"variables": [], "first": None, "set": found.about},
        thumbnail=thumbnail(found.fraction),
        values_sha256=found.values_sha256,
        versions=versions(),
    )


def write_demo(target: Path) -> tuple[Findings, Description]:
    """Write the topography of the made-up Earth."""
    from climpy.bc.ipsl import regrid
    from climpy.demo import demo_topography
    from climpy.io import write
    from climpy.steps.provenance import provenance, titled

    content = regrid.to_file(demo_topography())
    origin = provenance("demo", {}, {}, {})
    write(target, content, provenance=titled(origin, content, "A made-up Earth"))
    return examine(target, target.name, {}), describe(target, FileType.RAW.value)


def _demand_few_words(path: Path, told: Any) -> None:
    if len(json.dumps(told)) > MOST_TOLD:
        raise InputRefused(
            f"{path.name} says more of itself, in names, attributes and labels, than a page can "
            "show; leave out what the topography does not need."
        )


@contextmanager
def _called(path: Path, name: str) -> Iterator[None]:
    """Have sentences call a file as its owner does, not as it is called on our disk."""
    try:
        yield
    except InputRefused as refusal:
        raise InputRefused(str(refusal).replace(path.name, name)) from refusal


def _drawn(preview: Mapping[str, Any] | None) -> bytes:
    """A map of the globe from 180 W to 180 E on which a mirrored planet is seen at once (PNG)."""
    if preview is None:
        return b""
    import io

    import numpy as np
    from matplotlib.colors import to_rgba
    from matplotlib.image import imsave

    from climpy.pictures.palettes import INK, height_colours

    coarse = np.asarray(preview["heights"], dtype=float)
    coarse = coarse.reshape(preview["rows"], preview["columns"])[::-1]
    rows, columns = (
        np.arange(pixels) * cells // pixels
        for pixels, cells in zip(PICTURE_SHAPE, coarse.shape, strict=True)
    )
    heights = coarse[np.ix_(rows, columns)]
    share = np.clip(np.abs(heights) / GREATEST_HEIGHT, 0.0, 1.0) ** 0.6
    colours = height_colours()(0.5 + 0.5 * np.copysign(share, heights))
    land = heights > 0.0
    coast = land & ~(np.roll(land, 1, 1) & np.roll(land, -1, 1) & _shifted(land))
    colours[coast] = to_rgba(INK)
    stream = io.BytesIO()
    imsave(stream, np.round(255.0 * colours[..., :3]).astype("u1"), format="png")
    return stream.getvalue()


def _shifted(land: Any) -> Any:
    """Where there is land above and below; beyond the poles too."""
    import numpy as np

    padded = np.pad(land, ((1, 1), (0, 0)), constant_values=True)
    return padded[:-2] & padded[2:]
