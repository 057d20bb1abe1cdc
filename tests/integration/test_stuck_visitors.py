"""Visitors who send or take nothing any more must not keep the others out."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from gunicorn.http.errors import NoMoreData  # type: ignore[import-untyped]

from climate_simulation_platform.embedded.supervisor import listen
from climate_simulation_platform.server import patience
from climate_simulation_platform.server.patience import PatientUnreader
from tests.e2e.serving import HOST, Serving


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    settings = {"PYTHON_WORKERS": "1", "WEB_PROCESSES": "1", "WEB_THREADS": "1"}
    made = Serving(tmp_path_factory.mktemp("stuck") / "instance", settings)
    made.start()
    yield made
    made.end()


def connected(serving: Serving, held: ExitStack, sent: bytes = b"") -> socket.socket:
    visitor = held.enter_context(socket.create_connection((HOST, serving.port), timeout=60))
    visitor.sendall(sent)
    return visitor


def status(serving: Serving, timeout: float) -> int:
    connection = HTTPConnection(HOST, serving.port, timeout=timeout)
    try:
        connection.request("GET", "/status")
        return connection.getresponse().status
    finally:
        connection.close()


def test_connections_on_which_nothing_comes_keep_no_thread(serving: Serving) -> None:
    with ExitStack() as held:
        for _ in range(40):
            connected(serving, held)
        assert status(serving, timeout=60) == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=",
    ],
    ids=["in the head", "in the body"],
)
def test_a_request_that_stops_half_way_is_given_up(serving: Serving, sent: bytes) -> None:
    with ExitStack() as held:
        stuck = connected(serving, held, sent)
        assert status(serving, timeout=60) == 200
        while stuck.recv(4096):
            pass
    assert "Traceback" not in serving.tail()


def test_a_malformed_body_is_the_fault_of_who_sent_it(serving: Serving) -> None:
    head = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with ExitStack() as held:
        visitor = connected(serving, held, head + kind + b"zz\r\nname\r\n")
        assert visitor.recv(100).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in serving.tail()


@pytest.fixture
def ends() -> Iterator[tuple[PatientUnreader, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield PatientUnreader(ours), theirs


def test_patience_grows_with_what_came(ends: tuple[PatientUnreader, socket.socket]) -> None:
    unreader, visitor = ends
    unreader.begin(0.0)
    visitor.sendall(b"x" * 4096)
    assert unreader.chunk() == b"x" * 4096  # a second more
    visitor.sendall(b"y")
    assert unreader.chunk() == b"y"


def test_patience_ends_whatever_came_before(ends: tuple[PatientUnreader, socket.socket]) -> None:
    unreader, visitor = ends
    unreader.begin(0.05)
    visitor.sendall(b"x")
    assert unreader.chunk() == b"x"
    with pytest.raises(NoMoreData):
        unreader.chunk()
    assert unreader.sock.gettimeout() is None  # what is sent is not hurried


def test_no_pause_is_longer_than_the_longest(
    ends: tuple[PatientUnreader, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE_SECONDS", 0.05)
    unreader, _ = ends
    unreader.begin(10**6)
    with pytest.raises(NoMoreData):
        unreader.chunk()


def test_the_system_ends_connections_of_the_dead() -> None:
    with listen(HOST, 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) > 0
