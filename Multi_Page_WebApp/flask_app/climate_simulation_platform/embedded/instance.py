"""The instance folder: made at the first start, used by one supervisor at a time."""

import contextlib
import errno
import fcntl
import logging
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.settings import Settings

log = logging.getLogger(__name__)

SECRET_KEY_FILE = "secret_key"  # noqa: S105  the name of the file
_LOCK_FILE = "lock"
_PRIVATE = 0o600
_LEFT_OVER_SECONDS = 15.0


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of an embedded installation, with the secret key of its instance.

    Raises
    ------
    SettingsRefused
        If a variable is malformed, or the key cannot be read.
    """
    settings = Settings.from_env(environ, embedded=True)
    if settings.secret_key is not None:
        return settings
    return replace(settings, secret_key=_secret_key(settings.instance / SECRET_KEY_FILE))


def _secret_key(file: Path) -> str:
    """The key in a file that only we can read; made at the first start."""
    try:
        with contextlib.suppress(FileExistsError):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(32))
                stream.flush()
                os.fsync(stream.fileno())
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as trouble:
        raise SettingsRefused(f"The secret key in {file} cannot be made or read.") from trouble
    if not key:
        raise SettingsRefused(f"{file} is empty; remove it and a new secret key is made.")
    return key


def lock_instance(folder: Path) -> int:
    """Take an instance for this process and those that inherit the descriptor.

    What a killed supervisor left is given time to end.

    Raises
    ------
    SettingsRefused
        If the platform is already running there.
    """
    handle = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, _PRIVATE)
    deadline = time.monotonic() + _LEFT_OVER_SECONDS
    while not _locked(handle):
        holder = _holder(handle)
        if (holder and _is_alive(holder)) or time.monotonic() > deadline:
            os.close(handle)
            raise SettingsRefused(
                f"The platform is already running in {folder}"
                f"{f' (process {holder})' if holder else ''}; stop it there, or choose another "
                "folder with --instance."
            )
        time.sleep(0.05)
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as trouble:
        if trouble.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
        log.warning("The file system of the instance folder has no locks; start only one platform.")
    return True


def _holder(handle: int) -> int:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() else 0


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
