"""What travels between a caller and the process that works for it."""

import contextlib
import enum
import importlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from climate_simulation_platform.sandbox.values import OURS

_HEAD = struct.Struct("!cQ")
_CHUNK = 1 << 20


class Kind(enum.Enum):
    """What a frame holds."""

    REQUEST = b"Q"
    PROGRESS = b"P"
    RESULT = b"R"
    REFUSED = b"E"
    NO_SPACE = b"N"
    NO_MEMORY = b"M"
    FAULT = b"F"


@dataclass(frozen=True)
class Limits:
    """What a call may use.

    Parameters
    ----------
    memory_bytes : int
        Address space beyond what is loaded already.
    cpu_seconds, wall_seconds : float
        Time of the processor, and on the clock.
    file_bytes : int
        Size of a file that it writes.
    open_files : int
        How many at once.
    """

    memory_bytes: int
    cpu_seconds: float
    wall_seconds: float
    file_bytes: int = 16 * 2**30
    open_files: int = 256


def frame(kind: Kind, payload: bytes) -> Iterator[bytes]:
    """Pieces of a frame, in their order."""
    yield _HEAD.pack(kind.value, len(payload))
    yield payload


def send(channel: socket.socket, kind: Kind, payload: bytes) -> None:
    """Send a frame."""
    for piece in frame(kind, payload):
        channel.sendall(piece)


def receive(channel: socket.socket) -> tuple[Kind, bytes]:
    """Wait for a frame.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    kind, length = _HEAD.unpack(_exactly(channel, _HEAD.size))
    return Kind(kind), _exactly(channel, length)


def _exactly(channel: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = channel.recv(min(_CHUNK, length - len(found)))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


class Frames:
    """Puts frames together from pieces, in whatever portions they come.

    Parameters
    ----------
    longest : int
        Bytes of the longest payload that is taken.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._found = bytearray()

    def add(self, piece: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Give the frames that are complete with this piece.

        Raises
        ------
        ValueError
            If it is no frame, or too long.
        """
        self._found += piece
        while len(self._found) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._found)
            if length > self._longest:
                raise ValueError(f"A frame of {length} bytes is longer than {self._longest}.")
            end = _HEAD.size + length
            if len(self._found) < end:
                return
            payload = bytes(memoryview(self._found)[_HEAD.size : end])
            del self._found[:end]
            yield Kind(kind), payload


def error_of_ours(module: str, name: str, message: str) -> Exception | None:
    """The error of this name, if it is one that we raise on purpose."""
    if module.split(".")[0] not in OURS or not module.endswith(".errors"):
        return None
    with contextlib.suppress(ImportError):
        found = getattr(importlib.import_module(module), name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            return found(message)
    return None
