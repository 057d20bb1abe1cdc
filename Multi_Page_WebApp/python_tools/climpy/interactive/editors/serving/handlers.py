"""How requests are answered: pages, their websockets, static files, files that are handed out."""

import asyncio
import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bokeh.embed.util import RenderItem
from bokeh.server.contexts import ApplicationContext
from bokeh.server.views.ws import WSHandler
from bokeh.util.token import generate_jwt_token, generate_session_id, get_session_id
from jinja2 import Environment
from panel.io.resources import patch_model_css
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from climpy.interactive.editors.serving.pages import BROKEN, EditorPage, PageApplication
from climpy.interactive.editors.serving.policy import FILE_POLICY, HEADERS, PAGE_POLICY
from climpy.interactive.editors.serving.visits import (
    Asked,
    Elsewhere,
    Handout,
    Handouts,
    Refused,
    Visit,
)

log = logging.getLogger(__name__)

CHUNK_BYTES = 2**20
YEAR_SECONDS = 365 * 24 * 3600
FORGOTTEN = 4404
"""Code with which a websocket is closed whose session is over."""

SENTENCES = {
    400: "This address is not complete. Go back and open the page anew.",
    403: "This is not open to you.",
    404: "There is nothing at this address.",
    405: "This address cannot be asked for in that way.",
    413: "This is larger than what is taken here.",
}


class Handler(RequestHandler):
    """An answer with the headers of every answer; what goes wrong is a page with one sentence."""

    def set_default_headers(self) -> None:
        """Set what every answer says."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", PAGE_POLICY)
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    @property
    def upward(self) -> str:
        """Where the server's pages begin, relative to this one; ends in a slash."""
        return root_of(self.request.path, self.application.settings["prefix"])

    @property
    def from_own_page(self) -> bool:
        """Whether a page of this server asked, or no browser at all."""
        origin = self.request.headers.get("Origin")
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        return origin is None or same_host(origin, self.request.host)

    def show(self, template: str, **variables: Any) -> None:
        """Answer with a page."""
        templates: Environment = self.application.settings["templates"]
        shell = self.application.settings["shell"]
        variables = {"root": self.upward, **shell(self.upward), **variables}
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(templates.get_template(template).render(variables))

    def refuse(self, refused: Refused) -> None:
        """Answer with one sentence."""
        self.set_status(refused.status)
        self.show("refused.html", title=refused.title, sentence=refused.sentence)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say what went wrong, without how."""
        title = "Something went wrong" if status_code >= 500 else "Not found"
        sentence = BROKEN if status_code >= 500 else SENTENCES.get(status_code, SENTENCES[404])
        self.refuse(Refused(sentence, status_code, title))


def same_host(origin: str, host: str) -> bool:
    """Whether an origin is the host that is asked."""
    return urlsplit(origin).netloc.lower() == host.lower()


def root_of(path: str, prefix: str) -> str:
    """Give where the server's pages begin, relative to a path of one of them."""
    depth = path.removeprefix(prefix).strip("/").count("/")
    return "../" * depth or "./"


class NotFound(Handler):
    """Everything that is not there."""

    def prepare(self) -> None:
        """Say so, however it was asked for."""
        raise HTTPError(404)


class Health(Handler):
    """Says that the server answers, and how many pages are open."""

    def get(self) -> None:
        """Answer in JSON."""
        self.set_header("Content-Security-Policy", FILE_POLICY)
        self.finish({"status": "ok", "open": self.application.open_pages})  # type: ignore[attr-defined]


class StaticFiles(Handler, StaticFileHandler):
    """Files of a folder that are the same for everybody."""

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002 - tornado's signature
        """Keep what is asked for by its version for good."""
        self.set_header("Content-Security-Policy", FILE_POLICY)
        versioned = bool(self.get_argument("v", ""))
        lasting = f"public, max-age={YEAR_SECONDS}, immutable"
        self.set_header("Cache-Control", lasting if versioned else "no-cache")

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Answer that nothing is there for anything but a file."""
        if not Path(absolute_path).is_file():
            raise HTTPError(404)
        return super().validate_absolute_path(root, absolute_path)


class NamedFiles(StaticFiles):
    """Single static files, each under a name."""

    def initialize(self, files: dict[str, Path]) -> None:  # type: ignore[override]
        """Take which files there are."""
        self.files = files
        super().initialize(path="/")

    def parse_url_path(self, url_path: str) -> str:
        """Give the file of a name."""
        if url_path not in self.files:
            raise HTTPError(404)
        return str(self.files[url_path]).lstrip("/")


class HandedOut(Handler):
    """Files that are handed out, in pieces."""

    def initialize(self, handouts: Handouts) -> None:
        """Take what is handed out."""
        self._handouts = handouts

    async def get(self, secret: str) -> None:
        """Send a file."""
        handout = self._handouts.get(secret)
        if handout is None:
            self.refuse(Refused("This download is over. Ask for it again in the editor.", 404))
            return
        self.set_header("Content-Security-Policy", FILE_POLICY)
        self.set_header("Content-Type", handout.media_type)
        self.set_header("Content-Disposition", attachment(handout.filename))
        self.set_header("Content-Length", str(handout.size))
        try:
            await self._send(handout)
        except StreamClosedError:
            log.info("a download was given up")

    async def _send(self, handout: Handout) -> None:
        if isinstance(handout.source, bytes):
            await self.finish(handout.source)
            return
        with handout.source.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
                self.write(piece)
                await self.flush()


def attachment(filename: str) -> str:
    """Give the header of a download: the name as it is, and without what old clients trip over."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


class PageHandler(Handler):
    """Opens a page: looks who asks, builds the document, and sends what the browser starts with."""

    def initialize(self, page: EditorPage[Any], context: ApplicationContext) -> None:
        """Take which page it is."""
        self._page = page
        self._context = context

    async def get(self, **places: str) -> None:
        """Open the page."""
        visit = Visit(self._asked(places), self.upward, self.application.settings["handouts"])
        try:
            await self._open(visit)
        except Refused as refused:
            visit.end()
            self.refuse(refused)
        except Elsewhere as elsewhere:
            visit.end()
            self.redirect(elsewhere.address, status=303)
        except BaseException:
            visit.end()
            raise

    async def _open(self, visit: Visit) -> None:
        tornado = self.application
        tornado.demand_room()  # type: ignore[attr-defined]
        ready = await asyncio.to_thread(self._page.prepare, visit)
        key = tornado.settings["key"]
        session_id = generate_session_id(secret_key=key, signed=True)
        token = generate_jwt_token(
            session_id, secret_key=key, signed=True, expiration=tornado.settings["token_seconds"]
        )
        application = self._context.application
        if not isinstance(application, PageApplication):
            raise TypeError
        application.expect(session_id, visit, ready)
        self.request.app_path = self.request.path.removeprefix(tornado.settings["prefix"])  # type: ignore[attr-defined]
        session = await self._context.create_session_if_needed(session_id, self.request, token)
        refused = application.refusal(session_id)
        if refused is not None:
            session.request_expiration()
            raise refused
        document = session.document
        for model in document.roots:
            patch_model_css(model, dist_url=f"{self.upward}static/extensions/panel/")
        item = RenderItem(token=token, roots=document.roots, use_for_title=False)
        self.show("editor.html", title=document.title, item=item.to_json(), roots=item.roots)

    def _asked(self, places: dict[str, str]) -> Asked:
        arguments = {name: self.get_argument(name) for name in self.request.arguments}
        headers = {name.lower(): value for name, value in self.request.headers.get_all()}
        return Asked(places, arguments, headers)


class PageSocket(WSHandler):
    """The websocket of a page: from our own pages only, and only as long as the session lasts."""

    def check_origin(self, origin: str) -> bool:
        """Whether the page that asks came from here."""
        return same_host(origin, self.request.host)

    def open(self, **_: str) -> None:
        """Begin, as Bokeh does."""
        super().open()

    async def _async_open(self, token: str) -> None:
        session_id = get_session_id(token)
        known = {session.id for session in self.application_context.sessions}
        if session_id not in known:
            self.close(FORGOTTEN, "this session is over")
            return
        await super()._async_open(token)
