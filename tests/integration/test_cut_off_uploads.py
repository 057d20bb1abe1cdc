"""Uploads over a connection to a real server: cut off half-way, in pieces, too long."""

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import netcdf_corpus
from tests.e2e.serving import HOST, Serving
from tests.uploading import bytes_of, multipart
from tests.waiting import wait_for

PASSWORD = "basalt under the ice sheet"
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass
class Somebody:
    """A program that is signed in and speaks HTTP by itself."""

    serving: Serving
    cookie: str = ""

    def register(self) -> None:
        page, _ = self.ask("GET", "/auth/register")
        fields = {"username": "wegener", "password": PASSWORD, "again": PASSWORD}
        body = urlencode({"csrf_token": self.token_in(page), **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        _, status = self.ask("POST", "/auth/register", body.encode(), headers)
        assert status == 303

    def token_in(self, page: str) -> str:
        found = TOKEN.search(page)
        assert found
        return found[1]

    def token(self) -> str:
        return self.token_in(self.ask("GET", "/upload")[0])

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[str, int]:
        with closing(http.client.HTTPConnection(HOST, self.serving.port, timeout=60)) as link:
            link.request(method, path, body or None, {**self.headers(), **(headers or {})})
            return self.answer_of(link.getresponse())

    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    def answer_of(self, answer: http.client.HTTPResponse) -> tuple[str, int]:
        given = answer.getheader("Set-Cookie")
        if given:
            self.cookie = given.split(";")[0]
        return answer.read().decode(), answer.status


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    serving = Serving(tmp_path_factory.mktemp("cut") / "instance", {"MAX_UPLOAD_MB": "8"})
    serving.start()
    visitor = Somebody(serving)
    visitor.register()
    yield visitor
    serving.end()
    assert "Traceback" not in serving.tail(100_000)


def incoming(somebody: Somebody) -> list[Path]:
    return list((somebody.serving.instance / "incoming").rglob("*"))


def listed(somebody: Somebody) -> int:
    return somebody.ask("GET", "/")[0].count('class="file"')


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("with_header", [False, True])
def test_an_upload_that_is_cut_off_leaves_nothing(
    somebody: Somebody, chunked: bool, with_header: bool
) -> None:
    before, token = listed(somebody), somebody.token()
    body, kind = multipart({"csrf_token": token}, ("long.nc", b"CDF\x01" + bytes(2**22)))
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    lines = ["POST /upload HTTP/1.1", f"Host: {HOST}", f"Content-Type: {kind}", length]
    lines += [f"{name}: {value}" for name, value in somebody.headers().items()]
    lines += [f"X-CSRFToken: {token}"] if with_header else []
    with socket.create_connection((HOST, somebody.serving.port), timeout=60) as link:
        link.sendall("\r\n".join([*lines, "", ""]).encode())
        half = body[: len(body) // 2]
        link.sendall(b"%x\r\n" % len(half) + half + b"\r\n" if chunked else half)
        wait_for(lambda: incoming(somebody), "the first bytes on the disk")
    wait_for(lambda: not incoming(somebody), "the end of the upload")
    assert listed(somebody) == before


def test_an_upload_in_chunks_is_taken(somebody: Somebody, tmp_path: Path) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    body, kind = multipart({"csrf_token": somebody.token()}, ("chunks.nc", content))
    headers = {**somebody.headers(), "Content-Type": kind}
    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))
    with closing(http.client.HTTPConnection(HOST, somebody.serving.port, timeout=60)) as link:
        link.request("POST", "/upload", pieces, headers, encode_chunked=True)
        _, status = somebody.answer_of(link.getresponse())
    assert status == 303
    assert "chunks" in somebody.ask("GET", "/")[0]
    assert incoming(somebody) == []


def test_chunks_are_counted(somebody: Somebody) -> None:
    before = listed(somebody)
    body, kind = multipart({"csrf_token": somebody.token()}, ("large.nc", bytes(2**23 + 2**20)))
    headers = {**somebody.headers(), "Content-Type": kind}
    pieces = (body[start : start + 2**16] for start in range(0, len(body), 2**16))
    status = 413
    with closing(http.client.HTTPConnection(HOST, somebody.serving.port, timeout=60)) as link:
        try:
            link.request("POST", "/upload", pieces, headers, encode_chunked=True)
            _, status = somebody.answer_of(link.getresponse())
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server need not listen to the rest
    assert status == 413
    wait_for(lambda: not incoming(somebody), "the end of the upload")
    assert listed(somebody) == before
