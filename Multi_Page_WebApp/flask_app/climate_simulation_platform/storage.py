"""Files of the platform on disk: taken in whole or not at all, never changed afterwards."""

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.errors import NoSpace, PlatformError
from climpy.unfinished import (
    NEW_SECONDS,
    clear_unfinished,
    new_folder,
    unfinished_folders,
)

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk, or somebody's share of it, is full."""

LEAST_FREE_BYTES = 64 * 2**20
"""Space that is left for the database and the system."""

_UPLOAD, _ATTEMPT, _STAGING = "upload", "attempt", "staging"
_READ_ONLY = 0o444

_PRIVATE = 0o700
"""Nobody else on the machine reads what users bring; within, files need no guard of their own."""


class NotStored(PlatformError):
    """A path that cannot be that of a stored file."""


class Stored(NamedTuple):
    """Where a file lies below the folder of files, its checksum, and its size in bytes."""

    path: str
    sha256: str
    size: int


class Storage:
    """The files below an instance folder.

    Parameters
    ----------
    root : Path
        The instance folder; nothing is made or read before it is used.
    least_free_bytes : int
        Space on the disk that stays free.
    """

    def __init__(self, root: Path, *, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        self.root = root
        self.files = root / "files"
        self.incoming_folder = root / "incoming"
        self._least_free_bytes = least_free_bytes

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.files, self.incoming_folder):
            folder.mkdir(_PRIVATE, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Path]:
        """Give a path for a file on its way in; what is not adopted is gone at the end.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        with full_disk_refused():
            self.incoming_folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
            with new_folder(self.incoming_folder, _UPLOAD) as folder:
                yield folder / "upload.nc"

    @contextlib.contextmanager
    def attempt(self, data_file_id: int) -> Iterator[Path]:
        """Give a hidden folder beside a data file's files, in which a step writes; gone at the end.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        with full_disk_refused(), new_folder(self._folder(data_file_id), _ATTEMPT) as folder:
            yield folder

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a hidden folder on the disk of the files, for copies; gone at the end.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        with full_disk_refused():
            self.incoming_folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
            with new_folder(self.incoming_folder, _STAGING) as folder:
                yield folder

    def adopt(
        self,
        temporary: Path,
        data_file_id: int,
        file_type: FileType,
        token: str,
        *,
        sha256: str | None = None,
    ) -> Stored:
        """Move a finished file to its place, read-only; it is on the disk once this returns.

        Parameters
        ----------
        temporary : Path
            The file, on the same file system.
        token : str
            Tells files of one type apart: the task's id, or `new_token()`. A file that an earlier
            attempt of the same task left is replaced.
        sha256 : str, optional
            Its checksum, where it is known.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        relative = f"{data_file_id}/{file_type.value}.{token}{file_type.ending}"
        target = self.path(relative)
        with full_disk_refused():
            with temporary.open("rb") as stream:
                found = sha256 or hashlib.file_digest(stream, "sha256").hexdigest()
                size = os.fstat(stream.fileno()).st_size
                os.fchmod(stream.fileno(), _READ_ONLY)
                os.fsync(stream.fileno())
            self._folder(data_file_id)
            temporary.replace(target)
            _sync_folder(target.parent)
        return Stored(relative, found, size)

    def path(self, relative: str) -> Path:
        """Where a stored file lies.

        Raises
        ------
        NotStored
            If the path would leave the folder of files or name something hidden.
        """
        parts = PurePosixPath(relative).parts
        plain = len(parts) == 2 and parts[0].isascii() and parts[0].isdigit()
        if not plain or parts[1].startswith(".") or "\0" in relative or "\\" in relative:
            raise NotStored(f"{relative!r} is no file of the platform.")
        return self.files.joinpath(*parts)

    def remove(self, relative: str) -> None:
        """Remove a file; fine if it is gone."""
        self.path(relative).unlink(missing_ok=True)

    def remove_folder(self, data_file_id: int) -> None:
        """Remove all files of a data file; fine if they are gone."""
        shutil.rmtree(self.files / str(data_file_id), ignore_errors=True)

    def copy(self, relative: str, to_id: int) -> str:
        """Give another data file the same bytes, without using the disk twice where links work.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        source = self.path(relative)
        wanted = f"{to_id}/{source.name}"
        target = self._folder(to_id) / source.name
        with full_disk_refused():
            _link_or_copy(source, target)
            _sync_folder(target.parent)
        return wanted

    def place(self, staged: Mapping[str, Path]) -> None:
        """Give whole files their places, where there is none yet; they are on the disk then.

        Parameters
        ----------
        staged : mapping of str to Path
            Files in a folder of `staging`, by the path that they are to have; they stay there.

        Raises
        ------
        NoSpace
            If the disk is full.
        """
        with full_disk_refused():
            for relative, source in staged.items():
                target = self.path(relative)
                if not target.exists():
                    self._folder(int(target.parent.name))
                    _link_or_copy(source, target)
            for folder in {self.path(relative).parent for relative in staged}:
                _sync_folder(folder)

    def sums(self, relative: str) -> tuple[str, int]:
        """Checksum and size of a stored file, read anew.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        """
        with self.path(relative).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
            return found, os.fstat(stream.fileno()).st_size

    def free_bytes(self) -> int:
        """Space that can be used on the disk."""
        return max(0, shutil.disk_usage(self.root).free - self._least_free_bytes)

    def require_space(self, bytes_wanted: int) -> None:
        """Make sure that something of this size fits on the disk.

        Raises
        ------
        NoSpace
            If it does not.
        """
        free = self.free_bytes()
        if bytes_wanted > free:
            raise NoSpace(
                f"The disk of the platform has room for {readable_size(free)}, and "
                f"{readable_size(bytes_wanted)} are needed; delete files, or ask whoever runs the "
                "platform for more space."
            )

    def orphans(
        self, known_paths: Iterable[str], *, minimum_age_seconds: float = 0.0
    ) -> tuple[str, ...]:
        """Files that no record names.

        Parameters
        ----------
        known_paths : iterable of str
            Paths that records name.
        minimum_age_seconds : float
            Younger ones may belong to a task that is just about to record them.
        """
        known = set(known_paths)
        newest = time.time() - minimum_age_seconds
        return tuple(
            relative
            for file in sorted(self.files.glob("*/[!.]*"))
            if (relative := f"{file.parent.name}/{file.name}") not in known
            and file.lstat().st_ctime <= newest
        )

    def left_unfinished(self) -> tuple[str, ...]:
        """Folders below the instance that killed processes left and nobody cleared yet."""
        groups = [(self.incoming_folder, _UPLOAD), (self.incoming_folder, _STAGING)]
        groups += [(folder, _ATTEMPT) for folder in self.files.glob("*/")]
        return tuple(
            folder.relative_to(self.root).as_posix()
            for parent, name in groups
            for folder in sorted(unfinished_folders(parent, name))
            if _is_abandoned(folder)
        )

    def clear_unfinished(self, *, alone: bool = False) -> None:
        """Remove what killed processes left half-written; what is in use stays.

        Parameters
        ----------
        alone : bool
            No other process of the platform is there, so that nothing is just being begun.
        """
        age = 0.0 if alone else NEW_SECONDS
        for name in (_UPLOAD, _STAGING):
            clear_unfinished(self.incoming_folder, name, minimum_age_seconds=age)
        for folder in self.files.glob("*/"):
            clear_unfinished(folder, _ATTEMPT, minimum_age_seconds=age)

    def _folder(self, data_file_id: int) -> Path:
        folder = self.files / str(data_file_id)
        if not folder.is_dir():
            self.files.mkdir(_PRIVATE, parents=True, exist_ok=True)
            folder.mkdir(exist_ok=True)
            _sync_folder(self.files)
        return folder


def new_token() -> str:
    """Something that no other file has in its name."""
    return secrets.token_hex(16)


def token_of(relative: str) -> str:
    """What tells a stored file from others of its type: see `adopt`; empty where there is none."""
    parts = PurePosixPath(relative).name.split(".", 2)
    return parts[1] if len(parts) == 3 else ""


def another_name(relative: str) -> str:
    """A path for a file of the same kind that no other file has."""
    path = PurePosixPath(relative)
    kind, *_, ending = path.name.split(".", 2)
    return f"{path.parent}/{kind}.{new_token()}.{ending}"


@contextlib.contextmanager
def full_disk_refused() -> Iterator[None]:
    """Turn what the system says of a full disk into a sentence.

    Raises
    ------
    NoSpace
        Instead of an OSError.
    """
    try:
        yield
    except OSError as trouble:
        if trouble.errno not in FULL:
            raise
        raise NoSpace(
            "The disk of the platform is full; delete files, or ask whoever runs the platform for "
            "more space."
        ) from trouble


def _is_abandoned(folder: Path) -> bool:
    """Whether an unfinished folder is neither brand-new nor locked by a process at work."""
    try:
        if time.time() - folder.stat().st_mtime < NEW_SECONDS:
            return False
        lock = os.open(folder, os.O_RDONLY)
    except OSError:  # just cleared
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _link_or_copy(source: Path, target: Path) -> None:
    """Give the same bytes another name, a link where links work; one that is there stays."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as trouble:
        if trouble.errno in FULL or not source.exists():
            raise
        _copy_whole(source, target)


def _copy_whole(source: Path, target: Path) -> None:
    with new_folder(target.parent, _ATTEMPT) as folder:
        copied = folder / source.name
        shutil.copyfile(source, copied)
        with copied.open("rb") as stream:
            os.fchmod(stream.fileno(), _READ_ONLY)
            os.fsync(stream.fileno())
        copied.replace(target)


def _sync_folder(folder: Path) -> None:
    """Have names that were made or moved in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def readable_size(size: int) -> str:
    """A size for people."""
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000.0 and len(units) > 1:
        amount /= 1000.0
        units.pop(0)
    return f"{amount:.3g} {units[0]}"
