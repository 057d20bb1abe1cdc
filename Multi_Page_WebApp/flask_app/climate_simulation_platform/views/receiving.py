"""A file that comes in with a form: written once, straight to its disk, while it arrives."""

import contextlib
import hashlib
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from climate_simulation_platform.errors import NoSpace, RequestRefused
from climate_simulation_platform.library import Arrived
from climate_simulation_platform.names import original_name
from climate_simulation_platform.storage import Storage, full_disk_refused

WORDS_BYTES = 2**20
"""What a form may weigh besides its file."""


@dataclass(frozen=True)
class Room:
    """How large a file may be.

    Parameters
    ----------
    most_bytes : int
        The limit of the installation.
    too_large : str
        What is said of a larger one.
    quota_bytes : int or None
        What is left to the user.
    """

    most_bytes: int
    too_large: str
    quota_bytes: int | None = None

    def demand(self, size: int) -> None:
        """Refuse what does not fit.

        Raises
        ------
        RequestEntityTooLarge, NoSpace
        """
        if size > self.most_bytes:
            raise RequestEntityTooLarge(self.too_large)
        if self.quota_bytes is not None and size > self.quota_bytes:
            raise NoSpace(
                "The file does not fit into the room that is left to you; delete topographies "
                "that you do not need any more."
            )


class Incoming:
    """What werkzeug's parser writes a file's bytes to; it counts and sums them on their way."""

    def __init__(self, path: Path, room: Room) -> None:
        self.path = path
        self.size = 0
        self._room = room
        self._sum = hashlib.sha256()
        self._stream: IO[bytes] = path.open("xb", buffering=2**20)

    def write(self, piece: bytes) -> int:
        """Keep a piece."""
        self._room.demand(self.size + len(piece))
        with full_disk_refused():
            self._stream.write(piece)
        self._sum.update(piece)
        self.size += len(piece)
        return len(piece)

    def seek(self, position: int) -> None:
        """The parser goes back to the beginning when it has written all; nobody reads here."""

    def finish(self) -> str:
        """Bring all of it onto the disk; give its checksum."""
        with full_disk_refused():
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
        return self._sum.hexdigest()

    def close(self) -> None:
        """Let go; what could not be written any more is of no use."""
        with contextlib.suppress(OSError):
            self._stream.close()


class ReceivingRequest(Request):
    """A request whose view may say where its file goes, before the body is read.

    What came in and was not moved elsewhere is gone when the request ends, however it ends.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._held = ExitStack()
        self._target: Path | None = None
        self._room: Room | None = None
        self._incoming: Incoming | None = None

    def receive_file(self, storage: Storage, room: Room) -> None:
        """Have the file of this form, one at most, written to where uploads come in.

        Raises
        ------
        RequestEntityTooLarge, NoSpace
            If its announced size does not fit into the room or onto the disk.
        """
        if self.mimetype != "multipart/form-data":
            return  # has no file, and any other body is held in memory: the usual limit holds
        announced = self.content_length or 0
        if announced:
            room.demand(max(0, announced - WORDS_BYTES))
        storage.require_space(announced)
        self.max_content_length = room.most_bytes + WORDS_BYTES
        self._target = self._held.enter_context(storage.incoming())
        self._room = room

    def arrived_file(self, field: str) -> Arrived | None:
        """The file of that field, all of it on the disk; None where none was chosen."""
        sent = self.files.get(field)
        if sent is None or self._incoming is None or cast(Any, sent.stream) is not self._incoming:
            return None
        if not sent.filename and not self._incoming.size:
            return None
        checksum = self._incoming.finish()
        name = original_name(sent.filename or "")
        return Arrived(self._incoming.path, checksum, self._incoming.size, name)

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self._target is None or self._room is None:
            return super()._get_file_stream(
                total_content_length, content_type, filename, content_length
            )
        if self._incoming is not None:
            raise RequestRefused("The form carries more than one file; send one at a time.")
        self._incoming = Incoming(self._target, self._room)
        self._held.callback(self._incoming.close)
        return self._incoming  # type: ignore[return-value]

    def close(self) -> None:
        """Let go of all that came in."""
        super().close()
        self._held.close()
