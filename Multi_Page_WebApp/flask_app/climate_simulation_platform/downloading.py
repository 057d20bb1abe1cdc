"""Files on their way to the user: names, whether they are whole, and the zip of them all."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from zipstream import ZIP_STORED, ZipStream

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.labels import FILE_TITLES, the_file
from climate_simulation_platform.records import DataFile, Revision
from climate_simulation_platform.storage import Storage

BLOCK_BYTES = 2**18
LONGEST_NAME = 80
MANIFEST, README = "manifest.json", "README.txt"

REGRIDDED = "regrid.nc"
"""Name of a topography that a step wrote, the same that `climate-sim run` gives it."""


class NotWhole(PlatformError):
    """A stored file is missing or is not what was stored."""


def model_name(revision: Revision) -> str:
    """Name of a file as `climate-sim run` gives it; an upload that no step touched is `raw.nc`."""
    if revision.file_type is FileType.RAW and revision.step is not None:
        return REGRIDDED
    return f"{revision.file_type}{revision.file_type.ending}"


def download_name(data_file: DataFile, revision: Revision) -> str:
    """Name under which one file is saved: the topography's, the type, the revision."""
    kind = revision.file_type
    return f"{_plain(data_file.about.name)}_{kind}_r{revision.revision}{kind.ending}"


def zip_name(data_file: DataFile) -> str:
    """Name under which all files together are saved."""
    return f"{_plain(data_file.about.name)}_boundary_conditions.zip"


def _plain(name: str) -> str:
    """A name without what file systems or shells take amiss."""
    words = re.sub(r"[^\w.+-]+", "_", name).strip("._-")
    return words[:LONGEST_NAME].rstrip("._-") or "topography"


def whole_file(storage: Storage, revision: Revision, *, checksum: bool = True) -> Path:
    """Path of the file of a revision, once it is known to be there as it was stored.

    Parameters
    ----------
    checksum : bool
        False to look at its size alone.

    Raises
    ------
    NotWhole
        If it is missing or damaged.
    """
    path = storage.path(revision.path)
    try:
        found = path.stat()
        same = found.st_size == revision.size
        if same and checksum:
            signs = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
            same = _checksum(path, signs) == revision.sha256
    except OSError as trouble:
        raise NotWhole(_lost(revision, "cannot be read")) from trouble
    if not same:
        raise NotWhole(_lost(revision, "is damaged"))
    return path


def _lost(revision: Revision, how: str) -> str:
    name = the_file(revision.file_type)
    return (
        f"Revision {revision.revision} of {name} {how} on the disk of the platform; make it anew "
        "on the page of the steps, or tell whoever runs the platform."
    )


@lru_cache(maxsize=4096)
def _checksum(path: Path, _signs: tuple[int, ...]) -> str:
    """Checksum of a file; counted once as long as the file is the same."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Archive:
    """A zip of files that is made while it is sent.

    All files are opened before the first byte, so that one removed meanwhile is sent whole.

    Parameters
    ----------
    revisions : sequence of Revision
        What to pack, one of each type.

    Raises
    ------
    NotWhole
        If a file is missing or damaged.
    """

    def __init__(
        self, storage: Storage, data_file: DataFile, revisions: Sequence[Revision]
    ) -> None:
        self._open = ExitStack()
        self._zip = ZipStream(compress_type=ZIP_STORED, sized=True)
        with ExitStack() as opening:
            for revision in revisions:
                path = whole_file(storage, revision)
                stream = opening.enter_context(_opened(path, revision))
                self._zip.add(_blocks(stream), model_name(revision), size=revision.size)
            self._open = opening.pop_all()
        for name, text in _words(data_file, revisions).items():
            self._zip.add(text.encode(), name)

    def __len__(self) -> int:
        return len(self._zip)

    def __iter__(self) -> Iterator[bytes]:
        with self._open:
            yield from self._zip

    def close(self) -> None:
        """Close the files, sent or not."""
        self._open.close()


def _opened(path: Path, revision: Revision) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as trouble:
        raise NotWhole(_lost(revision, "cannot be read")) from trouble


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
    while block := stream.read(BLOCK_BYTES):
        yield block


def _words(data_file: DataFile, revisions: Sequence[Revision]) -> dict[str, str]:
    """What lies beside the files: a list for programs and one for people."""
    return {
        MANIFEST: json.dumps(manifest(data_file, revisions), indent=2, ensure_ascii=False) + "\n",
        README: _readme(data_file, revisions),
    }


def manifest(data_file: DataFile, revisions: Sequence[Revision]) -> dict[str, Any]:
    """Say where each file comes from, ready for JSON."""
    about = data_file.about
    return {
        "name": about.name,
        "reference": about.reference,
        "age_ma": about.age_ma,
        "hypothesis": about.hypothesis,
        "uploaded_as": data_file.original_name,
        "files": {model_name(revision): _origin(revision) for revision in revisions},
    }


def _origin(revision: Revision) -> Mapping[str, Any]:
    return {
        "file_type": revision.file_type.value,
        "revision": revision.revision,
        "created": revision.created.isoformat(),
        "created_by": revision.created_by,
        "step": revision.step,
        "parameters": dict(revision.parameters),
        "made_from": {kind.value: number for kind, number in revision.input_revisions.items()},
        "description": revision.description,
        "versions": dict(revision.versions),
        "bytes": revision.size,
        "sha256": revision.sha256,
    }


def _readme(data_file: DataFile, revisions: Sequence[Revision]) -> str:
    about = data_file.about
    lines = [f"Boundary conditions of IPSL-CM5A2: {about.name}"]
    lines += [about.reference] if about.reference else []
    lines += [f"{about.age_ma:g} Ma"] if about.age_ma is not None else []
    lines += [about.hypothesis] if about.hypothesis else []
    lines.append("")
    for revision in revisions:
        title = FILE_TITLES[revision.file_type]
        made = f"{revision.created:%Y-%m-%d %H:%M} UTC by {revision.created_by}"
        lines.append(f"{model_name(revision):<18} {title}, revision {revision.revision}, {made}")
    lines += ["", f"{MANIFEST} says for each file how and from what it was made, and its SHA-256."]
    return "\n".join(lines) + "\n"
