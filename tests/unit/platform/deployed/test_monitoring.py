"""`/health`, `/metrics`, and whether a service may be replaced now."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from socket import socket
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from climate_simulation_platform.deployed import busy
from climate_simulation_platform.deployed.monitoring import Health, Monitor
from climate_simulation_platform.errors import DatabaseUnusable, SettingsRefused
from climate_simulation_platform.version import VERSION

Watch = Callable[[Callable[[], Health]], Monitor]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Start monitors, each on a free port."""
    started: list[Monitor] = []

    def start(health: Callable[[], Health]) -> Monitor:
        registry = CollectorRegistry()
        Counter("csp_tests", "Tests.", registry=registry).inc(3)
        started.append(Monitor(0, registry, health))
        started[-1].start()
        return started[-1]

    yield start
    for monitor in started:
        monitor.end()


def ask(monitor: Monitor, path: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{monitor.port}{path}", timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers["Content-Type"], refusal.read()


def health(monitor: Monitor) -> tuple[int, dict[str, Any]]:
    status, kind, body = ask(monitor, "/health")
    assert kind == "application/json"
    return status, json.loads(body)


def test_a_service_that_is_well(watch: Watch) -> None:
    assert health(watch(lambda: Health(busy=True))) == (
        200,
        {"status": "well", "trouble": "", "busy": True, "version": VERSION},
    )


def test_a_service_that_is_not(watch: Watch) -> None:
    status, told = health(watch(lambda: Health("The message queue is not connected.")))
    assert (status, told["status"]) == (503, "unwell")
    assert told["trouble"] == "The message queue is not connected."


def test_trouble_of_the_platform_is_told_as_its_sentence(watch: Watch) -> None:
    def unusable() -> Health:
        raise DatabaseUnusable("The database cannot be opened.")

    status, told = health(watch(unusable))
    assert (status, told["trouble"]) == (503, "The database cannot be opened.")


def test_metrics_are_those_of_the_service(watch: Watch) -> None:
    status, kind, body = ask(watch(Health), "/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    assert b"csp_tests_total 3.0" in body


def test_there_is_nothing_else(watch: Watch) -> None:
    status, _, body = ask(watch(Health), "/etc/passwd")
    assert status == 404
    assert body == b"There are /health and /metrics.\n"


def test_many_can_ask_at_once(watch: Watch) -> None:
    """One who connects and says nothing holds nobody up."""
    monitor = watch(Health)
    with closing(socket()) as silent:
        silent.connect(("127.0.0.1", monitor.port))
        assert health(monitor)[0] == 200


def test_a_port_that_is_taken_is_told(watch: Watch) -> None:
    taken = watch(Health).port
    with pytest.raises(SettingsRefused, match=f"Port {taken} cannot be used .*; set MONITOR_PORT"):
        Monitor(taken, CollectorRegistry(), Health).start()


def test_after_its_end_nobody_answers(watch: Watch) -> None:
    monitor = watch(Health)
    port = monitor.port
    monitor.end()
    monitor.end()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)


@pytest.mark.parametrize(("at_work", "code"), [(True, 75), (False, 0)])
def test_a_service_at_work_is_not_replaced(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, at_work: bool, code: int
) -> None:
    assert _busy(monkeypatch, watch(lambda: Health(busy=at_work)).port) == code


def test_a_service_that_is_unwell_and_at_work_is_not_replaced(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker may be away for a moment while a step of hours runs."""
    assert _busy(monkeypatch, watch(lambda: Health("Not connected.", busy=True)).port) == 75


def test_a_service_that_does_not_answer_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert _busy(monkeypatch, port) == 0


def _busy(monkeypatch: pytest.MonkeyPatch, port: int) -> Any:
    monkeypatch.setenv("MONITOR_PORT", str(port))
    with pytest.raises(SystemExit) as ended:
        busy.main()
    return ended.value.code


def test_a_malformed_setting_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONITOR_PORT", "none")
    with pytest.raises(SystemExit) as ended:
        busy.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "MONITOR_PORT must be a whole number from 0 to 65535.\n"
