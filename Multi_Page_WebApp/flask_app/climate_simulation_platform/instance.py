"""The instance folder, in which the database and all files lie."""

import os
import secrets
from pathlib import Path

from climate_simulation_platform.errors import SettingsRefused


def make_instance(folder: Path) -> None:
    """Make the folder of an instance if it is not there, and see that it can be written.

    Raises
    ------
    SettingsRefused
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(8)}.part"
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as trouble:
        raise SettingsRefused(f"{folder} is a file, not a folder for the instance.") from trouble
    except OSError as trouble:
        raise SettingsRefused(
            f"The instance folder {folder} cannot be written by user {os.getuid()} "
            f"({trouble.strerror}); give it to that user, or choose another one with INSTANCE or "
            "--instance."
        ) from trouble
