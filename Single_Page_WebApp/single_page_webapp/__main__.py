"""Start the stand-alone editor: python -m single_page_webapp [--check]."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from climpy.errors import ClimpyError
from single_page_webapp.settings import VARIABLES, Settings, SettingsRefused, Variable

HELP = """\
Open a NetCDF file in the browser, look, edit, download.

  python -m single_page_webapp          serve until Ctrl-C
  python -m single_page_webapp --check  put everything together, then end

Settings in the environment:
"""


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code."""
    unknown = [each for each in arguments if each not in ("--check", "--help")]
    if unknown:
        print(f"There is no option {unknown[0]}.", file=sys.stderr)  # noqa: T201
        return 2
    if "--help" in arguments:
        print(HELP + "\n".join(map(_described, VARIABLES)))  # noqa: T201
        return 0
    try:
        settings = Settings.from_env(os.environ)
        if "--check" in arguments:
            _check(settings)
        else:
            asyncio.run(_serve(settings))
    except (SettingsRefused, ClimpyError) as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as trouble:
        print(f"It does not start: {trouble.strerror or trouble}.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _described(variable: Variable) -> str:
    default = f" [{variable.default}]" if variable.default else ""
    return f"  {variable.name:<16} {variable.meaning.replace('`', '')}{default}"


def _check(settings: Settings) -> None:
    """Put everything together in a folder of its own; connect to nothing."""
    from single_page_webapp.app import server_of
    from single_page_webapp.library import Library

    with tempfile.TemporaryDirectory() as folder:
        server_of(Library(replace(settings, folder=Path(folder))))


async def _serve(settings: Settings) -> None:
    from single_page_webapp.app import serve

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await serve(settings, stopped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
