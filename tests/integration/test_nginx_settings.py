"""What nginx is told: a path, a certificate, wrong settings; and the pages that are its own."""

import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from climate_simulation_platform.views.errors import SENTENCES, TITLES
from climate_simulation_platform.views.security import HEADERS
from tests.nginx_server import (
    BURST,
    HOST,
    NGINX,
    PROGRAM,
    Answer,
    Nginx,
    SettingsWrong,
    ask,
    image_settings,
    nginx,
    program,
)
from tests.reference import ROOT
from tests.upstreams import COOKIE, behind, told, upstream
from tests.web import Page

STATIC = ROOT / "Multi_Page_WebApp/flask_app/climate_simulation_platform/static"


@pytest.fixture(scope="module", autouse=True)
def _nginx_is_there() -> None:
    program("nginx")


def test_all_of_it_can_lie_below_a_path(tmp_path: Path) -> None:
    with (
        upstream("flask") as flask,
        upstream("panel") as panel,
        nginx(tmp_path / "n", **behind(flask, panel), URL_PREFIX="/climate") as front,
    ):
        answer = front.ask("GET", "/climate/7/steps?a=%2F")
        assert answer.json()["path"] == "/7/steps?a=%2F"
        assert told(answer)["x-forwarded-prefix"] == ["/climate"]
        assert front.ask("GET", "/climate")["Location"] == "/climate/"
        editor = front.ask("GET", "/climate/panel/v?a=%2F", headers=COOKIE)
        assert editor.json()["path"] == "/climate/panel/v?a=%2F"
        assert told(editor)["x-forwarded-prefix"] == ["/climate"]
        assert front.ask("GET", "/climate/panel/v").status == 303
        for path in ("/", "/climates", "/climate/metrics", "/panel/v", "/climate/../x"):
            missing = front.ask("GET", path, headers=COOKIE)
            assert (missing.status, 'href="/climate/"' in missing.text) == (404, True), path
        statuses = {front.ask("POST", "/climate/auth/login").status for _ in range(BURST + 5)}
        assert statuses == {200, 429}


def make_certificate(folder: Path) -> ssl.SSLContext:
    folder.mkdir()
    files = {"-keyout": folder / "key.pem", "-out": folder / "certificate.pem"}
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-noenc", "-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName=IP:{HOST}"]
        + [str(part) for pair in files.items() for part in pair],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return ssl.create_default_context(cafile=str(files["-out"]))


def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    trusting = make_certificate(tmp_path / "n")
    with (
        upstream("flask") as flask,
        nginx(tmp_path / "n", **behind(flask), PUBLIC_HTTPS_PORT="8443") as front,
    ):
        port = front.ports["HTTPS_PORT"]
        seen = told(ask(port, "GET", "/", headers={"X-Forwarded-Proto": "http"}, tls=trusting))
        assert seen["x-forwarded-proto"] == ["https"]
        missing = ask(port, "GET", "/metrics", tls=trusting)
        assert missing["Strict-Transport-Security"] == "max-age=31536000"
        moved = front.ask("GET", "/7/steps?a=b")
        assert (moved.status, moved["Location"]) == (308, f"https://{HOST}:8443/7/steps?a=b")
        assert moved.all("Strict-Transport-Security") == []
        assert ask(port, "GET", "/").status == 400


# Its own pages


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(tmp_path_factory.mktemp("alone")) as front:
        yield front


@pytest.fixture(scope="module")
def problem(alone: Nginx) -> Answer:
    return alone.ask("GET", "/metrics")


def test_own_pages_carry_the_headers_of_the_platform(problem: Answer) -> None:
    for name, value in {**HEADERS, "Cache-Control": "no-store"}.items():
        assert problem[name] == value, name
    assert problem.all("Strict-Transport-Security") == problem.all("Retry-After") == []


def test_own_pages_need_nothing_from_elsewhere(problem: Answer) -> None:
    page, policy = Page(problem.text), problem["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    (style,) = (attributes for _, attributes, _ in page.all("style"))
    assert f"style-src 'nonce-{style['nonce']}';" in policy
    assert [
        tag for tag, attributes, _ in page.all() if "src" in attributes or tag == "script"
    ] == []
    assert [attributes["href"] for _, attributes, _ in page.all("link", "a")] == ["data:,", "/"]
    assert page.texts("h1") == [TITLES[404]]
    assert page.texts("p") == [SENTENCES[404]]


def test_own_pages_have_the_colours_of_the_platform() -> None:
    tokens = dict(re.findall(r"(--[a-z-]+): (.*);", (STATIC / "tokens.css").read_text("utf-8")))
    light, dark = re.findall(
        r":root \{(.*?)\}", (NGINX / "errors/page.html").read_text(), re.DOTALL
    )
    for own, position in ((light, 0), (dark, 1)):
        for name, colour in re.findall(r"(--[a-z-]+): (#\w+);", own):
            known = tokens[name].removeprefix("light-dark(").removesuffix(")").split(", ")[position]
            assert known in (colour, colour + colour[1:]), name


def test_a_malformed_request_gets_a_page_too(alone: Nginx) -> None:
    with closing(socket.create_connection((HOST, alone.port), timeout=60)) as link:
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"The server could not read the request." in link.makefile("rb").read()


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_UPLOAD_MB", "much"),
        ("MAX_UPLOAD_MB", ""),
        ("MAX_UPLOAD_MB", "8\nx"),
        ("URL_PREFIX", "/climate/"),
        ("URL_PREFIX", "climate"),
        ("URL_PREFIX", "/a;b"),
        ("TRUSTED_PROXY", "everybody"),
        ("RESOLVER", ""),
        ("FLASK_APP", "flask_app"),
        ("HTTP_PORT", "0"),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsWrong, match=rf"^nginx: {name} is '"):
        Nginx(tmp_path / "n", {name: value}).write()


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.touch()
    with pytest.raises(SettingsWrong, match=r"there is no .*key"):
        Nginx(tmp_path, {"TLS_KEY": str(tmp_path / "key.pem")}).write()


@pytest.mark.parametrize("prefix", ["", "/climate"])
def test_the_configuration_is_checked_without_a_network(tmp_path: Path, prefix: str) -> None:
    done = Nginx(tmp_path / "n", {"URL_PREFIX": prefix}).check()
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_every_variable_of_a_template_is_known() -> None:
    script = (NGINX / "docker-entrypoint.d/19-platform.envsh").read_text("utf-8")
    made = re.findall(r"^export (.*)$", script, flags=re.MULTILINE)[0].split()
    known = {*image_settings(), *made}
    for template in (NGINX / "templates").rglob("*.template"):
        used = set(re.findall(r"\$\{?([A-Z][A-Z_0-9]*)", template.read_text("utf-8")))
        assert used <= known, template.name


def test_pages_for_programs_are_json(alone: Nginx) -> None:
    answer = alone.ask("GET", "/metrics", headers=PROGRAM)
    assert answer["Content-Type"] == "application/json"
    assert list(json.loads(answer.body)) == ["status", "title", "sentence"]
