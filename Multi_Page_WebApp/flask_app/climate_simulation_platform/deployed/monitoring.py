"""What a service tells those who watch over it: `/health` and `/metrics` on a port of its own."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from climate_simulation_platform.errors import PlatformError, SettingsRefused
from climate_simulation_platform.version import VERSION

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """How a service is.

    Parameters
    ----------
    trouble : str
        A sentence; empty if it is well.
    busy : bool
        Whether it is at something that should not be disturbed.
    """

    trouble: str = ""
    busy: bool = False


class Monitor:
    """Answers those who watch over a service, in threads of its own."""

    def __init__(
        self, port: int, registry: CollectorRegistry, health: Callable[[], Health]
    ) -> None:
        self._port = port
        self._registry = registry
        self._health = health
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Begin to answer.

        Raises
        ------
        SettingsRefused
            If the port is in use.
        """
        monitor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = monitor.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Nothing: who asks every few seconds is of no interest."""

        try:
            self._server = ThreadingHTTPServer(("", self._port), Handler)
        except OSError as trouble:
            raise SettingsRefused(
                f"Port {self._port} cannot be used ({trouble.strerror}); set MONITOR_PORT."
            ) from trouble
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="monitor", daemon=True).start()

    @property
    def port(self) -> int:
        """Where it answers."""
        return self._server.server_address[1] if self._server else self._port

    def end(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, type and body for a path."""
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path != "/health":
            return HTTPStatus.NOT_FOUND, "text/plain", b"There are /health and /metrics.\n"
        try:
            health = self._health()
        except PlatformError as trouble:
            health = Health(str(trouble))
        status = HTTPStatus.SERVICE_UNAVAILABLE if health.trouble else HTTPStatus.OK
        told = {
            "status": "unwell" if health.trouble else "well",
            "trouble": health.trouble,
            "busy": health.busy,
            "version": VERSION,
        }
        return status, "application/json", json.dumps(told).encode()
