"""Stand-ins for what lies behind the web server: pages, editors, and a name server."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.nginx_server import HOST, Answer

SIGNED_IN = "session=good"
COOKIE = {"Cookie": SIGNED_IN}
SIGN_IN_PAGE = "/auth/login?next=%2Fpanel%2Fviewer"
STYLE = b"body { color: black; }\n" * 400


@dataclass
class Upstream:
    """A server that says what it was asked.

    Parameters
    ----------
    name : str
        What it calls itself in its answers.
    received : int
        Bytes of bodies that came in so far.
    asked : list of str
        Methods and paths.
    """

    name: str
    received: int = 0
    asked: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """Port it listens on."""
        assert self.server is not None
        return int(self.server.server_address[1])


@contextmanager
def upstream(name: str, address: str = HOST, port: int = 0) -> Iterator[Upstream]:
    """A server that runs as long as it is used."""
    made = Upstream(name)

    class Handler(_Handler):
        behind = made

    made.server = _Server((address, port), Handler)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def behind(flask: Upstream, panel: Upstream | None = None) -> dict[str, str]:
    """Settings of a web server before these."""
    found = {"FLASK_APP": f"{HOST}:{flask.port}"}
    return found if panel is None else {**found, "PANEL_APP": f"{HOST}:{panel.port}"}


def told(answer: Answer) -> dict[str, list[str]]:
    """Headers that the server behind was sent."""
    assert answer.status == 200, answer.text
    headers: dict[str, list[str]] = {}
    for name, value in answer.json()["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    return headers


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """Answers by path; anything that is not listed gets an account of the request."""

    protocol_version = "HTTP/1.1"
    behind: Upstream

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def answer(self) -> None:
        self.behind.asked.append(f"{self.command} {self.path}")
        path = self.path.split("?")[0]
        if path == "/auth/panel":
            self._gate()
        elif path.endswith("/ws"):
            self._websocket()
        elif path.endswith("/refused"):
            self.close_connection = True
            self._send(403, b"refused before it was read", "text/plain")
        elif path.endswith(".css"):
            self._send(200, STYLE, "text/css")
        elif path.endswith("/page"):
            self._send(200, b"<p>page</p>" * 400, "text/html")
        else:
            self._account()

    do_GET = do_HEAD = do_POST = answer  # noqa: N815

    def _gate(self) -> None:
        if self.headers.get("Cookie") == SIGNED_IN:
            self._send(204, b"", "text/plain")
        else:
            self._send(401, b"", "text/plain", ("X-Sign-In", SIGN_IN_PAGE))

    def _account(self) -> None:
        read = self._read()
        headers = [[name, value] for name, value in self.headers.items()]
        told = {"name": self.behind.name, "path": self.path, "read": read, "headers": headers}
        self._send(200, json.dumps(told).encode(), "application/json")

    def _read(self) -> int:
        left = total = int(self.headers.get("Content-Length") or 0)
        while left:
            piece = self.rfile.read1(min(left, 2**16))
            if not piece:
                break
            left -= len(piece)
            self.behind.received += len(piece)
        return total - left

    def _websocket(self) -> None:
        """After the upgrade everything comes back as it was sent."""
        self.close_connection = True
        if self.headers.get("Upgrade") != "websocket" or self.headers["Connection"] != "upgrade":
            self._send(400, b"no upgrade", "text/plain")
            return
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        while piece := self.rfile.read1(2**16):
            self.wfile.write(piece)

    def _send(self, status: int, body: bytes, kind: str, *more: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("X-Content-Type-Options", "nosniff"), *more):
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@dataclass
class Names:
    """A name server; `addresses` may change while it runs, a name that is not there is unknown."""

    addresses: dict[str, list[str]]
    port: int = 0
    asked: int = 0


@contextmanager
def names(**addresses: str) -> Iterator[Names]:
    """A name server that runs as long as it is used."""
    made = Names({name: [address] for name, address in addresses.items()})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((HOST, 0))
        made.port = link.getsockname()[1]
        thread = threading.Thread(target=_answer_names, args=(link, made))
        thread.start()
        try:
            yield made
        finally:
            link.sendto(b"", link.getsockname())
            thread.join()


def _answer_names(link: socket.socket, known: Names) -> None:
    while True:
        question, sender = link.recvfrom(512)
        if not question:
            return
        known.asked += 1
        with suppress(OSError):
            link.sendto(_answer_to(question, known), sender)


def _answer_to(question: bytes, known: Names) -> bytes:
    """RFC 1035: the question again, with one record of 4 bytes for each address."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    asked = question[12 : at + 5]
    found = known.addresses.get(".".join(labels))
    flags = 0x8180 if found is not None else 0x8183
    head = question[:2] + struct.pack(">HHHHH", flags, 1, len(found or ()), 0, 0)
    records = (
        struct.pack(">HHHIH", 0xC00C, 1, 1, 600, 4) + socket.inet_aton(address)
        for address in found or ()
    )
    return head + asked + b"".join(records)
