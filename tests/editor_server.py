"""A server of editors within the test's own process, in a thread with an event loop of its own."""

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from climpy.interactive.editors.serving import Server


class Running:
    """A server that answers.

    Parameters
    ----------
    make : callable
        Gives the server.
    """

    def __init__(self, make: Callable[[], Server]) -> None:
        self._make = make
        self._begun: Future[tuple[Server, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self.server, self.loop, self._stopped = self._begun.result(30)

    async def _serve(self) -> None:
        try:
            server, stopped = self._make(), asyncio.Event()
            server.start()
        except BaseException as trouble:
            self._begun.set_exception(trouble)
            raise
        self._begun.set_result((server, asyncio.get_running_loop(), stopped))
        await stopped.wait()
        await server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def run(self, coroutine: Any) -> Any:
        """Run something in its loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()


class Answer:
    """What a server answered."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self) -> str:
        return self.body.decode()


@contextmanager
def running(make: Callable[[], Server]) -> Iterator[Running]:
    """Have a server answer for a while."""
    server = Running(make)
    try:
        yield server
    finally:
        server.end()
