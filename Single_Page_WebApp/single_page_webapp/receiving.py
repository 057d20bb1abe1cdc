"""A file that a visitor sends: written to the disk as it comes in, looked into, then opened."""

import asyncio
import json
import logging
import urllib.parse
from pathlib import PurePosixPath
from typing import Any

from tornado.web import stream_request_body

from climpy.errors import ClimpyError
from climpy.interactive.editors.serving import Handler
from single_page_webapp.folders import Arriving
from single_page_webapp.library import Library

log = logging.getLogger(__name__)

LONGEST_NAME = 120


class Refusal(Exception):
    """A file is not taken."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@stream_request_body
class Receive(Handler):
    """Takes a file as the body of a request; answers in JSON where it can be opened, or why not."""

    def initialize(self, library: Library) -> None:
        """Take where files are kept."""
        self._library = library
        self._arriving: Arriving | None = None

    async def prepare(self) -> None:
        """Look at what is announced, before any of it comes in."""
        try:
            self._demand_own_page()
            self._demand_room()
        except Refusal as refusal:
            self._say(refusal.status, sentence=str(refusal))
            return
        self.request.connection.set_max_body_size(self._library.settings.max_upload_bytes)  # type: ignore[union-attr]
        self._arriving = self._library.folders.begin()

    async def data_received(self, chunk: bytes) -> None:
        """Put a piece on the disk."""
        if self._arriving is None:
            return
        try:
            await asyncio.to_thread(self._arriving.write, chunk)
        except OSError as trouble:
            log.warning("an upload could not be written: %s", trouble)
            self._give_up()
            self._say(507, sentence="The disk of the server is full; the file was not kept.")

    async def post(self) -> None:
        """Look into what came in."""
        arriving = self._arriving
        if arriving is None:
            return
        arriving.close()
        name = _name(self.request.headers.get("X-File-Name", ""))
        try:
            if arriving.size == 0:
                raise Refusal(422, f"{name} is empty.")
            about = await asyncio.to_thread(self._library.look, arriving.file, name)
        except Refusal as refusal:
            self._give_up()
            self._say(refusal.status, sentence=str(refusal))
        except ClimpyError as refusal:
            self._give_up()
            self._say(422, sentence=str(refusal))
        else:
            self._arriving = None
            folder = arriving.accept(about)
            self._say(201, address=f"files/{folder.token}")

    def on_connection_close(self) -> None:
        """Forget what came in only half."""
        super().on_connection_close()
        self._give_up()

    def on_finish(self) -> None:
        """Leave nothing behind."""
        self._give_up()

    def _give_up(self) -> None:
        if self._arriving is not None:
            self._arriving.discard()
            self._arriving = None

    def _demand_own_page(self) -> None:
        if not self.from_own_page:
            raise Refusal(403, "Files are taken from this page only.")

    def _demand_room(self) -> None:
        announced = self.request.headers.get("Content-Length", "")
        most = self._library.settings.max_upload_bytes
        if not announced.isdigit():
            raise Refusal(411, "The browser did not say how large the file is.")
        if int(announced) > most:
            raise Refusal(413, f"The file is larger than {most // 2**20} MiB.")
        if int(announced) > self._library.folders.room():
            raise Refusal(507, "There is not enough room on the disk of the server.")

    def _say(self, status: int, **told: Any) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(told))


def _name(told: str) -> str:
    """What a file is called, as far as that can be shown and written into a header."""
    plain = PurePosixPath(urllib.parse.unquote(told).replace("\\", "/")).name
    shown = "".join(letter for letter in plain if letter.isprintable())[:LONGEST_NAME].strip()
    return shown if shown.strip(".") else "file.nc"
