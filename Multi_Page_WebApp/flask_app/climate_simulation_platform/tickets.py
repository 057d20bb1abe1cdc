"""Tickets with which the pages send a user on to an editor: who asks, and for what.

A ticket is text for an address. It is signed with a key that is derived from the secret key for
this purpose alone, so that nothing else the platform signs can be taken for one.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from climate_simulation_platform.constants import FileType, Worker, steps_of
from climate_simulation_platform.errors import RequestRefused

VIEWER = "viewer"
"""The editor that is no step."""

EDITORS = (VIEWER, *steps_of(Worker.PANEL))
"""The editors by name; the same as `climpy.interactive.desk.EDITORS`."""

LIFETIME = timedelta(seconds=60)
"""The editor's page is asked for at once; its connection has a token of its own."""

LONGEST = 4096
"""Characters; what is longer is none of ours."""

VERSION = "1"
_PURPOSE = b"climate-simulation-platform/ticket-of-an-editor/" + VERSION.encode()


@dataclass(frozen=True)
class Ticket:
    """What a user may open in an editor.

    Parameters
    ----------
    editor : str
        One of `EDITORS`.
    revision : int or None
        None: the one that can be edited.
    variable : str
        What to begin with; empty: the editor chooses.
    home : str
        Address of the page that the user came from, with host; it is one of the data file's.
    issued : datetime
        When, in UTC.
    """

    user_id: int
    username: str
    data_file_id: int
    editor: str
    file_type: FileType
    revision: int | None
    variable: str
    home: str
    issued: datetime

    @property
    def pages(self) -> str:
        """Address of the pages of the data file, with a slash at its end."""
        before, mark, _ = self.home.rpartition(f"/{self.data_file_id}/")
        return f"{before}{mark}"

    @property
    def again(self) -> str:
        """Address of the page that gives a new ticket for the same, if its user still may."""
        asked = {"file_type": self.file_type, "variable": self.variable, "revision": self.revision}
        told = {name: value for name, value in asked.items() if value not in ("", None)}
        return f"{self.pages}edit/{self.editor}?{urlencode(told)}"


class TicketForged(RequestRefused):
    """A ticket that we did not sign, or that was changed."""

    def __init__(self) -> None:
        super().__init__("This address was not made by the platform; open the editor from a page.")


class TicketExpired(RequestRefused):
    """A ticket of ours that is too old.

    Parameters
    ----------
    ticket : Ticket
        What it was for.
    """

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This address holds for a minute only; open the editor from its page.")
        self.ticket = ticket


def signed(key: str, ticket: Ticket) -> str:
    """Write a ticket as text for an address.

    Parameters
    ----------
    key : str
        The secret key of the installation.
    """
    told = [*astuple(ticket)[:-1], ticket.issued.timestamp()]
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    body = f"{VERSION}.{urlsafe_b64encode(content.encode()).decode().rstrip('=')}"
    return f"{body}.{_signature(key, body)}"


def read(key: str, text: str, *, now: datetime, longest: timedelta = LIFETIME) -> Ticket:
    """Read a ticket back.

    Parameters
    ----------
    key : str
        The secret key of the installation.
    longest : timedelta
        How old it may be; also how far a clock may go ahead.

    Raises
    ------
    TicketForged
        If it is not ours.
    TicketExpired
        If it is ours and too old.
    """
    body, _, signature = text.rpartition(".")
    if len(text) > LONGEST or not text.isascii():
        raise TicketForged
    if not hmac.compare_digest(signature, _signature(key, body)):
        raise TicketForged
    ticket = _ticket(body.removeprefix(f"{VERSION}."))
    if abs(now - ticket.issued) > longest:
        raise TicketExpired(ticket)
    return ticket


def _ticket(encoded: str) -> Ticket:
    padding = "=" * (-len(encoded) % 4)
    told = json.loads(urlsafe_b64decode(encoded + padding))
    user_id, username, data_file_id, editor, file_type, revision, variable, home, seconds = told
    return Ticket(
        user_id=user_id,
        username=username,
        data_file_id=data_file_id,
        editor=editor,
        file_type=FileType(file_type),
        revision=revision,
        variable=variable,
        home=home,
        issued=datetime.fromtimestamp(seconds, UTC),
    )


def _signature(key: str, body: str) -> str:
    own_key = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
    return hmac.new(own_key, body.encode(), hashlib.sha256).hexdigest()
