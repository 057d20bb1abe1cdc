"""A real nginx, set up as in its image, before servers that tell what they were asked."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from climate_simulation_platform.views.errors import SENTENCES, TITLES
from tests.nginx_server import BURST, HOST, PROGRAM, Answer, Nginx, ask, nginx, program
from tests.upstreams import (
    COOKIE,
    SIGN_IN_PAGE,
    SIGNED_IN,
    STYLE,
    Upstream,
    behind,
    names,
    told,
    upstream,
)
from tests.waiting import wait_for


@dataclass
class Stack:
    """nginx and what lies behind it."""

    front: Nginx
    flask: Upstream
    panel: Upstream


@pytest.fixture(scope="module", autouse=True)
def _nginx_is_there() -> None:
    program("nginx")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        upstream("flask") as flask,
        upstream("panel") as panel,
        nginx(
            tmp_path_factory.mktemp("nginx"), **behind(flask, panel), MAX_UPLOAD_MB="64"
        ) as front,
    ):
        yield Stack(front, flask, panel)


# Where requests go


@pytest.mark.parametrize(
    "path", ["/", "/7/raw/view?x=%2F&y=a+b", "/a%20b/c%3Fd", "/a//b", "/a/../b"]
)
def test_an_address_arrives_as_it_was_sent(stack: Stack, path: str) -> None:
    answer = stack.front.ask("GET", path)
    assert answer.json()["name"] == "flask"
    assert answer.json()["path"] == path


def test_editors_keep_their_path(stack: Stack) -> None:
    answer = stack.front.ask("GET", "/panel/viewer?ticket=a%2Bb", headers=COOKIE)
    assert answer.json()["name"] == "panel"
    assert answer.json()["path"] == "/panel/viewer?ticket=a%2Bb"


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6detrics",
        "/x/../metrics",
        "/panel/../metrics",
        "/metrics?a",
        "/auth/panel",
        "/auth//panel",
        "/_panel_gate",
        "/_errors/page.html",
    ],
)
def test_what_is_not_for_visitors_is_not_there(stack: Stack, path: str) -> None:
    before = len(stack.flask.asked)
    answer = stack.front.ask("GET", path, headers=COOKIE)
    assert answer.status == 404
    assert stack.flask.asked[before:] == []


def test_the_monitor_has_a_port_of_its_own(stack: Stack) -> None:
    port = stack.front.ports["MONITOR_PORT"]
    assert ask(port, "GET", "/health").json() == {"status": "well"}
    assert ask(port, "GET", "/stub_status").text.startswith("Active connections")
    assert ask(port, "GET", "/").status == 404
    assert stack.front.ask("GET", "/stub_status").json()["name"] == "flask"


# Who asks


SPOOFED = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "1",
    "X-Real-IP": "198.51.100.1",
    "X-Request-ID": "made-up-by-visitor",
    "X-Original-URI": "/evil",
    "Forwarded": "for=198.51.100.1",
    "Proxy": "http://evil.example",
}


def test_nothing_that_a_visitor_claims_arrives(stack: Stack) -> None:
    answer = stack.front.ask("GET", "/", headers=SPOOFED)
    seen = told(answer)
    assert seen["x-forwarded-for"] == [HOST]
    assert seen["x-forwarded-proto"] == ["http"]
    assert seen["x-forwarded-host"] == seen["host"] == [f"{HOST}:{stack.front.port}"]
    assert seen["x-request-id"] == [answer["X-Request-ID"]] != [SPOOFED["X-Request-ID"]]
    assert not {"x-forwarded-prefix", "x-forwarded-port", "x-real-ip", "forwarded", "proxy"} & set(
        seen
    )


def test_a_proxy_in_front_is_believed_where_it_is_named(tmp_path: Path) -> None:
    with (
        upstream("flask") as flask,
        nginx(tmp_path / "n", **behind(flask), TRUSTED_PROXY=f"192.0.2.0/24, {HOST}/32") as front,
    ):
        headers = {**SPOOFED, "X-Forwarded-For": "203.0.113.9, 198.51.100.7, 192.0.2.5"}
        seen = told(front.ask("GET", "/", headers=headers))
        assert seen["x-forwarded-for"] == ["198.51.100.7"]
        assert seen["x-forwarded-proto"] == ["https"]
        assert seen["x-forwarded-host"] == ["evil.example"]
        assert seen["x-request-id"] == [SPOOFED["X-Request-ID"]]
        assert "x-forwarded-prefix" not in seen
        assert front.ask("GET", "/metrics", headers=headers)["Strict-Transport-Security"]


# Editors are for those who are signed in


def test_a_visitor_is_sent_to_the_sign_in(stack: Stack) -> None:
    before = len(stack.panel.asked)
    answer = stack.front.ask("GET", "/panel/viewer?ticket=a&b=c")
    assert (answer.status, answer["Location"]) == (303, SIGN_IN_PAGE)
    assert stack.panel.asked[before:] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_program_is_told_that_it_is_not_signed_in(stack: Stack, method: str) -> None:
    answer = stack.front.ask(method, "/panel/viewer", headers=PROGRAM)
    assert answer.status == 401
    assert answer.json() == {"status": 401, "title": TITLES[401], "sentence": SENTENCES[401]}


def test_the_session_does_not_reach_the_editors(stack: Stack) -> None:
    assert "cookie" not in told(stack.front.ask("GET", "/panel/viewer", headers=COOKIE))


def test_the_gate_is_not_talked_round(stack: Stack) -> None:
    headers = {**SPOOFED, "Cookie": "session=bad", "X-Original-URI": "/auth/logout"}
    assert stack.front.ask("GET", "/panel/viewer", headers=headers).status == 303


def handshake(port: int, cookie: str) -> socket.socket:
    lines = ["GET /panel/viewer/ws HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade"]
    lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AA=="]
    lines += [f"Cookie: {cookie}", "", ""]
    link = socket.create_connection((HOST, port), timeout=60)
    link.sendall("\r\n".join(lines).encode())
    return link


def test_a_websocket_goes_through_for_somebody_who_is_signed_in(stack: Stack) -> None:
    with closing(handshake(stack.front.port, SIGNED_IN)) as link:
        heard = link.makefile("rb")
        assert heard.readline().startswith(b"HTTP/1.1 101 ")
        while heard.readline().strip():
            pass
        for piece in (b"first", b"second"):
            link.sendall(piece)
            assert heard.read(len(piece)) == piece


def test_a_websocket_is_refused_to_others(stack: Stack) -> None:
    before = len(stack.panel.asked)
    with closing(handshake(stack.front.port, "session=bad")) as link:
        assert link.recv(100).startswith(b"HTTP/1.1 401 ")
    assert stack.panel.asked[before:] == []


# What is sent and what comes back


def test_an_upload_goes_on_while_it_comes_in(stack: Stack) -> None:
    size, before = 50 * 2**20, stack.flask.received
    head = f"POST /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n\r\n"
    with closing(socket.create_connection((HOST, stack.front.port), timeout=60)) as link:
        link.sendall(head.encode() + bytes(2**20))
        wait_for(lambda: stack.flask.received - before == 2**20, "the first MiB behind nginx")
        for _ in range(49):
            link.sendall(bytes(2**20))
        heard = link.makefile("rb")
        assert heard.readline().startswith(b"HTTP/1.1 200 ")
    assert stack.flask.received - before == size
    assert list((stack.front.folder / "made" / "body").rglob("*.*")) == []


def test_what_is_far_too_large_is_refused_at_once(stack: Stack) -> None:
    before = len(stack.flask.asked)
    for kind in (b"text/html", b"application/json"):
        length = b"Content-Length: %d\r\n" % (81 * 2**20)
        head = b"POST /upload HTTP/1.1\r\nHost: x\r\nAccept: " + kind + b"\r\n" + length + b"\r\n"
        with closing(socket.create_connection((HOST, stack.front.port), timeout=60)) as link:
            link.sendall(head)
            heard = link.makefile("rb")
            assert heard.readline().startswith(b"HTTP/1.1 413 ")
            assert any(b"larger than the 64 MiB that are accepted" in line for line in heard)
    assert stack.flask.asked[before:] == []


def test_only_styles_and_scripts_are_compressed(stack: Stack) -> None:
    wanted = {**COOKIE, "Accept-Encoding": "gzip"}
    for path in ("/static/v/base.css", "/panel/static/base.css"):
        style = stack.front.ask("GET", path, headers=wanted)
        assert style["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in style["Vary"]
        assert len(style.body) < len(STYLE) / 10
    for path in ("/page", "/panel/page", "/base.css"):
        answer = stack.front.ask("GET", path, headers=wanted)
        assert answer.all("Content-Encoding") == []


def test_headers_of_the_servers_behind_are_not_doubled(stack: Stack) -> None:
    for path in ("/page", "/panel/page"):
        answer = stack.front.ask("GET", path, headers=COOKIE)
        repeated = [name for name, _ in answer.headers if len(answer.all(name)) > 1]
        assert repeated == []
        assert answer["Server"] == "nginx"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_connections_are_kept(stack: Stack) -> None:
    with closing(socket.create_connection((HOST, stack.front.port), timeout=60)) as link:
        heard = link.makefile("rb")
        for _ in range(3):
            link.sendall(f"GET /page HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            head = iter(heard.readline, b"\r\n")
            length = next(line for line in head if line.lower().startswith(b"content-length"))
            list(head)
            assert heard.read(int(length.split(b":")[1]))


def test_each_request_has_a_line_in_the_log(stack: Stack) -> None:
    answer = stack.front.ask("GET", "/logged/7?ticket=secret", headers={"User-Agent": 'a"b\\c'})
    line = stack.front.logged("/logged/7")
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["status"], line["address"], line["method"]) == ("200", HOST, "GET")
    assert line["agent"] == 'a"b\\c'
    assert "secret" not in (stack.front.folder / "access.log").read_text("utf-8")


# How often


def test_sign_ins_are_limited_and_nothing_else(tmp_path: Path) -> None:
    with upstream("flask") as flask, nginx(tmp_path / "n", **behind(flask)) as front:
        statuses = [front.ask("POST", "/auth/login").status for _ in range(BURST)]
        assert set(statuses) == {200}
        refused = wait_for(lambda: too_many(front, "/auth/register"), "the limit")
        assert refused is not None
        assert "too many requests from your address" in refused.text
        assert refused["Retry-After"] == "60"
        assert front.ask("POST", "/auth/login?next=/", headers=PROGRAM).json()["status"] == 429
        for method, path in (("GET", "/auth/login"), ("POST", "/upload"), ("POST", "/auth/logout")):
            assert front.ask(method, path).status == 200


def too_many(front: Nginx, path: str) -> Answer | None:
    answer = front.ask("POST", path)
    return answer if answer.status == 429 else None


# What is not there


def test_pages_and_editors_that_do_not_run_are_said_so(tmp_path: Path) -> None:
    with names() as known, nginx(tmp_path / "n", RESOLVER=f"{HOST}:{known.port}") as front:
        for path in ("/", "/panel/viewer"):
            page = front.ask("GET", path)
            assert page.status >= 500
            assert "is not running or is just being started" in page.text
            assert front.ask("GET", path, headers=PROGRAM).json()["status"] == page.status
        assert front.ask("GET", "/")["Retry-After"] == "5"


def test_editors_that_do_not_run_leave_the_rest_alone(tmp_path: Path) -> None:
    with (
        upstream("flask") as flask,
        names() as known,
        nginx(tmp_path / "n", **behind(flask), RESOLVER=f"{HOST}:{known.port}") as front,
    ):
        assert front.ask("GET", "/panel/viewer", headers=COOKIE).status == 502
        assert front.ask("GET", "/").status == 200


def test_a_container_that_was_made_anew_is_found(tmp_path: Path) -> None:
    with names(flask_app="127.0.0.2") as known, upstream("second", "127.0.0.3") as second:
        port = second.port
        settings = {"FLASK_APP": f"flask_app:{port}", "RESOLVER": f"{HOST}:{known.port}"}
        with nginx(tmp_path / "n", **settings) as front:
            with upstream("first", "127.0.0.2", port):
                assert {said_by(front) for _ in range(12)} == {"first"}
            assert said_by(front) == ""
            known.addresses["flask_app"] = ["127.0.0.3"]
            wait_for(lambda: {said_by(front) for _ in range(12)} == {"second"}, "the new address")


def test_another_address_of_the_name_is_tried(tmp_path: Path) -> None:
    with names() as known, upstream("alive", "127.0.0.3") as alive:
        known.addresses["flask_app"] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
        settings = {"FLASK_APP": f"flask_app:{alive.port}", "RESOLVER": f"{HOST}:{known.port}"}
        with nginx(tmp_path / "n", **settings) as front:
            assert {said_by(front) for _ in range(12)} == {"alive"}


def said_by(front: Nginx) -> str:
    answer = front.ask("GET", "/")
    return str(answer.json()["name"]) if answer.status == 200 else ""
