import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.tickets import (
    EDITORS,
    LIFETIME,
    Ticket,
    TicketExpired,
    TicketForged,
    read,
    signed,
)
from climpy.interactive import desk

KEY = "k" * 40
NOW = datetime(2024, 5, 6, 10, 42, 7, 125000, tzinfo=UTC)

moments = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
lines = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
tickets = st.builds(
    Ticket,
    user_id=st.integers(1, 2**63 - 1),
    username=lines,
    data_file_id=st.integers(1, 2**63 - 1),
    editor=st.sampled_from(("viewer", "internal_oceans", "passage_problems", "subbasins")),
    file_type=st.sampled_from(FileType),
    revision=st.none() | st.integers(1, 10**9),
    variable=lines,
    home=lines,
    issued=moments,
)


def a_ticket(issued: datetime = NOW) -> Ticket:
    home = "https://climate.example/csp/12/internal_oceans"
    return Ticket(7, "ada", 12, "internal_oceans", FileType.RAW, None, "topo", home, issued)


@given(tickets)
def test_a_ticket_is_read_as_it_was_signed(ticket: Ticket) -> None:
    assert read(KEY, signed(KEY, ticket), now=ticket.issued) == ticket


@given(tickets)
def test_a_ticket_needs_no_quoting_in_an_address(ticket: Ticket) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+", signed(KEY, ticket))


@given(tickets, st.data())
def test_any_changed_character_is_refused(ticket: Ticket, data: st.DataObject) -> None:
    text = signed(KEY, ticket)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[place], exclude_categories=["Cs"]))
    with pytest.raises(TicketForged):
        read(KEY, text[:place] + other + text[place + 1 :], now=ticket.issued)


@given(tickets, st.data())
def test_a_part_of_a_ticket_is_refused(ticket: Ticket, data: st.DataObject) -> None:
    text = signed(KEY, ticket)
    with pytest.raises(TicketForged):
        read(KEY, text[: data.draw(st.integers(0, len(text) - 1))], now=ticket.issued)


@given(st.text(max_size=5000))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TicketForged):
        read(KEY, text, now=NOW)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=32, max_size=64))
def test_another_key_is_refused(other: str) -> None:
    with pytest.raises(TicketForged):
        read(other, signed(KEY, a_ticket()), now=NOW)


def test_the_secret_key_itself_signs_no_ticket() -> None:
    body = signed(KEY, a_ticket()).rpartition(".")[0]
    plain = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest()
    with pytest.raises(TicketForged):
        read(KEY, f"{body}.{plain}", now=NOW)


@pytest.mark.parametrize("age", [LIFETIME, timedelta(0), -LIFETIME])
def test_a_ticket_holds_for_a_while(age: timedelta) -> None:
    assert read(KEY, signed(KEY, a_ticket()), now=NOW + age) == a_ticket()


@pytest.mark.parametrize("age", [LIFETIME * 1.001, timedelta(days=900), -LIFETIME * 1.001])
def test_an_old_ticket_is_refused_and_says_what_it_was_for(age: timedelta) -> None:
    with pytest.raises(TicketExpired) as refusal:
        read(KEY, signed(KEY, a_ticket()), now=NOW + age)
    assert refusal.value.ticket == a_ticket()


def test_a_changed_ticket_is_forged_however_old_it_is() -> None:
    text = signed(KEY, a_ticket())
    with pytest.raises(TicketForged):
        read(KEY, f"{text[:-1]}{'0' if text[-1] != '0' else '1'}", now=NOW + timedelta(days=9))


def test_a_ticket_knows_where_the_pages_of_its_file_are() -> None:
    assert a_ticket().pages == "https://climate.example/csp/12/"


def test_the_editors_are_those_of_the_science() -> None:
    assert desk.EDITORS == EDITORS
