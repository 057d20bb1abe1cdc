"""The platform behind a real nginx: what only the two together can get right."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from climate_simulation_platform.db import Database, attempts
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.views.security import HEADERS
from tests import netcdf_corpus
from tests.e2e.furnishing import Furnishing
from tests.e2e.serving import Serving
from tests.nginx_server import HOST, Answer, Nginx, ask, nginx, program
from tests.uploading import bytes_of, multipart
from tests.upstreams import upstream
from tests.web import PASSWORD, Page

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EDITOR = "/panel/viewer?ticket=a%2Bb&file=7"
MEBIBYTE = 2**20


@dataclass
class Person:
    """Somebody with a cookie, before the web server."""

    port: int
    prefix: str = ""
    always: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        given = {"Cookie": self.cookie} if self.cookie else {}
        sent = {**self.always, **given, **(headers or {})}
        answer = ask(self.port, method, path, headers=sent, body=body or None)
        for cookie in answer.all("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return answer

    def token(self) -> str:
        return Page(self.ask("GET", f"{self.prefix}/auth/login-of-nothing").text).csrf_token

    def send(self, path: str, **fields: str) -> Answer:
        body = urlencode({"csrf_token": self.token(), **fields}).encode()
        return self.ask("POST", path, body, FORM)

    def register(self, name: str) -> None:
        answer = self.send(
            f"{self.prefix}/auth/register", username=name, password=PASSWORD, again=PASSWORD
        )
        assert (answer.status, answer["Location"]) == (303, f"{self.prefix}/"), answer.text

    def upload(self, content: bytes) -> Answer:
        body, kind = multipart({"csrf_token": self.token(), "name": "Eocene"}, ("e.nc", content))
        return self.ask("POST", f"{self.prefix}/upload", body, {"Content-Type": kind})


@dataclass
class Deployment:
    """The platform, an editor, and nginx in three manners before them."""

    serving: Serving
    plain: Nginx
    below: Nginx
    proxied: Nginx

    def attempts_from(self, address: str) -> int:
        """Times that somebody tried to sign in from an address."""
        settings = {"INSTANCE": str(self.serving.instance), "SECRET_KEY": "s" * 32}
        database = Database.of(Settings.from_env(settings, embedded=True))
        with database.reading() as connection:
            since = datetime.now(UTC) - timedelta(hours=1)
            return attempts.count(connection, since=since, address=address)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    program("nginx")
    folder = tmp_path_factory.mktemp("deployment")
    settings = {"MAX_UPLOAD_MB": "64", "TRUSTED_PROXIES": "1", "LEAST_FREE_MB": "1"}
    serving = Serving(folder / "instance", {**settings, "PYTHON_WORKERS": "1"})
    serving.start()
    with ExitStack() as held:
        panel = held.enter_context(upstream("panel"))
        behind = {
            "FLASK_APP": f"{HOST}:{serving.port}",
            "PANEL_APP": f"{HOST}:{panel.port}",
            "MAX_UPLOAD_MB": "64",
        }
        plain = held.enter_context(nginx(folder / "plain", **behind))
        below = held.enter_context(nginx(folder / "below", **behind, URL_PREFIX="/climate"))
        proxied = held.enter_context(nginx(folder / "proxied", **behind, TRUSTED_PROXY=HOST))
        yield Deployment(serving, plain, below, proxied)
    serving.end()
    assert "Traceback" not in serving.tail(100_000)


@pytest.fixture(scope="module")
def person(deployment: Deployment) -> Person:
    made = Person(deployment.plain.port)
    made.register("wegener")
    return made


def test_somebody_signs_in_and_sees_pages_with_each_header_once(person: Person) -> None:
    page = person.ask("GET", "/", headers={"Accept-Encoding": "gzip"})
    assert page.status == 200
    for name, value in HEADERS.items():
        assert page[name] == value
    assert "'nonce-" in page["Content-Security-Policy"]
    assert page.all("Content-Encoding") == page.all("Strict-Transport-Security") == []
    assert page["X-Request-ID"]


def test_styles_are_compressed_and_kept(person: Person) -> None:
    page = Page(person.ask("GET", "/").text)
    style = next(a["href"] for _, a, _ in page.all("link") if a.get("rel") == "stylesheet")
    answer = person.ask("GET", style, headers={"Accept-Encoding": "gzip"})
    assert (answer.status, answer["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer["Cache-Control"]


def test_the_platform_knows_the_visitor_and_not_the_claims(deployment: Deployment) -> None:
    visitor = Person(deployment.plain.port, always={"X-Forwarded-For": "198.51.100.1"})
    before = deployment.attempts_from(HOST)
    assert visitor.send("/auth/login", username="nobody", password="wrong").status == 400
    assert deployment.attempts_from(HOST) == before + 1
    assert deployment.attempts_from("198.51.100.1") == 0


def test_behind_a_proxy_with_tls(deployment: Deployment) -> None:
    told = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}
    visitor = Person(deployment.proxied.port, always=told)
    assert visitor.send("/auth/login", username="nobody", password="wrong").status == 400
    assert deployment.attempts_from("198.51.100.7") == 1
    for path in ("/auth/login", "/metrics"):
        assert visitor.ask("GET", path)["Strict-Transport-Security"] == "max-age=31536000"


def test_below_a_path_every_address_is_below_it(deployment: Deployment) -> None:
    person = Person(deployment.below.port, "/climate")
    person.register("suess")
    for path in ("/climate/", "/climate/upload", "/climate/auth/password"):
        page = Page(person.ask("GET", path).text)
        found = [
            address
            for _, attributes, _ in page.all()
            for name in ("href", "src", "action")
            if (address := attributes.get(name, "")).startswith("/")
        ]
        assert found
        assert [address for address in found if not address.startswith("/climate/")] == []
        styles = [a["href"] for _, a, _ in page.all("link") if a.get("rel") == "stylesheet"]
        assert {person.ask("GET", style).status for style in styles} == {200}
    stranger = Person(deployment.below.port, "/climate")
    assert sign_in_for(stranger, f"/climate{EDITOR}") == f"/climate{EDITOR}"


def sign_in_for(stranger: Person, wanted: str) -> str:
    """Where somebody who wants an editor goes once they have signed in."""
    sent = stranger.ask("GET", wanted)
    assert sent.status == 303
    target = urlsplit(sent["Location"])
    assert target.path == f"{stranger.prefix}/auth/login"
    (following,) = parse_qs(target.query)["next"]
    assert stranger.ask("GET", sent["Location"]).status == 200
    name = "suess" if stranger.prefix else "wegener"
    answer = stranger.send(target.path, username=name, password=PASSWORD, next=following)
    assert answer.status == 303, answer.text
    return answer["Location"]


def test_an_editor_is_opened_after_the_sign_in(deployment: Deployment, person: Person) -> None:
    assert person.cookie
    stranger = Person(deployment.plain.port)
    assert sign_in_for(stranger, EDITOR) == EDITOR
    answer = stranger.ask("GET", EDITOR)
    assert (answer.status, answer.json()["path"]) == (200, EDITOR)
    assert stranger.cookie.split("=")[1] not in answer.text
    assert stranger.send("/auth/logout").status == 303
    assert stranger.ask("GET", EDITOR).status == 303


def test_a_topography_goes_through(person: Person, tmp_path: Path) -> None:
    answer = person.upload(bytes_of(netcdf_corpus.GOOD["classic"], tmp_path))
    assert answer.status == 303, answer.text
    assert re.fullmatch(r"/\d+/set_coords", answer["Location"])
    assert person.ask("GET", answer["Location"]).status == 200


def test_what_is_a_little_too_large_gets_the_sentence_of_the_platform(person: Person) -> None:
    for _ in range(5):
        answer = person.upload(bytes(66 * MEBIBYTE))
        assert answer.status == 413
        assert "that are accepted" in answer.text
        assert "upload" in answer.text


@pytest.mark.parametrize("megabytes", [0.1, 0.3, 20])
def test_an_answer_that_comes_before_all_was_sent_is_not_lost(
    deployment: Deployment, megabytes: float
) -> None:
    stranger = Person(deployment.plain.port)
    body, kind = multipart({}, ("e.nc", bytes(int(megabytes * MEBIBYTE))))
    statuses = [
        stranger.ask("POST", "/upload", body, {"Content-Type": kind}).status for _ in range(20)
    ]
    assert set(statuses) == {303}


def test_a_real_editor_below_a_path(deployment: Deployment, tmp_path: Path) -> None:
    serving = deployment.serving
    behind = {"FLASK_APP": serving.port, "PANEL_APP": serving.panel_port}
    addresses = {name: f"{HOST}:{port}" for name, port in behind.items()}
    with nginx(tmp_path / "n", **addresses, URL_PREFIX="/climate") as front:
        person = Person(front.port, "/climate")
        person.register("sedgwick")
        furnishing = Furnishing(serving)
        file = furnishing.topography(furnishing.user("sedgwick"))
        furnishing.close()
        sent_on = person.ask("GET", f"/climate/{file.id}/edit/internal_oceans")
        assert sent_on.status == 303, sent_on.text
        place = urlsplit(sent_on["Location"])
        assert (place.netloc, place.path) == (f"{HOST}:{front.port}", "/climate/panel/edit")
        address = f"{place.path}?{place.query}"
        page = person.ask("GET", address)
        assert page.status == 200, page.text
        assert page.all("Content-Security-Policy") == [page["Content-Security-Policy"]]
        assert "unsafe-eval" not in page["Content-Security-Policy"]
        found = Page(page.text).all("script")
        sources = [urljoin(address, a["src"]) for _, a, _ in found if "src" in a]
        assert len(sources) >= 5
        assert {person.ask("GET", source).status for source in sources} == {200}
        assert Person(front.port).ask("GET", address).status == 303
