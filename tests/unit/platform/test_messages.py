"""The codec of the wire contract: what goes out comes back, what is none of ours is refused."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_simulation_platform.constants import STEPS, FileType, Worker
from climate_simulation_platform.messages import (
    LARGEST_BYTES,
    Done,
    Failed,
    MalformedMessage,
    Message,
    Order,
    Progress,
    Request,
    decode,
    done_of,
    encode,
    failed_of,
    order_for,
    progress_of,
    request_for,
)
from climate_simulation_platform.records import Cause, Task
from tests.hostile_messages import HOSTILE, MISPLACED, Hostile

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
NUMBERS = st.integers(1, 2**63 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message of any kind."""
    step = draw(st.sampled_from(sorted(STEPS)))
    common: dict[str, Any] = {
        "task_id": str(draw(st.uuids())),
        "data_file_id": draw(NUMBERS),
        "step": step,
        "parameters": draw(st.dictionaries(NAMES, VALUES, max_size=4)),
        "cause": draw(st.sampled_from(Cause)),
        "requested_by": draw(NAMES),
        "root_task_id": str(draw(st.uuids())),
        "input_revisions": draw(st.dictionaries(st.sampled_from(FileType), NUMBERS)),
    }
    kind = draw(st.sampled_from([Request, Order, Done, Failed, Progress]))
    more: dict[str, Any] = {}
    if kind is Order:
        more = {"worker": draw(st.sampled_from(STEPS[step].workers))}
    elif kind is Failed:
        more = {"sentence": draw(NAMES)}
    elif kind is Progress:
        more = {
            "share": draw(st.floats(0.0, 1.0)),
            "phase": draw(NAMES),
            "elapsed_seconds": round(draw(st.floats(0.0, 1e9)), 3),
            "by": draw(NAMES),
        }
    return kind(**common, **more)


@given(message=messages())
def test_what_goes_out_comes_back(message: Message) -> None:
    assert decode(message.routing_key, encode(message)) == message


@given(message=messages(), cut=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_message_that_was_damaged_is_refused_or_another_one(
    message: Message, cut: int, bit: int
) -> None:
    """Whatever a flipped bit makes of it, nothing else than a refusal is raised."""
    body = bytearray(encode(message))
    body[cut % len(body)] ^= 1 << bit
    try:
        found = decode(message.routing_key, bytes(body))
    except MalformedMessage:
        return
    assert type(found) is type(message)


@given(key=st.text(max_size=50), body=st.binary(max_size=200))
def test_noise_is_refused(key: str, body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode(key, body)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_hostile_messages_are_refused_with_a_sentence(hostile: Hostile) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        decode(hostile.routing_key, hostile.body)
    sentence = str(refusal.value)
    assert hostile.says.lower() in sentence.lower()
    assert sentence[0].isupper() or not sentence[0].isalpha()
    assert sentence.endswith(".")
    assert len(sentence) < 700


@pytest.mark.parametrize("misplaced", [m for some in MISPLACED.values() for m in some])
def test_what_is_misplaced_is_well_written(misplaced: Hostile) -> None:
    assert decode(misplaced.routing_key, misplaced.body).step == "regrid"


def a_task(**changed: Any) -> Task:
    known: dict[str, Any] = {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "data_file_id": 7,
        "step": "routing",
        "parameters": {"refinement": 2},
        "cause": Cause.DEPENDENCY,
        "asked_by": "ada",
        "root_task_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "input_revisions": {FileType.RAW: 3},
        "created": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Task(**{**known, **changed})


def test_messages_of_a_task_say_what_the_task_says() -> None:
    task = a_task(sentence="There is no ocean.", worker="host.1")
    made = [
        request_for(task), order_for(task, Worker.PYTHON), done_of(task), failed_of(task),
        progress_of(task, 0.25, "Filling holes", 2.0),
    ]  # fmt: skip
    assert [message.routing_key.removeprefix("preprocessing.routing") for message in made] == [
        "", ".python", ".done", ".failed", ".progress",
    ]  # fmt: skip
    for message in made:
        assert (message.task_id, message.data_file_id, message.requested_by) == (task.id, 7, "ada")
        assert message.input_revisions == {FileType.RAW: 3}
        assert decode(message.routing_key, encode(message)) == message


def test_what_a_worker_says_is_cut_to_what_can_be_read() -> None:
    """However long a sentence or a phase is, and whatever share is told."""
    failed = failed_of(a_task(sentence="x" * 100_000))
    told = progress_of(a_task(worker="w" * 999), math.inf, "p" * 999, -5.0)
    for message in (failed, told):
        body = encode(message)
        assert len(body) < LARGEST_BYTES
        assert decode(message.routing_key, body) == message
    assert (told.share, told.elapsed_seconds) == (1.0, 0.0)


def test_a_number_that_json_has_not_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(request_for(a_task(parameters={"dlat": math.nan})))


def test_the_body_is_the_same_however_the_fields_were_ordered() -> None:
    one = request_for(a_task(parameters={"a": 1, "b": 2}))
    other = request_for(a_task(parameters={"b": 2, "a": 1}))
    assert encode(one) == encode(other)
    assert list(json.loads(encode(one))) == sorted(json.loads(encode(one)))
