"""The settings of the stand-alone editor, read once from the environment."""

import ipaddress
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 2**20
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class SettingsRefused(Exception):
    """A variable is malformed; the sentence names it."""


@dataclass(frozen=True)
class Variable:
    """One environment variable, what holds where it is not set, and what it means."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("HOST", "127.0.0.1", "Address on which the pages are served."),
    Variable("PORT", "43840", "Port of the pages; 0 takes a free one."),
    Variable(
        "HOSTS",
        "",
        "Names under which the pages answer, by commas; without it, on a loopback address those "
        "of this machine, else any.",
    ),
    Variable("URL_PREFIX", "", "What stands before every path, as `/editor`."),
    Variable("TRUSTED_PROXIES", "0", "1: a proxy stands in front that sets `X-Forwarded-Host`."),
    Variable("MAX_UPLOAD_MB", "1024", "Largest file that is taken [MiB]."),
    Variable("LEAST_FREE_MB", "512", "Room to leave free on the disk [MiB]."),
    Variable(
        "FOLDER",
        "",
        "Where files and edits are kept; without it, a folder of the user's own among the "
        "system's temporary files.",
    ),
    Variable("KEEP_HOURS", "24", "A file is removed when it was not used for so long [hours]."),
    Variable("LOOK_MEMORY_MB", "6144", "Memory for reading or writing a file [MiB]."),
    Variable("LOOK_SECONDS", "300", "Longest time for reading or writing a file [seconds]."),
    Variable("MOST_OPEN", "16", "Editors that may be open at a time."),
)


@dataclass(frozen=True)
class Settings:
    """What the editor is told by its environment; `VARIABLES` says what each means."""

    host: str
    port: int
    hosts: tuple[str, ...] | None
    url_prefix: str
    behind_proxy: bool
    max_upload_bytes: int
    least_free_bytes: int
    folder: Path
    keep_seconds: float
    look_memory_bytes: int
    look_seconds: float
    most_open: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises
        ------
        SettingsRefused
            If a value is malformed; the sentence names the variable.
        """
        told = {v.name: environ.get(v.name, "").strip() or v.default for v in VARIABLES}
        host = told["HOST"]
        return cls(
            host=host,
            port=_whole(told, "PORT", 0, 65535),
            hosts=_hosts(told["HOSTS"], host),
            url_prefix=_prefix(told["URL_PREFIX"]),
            behind_proxy=bool(_whole(told, "TRUSTED_PROXIES", 0, 1)),
            max_upload_bytes=_whole(told, "MAX_UPLOAD_MB", 1) * MEGABYTE,
            least_free_bytes=_whole(told, "LEAST_FREE_MB", 0) * MEGABYTE,
            folder=Path(told["FOLDER"] or _own_folder()).absolute(),
            keep_seconds=3600.0 * _positive(told, "KEEP_HOURS"),
            look_memory_bytes=_whole(told, "LOOK_MEMORY_MB", 64) * MEGABYTE,
            look_seconds=_positive(told, "LOOK_SECONDS"),
            most_open=_whole(told, "MOST_OPEN", 1),
        )


def _own_folder() -> str:
    return str(Path(tempfile.gettempdir()) / f"single-page-webapp-{os.getuid()}")


def _hosts(told: str, host: str) -> tuple[str, ...] | None:
    """Names that are answered to: a page from elsewhere may have its name lead to this machine."""
    if told:
        return tuple(name.strip().lower() for name in told.split(",") if name.strip())
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return (*_LOOPBACK_NAMES, host) if loopback else None


def _prefix(told: str) -> str:
    parts = told.strip("/")
    allowed = all(letter.isalnum() or letter in "-_./" for letter in parts) and parts.isascii()
    if not allowed or ".." in parts or "//" in parts:
        raise SettingsRefused("URL_PREFIX must be a path of letters, digits, - _ . and /.")
    return f"/{parts}" if parts else ""


def _whole(told: Mapping[str, str], name: str, least: int, most: int = 10**9) -> int:
    value = told[name]
    if value.isascii() and value.isdigit() and least <= int(value[:12]) <= most:
        return int(value)
    raise SettingsRefused(f"{name} must be a whole number from {least} to {most}.")


def _positive(told: Mapping[str, str], name: str) -> float:
    try:
        value = float(told[name])
    except ValueError:
        value = 0.0
    if not 0 < value <= 100_000:
        raise SettingsRefused(f"{name} must be a number above 0 and at most 100000.")
    return value
