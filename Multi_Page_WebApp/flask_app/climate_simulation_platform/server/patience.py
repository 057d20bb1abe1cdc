"""How long the pages wait for a visitor: a stuck or a slow one must not keep a thread for ever."""

import contextlib
import socket
import sys
import time
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]
from gunicorn.workers import gthread  # type: ignore[import-untyped]

HEAD_SECONDS = 5.0
"""How long the head of a request may keep us waiting, all pauses together."""

BODY_SECONDS = 15.0
"""How long its body may, ..."""

LEAST_BYTES_PER_SECOND = 4096
"""... and longer by a second for so many bytes that came."""

LONGEST_PAUSE_SECONDS = 30.0
"""How long one pause may be, however much came before."""

HEARING_SECONDS = 5.0
"""How long somebody may go on sending who was answered already."""


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a connection and gives it up when it keeps us waiting for too long."""

    def begin(self, patience: float) -> None:
        """A head or a body begins, with patience of its own [seconds]."""
        self._left = patience

    def hurry(self, patience: float) -> None:
        """What is left of the body gets no more patience than this, and no more than was left."""
        self._left = min(self._left, patience)

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Read a piece.

        Raises
        ------
        NoMoreData
            If patience is at its end; to gunicorn and Werkzeug the visitor has then gone.
        """
        usual, began = self.sock.gettimeout(), time.monotonic()
        self.sock.settimeout(min(max(self._left, 0.001), LONGEST_PAUSE_SECONDS))
        try:
            piece: bytes = super().chunk(size_hint)
        except TimeoutError as silence:
            self._left = 0.0
            raise NoMoreData from silence
        finally:
            self.sock.settimeout(usual)
        self._left += len(piece) / LEAST_BYTES_PER_SECOND - (time.monotonic() - began)
        return piece


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """Gunicorn's threads, which a connection gets once something came on it."""

    def handle(self, conn: Any) -> Any:
        """Answer a request of a connection; put it aside while nothing has come."""
        if not conn.initialized:
            if not conn.data_ready and not conn.wait_for_data(0):
                return gthread._DEFER  # what its own method gives
            conn.init()
            conn.parser.unreader = PatientUnreader(conn.sock)
        conn.parser.unreader.begin(HEAD_SECONDS)
        goes_on = super().handle(conn)
        if not goes_on:
            _hear_out(conn)
        return goes_on

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head is known."""
        conn.parser.unreader.begin(BODY_SECONDS)
        return super().handle_request(req, conn)


def _hear_out(conn: Any) -> None:
    """Throw away what is still being sent after the answer.

    A connection that is closed over unread bytes is reset, and the answer may be lost with it: a
    proxy in front then tells of a broken server instead of what was said.
    """
    with contextlib.suppress(OSError, NoMoreData, ParseException):
        conn.sock.shutdown(socket.SHUT_WR)
        conn.parser.unreader.hurry(HEARING_SECONDS)
        deadline = time.monotonic() + HEARING_SECONDS
        conn.parser.finish_body(deadline=deadline, max_bytes=sys.maxsize)


def broken_bodies_refused(application: WSGIApplication) -> WSGIApplication:
    """Tell the application of a malformed body as of one that was cut off: the visitor's fault."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return application(environ, start_response)

    return answer


class _Body:
    """The body of a request, whose faults are those of a connection."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        try:
            piece: bytes = self._body.read(size)
        except ParseException as fault:
            raise OSError("The body is malformed.") from fault
        return piece
