"""The server of editors: pages, headers, websockets, files that are handed out."""

import gc
import json
import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import panel
import pytest
from bokeh.document import Document
from bokeh.models import Div, TextInput
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from climpy.interactive.editors.serving import (
    EditorPage,
    Handler,
    Handouts,
    Refused,
    Server,
    Shown,
    Visit,
)
from tests.editor_server import Running, running
from tests.waiting import wait_for

PREFIX = "/panel"
PAGE = f"{PREFIX}/editors/sea"


class Trial:
    """A page that remembers who came."""

    def __init__(self, folder: Path) -> None:
        self.visits: list[Visit] = []
        self.documents: list[weakref.ref[Document]] = []
        self.ended = 0
        self.file = folder / "made.nc"

    def prepare(self, visit: Visit) -> str:
        self.visits.append(visit)
        visit.at_end(self._end)
        ticket = visit.asked.arguments.get("ticket")
        if ticket == "old":
            raise Refused("This link is too old. Open the editor from the page of the file.", 403)
        if ticket == "odd":
            raise KeyError("secret detail")
        return visit.asked.places["name"]

    def build(self, visit: Visit, name: str) -> Shown:
        if visit.asked.arguments.get("ticket") == "late":
            raise Refused("The file has just been deleted.", 410)
        if visit.asked.arguments.get("ticket") == "broken":
            raise KeyError("secret detail")
        document = panel.state.curdoc
        assert document is not None
        self.documents.append(weakref.ref(document))
        keys = TextInput(name="keyboard", visible=False)
        said = Div(text=f"<p>{name}</p>")
        keys.on_change("value", lambda _, __, new: setattr(said, "text", f"<p>{new}</p>"))
        return Shown(panel.Column(said, keys), f"{name} <&>")

    def _end(self) -> None:
        self.ended += 1


class Upload(Handler):
    def post(self) -> None:
        self.finish({"own": self.from_own_page})


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(tmp_path_factory.mktemp("trial"))


@pytest.fixture(scope="module")
def server(trial: Trial) -> Iterator[Running]:
    def make() -> Server:
        return Server(
            [EditorPage(r"/editors/(?P<name>[a-z]+)", trial.prepare, trial.build)],
            prefix=PREFIX,
            handlers=[(r"/upload", Upload, {})],
            trusts_proxy=True,
            session_seconds=2.0,  # long enough for the websocket of a page on a busy machine
            check_seconds=0.1,
        )

    with running(make) as started:
        yield started


def token_of(page: str) -> str:
    found = re.search(r'<script type="application/json" id="item">(.*?)</script>', page)
    assert found
    token: str = json.loads(found[1])["token"]
    return token


@dataclass
class Connection:
    """A websocket, and what it was told first; nothing where it was closed."""

    socket: WebSocketClientConnection
    first: str | bytes | None

    async def close(self) -> None:
        self.socket.close()


async def connected(url: str, token: str, **headers: str) -> Connection:
    request = HTTPRequest(url.replace("http", "ws", 1), headers=headers)
    socket = await websocket_connect(request, subprotocols=["bokeh", token])
    return Connection(socket, await socket.read_message())


def is_welcome(connection: Connection) -> bool:
    return connection.first is not None and json.loads(connection.first)["msgtype"] == "ACK"


def test_a_page_runs_no_script_but_ours_and_asks_no_other_host(server: Running) -> None:
    answer = server.ask(PAGE)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text):
        assert ("src=" in attributes) != ('type="application/json"' in attributes and bool(content))
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert addresses
    assert all(a.startswith(("../", "data:")) for a in addresses)
    assert "<title>sea &lt;&amp;&gt; ·" in answer.text


def test_everything_that_a_page_links_to_is_there_and_may_be_kept(server: Running) -> None:
    page = server.ask(PAGE).text
    links = [a for a in re.findall(r'(?:src|href)="([^"]+)"', page) if a.startswith("../")]
    for link in links:
        answer = server.ask(f"{PREFIX}/{link.removeprefix('../')}")
        assert answer.status == 200, link
        assert "immutable" in answer.headers["cache-control"]


def test_it_works_behind_whatever_stands_before_its_prefix(server: Running) -> None:
    answer = server.ask(f"/some/where{PAGE}", headers={"X-Forwarded-Prefix": "/some/where"})
    assert answer.status == 200
    assert "../static/" in answer.text
    assert "/some/where" not in answer.text
    assert server.ask(f"/some/where{PAGE}").status == 404


@pytest.mark.parametrize(
    ("ticket", "status", "sentence"),
    [
        ("old", 403, "This link is too old. Open the editor from the page of the file."),
        ("late", 410, "The file has just been deleted."),
        ("odd", 500, "error in the program"),
        ("broken", 500, "error in the program"),
    ],
)
def test_what_is_refused_is_one_sentence(
    server: Running, trial: Trial, ticket: str, status: int, sentence: str
) -> None:
    answer = server.ask(f"{PAGE}?ticket={ticket}")
    assert answer.status == status
    assert sentence in answer.text
    assert "secret detail" not in answer.text
    assert "application/json" not in answer.text
    wait_for(lambda: trial.visits[-1].ended, "the end of the visit")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        PREFIX,
        f"{PREFIX}/",
        f"{PREFIX}/editors/",
        f"{PAGE}/metadata",
        f"{PAGE}/autoload.js",
        f"{PREFIX}/static/own/shell.py",
        f"{PREFIX}/static/own/..%2fpages.py",
        f"{PREFIX}/static/js/",
        f"{PREFIX}/static/js/../../../__init__.py",
        f"{PREFIX}/handouts/guess",
    ],
)
def test_there_is_nothing_else(server: Running, path: str) -> None:
    answer = server.ask(path)
    assert answer.status in (403, 404)
    assert "<h1>" in answer.text
    assert answer.headers["content-security-policy"]
    assert "editors/" not in answer.text


def test_health_says_how_many_are_open(server: Running) -> None:
    answer = server.ask(f"{PREFIX}/health")
    assert json.loads(answer.body)["status"] == "ok"


def test_the_websocket_answers_our_own_pages_only(server: Running) -> None:
    address = f"{server.url}{PAGE}/ws"
    token = token_of(server.ask(PAGE).text)
    own = server.run(connected(address, token, Origin=server.url))
    assert is_welcome(own)
    server.run(own.close())
    for origin in ("http://127.0.0.1", "https://evil.example", f"{server.url}.evil.example"):
        with pytest.raises(HTTPClientError, match="403"):
            server.run(connected(address, token, Origin=origin))


def test_behind_a_proxy_the_visitors_name_of_the_host_counts(server: Running) -> None:
    address = f"{server.url}{PAGE}/ws"
    token = token_of(server.ask(PAGE).text)
    told = {"Origin": "https://climate.example", "X-Forwarded-Host": "climate.example"}
    connection = server.run(connected(address, token, **told))
    assert is_welcome(connection)
    server.run(connection.close())


def test_a_websocket_begins_no_session_of_its_own(server: Running, trial: Trial) -> None:
    address = f"{server.url}{PAGE}/ws"
    token = token_of(server.ask(PAGE).text)
    wait_for(lambda: server.server.open_pages == 0, "the end of unused sessions")
    before = len(trial.visits)
    connection = server.run(connected(address, token, Origin=server.url))
    assert connection.first is None
    assert connection.socket.close_code == 4404
    server.run(connection.close())
    forged = token.split(".")[0] + "." + "A" * 43
    connection = server.run(connected(address, forged, Origin=server.url))
    assert connection.first is None
    server.run(connection.close())
    assert len(trial.visits) == before


def test_sessions_end_and_leave_nothing_in_memory(server: Running, trial: Trial) -> None:
    wait_for(lambda: server.server.open_pages == 0, "the end of what went before")
    trial.documents.clear()
    ended = trial.ended
    address = f"{server.url}{PAGE}/ws"
    for _ in range(30):
        token = token_of(server.ask(PAGE).text)
        connection = server.run(connected(address, token, Origin=server.url))
        assert is_welcome(connection)
        server.run(connection.close())
    assert len(trial.documents) == 30
    wait_for(lambda: server.server.open_pages == 0, "the end of the sessions")
    wait_for(lambda: trial.ended == ended + 30, "all visits told")
    trial.visits.clear()

    def released() -> bool:
        gc.collect()
        return not any(document() for document in trial.documents)

    wait_for(released, "the memory of the documents")


def test_only_so_many_pages_are_open_at_a_time(trial: Trial) -> None:
    def make() -> Server:
        page = EditorPage(r"/editors/(?P<name>[a-z]+)", trial.prepare, trial.build)
        return Server([page], most_open=3)

    with running(make) as server:
        answers = [server.ask("/editors/sea") for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 503, 503]
    assert "Too many editors are open." in answers[-1].text


def test_files_are_handed_out_while_the_visit_lasts(server: Running, trial: Trial) -> None:
    token = token_of(server.ask(PAGE).text)
    connection = server.run(connected(f"{server.url}{PAGE}/ws", token, Origin=server.url))
    visit = trial.visits[-1]
    trial.file.write_bytes(b"netcdf" * 500_000)
    address = visit.hand_out(trial.file, 'mer "ø".nc', "application/x-netcdf", temporary=True)
    small = visit.hand_out(b"{}", "edits.json", "application/json")
    assert address.startswith("../handouts/")
    answer = server.ask(f"{PREFIX}/{address.removeprefix('../')}")
    assert answer.status == 200
    assert answer.body == trial.file.read_bytes()
    assert answer.headers["content-type"] == "application/x-netcdf"
    said = answer.headers["content-disposition"]
    assert said == "attachment; filename=\"mer ___.nc\"; filename*=UTF-8''mer%20%22%C3%B8%22.nc"
    assert server.ask(f"{PREFIX}/{small.removeprefix('../')}").body == b"{}"
    server.run(connection.close())
    wait_for(lambda: visit.ended, "the end of the visit")
    gone = server.ask(f"{PREFIX}/{address.removeprefix('../')}")
    assert gone.status == 404
    assert "Ask for it again" in gone.text
    assert not trial.file.exists()


def test_a_form_of_another_site_is_known(server: Running) -> None:
    def own(**headers: str) -> bool:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = server.ask(f"{PREFIX}/upload", method="POST", headers=told, body=b"")
        found: bool = json.loads(answer.body)["own"]
        return found

    assert own(Origin=server.url, Sec_Fetch_Site="same-origin")
    assert own()
    assert not own(Origin="https://evil.example")
    assert not own(Origin="null")
    assert not own(Sec_Fetch_Site="cross-site")
    assert not own(Sec_Fetch_Site="same-site")


def test_handouts_are_dropped_after_an_hour(tmp_path: Path) -> None:
    now = [0.0]
    handouts = Handouts(lambda: now[0])
    made = tmp_path / "made.nc"
    made.write_bytes(b"x")
    secret = handouts.add(made, "made.nc", "application/x-netcdf", temporary=True)
    now[0] = 3599.0
    assert handouts.get(secret) is not None
    now[0] = 3601.0
    assert handouts.get(secret) is None
    assert not made.exists()


def test_other_names_of_the_host_are_not_answered(trial: Trial) -> None:
    def make() -> Server:
        page = EditorPage(r"/editors/(?P<name>[a-z]+)", trial.prepare, trial.build)
        return Server([page], hosts=["localhost", "127.0.0.1"])

    with running(make) as server:
        assert server.ask("/editors/sea").status == 200
        assert server.ask("/editors/sea", headers={"Host": "localhost:1"}).status == 200
        assert server.ask("/editors/sea", headers={"Host": "evil.example"}).status == 404
