"""docs/wire-format.md shows messages as they are written, and says else what the code does."""

import itertools
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from climate_simulation_platform.constants import STEPS, FileType, Worker
from climate_simulation_platform.message_broker import Delivery, Outgoing, bury, topology
from climate_simulation_platform.messages import (
    LARGEST_BYTES,
    UNDERSTOOD,
    VERSION,
    Done,
    Failed,
    MalformedMessage,
    Message,
    Order,
    Progress,
    Request,
    decode,
    encode,
)
from climate_simulation_platform.records import Cause
from climate_simulation_platform.workflow.work import MOST_ATTEMPTS
from tests.fake_broker import matches
from tests.reference import ROOT

PAGE = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")

ROUTING, HEATFLOW = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"

COMMON: dict[str, Any] = {
    "task_id": ROUTING,
    "data_file_id": 7,
    "step": "routing",
    "parameters": {"refinement": 2},
    "cause": Cause.USER,
    "requested_by": "ada",
    "root_task_id": ROUTING,
    "input_revisions": {FileType.RAW: 3},
}

GOLDEN: dict[str, Message] = {
    "request": Request(**COMMON),
    "order": Order(
        task_id=HEATFLOW,
        data_file_id=7,
        step="heatflow",
        parameters={},
        cause=Cause.DEPENDENCY,
        requested_by="ada",
        root_task_id=ROUTING,
        input_revisions={FileType.BATHY: 2},
        worker=Worker.PYTHON,
    ),
    "done": Done(**COMMON),
    "failed": Failed(**COMMON, sentence="There is no ocean in this topography."),
    "progress": Progress(
        **COMMON,
        share=0.25,
        phase="Filling depressions",
        elapsed_seconds=12.5,
        by="worker-1.4f2a9c",
    ),
}


def example(kind: str) -> tuple[str, dict[str, Any]]:
    """Routing key and body that the page shows of a kind."""
    found = re.search(rf"<!-- {kind} -->\n`(.+?)`\n\n```json\n(.+?)\n```", PAGE, re.DOTALL)
    assert found is not None, kind
    return found.group(1), json.loads(found.group(2))


def tables(first_head: str) -> list[list[list[str]]]:
    """Rows of each table whose first column has that head, as cells without quotes."""
    found: list[list[list[str]]] = []
    lines = iter(PAGE.splitlines())
    for line in lines:
        if line.startswith(f"| {first_head} |"):
            next(lines)
            body = itertools.takewhile(lambda row: row.startswith("|"), lines)
            found.append(
                [[c.strip().replace("`", "") for c in row[1:-1].split("|")] for row in body]
            )
    return found


@pytest.mark.parametrize("kind", GOLDEN)
def test_the_page_shows_what_is_written(kind: str) -> None:
    key, body = example(kind)
    assert GOLDEN[kind].routing_key == key
    assert json.loads(encode(GOLDEN[kind])) == body


@pytest.mark.parametrize("kind", GOLDEN)
def test_what_the_page_shows_is_read(kind: str) -> None:
    key, body = example(kind)
    assert decode(key, json.dumps(body).encode()) == GOLDEN[kind]


def test_bodies_are_written_to_the_byte() -> None:
    """A change here is a change of the contract: see Versions on the page."""
    assert encode(GOLDEN["order"]) == (
        b'{"cause":"dependency","data_file_id":7,"input_revisions":{"bathy":2},"parameters":{},'
        b'"requested_by":"ada","root_task_id":"0f8fad5b-d9cb-469f-a165-70867728950e",'
        b'"step":"heatflow","task_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","version":1}'
    )


def test_every_kind_of_message_is_shown() -> None:
    assert {type(message) for message in GOLDEN.values()} == set(Message.__subclasses__())
    (kinds,) = tables("kind")
    assert [row[0] for row in kinds] == [*GOLDEN]


@pytest.mark.parametrize("kind", GOLDEN)
def test_keys_and_queues_are_those_of_the_broker(kind: str) -> None:
    message = GOLDEN[kind]
    _, key, queue, *_ = next(row for row in tables("kind")[0] if row[0] == kind)
    worker = message.worker.value if isinstance(message, Order) else ""
    filled = {"<step>": message.step, "<worker>": worker}
    for place, value in filled.items():
        key, queue = key.replace(place, value), queue.replace(place, value)
    assert key == message.routing_key
    bound = [each.name for each in topology.queues() if _takes(each, key)]
    assert bound == ([] if queue.startswith("none") else [queue])


def _takes(queue: topology.Queue, key: str) -> bool:
    return any(matches(pattern, key) for pattern in queue.keys)


def test_every_step_has_the_orders_of_its_workers() -> None:
    found = dict(tables("step")[0])
    assert found == {name: ", ".join(step.workers) for name, step in STEPS.items()}


def test_the_fields_are_those_that_are_written() -> None:
    common, failed, progress = ([row[0] for row in each] for each in tables("field"))
    assert sorted(common) == sorted(json.loads(encode(GOLDEN["done"])))
    for more, kind in ((failed, "failed"), (progress, "progress")):
        assert {*common, *more} == set(json.loads(encode(GOLDEN[kind])))


@pytest.mark.parametrize("kind", GOLDEN)
def test_every_field_is_needed_and_no_other_is_taken(kind: str) -> None:
    key, body = example(kind)
    for name in body:
        with pytest.raises(MalformedMessage):
            decode(key, json.dumps({k: v for k, v in body.items() if k != name}).encode())
    with pytest.raises(MalformedMessage):
        decode(key, json.dumps({**body, "more": 1}).encode())


def test_the_queues_are_those_of_the_broker() -> None:
    found = dict(tables("queue")[0])
    assert found == {
        queue.name: ", ".join(f"{name} {value}" for name, value in queue.arguments.items())
        for queue in (*topology.queues(), topology.DEAD)
    }


def test_the_headers_of_dead_letters_are_those_that_are_sent() -> None:
    sent: list[Outgoing] = []
    letter = Delivery("preprocessing.regrid", b"x" * 100_000, False, 1, 1)
    keeper: Any = SimpleNamespace(send=sent.extend)
    bury(keeper, letter, topology.DISPATCHER_QUEUE, "It is not JSON.")
    (buried,) = sent
    assert [row[0] for row in tables("header")[0]] == list(buried.headers)
    assert buried.headers["bytes"] == 100_000
    assert len(buried.body) == LARGEST_BYTES
    assert (buried.exchange, buried.routing_key) == (topology.DEAD_EXCHANGE, letter.routing_key)


def test_numbers_on_the_page() -> None:
    assert f"version of this contract: {VERSION}" in PAGE
    assert {VERSION} == UNDERSTOOD or {VERSION - 1, VERSION} == UNDERSTOOD
    assert LARGEST_BYTES == 64 * 1024
    assert f"delivered {topology.MOST_DELIVERIES} times" in PAGE
    assert f"keeps the newest {topology.MOST_KEPT}" in PAGE
    assert MOST_ATTEMPTS == 3
