"""Runs a module of the source tree, and starts it anew when the source changes.

For `docker-compose.dev.yaml`: `python deploy/reload.py MODULE`.
"""

import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path

log = logging.getLogger("reload")

SOURCE = Path(__file__).resolve().parent.parent
FOLDERS = (
    "Multi_Page_WebApp",
    "message_dispatcher",
    "python_worker",
    "mosaic_worker",
    "mosaix_worker",
)
KINDS = frozenset({".py", ".html"})
LOOK_SECONDS = 1.0


def state_of_source(source: Path = SOURCE) -> frozenset[tuple[Path, int]]:
    """Every file that a process has in memory once it runs, and when it was changed."""
    return frozenset(
        (path, path.stat().st_mtime_ns)
        for folder in FOLDERS
        for path in (source / folder).rglob("*")
        if path.suffix in KINDS and path.is_file()
    )


def changed(seen: frozenset[tuple[Path, int]]) -> bool:
    """Whether the source is no longer what it was; a file that just vanishes counts."""
    try:
        return state_of_source() != seen
    except FileNotFoundError:
        return True


def run_until_changed(module: str, told: threading.Event) -> None:
    """Run the module until its source changes or we are told to end."""
    seen = state_of_source()
    with subprocess.Popen([sys.executable, "-m", module]) as child:  # noqa: S603  our own module
        while not told.wait(LOOK_SECONDS) and not changed(seen):
            pass
        child.terminate()


def main() -> None:
    """Keep the module running until told to end."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    (module,) = sys.argv[1:]
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    run_until_changed(module, told)
    while not told.is_set():
        log.info("%s is started anew: its source has changed", module)
        run_until_changed(module, told)


if __name__ == "__main__":
    main()
