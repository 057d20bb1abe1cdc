"""Several files as one: a tar archive, compressed, the same bytes for the same files."""

import gzip
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

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
    also : mapping of str to str
        Further paths in the archive and which of the files is there too, as a link within it.
    judge : callable
        Told the folder of the files before they are packed; what it raises keeps them from being
        kept.
    """

    files: Mapping[str, ModelFile | str]
    judge: Callable[[Path], None] = lambda _folder: None
    also: Mapping[str, str] = field(default_factory=dict)


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
        _pack(scratch, archive, temporary)


def _pack(folder: Path, archive: Archive, target: Path) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(archive.files):
            entry = _entry(name)
            entry.size = (folder / name).stat().st_size
            with (folder / name).open("rb") as content:
                tar.addfile(entry, content)
        for name in sorted(archive.also):
            entry = _entry(name)
            entry.type = tarfile.LNKTYPE
            entry.linkname = archive.also[name]
            tar.addfile(entry)


def _entry(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o644
    return entry


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack an archive of ours into a folder; give its files, each under its first path.

    Raises
    ------
    InputRefused
        If it is no such archive, or holds what no archive of ours does.
    """
    try:
        with tarfile.open(path, "r:gz") as tar:
            entries = [entry for entry in tar.getmembers() if not entry.islnk()]
            if len(entries) > MOST_FILES or sum(entry.size for entry in entries) > LARGEST_BYTES:
                raise InputRefused(f"{path.name} holds more than an archive of ours does.")
            if not all(entry.isreg() and _stays_within(entry.name) for entry in entries):
                raise InputRefused(f"{path.name} holds something else than files.")
            for entry in entries:
                _take_out(tar, entry, folder / entry.name)
    except (tarfile.TarError, EOFError, OSError) as trouble:
        raise InputRefused(f"{path.name} is no archive, or a damaged one.") from trouble
    return [folder / entry.name for entry in entries]


def _stays_within(name: str) -> bool:
    """Whether a path in an archive leads into the folder where it is unpacked."""
    parts = PurePosixPath(name).parts
    return bool(parts) and ".." not in parts and not name.startswith("/")


def _take_out(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> None:
    """Write one file; the early 3.11 know no filter for `extractall`."""
    content = tar.extractfile(entry)
    if content is None:
        raise tarfile.ReadError(f"{entry.name} has no content")
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as written:
        shutil.copyfileobj(content, written)
