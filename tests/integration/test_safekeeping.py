"""Backups, restores and checks as processes: at work, killed, from one database to another."""

import json
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.commands.installation import FINDINGS
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import dump
from climate_simulation_platform.integrity import check
from climate_simulation_platform.records import DataFile, Status
from climate_simulation_platform.workflow import transactions
from tests.e2e.furnishing import Furnishing
from tests.e2e.serving import Serving
from tests.furnished import Installed, copied, furnish
from tests.platform_records import add_user
from tests.postgresql import Cluster
from tests.program import PROGRAM, climate_sim, refused
from tests.waiting import wait_for

BALLAST_BYTES = 60_000_000
"""What a file holds so that its copying takes long enough to be killed in the midst of it."""


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return furnish(tmp_path / "instance")


def run(*arguments: object, instance: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LEAST_FREE_MB": "1"}
    return climate_sim(*arguments, "--instance", instance, env=environment, **options)


def backed_up(instance: Path, out: Path, *options: str) -> dict[str, Any]:
    done = run("backup", out, "--json", *options, instance=instance)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def restored(backup: Path, instance: Path, *options: str) -> dict[str, Any]:
    done = run("restore", backup, "--json", *options, instance=instance)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def checked(instance: Path, *options: str) -> list[dict[str, str]]:
    """Findings of a check of an installation."""
    done = run("check", "--json", *options, instance=instance)
    told = json.loads(done.stdout)
    assert done.returncode == (FINDINGS if told["findings"] else 0), done.stderr
    found: list[dict[str, str]] = told["findings"]
    return found


# one after another, in a folder


def test_an_installation_moves_into_another_folder(installed: Installed, tmp_path: Path) -> None:
    told = backed_up(installed.storage.root, tmp_path / "deep" / "one.tar")
    assert (told["users"], told["topographies"], told["files"]) == (1, 2, 9)
    assert told["bytes"] == (tmp_path / "deep" / "one.tar").stat().st_size
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one.tar"]
    restored(tmp_path / "deep" / "one.tar", tmp_path / "new")
    new = Installed(tmp_path / "new")
    assert copied(new.rows()) == copied(installed.rows())
    assert new.files() == installed.files()
    assert checked(tmp_path / "new") == []


def test_what_is_said_for_people(installed: Installed, tmp_path: Path) -> None:
    instance = installed.storage.root
    done = run("backup", tmp_path / "one.tar", instance=instance)
    assert re.search(r"one.tar: 1 user, 2 topographies, 9 files, [\d.]+ kB\.", done.stdout)
    done = run("check", instance=instance)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Findings      none" in done.stdout
    file = next(installed.storage.files.glob("*/bathy.*"))
    file.unlink()
    done = run("check", "--quick", instance=instance)
    assert done.returncode == FINDINGS
    assert "row without file (1)" in done.stdout
    assert file.name in done.stdout
    done = run("restore", tmp_path / "one.tar", "--force", instance=instance)
    assert done.stdout.startswith("Restored 1 user, 2 topographies, 9 files, as they were at 2")
    assert run("check", instance=instance).returncode == 0


def test_refusals_are_sentences(installed: Installed, tmp_path: Path) -> None:
    instance, out = installed.storage.root, tmp_path / "one.tar"
    backed_up(instance, out)
    before = installed.rows(), installed.files()
    assert "--force" in refused(run("backup", out, instance=instance))
    assert "is a folder" in refused(run("backup", tmp_path, instance=instance))
    assert "not empty" in refused(run("restore", out, instance=instance))
    assert "cannot be read" in refused(run("restore", tmp_path / "no.tar", instance=instance))
    assert "no installation" in refused(run("check", instance=tmp_path / "nowhere"))
    assert "no installation" in refused(run("backup", "x.tar", instance=tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "bare").mkdir()
    assert "cannot be opened" in refused(run("check", instance=tmp_path / "bare"))
    assert (installed.rows(), installed.files()) == before
    assert installed.left() == []
    backed_up(instance, out, "--force")


def test_check_takes_a_file_or_an_installation(tmp_path: Path) -> None:
    (tmp_path / "earth.nc").touch()
    done = climate_sim("check", tmp_path / "earth.nc", "--quick")
    assert "without a FILE" in refused(done)
    assert "needs a FILE" in refused(climate_sim("check", "--topo-var", "topo"))


def test_unsound_files_are_named(installed: Installed, tmp_path: Path) -> None:
    file = next(installed.storage.files.glob("*/bathy.*"))
    file.unlink()
    instance = installed.storage.root
    assert file.name in refused(run("backup", tmp_path / "one.tar", instance=instance))
    assert list(tmp_path.glob("*.tar")) == list(tmp_path.glob(".*.part")) == []
    done = run("backup", tmp_path / "one.tar", "--incomplete", instance=instance)
    assert done.returncode == 0
    assert "was missing" in done.stderr


def answered(answer: str, *arguments: object) -> tuple[int, str]:
    """Run on a terminal and answer its question; exit code and all that it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(PROGRAM, [str(part) for part in (PROGRAM, *arguments)], {**os.environ})
    shown, pending = b"", answer.encode()
    while True:
        try:
            shown += os.read(terminal, 1024)
        except OSError:  # the other end has gone
            break
        if pending and shown.endswith(b"[y/N]: "):
            os.write(terminal, pending)
            pending = b""
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_on_a_terminal_it_asks(installed: Installed, tmp_path: Path) -> None:
    instance, out = installed.storage.root, tmp_path / "one.tar"
    code, shown = answered("", "backup", out, "--instance", instance)
    assert code == 0, shown
    assert "Copying files" in shown
    add_user(installed.database, "late")
    code, shown = answered("n\n", "restore", out, "--instance", instance)
    assert (code, len(installed.rows()["user"])) == (130, 2), shown
    code, shown = answered("y\n", "restore", out, "--instance", instance)
    assert (code, len(installed.rows()["user"])) == (0, 1), shown
    assert "holds (2 users, 2 topographies)" in shown


# killed at any moment


def with_ballast(installed: Installed) -> Installed:
    """The same with a file whose copying takes a while."""
    file = next(installed.storage.files.glob("*/raw.*"))
    old = f"{file.parent.name}/{file.name}"
    made = installed.stored(1, FileType.RAW, "x" * BALLAST_BYTES)
    with installed.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE revisions SET path = ?, sha256 = ?, size = ? WHERE path = ?",
            (made.path, made.sha256, made.size, old),
        )
    installed.storage.remove(old)
    return installed


def killed(seconds: float, *arguments: object, instance: Path) -> int:
    """Exit code of a command that is killed so long after its work began."""
    environment = {**os.environ, "LEAST_FREE_MB": "1"}
    process = subprocess.Popen(
        [PROGRAM, *map(str, arguments), "--instance", str(instance)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folders = (instance / "incoming", Path(str(arguments[1])).parent)

    def begun() -> bool:
        return process.poll() is not None or any(any(f.glob(".*.part")) for f in folders)

    wait_for(begun, "its first trace")
    moment = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= moment, "the moment")
    process.send_signal(signal.SIGKILL)
    return process.wait()


def test_a_killed_backup_leaves_no_file_of_that_name(installed: Installed, tmp_path: Path) -> None:
    with_ballast(installed)
    instance, out = installed.storage.root, tmp_path / "backups" / "one.tar"
    out.parent.mkdir()
    before = installed.rows(), installed.files()
    dice = random.Random(1)
    codes = [
        killed(dice.uniform(0.0, 0.4), "backup", out, "--force", instance=instance)
        for _ in range(5)
    ]
    assert -signal.SIGKILL in codes
    if not out.exists():
        assert [path.suffix for path in out.parent.iterdir()] <= [".part"] * 5
    assert (installed.rows(), installed.files()) == before
    for folder in (*out.parent.glob(".*.part"), *installed.left()):
        os.utime(folder, (0, 0))  # a new one may be somebody's who has just begun
    backed_up(instance, out, "--force")
    assert list(out.parent.iterdir()) == [out]
    assert installed.left() == []


def test_a_killed_restore_has_done_all_or_nothing(installed: Installed, tmp_path: Path) -> None:
    out = tmp_path / "one.tar"
    backed_up(with_ballast(installed).storage.root, out)
    target = furnish(tmp_path / "target")
    target.topography(add_user(target.database, "late"), "Miocene")
    old, new = copied(target.rows()), copied(installed.rows())
    old_files = target.files()
    dice = random.Random(2)
    codes = []
    for _ in range(6):
        seconds = dice.uniform(0.0, 0.8)
        codes.append(killed(seconds, "restore", out, "--force", instance=target.storage.root))
        rows = copied(target.rows())
        assert rows in (old, new)
        named = {row["path"] for row in rows["revisions"]}
        assert named <= set(target.files())
        if rows == old:
            assert old_files.items() <= target.files().items()
    assert -signal.SIGKILL in codes
    kinds = {each.kind for each in check(target.database, target.storage).findings}
    assert kinds <= {"file without row", "left unfinished"}
    restored(out, target.storage.root, "--force")
    assert copied(target.rows()) == new


def test_ctrl_c_leaves_nothing(installed: Installed, tmp_path: Path) -> None:
    with_ballast(installed)
    process = subprocess.Popen(
        [PROGRAM, "backup", tmp_path / "one.tar", "--instance", installed.storage.root],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: process.poll() is not None or [*tmp_path.glob(".*.part")], "its beginning")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert (process.returncode, "Interrupted" in told) in ((130, True), (0, False))
    assert list(tmp_path.glob(".*.part")) == []


# while the platform is at work


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("serving") / "instance", {"LEAST_FREE_MB": "1"})
    made.start()
    yield made
    made.end()


@pytest.fixture(scope="module")
def furnishing(serving: Serving) -> Iterator[Furnishing]:
    made = Furnishing(serving)
    yield made
    made.close()


@pytest.fixture(scope="module")
def topography(furnishing: Furnishing) -> DataFile:
    made = furnishing.topography(furnishing.user("ada"))
    furnishing.request(made, "regrid", {"dlat": 2.0, "dlon": 2.0})
    furnishing.wait(made, "regrid")
    return made


class Busy:
    """Somebody who asks for the routing, which everything else follows, again and again."""

    def __init__(self, furnishing: Furnishing, topography: DataFile) -> None:
        self._furnishing = furnishing
        self._topography = topography
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.asked = 0

    def __enter__(self) -> "Busy":
        self._thread.start()
        wait_for(lambda: self.asked > 0, "the first request")
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def _ask(self) -> None:
        furnishing, topography = self._furnishing, self._topography
        while not self._enough.is_set():
            choice = {"drop_per_distance": bool(self.asked % 2)}
            furnishing.request(topography, "routing", choice)
            self.asked += 1
            wait_for(lambda: self._enough.is_set() or is_quiet(furnishing, topography), "its end")


def is_quiet(furnishing: Furnishing, topography: DataFile) -> bool:
    views = transactions.workflow_view(furnishing.database, topography.id)
    return not any(view.status in (Status.QUEUED, Status.RUNNING) for view in views.values())


def test_a_platform_at_work_is_copied_and_found_well(
    serving: Serving, furnishing: Furnishing, topography: DataFile, tmp_path: Path
) -> None:
    with Busy(furnishing, topography) as busy:
        for number in range(3):
            asked = busy.asked
            assert checked(serving.instance) == []
            backed_up(serving.instance, tmp_path / f"{number}.tar")
            wait_for(lambda asked=asked: busy.asked > asked, "work goes on")  # type: ignore[misc]
    wait_for(lambda: is_quiet(furnishing, topography), "the workflow ends")
    assert checked(serving.instance) == []
    for number in range(3):
        instance = tmp_path / str(number)
        restored(tmp_path / f"{number}.tar", instance)
        assert checked(instance) == []


def test_a_platform_at_work_is_restored(
    serving: Serving, furnishing: Furnishing, topography: DataFile, tmp_path: Path
) -> None:
    out = tmp_path / "one.tar"
    with Busy(furnishing, topography):
        backed_up(serving.instance, out)
    before = Installed(tmp_path / "before")
    restored(out, before.storage.root)
    later = furnishing.topography(furnishing.user("late"))
    furnishing.request(topography, "routing", {"drop_per_distance": True})
    wait_for(lambda: not is_quiet(furnishing, topography), "a step at work")
    told = restored(out, serving.instance, "--force")
    assert told["users"] == 1
    wait_for(lambda: is_quiet(furnishing, topography), "what was queued is done")
    with furnishing.database.reading() as connection:
        rows = dump.counts(connection)
    assert rows["data_files"] == len(before.rows()["data_files"])
    assert rows["revisions"] >= len(before.rows()["revisions"])
    statuses = furnishing.statuses(topography)
    assert Status.FAILED not in statuses.values()
    assert not (serving.instance / "files" / str(later.id)).is_dir() or not list(
        (serving.instance / "files" / str(later.id)).iterdir()
    )
    wait_for(lambda: checked(serving.instance) == [], "all is well")
    furnishing.request(topography, "routing", {"drop_per_distance": False})
    furnishing.wait(topography, "routing", "heatflow", "ahmcoef")
    wait_for(lambda: checked(serving.instance) == [], "all is well")


def test_a_check_or_backup_holds_nobody_up(installed: Installed, tmp_path: Path) -> None:
    """Somebody who has little patience writes all the time while they are at work."""
    with_ballast(installed)
    instance = installed.storage.root
    for command in (["check"], ["backup", str(tmp_path / "one.tar")]):
        process = subprocess.Popen(
            [PROGRAM, *command, "--instance", str(instance)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LEAST_FREE_MB": "1"},
        )
        written = 0
        with closing(sqlite3.connect(instance / "platform.db", timeout=2.0)) as connection:
            while process.poll() is None:
                connection.execute("UPDATE user SET created = created")
                connection.commit()
                written += 1
        assert process.returncode == 0
        assert written > 10


# from one kind of database to the other


@pytest.fixture
def on_server(cluster: Cluster, tmp_path: Path) -> Iterator[Installed]:
    """An installation whose database is an empty one of PostgreSQL."""
    name = cluster.create()
    folder = tmp_path / "on server"
    folder.mkdir()
    yield Installed(folder, cluster.address(name))
    cluster.drop(name)


def on(installed: Installed, *arguments: object) -> dict[str, Any]:
    """Run a command on an installation, whatever its database; what it told."""
    url = installed.database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "DATABASE_URL": url, "INSTANCE": str(installed.storage.root)}
    done = climate_sim(*arguments, "--json", env={**environment, "LEAST_FREE_MB": "1"})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def test_an_installation_moves_to_postgresql_and_back(
    installed: Installed, on_server: Installed, tmp_path: Path
) -> None:
    gone = add_user(installed.database, "gone")
    with installed.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM user WHERE id = ?", (gone.id,))
    rows, files = copied(installed.rows()), installed.files()
    on(installed, "backup", tmp_path / "there.tar")
    on(on_server, "restore", tmp_path / "there.tar")
    assert (copied(on_server.rows()), on_server.files()) == (rows, files)
    assert on(on_server, "check")["well"]
    on(on_server, "backup", tmp_path / "back.tar")
    back = Installed(tmp_path / "back")
    on(back, "restore", tmp_path / "back.tar")
    assert (copied(back.rows()), back.files()) == (rows, files)
    for each in (on_server, back):
        assert add_user(each.database, "new").id == gone.id + 1
        each.topography(add_user(each.database, "newer"))
        each.work()
        assert on(each, "check")["well"]


def test_on_postgresql_all_is_replaced_while_somebody_reads(
    installed: Installed, on_server: Installed, tmp_path: Path
) -> None:
    on_server.topography(add_user(on_server.database, "late"), "Miocene")
    on_server.sign_in(add_user(on_server.database, "later"))
    on(installed, "backup", tmp_path / "one.tar")
    with on_server.database.reading() as connection:
        before = dump.counts(connection)
        on(on_server, "restore", tmp_path / "one.tar", "--force")
        assert dump.counts(connection) == before
    assert copied(on_server.rows()) == copied(installed.rows())
    assert on_server.rows()["sessions"] == []
    assert on(on_server, "check")["well"]
