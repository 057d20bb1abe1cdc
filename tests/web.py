"""The web application in a folder of its own, people who use it, and a look at every page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from climate_simulation_platform.app import create_app
from climate_simulation_platform.auth.accounts import add_user
from climate_simulation_platform.db import Database, files, users
from climate_simulation_platform.records import About, Coordinates, DataFile, User
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.views.current import keep_services

PASSWORD = "basalt under the ice sheet"


def make_services(folder: Path, **environment: str) -> Services:
    """Services of an empty installation in a folder; environment variables by name."""
    variables = {"INSTANCE": str(folder), "SECRET_KEY": "for tests only " * 3, **environment}
    settings = Settings.from_env(variables, embedded=True)
    storage = Storage(settings.instance)
    storage.prepare()
    services = Services(settings, Database.of(settings), storage, Sandbox())
    services.database.migrate()
    return services


def make_app(folder: Path, **environment: str) -> Flask:
    """The application of such an installation; its clients look at every page they get."""
    app = create_app(make_services(folder, **environment))
    app.test_client_class = Visitor
    return app


def services_of(app: Flask) -> Services:
    """Services of an application."""
    found = app.extensions[keep_services.__module__.split(".")[0]]
    assert isinstance(found, Services)
    return found


def user_of(app: Flask, name: str) -> User:
    """An account, made if there is none of that name."""
    database = services_of(app).database
    with database.reading() as connection:
        found = users.by_name(connection, name)
    return found or add_user(database, name, PASSWORD, now=datetime.now(UTC))


def signed_in(app: Flask, name: str = "wegener") -> "Visitor":
    """A browser in which somebody is signed in; the account is made if it is not there."""
    user_of(app, name)
    visitor = visit(app)
    answer = visitor.send("/auth/login", username=name, password=PASSWORD)
    assert answer.status_code == 303, answer.text
    return visitor


def visit(app: Flask) -> "Visitor":
    """A browser without a past."""
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


def file_of(app: Flask, user: User, name: str = "Eocene") -> DataFile:
    """Record of a topography of somebody, without any file on disk."""
    with services_of(app).database.writing() as connection:
        new = files.NewFile(About(name), f"{name}.nc", Coordinates.CONFIRMED, {})
        return files.insert(connection, user.id, new, now=datetime.now(UTC))


class Visitor(FlaskClient):
    """A browser that complains about a page with a fault."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data and not response.location:
            problems = page_problems(response, self.application)
            assert not problems, f"{response.request.path}: " + "; ".join(problems)
        return response

    def csrf_token(self, url: str = "/status-of-nothing") -> str:
        """Token of a page, by default of one that is not there, which everybody can see."""
        return Page(self.get(url).text).csrf_token

    def send(self, url: str, /, **fields: Any) -> TestResponse:
        """Send a form as a page would."""
        return self.post(url, data={"csrf_token": self.csrf_token(), **fields})


class Page(HTMLParser):
    """Elements of a page with their attributes and texts."""

    EMPTY = frozenset({"meta", "link", "input", "img", "br", "hr", "source", "col", "wbr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.form_of: list[int] = []
        self._form = -1
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {name: value or "" for name, value in attrs}, list[str]())
        if tag == "form":
            self._form = len(self.elements)
        self.elements.append(element)
        self.form_of.append(self._form)
        if tag not in self.EMPTY:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = -1
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, _, words in self._open:
            words.append(data)

    def all(self, *tags: str) -> Iterator[tuple[str, dict[str, str], str]]:
        """Elements of these tags, or all, with attributes and text."""
        for tag, attributes, words in self.elements:
            if not tags or tag in tags:
                yield tag, attributes, " ".join("".join(words).split())

    def texts(self, tag: str) -> list[str]:
        """Texts of the elements of a tag."""
        return [text for _, _, text in self.all(tag)]

    @property
    def csrf_token(self) -> str:
        """Token for requests that change something."""
        return next(
            attributes["content"]
            for _, attributes, _ in self.all("meta")
            if attributes.get("name") == "csrf-token"
        )


def page_problems(response: TestResponse, app: Flask) -> list[str]:
    """What is wrong with a page: heads, labels, ids, addresses, and what the policy forbids."""
    page = Page(response.text)
    return [
        *_heads(page),
        *_names(page),
        *_references(page),
        *_forbidden(page, response),
        *_addresses(page, response, app),
        *_forms(page),
    ]


def _heads(page: Page) -> Iterator[str]:
    if len(page.texts("h1")) != 1 or not page.texts("h1")[0]:
        yield f"headings of first order: {page.texts('h1')}"
    titles = [title for title in page.texts("title") if title]
    if len(titles) != 1:
        yield f"titles: {titles}"
    if not any(attributes.get("lang") for _, attributes, _ in page.all("html")):
        yield "no language"


def _names(page: Page) -> Iterator[str]:
    labelled = {attributes.get("for") for _, attributes, text in page.all("label") if text}
    for tag, attributes, text in page.all():
        own = attributes.get("aria-label") or attributes.get("aria-labelledby")
        hidden = attributes.get("type") == "hidden" or attributes.get("aria-hidden") == "true"
        control = tag in ("input", "select", "textarea", "progress", "meter") and not hidden
        if control and not own and attributes.get("id") not in labelled:
            yield f"{tag} {attributes.get('name')} has no label"
        if tag in ("button", "a", "summary") and not text and not own:
            yield f"{tag} {attributes} has no name"
        if tag == "img" and "alt" not in attributes:
            yield f"image {attributes.get('src')} has no text"


def _references(page: Page) -> Iterator[str]:
    ids = [attributes["id"] for _, attributes, _ in page.all() if "id" in attributes]
    for repeated in sorted({own for own in ids if ids.count(own) > 1}):
        yield f"id {repeated} is there {ids.count(repeated)} times"
    for tag, attributes, _ in page.all():
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list"):
            for target in attributes.get(name, "").split():
                if target not in ids:
                    yield f"{name} of {tag} names {target}, which is not there"
        link = attributes.get("href", "")
        if tag == "a" and link.startswith("#") and link[1:] not in ids:
            yield f"link to {link}, which is not there"


def _forbidden(page: Page, response: TestResponse) -> Iterator[str]:
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'self'" not in policy or "unsafe" in policy:
        yield f"policy: {policy!r}"
    for tag, attributes, _ in page.all():
        if "style" in attributes:
            yield f"{tag} has a style of its own"
        yield from (f"{tag} has {name}" for name in attributes if name.startswith("on"))
        if tag in ("script", "style") and f"'nonce-{attributes.get('nonce')}'" not in policy:
            yield f"{tag} has not the nonce of the policy"


def _addresses(page: Page, response: TestResponse, app: Flask) -> Iterator[str]:
    for tag, attributes, _ in page.all():
        for name in ("href", "src", "action", "formaction", "poster"):
            if name not in attributes or attributes[name].startswith(("#", "data:", "blob:")):
                continue
            sent_by = {"action": "method", "formaction": "formmethod"}.get(name, "")
            method = attributes.get(sent_by, "get")
            fault = _unresolved(attributes[name], method.upper(), response, app)
            if fault:
                yield f"{name} of {tag}: {fault}"


def _unresolved(address: str, method: str, response: TestResponse, app: Flask) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return f"{address} is elsewhere"
    root = _prefix(response, app)
    path = parts.path or response.request.path
    if parts.path and not path.startswith(f"{root}/"):
        return f"{address} is not below {root}/"
    try:
        app.url_map.bind("localhost").match(path.removeprefix(root), method=method)
    except RequestRedirect:
        return f"{address} is sent on"
    except HTTPException as trouble:
        return f"{method} {address} gives {trouble.code}"
    return ""


def _prefix(response: TestResponse, app: Flask) -> str:
    environ = response.request.environ
    told = environ.get("HTTP_X_FORWARDED_PREFIX", "")
    trusted = bool(services_of(app).settings.trusted_proxies)
    return str((told if trusted else "") or environ.get("SCRIPT_NAME", ""))


def _forms(page: Page) -> Iterator[str]:
    for index, (tag, attributes, _) in enumerate(page.elements):
        if tag != "form" or attributes.get("method", "").lower() != "post":
            continue
        fields = [
            inner.get("name")
            for (_, inner, _), form in zip(page.elements, page.form_of, strict=True)
            if form == index
        ]
        if "csrf_token" not in fields:
            yield f"form {attributes.get('action')} carries no token"
