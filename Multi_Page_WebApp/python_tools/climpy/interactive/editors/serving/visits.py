"""One opening of a page: what it was asked for with, and the files it hands out."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDOUT_SECONDS = 3600.0
OPENING_SECONDS = 30.0
"""For so long a page may be on its way to a browser."""


class Refused(Exception):
    """A page is not given.

    Parameters
    ----------
    sentence : str
        Why, and what to do about it.
    status : int
        Status of the answer.
    title : str
        What stands above the sentence.
    """

    def __init__(self, sentence: str, status: int = 403, title: str = "Not opened") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.title = title


class Elsewhere(Exception):
    """A page is to be asked for at another address.

    Parameters
    ----------
    address : str
        Where.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


@dataclass(frozen=True)
class Asked:
    """What a page is asked for with.

    Parameters
    ----------
    places : mapping of str to str
        Named parts of the address, as the page's route calls them.
    arguments : mapping of str to str
        What stands behind the question mark; of several of a name the last.
    headers : mapping of str to str
        What came along; the names in lower case.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Handout:
    """A file that is handed out.

    Parameters
    ----------
    source : Path or bytes
        Where it is, or what is in it.
    filename : str
        How it is called on the visitor's machine.
    media_type : str
        What it is.
    until : float
        When it is dropped (`time.monotonic`).
    temporary : bool
        Whether the file is removed then.
    """

    source: Path | bytes
    filename: str
    media_type: str
    until: float
    temporary: bool

    @property
    def size(self) -> int:
        """How many bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size

    def drop(self) -> None:
        """Forget it."""
        if self.temporary and isinstance(self.source, Path):
            self.source.unlink(missing_ok=True)


class Handouts:
    """Files under addresses that nobody can guess, each for an hour at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._files: dict[str, Handout] = {}

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> "Iterator[str]":
        return iter(list(self._files))

    def add(
        self, source: Path | bytes, filename: str, media_type: str, *, temporary: bool = False
    ) -> str:
        """Hand out a file; gives its secret."""
        self.drop_old()
        secret = secrets.token_urlsafe(24)
        until = self._clock() + HANDOUT_SECONDS
        self._files[secret] = Handout(source, filename, media_type, until, temporary)
        return secret

    def get(self, secret: str) -> Handout | None:
        """Give the file of a secret."""
        self.drop_old()
        return self._files.get(secret)

    def drop(self, secret: str) -> None:
        """Hand a file out no longer."""
        handout = self._files.pop(secret, None)
        if handout is not None:
            handout.drop()

    def drop_old(self) -> None:
        """Drop what was handed out too long ago."""
        now = self._clock()
        for secret in [secret for secret, file in self._files.items() if file.until <= now]:
            self.drop(secret)


class Visit:
    """One opening of a page, from when it is asked for until its session has ended.

    Parameters
    ----------
    asked : Asked
        What it was asked for with.
    root : str
        Where all pages of the server begin, relative to this page: ends in a slash.
    handouts : Handouts
        Where its files are kept.
    """

    def __init__(self, asked: Asked, root: str, handouts: Handouts) -> None:
        self.asked = asked
        self.root = root
        self._handouts = handouts
        self._secrets: list[str] = []
        self._endings: list[Callable[[], None]] = []
        self._ended = False
        self._connections: Callable[[], int] = lambda: 0
        self._was_connected = False
        self._begun = time.monotonic()

    def count_with(self, connections: Callable[[], int]) -> None:
        """Say how the connections of the page are counted."""
        self._connections = connections

    @property
    def connected(self) -> bool:
        """Whether the page is open in a browser, or just being opened."""
        connected = self._connections() > 0
        self._was_connected = self._was_connected or connected
        opening = time.monotonic() - self._begun < OPENING_SECONDS
        return connected or (opening and not self._was_connected)

    @property
    def ended(self) -> bool:
        """Whether its session is over."""
        return self._ended

    def hand_out(
        self,
        source: Path | bytes,
        filename: str,
        media_type: str = "application/octet-stream",
        *,
        temporary: bool = False,
    ) -> str:
        """Hand out a file as long as this visit lasts, for an hour at most.

        Parameters
        ----------
        source : Path or bytes
            The file, or what is in it.
        filename : str
            How it is called on the visitor's machine.
        media_type : str
            What it is.
        temporary : bool
            Whether the file is removed when it is no longer handed out.

        Returns
        -------
        str
            Its address, relative to the page.
        """
        secret = self._handouts.add(source, filename, media_type, temporary=temporary)
        self._secrets.append(secret)
        return f"{self.root}handouts/{secret}"

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something called once the session has ended."""
        self._endings.append(call)

    def end(self) -> None:
        """Drop what was handed out and tell whoever wanted to know; once."""
        if self._ended:
            return
        self._ended = True
        for secret in self._secrets:
            self._handouts.drop(secret)
        endings, self._endings = self._endings, []
        for call in endings:
            call()
