"""An editor's page: how it is asked for, what it shows, and its Bokeh application."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from panel.io.application import Application
from panel.io.state import set_curdoc
from panel.pane import panel as viewable_of

from climpy.interactive.editors.serving.visits import Refused, Visit

log = logging.getLogger(__name__)

BROKEN = "The editor could not be opened because of an error in the program. Nothing was changed."

Ready = TypeVar("Ready")


@dataclass(frozen=True, eq=False)
class Shown:
    """What a page shows.

    Parameters
    ----------
    root : panel.viewable.Viewable or bokeh.models.UIElement
        What fills the page.
    title : str
        What the browser's tab says.
    """

    root: Any
    title: str


@dataclass(frozen=True, eq=False)
class EditorPage(Generic[Ready]):
    """A page with an editor.

    Parameters
    ----------
    route : str
        Regular expression of its path below the server's prefix, with named groups, as
        ``r"/editor/(?P<name>[a-z_]+)"``; no slash at the end.
    prepare : callable
        Looks who asks for what and reads files; runs outside the event loop and may take seconds.
        Raises `Refused` or `Elsewhere`.
    build : callable
        Makes of what `prepare` gave what the page shows; runs in the event loop, with the
        document as Panel's current one. May raise `Refused`.
    """

    route: str
    prepare: Callable[[Visit], Ready]
    build: Callable[[Visit, Ready], Shown]


class PageApplication(Application):
    """Bokeh application of one page: builds its documents from what was prepared for them."""

    def __init__(self, page: EditorPage[Any]) -> None:
        super().__init__(FunctionHandler(self._fill))  # type: ignore[no-untyped-call]
        self._page = page
        self._waiting: dict[str, tuple[Visit, Any]] = {}
        self._refused: dict[str, Refused] = {}

    def expect(self, session_id: str, visit: Visit, ready: Any) -> None:
        """Say what the document of a session is to be built from."""
        self._waiting[session_id] = visit, ready

    def refusal(self, session_id: str) -> Refused | None:
        """Why the document of a session was not built."""
        return self._refused.pop(session_id, None)

    def _fill(self, document: Document) -> None:
        session_id = document.session_context.id  # type: ignore[union-attr]
        visit, ready = self._waiting.pop(session_id)
        document.config.reconnect_session = False  # the page is loaded anew instead
        document.config.notify_connection_status = False
        document.on_session_destroyed(lambda _: visit.end())
        visit.count_with(lambda: _connections_of(document))
        try:
            with set_curdoc(document):
                shown = self._page.build(visit, ready)
                viewable: Any = viewable_of(shown.root)
                viewable.server_doc(document, title=shown.title, location=False)
        except Refused as refused:
            self._refused[session_id] = refused
        except Exception:
            log.exception("a page could not be built")
            self._refused[session_id] = Refused(BROKEN, 500, "Something went wrong")


def _connections_of(document: Document) -> int:
    """How many websockets a document has."""
    context: Any = document.session_context
    session = None if context is None else context.session
    return 0 if session is None else int(session.connection_count)
