"""The file of a backup: a plain tar of rows, files and a manifest."""

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from climate_simulation_platform.safekeeping.manifest import (
    LARGEST_BYTES,
    BackupRefused,
    Manifest,
    Member,
)

MANIFEST, MANIFEST_SUM = "manifest.json", "manifest.json.sha256"
"""The last two members: a file that was cut off has none."""

PIECE_BYTES = 2**20

_NAME = re.compile(
    r"manifest\.json(\.sha256)?|tables/[a-z_]+\.jsonl|files/[0-9]+/[A-Za-z0-9_-][A-Za-z0-9._-]*"
)


class NewArchive:
    """A backup that is being written.

    Parameters
    ----------
    path : Path
        Where; only its owner may read it, since accounts are in it.
    """

    def __init__(self, path: Path) -> None:
        self.members: dict[str, Member] = {}
        self._held = ExitStack()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._stream = self._held.enter_context(os.fdopen(handle, "wb", PIECE_BYTES))
        self._tar = self._held.enter_context(
            tarfile.TarFile(fileobj=self._stream, mode="w", format=tarfile.PAX_FORMAT)
        )

    def __enter__(self) -> "NewArchive":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        trouble: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.__exit__(kind, trouble, trace)

    def add(self, name: str, stream: BinaryIO, size: int, modified: float) -> Member:
        """Put in what can be read from a stream.

        Raises
        ------
        BackupRefused
            If the platform would never read it under that name.
        """
        if not _NAME.fullmatch(name):
            raise BackupRefused(f"{name!r} cannot be the name of a file in a backup.")
        summing = _Summing(stream)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = size, int(modified), 0o600
        self._tar.addfile(entry, summing)  # type: ignore[arg-type]
        self.members[name] = Member(summing.hexdigest(), size)
        return self.members[name]

    def finish(self, manifest: Manifest) -> None:
        """Put in the manifest; all is on the disk once this returns."""
        text = manifest.written()
        moment = manifest.created.timestamp()
        total = f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode("ascii")
        self.add(MANIFEST, BytesIO(text), len(text), moment)
        self.add(MANIFEST_SUM, BytesIO(total), len(total), moment)
        self._tar.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())


class _Summing:
    """A stream whose bytes are summed while they are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sum = hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._sum.update(piece)
        return piece

    def hexdigest(self) -> str:
        return self._sum.hexdigest()


class Archive:
    """A backup that is there.

    Parameters
    ----------
    path : Path
        For sentences.
    places : mapping
        Where in the stream each member lies, and its size.
    """

    def __init__(self, path: Path, stream: BinaryIO, places: dict[str, tuple[int, int]]) -> None:
        self.path = path
        self._stream = stream
        self._places = places
        self.manifest = self._read_manifest()
        listed = {name: member.size for name, member in self.manifest.members.items()}
        found = {name: size for name, (_, size) in places.items()}
        del found[MANIFEST], found[MANIFEST_SUM]
        if listed != found:
            raise damaged(path, "it does not hold what its manifest says")

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["Archive"]:
        """Open a backup and read what it says of itself.

        Raises
        ------
        BackupRefused
            If it is none, is not whole, or holds anything but plain files under names of ours.
        """
        try:
            stream = path.open("rb")
        except OSError as trouble:
            raise BackupRefused(f"{path} cannot be read: {trouble.strerror}.") from trouble
        with stream:
            yield cls(path, stream, _places(path, stream))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, piece by piece.

        Raises
        ------
        BackupRefused
            At the end, if they are not those that its maker wrote.
        """
        found = hashlib.sha256()
        for piece in self._raw(name):
            found.update(piece)
            yield piece
        if found.hexdigest() != self.manifest.members[name].sha256:
            raise damaged(self.path, f"{name} has a wrong checksum")

    def look_through(self, name: str) -> None:
        """Read a member for its checksum alone; see `pieces`."""
        for _ in self.pieces(name):
            pass

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member; see `pieces`."""
        begun = b""
        for piece in self.pieces(name):
            *whole, begun = (begun + piece).split(b"\n")
            yield from whole
        if begun:
            yield begun

    def _raw(self, name: str) -> Iterator[bytes]:
        start, left = self._places[name]
        while left:
            self._stream.seek(start)
            piece = self._stream.read(min(left, PIECE_BYTES))
            if not piece:
                raise damaged(self.path, f"{name} is cut off")
            start, left = start + len(piece), left - len(piece)
            yield piece

    def _read_manifest(self) -> Manifest:
        for name in (MANIFEST, MANIFEST_SUM):
            if name not in self._places or self._places[name][1] > LARGEST_BYTES:
                raise damaged(self.path, f"it has no {name}, with which a whole one ends")
        text = b"".join(self._raw(MANIFEST))
        total = b"".join(self._raw(MANIFEST_SUM)).decode("ascii", errors="replace")
        if total.split() != [hashlib.sha256(text).hexdigest(), MANIFEST]:
            raise damaged(self.path, f"{MANIFEST} has a wrong checksum")
        return Manifest.read(text)


def damaged(path: Path, how: str) -> BackupRefused:
    """The refusal of a backup that is not whole."""
    return BackupRefused(f"{path} is no whole backup of the platform: {how}; nothing was changed.")


def _places(path: Path, stream: BinaryIO) -> dict[str, tuple[int, int]]:
    """Where members lie; each is a plain file under a name of ours, and there once."""
    found: dict[str, tuple[int, int]] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            for entry in tar:
                if not _NAME.fullmatch(entry.name) or entry.name in found:
                    raise damaged(path, f"{entry.name!r} does not belong into one")
                if not entry.isreg() or entry.issparse():
                    raise damaged(path, f"{entry.name} is no plain file")
                found[entry.name] = (entry.offset_data, entry.size)
    except (tarfile.TarError, EOFError, ValueError) as trouble:
        raise damaged(path, "it cannot be read as a tar file") from trouble
    except OSError as trouble:
        raise BackupRefused(f"{path} cannot be read: {trouble.strerror}.") from trouble
    return found
