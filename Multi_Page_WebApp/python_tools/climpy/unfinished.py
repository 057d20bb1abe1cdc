"""Hidden folders in which results grow until they are whole.

What killed processes left in their place is cleared.
"""

import contextlib
import errno
import fcntl
import glob
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

NEW_SECONDS = 2.0
"""Age below which the folder of another process may not be locked yet."""


@contextlib.contextmanager
def new_folder(parent: Path, name: str) -> Iterator[Path]:
    """Make a hidden folder with the permissions that the user's folders have; gone at the end.

    It is locked for as long as the process lives, so that what a killed one left is known; that is
    removed here.

    Parameters
    ----------
    parent : Path
        Where the folder is made.
    name : str
        What the results are for; tells the folders of one purpose from others.

    Raises
    ------
    OSError
        If the parent does not exist or cannot be written.
    """
    clear_unfinished(parent, name)
    temporary = parent / f".{name}.{secrets.token_hex(4)}.part"
    if parent.is_dir() and not os.access(parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))
    temporary.mkdir()
    lock = os.open(temporary, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(lock)


def unfinished_folders(parent: Path, name: str) -> list[Path]:
    """Folders of processes that are at work for `name`, or were killed."""
    return [
        folder
        for folder in parent.glob(f".{glob.escape(name)}.{'[0-9a-f]' * 8}.part")
        if folder.is_dir() and not folder.is_symlink()
    ]


def clear_unfinished(parent: Path, name: str, *, minimum_age_seconds: float = NEW_SECONDS) -> None:
    """Remove what killed processes left; what is locked, or brand-new, belongs to one at work."""
    for folder in unfinished_folders(parent, name):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < minimum_age_seconds:
                continue
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)
