"""`backup`, `restore` and the `check` of an installation: for who looks after the platform."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from climate_simulation_platform.commands.console import Console, reporting
from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.storage import readable_size

if TYPE_CHECKING:  # the database is opened by commands that need it, not by `--help`
    from climate_simulation_platform.db import Database
    from climate_simulation_platform.integrity import Finding, Report
    from climate_simulation_platform.safekeeping import Archive, Manifest
    from climate_simulation_platform.storage import Storage

Command = TypeVar("Command", bound=Any)

FINDINGS = 2
"""Exit code where something is wrong with the installation."""

_TOLD = 20
"""Findings of one kind that are listed for people."""

_BACKUP = "climate-sim-backup"


class Installation(NamedTuple):
    """Where the records and files of the platform are."""

    database: "Database"
    storage: "Storage"


def of_instance(command: Command) -> Command:
    """Give a command the option `--instance`."""
    option = click.option(
        "--instance",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the installation; the setting INSTANCE where it is not given.",
    )
    return option(command)


def installation(instance: Path | None) -> Installation:
    """The installation that the settings, or the option, name.

    Raises
    ------
    SettingsRefused
        If a variable is malformed.
    """
    from climate_simulation_platform.db import Database
    from climate_simulation_platform.settings import Settings
    from climate_simulation_platform.storage import Storage

    environ = dict(os.environ) | ({} if instance is None else {"INSTANCE": str(instance)})
    settings = Settings.beside(environ)
    storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
    return Installation(Database.of(settings), storage)


def existing_installation(instance: Path | None) -> Installation:
    """The same, which must be there.

    Raises
    ------
    SettingsRefused
        If the folder is not there.
    DatabaseUnusable
        If the database cannot be read, or is of another version.
    """
    found = installation(instance)
    if not found.storage.root.is_dir():
        raise SettingsRefused(
            f"There is no installation in {found.storage.root}; INSTANCE or --instance names its "
            "folder."
        )
    found.database.check()
    return found


def check_installation(console: Console, instance: Path | None, *, quick: bool) -> int:
    """Tell what is wrong with an installation; the exit code."""
    from climate_simulation_platform.integrity import check

    database, storage = existing_installation(instance)
    with showing(console, "Looking at files") as progress:
        report = check(database, storage, quick=quick, progress=progress)
    console.result(report.as_dict(), list(_report_lines(report, storage.root)))
    return 0 if report.well else FINDINGS


def _report_lines(report: "Report", root: Path) -> Iterator[str]:
    compared = "checksums compared" if report.checksums else "sizes compared"
    rows = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    facts = {
        "Installation": str(root),
        "Rows": rows or "not read",
        "Files": f"{report.files} in {readable_size(report.size)}, {compared}",
        "Free": readable_size(report.free),
        "Findings": str(len(report.findings) or "none"),
    }
    for name, fact in facts.items():
        yield f"{name:<13} {fact}"
    kinds: dict[str, list[Finding]] = {}
    for finding in report.findings:
        kinds.setdefault(finding.kind, []).append(finding)
    for kind, findings in kinds.items():
        yield ""
        yield f"{kind} ({len(findings)})"
        width = max(len(finding.about) for finding in findings[:_TOLD])
        for finding in findings[:_TOLD]:
            yield f"  {finding.about:<{width}}  {finding.sentence}"
        if len(findings) > _TOLD:
            yield f"  and {len(findings) - _TOLD} more; --json tells of all."


@click.command(
    short_help="Copy a whole installation into one file, while it runs.",
    epilog="""\b
Examples:
  climate-sim backup /backups/monday.tar
  climate-sim backup /backups/monday.tar --instance /data/climate --json

Reads the database and all files of the instance; writes OUT. Who is signed in is not part of it,
nor are settings and secrets.""",
)
@click.argument("out", type=click.Path(path_type=Path))
@of_instance
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@click.option(
    "--incomplete", is_flag=True, help="Go on where files are missing or damaged, and name them."
)
@reporting
def backup(
    console: Console, out: Path, instance: Path | None, force: bool, incomplete: bool
) -> None:
    """Copy the database and all files of an installation into the file OUT.

    The platform may be at work meanwhile. `climate-sim restore` puts it back, also into another
    kind of database.
    """
    from climate_simulation_platform.commands.folders import refuse_existing
    from climate_simulation_platform.safekeeping import back_up, counted

    refuse_existing([out], force=force)
    database, storage = existing_installation(instance)
    with _filled(out) as folder, showing(console, "Copying files") as progress:
        made, manifest = back_up(
            database, storage, folder, incomplete=incomplete, progress=progress
        )
        size = made.stat().st_size
        made.replace(out)
    told = _told_of(manifest)
    sentence = f"{out}: {counted(told)}, {told['files']} files, {readable_size(size)}."
    console.result({"backup": str(out), "bytes": size, **told}, [sentence])
    console.warn([f"files/{path} was missing and is not in it." for path in manifest.missing])
    console.warn([f"files/{path} is damaged, in the backup too." for path in manifest.damaged])


@contextlib.contextmanager
def _filled(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside a file in which it can be written; its name lasts afterwards."""
    from climate_simulation_platform.commands.folders import existing_parents, refusing
    from climpy.unfinished import new_folder

    with existing_parents(out), contextlib.ExitStack() as stack:
        with refusing(out):
            folder = stack.enter_context(new_folder(out.absolute().parent, _BACKUP))
        yield folder
        handle = os.open(out.absolute().parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems cannot
                os.fsync(handle)
        finally:
            os.close(handle)


@click.command(
    short_help="Put a backup back, in place of what is there.",
    epilog="""\b
Examples:
  climate-sim restore /backups/monday.tar --instance /data/new
  DATABASE_URL=postgresql://… climate-sim restore /backups/monday.tar --force

Reads BACKUP, all of it before anything is changed; writes the database and files of the instance.
Whoever is signed in has to sign in again.""",
)
@click.argument("backup", type=click.Path(path_type=Path))
@of_instance
@click.option("--force", is_flag=True, help="Replace users and topographies that are there.")
@reporting
def restore(console: Console, backup: Path, instance: Path | None, force: bool) -> None:
    """Have an installation hold what the file BACKUP holds, and nothing else.

    The platform may be at work meanwhile: steps that run end without a result. Until the last
    moment everything is as it was.
    """
    from climate_simulation_platform.instance import make_instance
    from climate_simulation_platform.safekeeping import Archive, counted
    from climate_simulation_platform.safekeeping import restore as put_back

    database, storage = installation(instance)
    with Archive.opened(backup) as archive:
        replace = _may_replace(database, archive, force=force)
        make_instance(storage.root)
        with showing(console, "Reading files") as progress:
            done = put_back(database, storage, archive, replace=replace, progress=progress)
        told = _told_of(archive.manifest)
        missing = archive.manifest.missing
    result = {**told, "files": done.files, "queued_again": list(done.put_back)}
    console.result(
        {**result, "removed_files": done.removed},
        [
            f"Restored {counted(told)}, {done.files} files, as they were at {told['created']}.",
        ],
    )
    console.warn([f"files/{path} is not in the backup." for path in missing])


def _may_replace(database: "Database", archive: "Archive", *, force: bool) -> bool:
    """Whether what is there may be replaced: said with `--force`, or on the terminal.

    Raises
    ------
    BackupRefused
        If something is there and nobody said so.
    """
    from climate_simulation_platform.db.dump import holdings
    from climate_simulation_platform.safekeeping import counted, refuse_occupied

    held = holdings(database)
    if force or not any(held.values()):
        return force
    if not (sys.stdin is not None and sys.stdin.isatty()):
        refuse_occupied(held)
    told = _told_of(archive.manifest)
    click.confirm(
        f"Replace what the database holds ({counted(held)}) by what the backup holds "
        f"({counted(told)}, of {told['created']})?",
        abort=True,
        err=True,
    )
    return True


def _told_of(manifest: "Manifest") -> dict[str, Any]:
    """What a backup holds, ready for JSON."""
    return {
        "created": manifest.created.isoformat(timespec="seconds"),
        "platform": manifest.platform,
        "schema": manifest.schema,
        "users": manifest.counts.get("user", 0),
        "topographies": manifest.counts.get("data_files", 0),
        "rows": dict(manifest.counts),
        "files": sum(name.startswith("files/") for name in manifest.members),
        "missing": list(manifest.missing),
        "damaged": list(manifest.damaged),
    }


@contextlib.contextmanager
def showing(console: Console, label: str) -> Iterator[Callable[[int, int], None]]:
    """Give something to be told how far the work is; on a terminal it draws a bar."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if console.quiet or not terminal or os.environ.get("TERM") == "dumb":
        yield lambda *_: None
        return
    with click.progressbar(length=100, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            reached = 100 * done // total if total else 100
            if reached > bar.pos:
                bar.update(reached - bar.pos)

        yield show
