"""The server of editors: which pages it has, whom it answers, how long a session lasts."""

import asyncio
import contextlib
import ctypes
import gc
import secrets
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import panel
from bokeh.application.handlers.document_lifecycle import DocumentLifecycleHandler
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import EMPTY_LAYOUT
from bokeh.server.contexts import ApplicationContext
from bokeh.server.tornado import BokehTornado
from bokeh.settings import settings as bokeh_settings
from panel.io.resources import DIST_DIR, JS_VERSION
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler

from climpy.interactive.editors.serving.handlers import (
    HandedOut,
    Health,
    NamedFiles,
    NotFound,
    PageHandler,
    PageSocket,
    StaticFiles,
)
from climpy.interactive.editors.serving.pages import EditorPage, PageApplication
from climpy.interactive.editors.serving.policy import HERE, environment, version_of
from climpy.interactive.editors.serving.visits import Handouts, Refused

STATIC = HERE / "static"
BOKEH_SCRIPTS = ("bokeh.min.js", "bokeh-widgets.min.js", "bokeh-tables.min.js")
FULL = "Too many editors are open. Close one that you do not need, or try again in some minutes."
BODY_BYTES = 2**20
M_MMAP_THRESHOLD = -3
"""Of glibc's mallopt."""

Route = tuple[str, type[RequestHandler], dict[str, Any]]


class _Site(BokehTornado):
    """Bokeh's tornado application with our own pages and nothing else of Bokeh's."""

    def __init__(
        self,
        pages: Sequence[EditorPage[Any]],
        handlers: Sequence[Route],
        prefix: str,
        *,
        most_open: int,
        trusts_proxy: bool,
        hosts: frozenset[str] | None,
        **settings: Any,
    ) -> None:
        self._most_open = most_open
        self._trusts_proxy = trusts_proxy
        self._hosts = hosts
        keep_arrays_apart()
        contexts = {page.route: _context(page) for page in pages}
        key = secrets.token_bytes(32)
        super().__init__(
            {},
            prefix=prefix,
            extra_patterns=[*handlers, *_routes(pages, contexts), (".*", NotFound, {})],
            secret_key=key,
            sign_sessions=True,
            generate_session_ids=False,
            use_index=False,
            include_headers=[],
            include_cookies=[],
            key=key,
            log_function=lambda handler: None,  # noqa: ARG005 - addresses hold secrets
            default_handler_class=NotFound,
            **settings,
        )
        self._applications = contexts
        self._were_open = 0
        self._to_tidy = False
        self.settings["prefix"] = self.prefix

    @property
    def open_pages(self) -> int:
        """How many sessions there are."""
        return sum(len(list(context.sessions)) for context in self._applications.values())

    async def _cleanup_sessions(self) -> None:
        """End sessions; once all that waited for them is over, give their memory back."""
        await super()._cleanup_sessions()
        if self._to_tidy:
            gc.collect()
            give_memory_back()
        self._to_tidy = self.open_pages < self._were_open
        self._were_open = self.open_pages

    def demand_room(self) -> None:
        """Refuse a page where too many are open."""
        if self.open_pages >= self._most_open:
            raise Refused(FULL, 503, "No room")

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Route a request, once what a proxy put before the path is taken off."""
        if self._trusts_proxy:
            _as_visitor_asked(request)
        if self._hosts is not None and _name(request.host) not in self._hosts:
            return self.get_handler_delegate(request, NotFound, {})
        return super().find_handler(request, **kwargs)


def give_memory_back() -> None:
    """Return freed memory to the system, where the C library knows how."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_arrays_apart() -> None:
    """Let every array above a quarter of a megabyte go back to the system once it is freed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 2**18)


def _context(page: EditorPage[Any]) -> ApplicationContext:
    application = PageApplication(page)
    application.add(DocumentLifecycleHandler())
    return ApplicationContext(application, url=page.route)


def _routes(
    pages: Sequence[EditorPage[Any]], contexts: Mapping[str, ApplicationContext]
) -> list[Route]:
    routes: list[Route] = []
    for page in pages:
        context = contexts[page.route]
        socket_of = {"application_context": context, "bokeh_websocket_path": ""}
        routes.append((page.route, PageHandler, {"page": page, "context": context}))
        routes.append((f"{page.route}/ws", PageSocket, socket_of))
    return routes


def _as_visitor_asked(request: HTTPServerRequest) -> None:
    """Undo what a proxy changed: the path's prefix, the host."""
    prefix = request.headers.get("X-Forwarded-Prefix", "").rstrip("/")
    if prefix and request.path.startswith(f"{prefix}/"):
        request.path = request.path.removeprefix(prefix)
    request.host = request.headers.get("X-Forwarded-Host") or request.host


def _name(host: str) -> str:
    """Give the name of a host without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[").lower()
    return host.partition(":")[0].lower()


class Server:
    """Serves editors.

    Parameters
    ----------
    pages : sequence of EditorPage
        The editors.
    prefix : str
        What stands before every path, as ``/panel``.
    handlers : sequence of (str, type, dict)
        Further routes below the prefix with their tornado handlers; `Handler` is the base to
        derive them from.
    styles : sequence of Path
        Style sheets of every page, in this order, before the shell's own: the colours and sizes.
    templates : sequence of Path
        Folders with further templates; each may extend ``frame.html``.
    files : mapping of str to Path
        Further static files, served as ``static/own/<name>``.
    product : str
        What the title ends in.
    trusts_proxy : bool
        Whether `X-Forwarded-Host` and `X-Forwarded-Prefix` are believed: where exactly one proxy,
        which sets both, stands before the server.
    hosts : sequence of str or None
        Names under which the server answers; None for any.
    session_seconds : float
        How long a session is kept after its last connection ended.
    token_seconds : int
        How long a page may take between its answer and its websocket.
    check_seconds : float
        How often is looked for sessions that are over.
    message_bytes : int
        Largest message of a websocket; a list of edits from a file comes in one.
    most_open : int
        How many pages may be open at a time.
    """

    def __init__(
        self,
        pages: Sequence[EditorPage[Any]],
        *,
        prefix: str = "",
        handlers: Sequence[Route] = (),
        styles: Sequence[Path] = (),
        templates: Sequence[Path] = (),
        files: Mapping[str, Path] | None = None,
        product: str = "Climate Simulation Platform",
        trusts_proxy: bool = False,
        hosts: Sequence[str] | None = None,
        session_seconds: float = 180.0,
        token_seconds: int = 120,
        check_seconds: float = 15.0,
        message_bytes: int = 24 * 2**20,
        most_open: int = 64,
    ) -> None:
        silence(EMPTY_LAYOUT, True)
        panel.config.browser_info = False
        panel.config.notifications = False
        bokeh_settings.resources = "server"
        self.handouts = Handouts()
        shell = _Shell([*styles, STATIC / "shell.css"], files or {}, product)
        own: list[Route] = [
            (r"/health", Health, {}),
            (r"/handouts/([A-Za-z0-9_-]+)", HandedOut, {"handouts": self.handouts}),
            (r"/static/own/([A-Za-z0-9._-]+)", NamedFiles, {"files": shell.files}),
            (r"/static/js/(.*)", StaticFiles, {"path": str(bokeh_settings.bokehjs_path() / "js")}),
            (r"/static/extensions/panel/(.*)", StaticFiles, {"path": str(DIST_DIR)}),
        ]
        self._site = _Site(
            pages,
            [*handlers, *own],
            prefix,
            most_open=most_open,
            trusts_proxy=trusts_proxy,
            hosts=None if hosts is None else frozenset(name.lower() for name in hosts),
            templates=environment(*templates),
            shell=shell,
            handouts=self.handouts,
            token_seconds=token_seconds,
            session_token_expiration=token_seconds,
            unused_session_lifetime_milliseconds=int(session_seconds * 1000),
            check_unused_sessions_milliseconds=int(check_seconds * 1000),
            websocket_max_message_size_bytes=message_bytes,
        )
        self._http: HTTPServer | None = None
        self.port = 0

    @property
    def open_pages(self) -> int:
        """How many sessions there are."""
        return self._site.open_pages

    def start(
        self,
        address: str = "127.0.0.1",
        port: int = 0,
        sockets: Sequence[socket.socket] | None = None,
        body_bytes: int = BODY_BYTES,
    ) -> None:
        """Answer from now on, in the event loop that is running.

        Parameters
        ----------
        address, port
            Where to listen; port 0 for any that is free, see `port`.
        sockets : sequence of socket
            Instead: sockets that listen already.
        body_bytes : int
            Largest body of a request; a handler that streams may allow itself more.
        """
        loop = IOLoop.current()
        self._site.initialize(loop)
        self._site.start()
        self._http = HTTPServer(self._site, max_body_size=body_bytes, idle_connection_timeout=120)
        listening = list(sockets) if sockets is not None else bind_sockets(port, address)
        for one in listening:
            one.setblocking(False)
        self._http.add_sockets(listening)
        self.port = listening[0].getsockname()[1]

    async def stop(self) -> None:
        """Answer no longer; everything open is closed."""
        self._site.stop()
        if self._http is not None:
            self._http.stop()
            await self._http.close_all_connections()

    async def serve(self, stopped: asyncio.Event, **where: Any) -> None:
        """Answer until an event is set; takes what `start` takes."""
        self.start(**where)
        await stopped.wait()
        await self.stop()

    def run(self, **where: Any) -> None:
        """Answer until SIGTERM or SIGINT; takes what `start` takes."""
        asyncio.run(self._run(where))

    async def _run(self, where: dict[str, Any]) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        await self.serve(stopped, **where)


class _Shell:
    """What the frame of each page links to."""

    def __init__(self, styles: Sequence[Path], files: Mapping[str, Path], product: str) -> None:
        scripts = [STATIC / "theme.js", STATIC / "shell.js", STATIC / "keyboard.js"]
        self.files = {path.name: path for path in [*styles, *scripts]} | dict(files)
        self._styles = [path.name for path in styles]
        self._product = product

    def __call__(self, root: str) -> dict[str, Any]:
        """Give the variables of the frame for a page whose server begins at `root`."""

        def own(name: str) -> str:
            return f"{root}static/own/{name}?v={version_of(self.files[name])}"

        bokeh = [f"{root}static/js/{name}?v={JS_VERSION}" for name in BOKEH_SCRIPTS]
        return {
            "own": own,
            "styles": [own(name) for name in self._styles],
            "scripts": [*bokeh, f"{root}static/extensions/panel/panel.min.js?v={JS_VERSION}"],
            "product": self._product,
        }
