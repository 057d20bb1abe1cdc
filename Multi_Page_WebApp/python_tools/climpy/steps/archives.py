"""Several files as one: a tar archive, compressed, the same bytes for the same files."""

import gzip
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from climpy.errors import InputRefused
from climpy.io import Attributes, ModelFile, whole_file, write

MOST_FILES = 200
LARGEST_BYTES = 2**31


@dataclass(frozen=True, eq=False)
class Archive:
    """What goes into an archive.

    Parameters
    ----------
    files : mapping of str to ModelFile or str
        Content by path in the archive; texts are written as UTF-8.
    judge : callable
        Told the folder of the files before they are packed; what it raises keeps them from being
        kept.
    """

    files: Mapping[str, ModelFile | str]
    judge: Callable[[Path], None] = lambda _folder: None


def write_archive(path: Path, archive: Archive, attributes: Attributes, scratch: Path) -> None:
    """Write the files, have them judged, and pack them; the archive appears whole or not at all.

    Parameters
    ----------
    attributes : mapping
        Global attributes that every NetCDF file carries besides its own.
    scratch : Path
        An empty folder for the files.

    Raises
    ------
    OutputRefused
        If something cannot be written.
    """
    for name, content in archive.files.items():
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            target.write_text(content, encoding="utf-8")
        else:
            own = {n: v for n, v in attributes.items() if n not in content.attributes}
            write(target, content, provenance=own)
    archive.judge(scratch)
    with whole_file(path) as temporary:
        _pack(scratch, sorted(archive.files), temporary)


def _pack(folder: Path, names: list[str], target: Path) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = (folder / name).stat().st_size
            entry.mode = 0o644
            with (folder / name).open("rb") as content:
                tar.addfile(entry, content)


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack an archive of ours into a folder; give its files.

    Raises
    ------
    InputRefused
        If it is no such archive, or holds what no archive of ours does.
    """
    try:
        with tarfile.open(path, "r:gz") as tar:
            entries = tar.getmembers()
            if len(entries) > MOST_FILES or sum(entry.size for entry in entries) > LARGEST_BYTES:
                raise InputRefused(f"{path.name} holds more than an archive of ours does.")
            if not all(entry.isreg() for entry in entries):
                raise InputRefused(f"{path.name} holds something else than files.")
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as trouble:
        raise InputRefused(f"{path.name} is no archive, or a damaged one.") from trouble
    return [folder / entry.name for entry in entries]
