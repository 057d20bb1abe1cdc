"""The server of the editors: from a ticket to a page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from climate_simulation_platform import tickets
from climate_simulation_platform.editing.desk import PlatformDesk
from climate_simulation_platform.errors import NotThere, PlatformError
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climpy.errors import ClimpyError
from climpy.interactive.desk import Choice, OnDesk, Undecided
from climpy.interactive.editors import build
from climpy.interactive.editors.serving import EditorPage, Elsewhere, Refused, Server, Shown, Visit

PREFIX, ROUTE = "/panel", "/edit"
TICKET = "ticket"
NOT_FOUND = "There is nothing here"

STATIC = Path(__file__).parent.parent / "static"


@dataclass(frozen=True, eq=False)
class Ready:
    """What a page is built of."""

    editor: str
    desk: PlatformDesk
    on_desk: OnDesk | Choice


def server_of(services: Services) -> Server:
    """Put the server together."""
    settings = services.settings
    return Server(
        [EditorPage(ROUTE, partial(_prepare, services), _build)],
        prefix=PREFIX,
        styles=[STATIC / "tokens.css"],
        trusts_proxy=settings.trusted_proxies > 0,
        most_open=settings.most_editors,
    )


def _prepare(services: Services, visit: Visit) -> Ready:
    ticket = _admitted(services.settings, visit.asked.arguments.get(TICKET, ""))
    try:
        desk = PlatformDesk(services, ticket, visit.hand_out, lambda: visit.connected)
        visit.at_end(desk.leave)
        return Ready(ticket.editor, desk, desk.open())
    except Undecided as undecided:
        return Ready(ticket.editor, desk, undecided.choice)
    except NotThere as missing:
        raise Refused(str(missing), 404, NOT_FOUND) from missing
    except (PlatformError, ClimpyError) as refusal:
        raise Refused(str(refusal), 422) from refusal


def _admitted(settings: Settings, text: str) -> tickets.Ticket:
    """The ticket that somebody came with; one that has expired is exchanged by the pages."""
    try:
        return tickets.read(settings.secret_key or "", text, now=datetime.now(UTC))
    except tickets.TicketExpired as expired:
        raise Elsewhere(expired.ticket.again) from expired
    except tickets.TicketForged as forged:
        raise Refused(str(forged), 404, NOT_FOUND) from forged


def _build(visit: Visit, ready: Ready) -> Shown:  # noqa: ARG001  what it is called with
    heading = ready.desk.heading
    root = build(ready.editor, ready.desk, ready.on_desk)
    return Shown(root, f"{heading.title}, {heading.subtitle}")
