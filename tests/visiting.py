"""Somebody who uses a running platform over HTTP: signed in, page by page, form by form."""

import contextlib
import http.client
import json
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.uploading import multipart

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 120.0

Fields = Mapping[str, Iterable[str]]


class NoAnswer(Exception):
    """The connection ended before an answer came: nobody knows whether it was heard."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    location: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Visitor:
    """A browser of somebody; one connection for each page."""

    port: int
    name: str
    password: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A page."""
        return self.ask("GET", path, headers=headers)

    def send(self, path: str, fields: Fields) -> Answer:
        """A form."""
        pairs = [(name, text) for name, texts in fields.items() for text in texts]
        body = urllib.parse.urlencode([("csrf_token", self.csrf_token), *pairs]).encode()
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, body, {"Content-Type": kind})

    def upload(self, name: str, content: bytes) -> Answer:
        """A topography of that name."""
        body, kind = multipart({"name": name}, (f"{name}.nc", content))
        headers = {"Content-Type": kind, "X-CSRFToken": self.csrf_token}
        return self.ask("POST", "/upload", body, {**headers, "Accept": "application/json"})

    def sign_in(self) -> None:
        """Come in; the token of the forms then holds for all pages."""
        self._find_token("/auth/login")
        form = {"username": [self.name], "password": [self.password]}
        answer = self.send("/auth/login", form)
        if answer.status != 303:
            raise RuntimeError(f"{self.name} cannot sign in: {answer.status}")
        self._find_token("/")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for something.

        Raises
        ------
        NoAnswer
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT_SECONDS)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        told = {"Cookie": cookie, "Accept": "text/html", **(headers or {})}
        try:
            connection.request(method, path, body, told)
            came = connection.getresponse()
            text = came.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as trouble:
            raise NoAnswer(f"{method} {path}: {trouble!r}") from trouble
        finally:
            connection.close()
        self._keep(came.headers.get_all("Set-Cookie") or ())
        return Answer(came.status, text, _location(came, text), dict(came.headers))

    def _find_token(self, path: str) -> None:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(path).text)
        if found is None:
            raise RuntimeError(f"{path} has no token.")
        self.csrf_token = found.group(1)

    def _keep(self, told: Iterable[str]) -> None:
        for one in told:
            name, _, value = one.split(";")[0].partition("=")
            self.cookies[name] = value


def _location(came: http.client.HTTPResponse, text: str) -> str:
    """Where the answer sends the browser, in a header or, to a script, in its body."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(text)["location"])
    return came.headers.get("Location", "")
