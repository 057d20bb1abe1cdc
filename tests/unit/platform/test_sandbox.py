"""Limits that are really hit, children that really die."""

import functools
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.errors import Busy, Conflict, NoSpace
from climate_simulation_platform.sandbox import (
    ChildDied,
    ChildFailed,
    Reason,
    Sandbox,
    calling,
    values,
)
from climpy.errors import InputRefused
from tests import sandboxed
from tests.waiting import is_gone, wait_for

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(memory_bytes=512 * MEGABYTE, cpu_seconds=20, wall_seconds=30) as made:
        yield made


def death(sandbox: Sandbox, function: Any, *arguments: Any, **limits: Any) -> ChildDied:
    with pytest.raises(ChildDied) as caught:
        sandbox.run(function, *arguments, **limits)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert sandbox.run(sandboxed.nothing) is None  # the next call is none the worse
    return caught.value


def test_values_come_back_as_they_were(sandbox: Sandbox) -> None:
    came = sandbox.run(sandboxed.plain_values, 6)
    there = sandboxed.plain_values(6)
    np.testing.assert_array_equal(came.pop("array"), there.pop("array"))
    assert came == there
    assert came["record"].file_type is FileType.RAW


def test_an_array_longer_than_any_buffer(sandbox: Sandbox) -> None:
    came = sandbox.run(sandboxed.plain_values, 4_000_000)["array"]
    assert came[-1, -1] == 3_999_999


def test_each_call_has_a_process_of_its_own_and_one_server(sandbox: Sandbox) -> None:
    (first, server), (second, same) = (sandbox.run(sandboxed.process) for _ in range(2))
    assert first != second
    assert server == same
    assert os.getpid() not in (first, second, server)


def test_arguments_bound_beforehand(sandbox: Sandbox) -> None:
    assert sandbox.run(functools.partial(sandboxed.plain_values, 2))["number"] == 1.5


def test_the_environment_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "the secret")
    with Sandbox() as fresh:
        seen = fresh.run(sandboxed.environment)
    assert "the secret" not in seen.values()
    assert not {"SECRET_KEY", "PATH", "HOME"} & set(seen)


@pytest.mark.parametrize(
    ("function", "limits", "reason", "word"),
    [
        (sandboxed.eats_memory, {"memory_bytes": 200 * MEGABYTE}, Reason.MEMORY, "200 MB"),
        (sandboxed.loops, {"cpu_seconds": 1}, Reason.TIME, "1 seconds"),
        (sandboxed.loops, {"wall_seconds": 0.3}, Reason.TIME, "0.3 seconds"),
        (sandboxed.reads_a_null_pointer, {}, Reason.CRASHED, "SIGSEGV"),
        (sandboxed.kills_itself, {}, Reason.LOST, "again"),
        (sandboxed.leaves, {}, Reason.CRASHED, "exit code 7"),
        (sandboxed.speaks_out_of_turn, {}, Reason.CRASHED, "crashed"),
    ],
)
def test_a_death_has_its_reason(
    sandbox: Sandbox, function: Any, limits: dict[str, Any], reason: Reason, word: str
) -> None:
    died = death(sandbox, function, **limits)
    assert died.reason is reason
    assert word in str(died)


def test_last_words_are_kept(sandbox: Sandbox) -> None:
    log = death(sandbox, sandboxed.reads_a_null_pointer).log
    assert log.startswith("last words")
    assert "reads_a_null_pointer" in log


def test_refusals_come_back_as_themselves(sandbox: Sandbox) -> None:
    with pytest.raises(InputRefused, match=r"^There is no ocean\.$"):
        sandbox.run(sandboxed.refuses)
    with pytest.raises(Conflict, match=r"^Somebody was faster\.$"):
        sandbox.run(sandboxed.conflicts)


def test_a_full_disk_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(NoSpace):
        sandbox.run(sandboxed.meets_a_full_disk)
    with pytest.raises(NoSpace):
        sandbox.run(sandboxed.writes_too_much, tmp_path / "long", file_bytes=8 * MEGABYTE)
    assert (tmp_path / "long").stat().st_size <= 8 * MEGABYTE


def test_files_that_can_be_open_are_counted(sandbox: Sandbox) -> None:
    with pytest.raises(ChildFailed) as caught:
        sandbox.run(sandboxed.opens_many_files)
    assert "Too many open files" in caught.value.log


def test_a_fault_of_ours_keeps_its_traceback(sandbox: Sandbox) -> None:
    with pytest.raises(ChildFailed) as caught:
        sandbox.run(sandboxed.divides_by_zero)
    assert "ZeroDivisionError" in caught.value.log
    assert "divides_by_zero" in caught.value.log


def test_nothing_but_values_is_taken_from_a_child(sandbox: Sandbox) -> None:
    with pytest.raises(ChildFailed, match="no plain value"):
        sandbox.run(sandboxed.a_function)


def test_progress_arrives_in_order(sandbox: Sandbox) -> None:
    told: list[tuple[float, str]] = []
    result = sandbox.run(sandboxed.tells_progress, progress=lambda *values: told.append(values))
    assert result == "done"
    assert told == [(0.0, "at work"), (0.5, "at work"), (1.0, "at work")]


class Cancelled(Exception):
    pass


def test_what_progress_raises_ends_the_child(sandbox: Sandbox) -> None:
    told: list[int] = []

    def cancel(pid: int) -> None:
        told.append(pid)
        raise Cancelled

    with pytest.raises(Cancelled):
        sandbox.run(sandboxed.tells_progress_for_ever, progress=cancel)
    assert is_gone(told[0])


def test_what_is_raised_while_waiting_ends_the_child(sandbox: Sandbox, tmp_path: Path) -> None:
    beginning = tmp_path / "begun"

    def cancel() -> None:
        if beginning.exists() and beginning.read_text():
            raise Cancelled

    with pytest.raises(Cancelled):
        sandbox.run(sandboxed.waits_for_ever, beginning, while_waiting=cancel)
    assert is_gone(int(beginning.read_text().split()[0]))


def test_what_a_child_left_behind_is_ended(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.run(sandboxed.leaves_a_process_behind, tmp_path / "pid")
    left = int((tmp_path / "pid").read_text())
    wait_for(lambda: is_gone(left), "the process left behind ends")


def test_a_server_that_was_killed_is_started_anew(tmp_path: Path) -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(1) as caller:
        _, server = sandbox.run(sandboxed.process)
        running = caller.submit(sandbox.run, sandboxed.waits_for_ever, tmp_path / "begun")
        begun = wait_for(
            lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text(), "the call"
        )
        os.kill(server, signal.SIGKILL)
        died = running.exception()
        assert isinstance(died, ChildDied)
        assert died.reason is Reason.LOST
        child = int(begun.split()[0])
        wait_for(lambda: is_gone(child), "the child ends with its server")
        assert sandbox.run(sandboxed.process)[1] != server


CALLER = """
import sys, pathlib
from climate_simulation_platform.sandbox import Sandbox
from tests import sandboxed
Sandbox().run(sandboxed.waits_for_ever, pathlib.Path(sys.argv[1]))
"""


def test_children_end_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, tmp_path / "begun"], cwd=Path(__file__).parents[3]
    )
    try:
        begun = wait_for(
            lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text(), "the call"
        )
    finally:
        caller.kill()
        caller.wait()
    for pid in map(int, begun.split()):
        wait_for(lambda pid=pid: is_gone(pid), "server and child end", patience=10)  # type: ignore[misc]


def test_temporary_files_go_with_the_call_however_it_ends(sandbox: Sandbox) -> None:
    made = Path(sandbox.run(sandboxed.temporary_file))
    assert not made.parent.exists()
    places: list[Path] = []
    with pytest.raises(ChildDied):
        sandbox.run(sandboxed.temporary_file_and_death, progress=lambda at: places.append(Path(at)))
    assert len(places) == 1
    assert not places[0].parent.exists()


def test_many_threads_at_once(sandbox: Sandbox) -> None:
    def work(count: int) -> float:
        if count % 7 == 0:
            with pytest.raises(InputRefused):
                sandbox.run(sandboxed.refuses)
        return float(sandbox.run(sandboxed.plain_values, 2 * count)["array"].sum())

    with ThreadPoolExecutor(16) as threads:
        sums = list(threads.map(work, range(1, 100)))
    assert sums == [sum(range(2 * count)) for count in range(1, 100)]
    assert threading.active_count() < 40


def test_the_end_leaves_no_process() -> None:
    with Sandbox() as sandbox:
        child, server = sandbox.run(sandboxed.process)
    assert is_gone(child)
    assert is_gone(server)


def test_a_sandbox_warmed_up_and_never_used_ends_too() -> None:
    with Sandbox() as sandbox:
        sandbox.warm()


def test_a_call_waits_for_its_turn_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "_LONGEST_QUEUE_SECONDS", 0.01)
    with Sandbox(at_once=1) as sandbox:
        with pytest.raises(Busy):
            sandbox.run(sandboxed.nothing, while_waiting=lambda: sandbox.run(sandboxed.nothing))
        unqueued = functools.partial(sandbox.run, sandboxed.nothing, queued=False)
        sandbox.run(sandboxed.nothing, while_waiting=unqueued)
        assert sandbox.run(sandboxed.nothing) is None


@pytest.mark.parametrize(
    "tree",
    [
        {"function": ["os", "system"]},
        {"record": ["subprocess", "Popen", {"args": "true"}]},
        {"record": ["climate_simulation_platform.sandbox.child", "os", {}]},
        {"member": ["climate_simulation_platform.constants", "FileType", "no such file"]},
        {"tuple": [["os", "system"], ["true"]]},
        {"bound": [{"function": ["os", "system"]}, {"tuple": [[], []]}, {"names": []}]},
        {"array": ["<f8", [4], 0]},
        {"array": ["|O", [1], 0]},
        {"eval": "1"},
        {"value_": 1},
        {},
        ["bare"],
    ],
)
def test_a_child_that_was_taken_over_can_send_values_only(tree: object) -> None:
    text = json.dumps([tree, []]).encode()
    with pytest.raises(values.NotPlain):
        values.plain(struct.pack("!Q", len(text)) + text)


@pytest.mark.parametrize("payload", [b"", b"\0" * 8, b"\0" * 7 + b"\x09[1, [99]", b"\xff" * 40])
def test_bytes_of_no_value_are_refused(payload: bytes) -> None:
    with pytest.raises(values.NotPlain):
        values.plain(payload)


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0))
    | st.timedeltas()
    | st.sampled_from(FileType),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.sampled_from(FileType), inner)
    ),
    max_leaves=20,
)


@given(TREES)
@settings(deadline=None, max_examples=100)
def test_values_travel_without_a_change(value: object) -> None:
    there = values.plain(values.encoded(value))
    assert there == value
    assert repr(there) == repr(value)  # 1 is not True, and FileType.RAW is not "raw"
