"""When things happen: at once, in the next turn of a page's event loop, or outside of it."""

import functools
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from bokeh.document import Document

from climpy.errors import ClimpyError

_log = logging.getLogger(__name__)

_FOR_PEOPLE = "PlatformError"


def sentence_of(trouble: BaseException) -> str:
    """What an exception says to a person; one that is not meant for people goes to the log."""
    names = {base.__name__ for base in type(trouble).__mro__}
    if isinstance(trouble, ClimpyError) or _FOR_PEOPLE in names:
        said = str(trouble)
        return said[:1].upper() + said[1:]
    _log.error("An editor met an error", exc_info=trouble)
    return "Something went wrong on the server; nothing that was kept is lost. Try again."


Done = Callable[[Any], None]
Failed = Callable[[BaseException], None]


class Turns(Protocol):
    """How work is put off."""

    def later(self, work: Callable[[], None]) -> None:
        """Do something once what is shown has gone out."""

    def away(self, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do something that may take seconds; what it gave or raised is handed over afterwards."""

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in a while."""

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something again and again."""


class AtOnce:
    """Without a page nothing is put off."""

    def later(self, work: Callable[[], None]) -> None:
        """Do it now."""
        work()

    def away(self, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do it now."""
        try:
            result = work()
        except Exception as trouble:  # noqa: BLE001 - handed over
            failed(trouble)
        else:
            done(result)

    def after(self, seconds: float, work: Callable[[], None]) -> None:  # noqa: ARG002
        """Do it now."""
        work()

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Do it never: nothing runs by itself here."""


_THREADS = ThreadPoolExecutor(4, "editor")


class OfDocument:
    """The turns of a page.

    Parameters
    ----------
    document : Document
        Of the page; nothing of it is touched outside of its lock.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    def later(self, work: Callable[[], None]) -> None:
        """Do something in the next turn."""
        self._document.add_next_tick_callback(work)

    def away(self, work: Callable[[], Any], done: Done, failed: Failed) -> None:
        """Do something in another thread."""

        def hand_over(future: "Future[Any]") -> None:
            trouble = future.exception()
            back = functools.partial(done, future.result()) if trouble is None else None
            self.later(back or functools.partial(failed, trouble))  # type: ignore[arg-type]

        _THREADS.submit(work).add_done_callback(hand_over)

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in a while, if the page is still open."""
        self._document.add_timeout_callback(work, int(1000 * seconds))

    def every(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something again and again, as long as the page is open."""
        self._document.add_periodic_callback(work, int(1000 * seconds))
