"""Files sent to the stand-alone editor: streamed to the disk, refused in a sentence, never half."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from single_page_webapp.app import server_of
from single_page_webapp.folders import Folders
from single_page_webapp.library import Library
from tests.editor_server import Answer, Running, running
from tests.single_page import SinglePage, library_of, write_topography
from tests.waiting import wait_for

MEGABYTE = 2**20
OWN = {"Sec-Fetch-Site": "same-origin", "X-File-Name": "earth.nc"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = library_of(tmp_path_factory.mktemp("uploads") / "kept", MAX_UPLOAD_MB="2")
    with made.sandbox:
        yield made


@pytest.fixture(scope="module")
def server(library: Library) -> Iterator[Running]:
    with running(lambda: server_of(library)) as started:
        yield started


@pytest.fixture
def earth(tmp_path: Path) -> bytes:
    return write_topography(tmp_path / "earth.nc").read_bytes()


def sent(server: Running, content: bytes, **headers: str) -> Answer:
    told = OWN | {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask("/files", method="POST", headers=told, body=content)


def said(answer: Answer) -> Mapping[str, str]:
    told: Mapping[str, str] = json.loads(answer.body)
    return told


def test_a_file_gets_an_address_of_its_own(server: Running, library: Library, earth: bytes) -> None:
    answers = [sent(server, earth, X_File_Name="early%20earth%20%C3%B8.nc") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    addresses = [said(answer)["address"] for answer in answers]
    assert len(set(addresses)) == 2
    page = server.ask(f"/{addresses[0]}")
    assert page.status == 200
    assert "early earth ø.nc" in page.text
    folder = library.folders.find(addresses[0].removeprefix("files/"))
    assert folder is not None
    assert folder.file.read_bytes() == earth


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C%3A%5Cdata%5Cearth.nc", "earth.nc"),
        ("%3Cscript%3E.nc", "&lt;script&gt;.nc"),
        ("a%0D%0Ab.nc", "ab.nc"),
        ("..", "file.nc"),
        ("", "file.nc"),
    ],
)
def test_its_name_is_only_shown(server: Running, earth: bytes, told: str, name: str) -> None:
    page = server.ask(f"/{said(sent(server, earth, X_File_Name=told))['address']}")
    assert f"<h1>{name}</h1>" in page.text


def test_what_is_no_data_is_refused_and_nothing_stays(server: Running, library: Library) -> None:
    before = set(library.folders.root.iterdir())
    for content, sentence in ((b"words", "earth.nc is not a NetCDF file"), (b"", "is empty")):
        answer = sent(server, content)
        assert answer.status == 422
        assert sentence in said(answer)["sentence"]
    assert set(library.folders.root.iterdir()) == before


def test_a_file_that_is_too_large_is_refused_before_it_comes_in(
    server: Running, library: Library
) -> None:
    before = set(library.folders.root.iterdir())
    with socket.create_connection(("127.0.0.1", server.server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n"
        )
        answer = connection.recv(65536)
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"larger than 2 MiB" in answer
    assert set(library.folders.root.iterdir()) == before


def test_a_file_without_a_length_is_refused(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nCDF\r\n0\r\n\r\n"
        )
        assert b" 411 " in connection.recv(65536).split(b"\r\n")[0]


def test_a_file_for_which_there_is_no_room_is_refused(
    server: Running, earth: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folders, "room", lambda _: 10)
    answer = sent(server, earth)
    assert answer.status == 507
    assert "not enough room" in said(answer)["sentence"]


def test_a_connection_that_breaks_leaves_nothing(server: Running, library: Library) -> None:
    before = set(library.folders.root.iterdir())
    with socket.create_connection(("127.0.0.1", server.server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
            + bytes(200_000)
        )
        wait_for(lambda: set(library.folders.root.iterdir()) != before, "the beginning of a file")
    wait_for(lambda: set(library.folders.root.iterdir()) == before, "the end of the half file")


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_other_sites_can_neither_send_nor_close_a_file(
    server: Running, earth: bytes, headers: dict[str, str]
) -> None:
    assert sent(server, earth, **headers).status == 403
    address = said(sent(server, earth))["address"]
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    assert server.ask(f"/{address}/forget", method="POST", headers=told, body=b"").status == 403
    assert server.ask(f"/{address}").status == 200
    closed = server.ask(f"/{address}/forget", method="POST", headers=OWN, body=b"")
    assert (closed.status, closed.headers["location"]) == (303, "../../")
    assert server.ask(f"/{address}").status == 404


def test_an_editor_that_a_file_is_not_for_is_not_opened(server: Running, earth: bytes) -> None:
    address = said(sent(server, earth))["address"]
    assert server.ask(f"/{address}/internal_oceans").status == 200
    for wrong in (f"/{address}/subbasins", f"/{address}/nothing", f"/files/{'A' * 43}/viewer"):
        assert server.ask(wrong).status == 404


def test_a_large_file_passes_through_little_memory(tmp_path: Path) -> None:
    program = SinglePage(tmp_path / "kept")
    program.start()
    try:
        assert program.process is not None
        process = psutil.Process(program.process.pid)
        before = process.memory_info().rss
        most = before
        piece, pieces = bytes(4 * MEGABYTE), 75
        with socket.create_connection(("127.0.0.1", program.port), timeout=60) as connection:
            head = f"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: {300 * MEGABYTE}"
            connection.sendall(f"{head}\r\n\r\n".encode())
            for _ in range(pieces):
                connection.sendall(piece)
                most = max(most, process.memory_info().rss)
            answer = connection.recv(65536)
        assert b" 422 " in answer.split(b"\r\n")[0]
        assert most - before < 60 * MEGABYTE
        assert list(program.folder.iterdir()) == []
    finally:
        assert program.end() == 0
