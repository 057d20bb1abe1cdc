"""Opened files on disk: each in a folder of its own, whose name nobody can guess.

A folder holds the file as it came, what it is called, and the edits of each of its fields.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused, OutputRefused

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FILE = "file.nc"
_ABOUT = "about.json"
_ARRIVING = "arriving-"


@dataclass(frozen=True)
class Folder:
    """One opened file.

    Parameters
    ----------
    path : Path
        Where it is.
    token : str
        What its address says.
    """

    path: Path
    token: str

    @property
    def file(self) -> Path:
        """The file as it came."""
        return self.path / _FILE

    @property
    def about(self) -> Mapping[str, Any]:
        """What is known of it: `name`, and what was found when it was looked into."""
        found = json.loads((self.path / _ABOUT).read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise TypeError
        return found

    @property
    def name(self) -> str:
        """How its owner calls it."""
        return str(self.about["name"])

    def used(self) -> None:
        """Note that somebody has just used it."""
        os.utime(self.path)

    def read(self, name: str) -> bytes | None:
        """Give what was kept under a name; None if nothing was."""
        try:
            return self._kept(name).read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, name: str, content: bytes) -> None:
        """Keep something under a name: whole, and on the disk, when this returns.

        Raises
        ------
        OutputRefused
            If it cannot be written.
        """
        target = self._kept(name)
        temporary = target.with_suffix(f".{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        except OSError as trouble:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            if not self.path.is_dir():
                raise OutputRefused("This file was closed; open it again.") from trouble
            raise OutputRefused(f"The edits could not be kept: {trouble.strerror}.") from trouble

    def new_file(self, suffix: str) -> Path:
        """Give a path for a file that is made for a download."""
        return self.path / f"made-{secrets.token_hex(8)}{suffix}"

    def _kept(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        return self.path / f"kept-{digest}.json"


class Folders:
    """All opened files.

    Parameters
    ----------
    root : Path
        Folder of the folders; made if it is not there, for its owner alone.
    keep_seconds : float
        How long after its last use a file is removed.
    least_free_bytes : int
        Room to leave on the disk.
    """

    def __init__(self, root: Path, keep_seconds: float, least_free_bytes: int) -> None:
        self.root = root
        self._keep_seconds = keep_seconds
        self._least_free_bytes = least_free_bytes
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = root.lstat()
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid != os.getuid():
            raise InputRefused(f"The folder {root} belongs to somebody else; set FOLDER.")
        if owner.st_mode & 0o077:
            root.chmod(0o700)

    def room(self) -> int:
        """How many bytes may come in."""
        return max(0, shutil.disk_usage(self.root).free - self._least_free_bytes)

    def begin(self) -> "Arriving":
        """Have a file come in."""
        return Arriving(self)

    def find(self, token: str) -> Folder | None:
        """Give the folder of a token; None if there is none."""
        if _TOKEN.fullmatch(token) is None:
            return None
        folder = Folder(self.root / token, token)
        return folder if (folder.path / _ABOUT).is_file() else None

    def forget(self, folder: Folder) -> None:
        """Remove a file and all that was kept of it."""
        gone = self.root / f"{_ARRIVING}{secrets.token_hex(8)}"
        try:
            folder.path.rename(gone)  # nobody finds half a folder
        except OSError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self, in_use: Callable[[str], bool], now: float | None = None) -> None:
        """Remove what was not used for long, and what never came in whole."""
        latest = (time.time() if now is None else now) - self._keep_seconds
        for path in list(self.root.iterdir()):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < latest and not in_use(path.name):
                    self.forget(Folder(path, path.name))


class Arriving:
    """A file that comes in, piece by piece."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._path = folders.root / f"{_ARRIVING}{secrets.token_hex(16)}"
        self._path.mkdir(mode=0o700)
        self._stream = (self._path / _FILE).open("xb")
        self.size = 0

    @property
    def file(self) -> Path:
        """Where it comes in."""
        return self._path / _FILE

    def write(self, piece: bytes) -> None:
        """Take a piece."""
        self._stream.write(piece)
        self.size += len(piece)

    def close(self) -> None:
        """Take no more pieces."""
        self._stream.close()

    def accept(self, about: Mapping[str, Any]) -> Folder:
        """Make it a file that can be opened."""
        self._stream.close()
        (self._path / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        token = secrets.token_urlsafe(32)
        self._path.rename(self._folders.root / token)
        return Folder(self._folders.root / token, token)

    def discard(self) -> None:
        """Forget it."""
        self._stream.close()
        shutil.rmtree(self._path, ignore_errors=True)
