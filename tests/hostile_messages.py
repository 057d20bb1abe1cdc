"""Absurd messages, used at every level: what the codec refuses, what services must survive.

`HOSTILE` has those that are refused wherever they arrive, `MISPLACED` those that are fine but in
the wrong queue.
"""

import json
import pickle
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from climate_simulation_platform.messages import LARGEST_BYTES

REQUEST, ORDER = "preprocessing.regrid", "preprocessing.regrid.python"
DONE, FAILED = "preprocessing.regrid.done", "preprocessing.regrid.failed"
PROGRESS = "preprocessing.regrid.progress"

TASK_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"

GOOD: Mapping[str, Any] = {
    "version": 1,
    "task_id": TASK_ID,
    "data_file_id": 7,
    "step": "regrid",
    "parameters": {"dlat": 1.0},
    "cause": "user",
    "requested_by": "ada",
    "root_task_id": TASK_ID,
    "input_revisions": {"raw": 1},
}
"""Fields of a request, an order or a done that are right."""

FAILED_MORE: Mapping[str, Any] = {"sentence": "There is no ocean."}
PROGRESS_MORE: Mapping[str, Any] = {
    "share": 0.5,
    "phase": "Routing",
    "elapsed_seconds": 1.5,
    "by": "host.ab12cd",
}


@dataclass(frozen=True)
class Hostile:
    """One message that nobody can use.

    Parameters
    ----------
    says : str
        What stands in the reason that is told.
    """

    name: str
    routing_key: str
    body: bytes
    says: str


def written(more: Mapping[str, Any] | None = None, **changed: Any) -> bytes:
    """A body with some fields changed."""
    return json.dumps({**GOOD, **(more or {}), **changed}).encode()


def _not_json() -> Iterator[Hostile]:
    good = written()
    bodies = {
        "nothing": b"",
        "a word": b"regrid",
        "a number without end": good.replace(b'"dlat": 1.0', b'"dlat": 1e999'),
        "half a message": good[: len(good) // 2],
        "two messages": good + good,
        "no UTF-8": b"\xff\xfe" + good,
        "UTF-16 of something else": "ß".encode("utf-16") + b"\0",
        "null bytes": b"\0" * 1000,
        "a pickle": pickle.dumps(dict(GOOD)),
        "a program": b"__import__('os').system('true')",
        "compressed": zlib.compress(b"\0" * 10_000_000),
        "a number of many digits": b'{"version": ' + b"9" * 5000 + b"}",
        "half a character": written(requested_by="\ud800"),
        "a comment": b"// hello\n" + good,
    }
    for name, body in bodies.items():
        yield Hostile(name, REQUEST, body, "is not JSON")


def _no_object() -> Iterator[Hostile]:
    for body in (b"null", b"true", b"1", b'"text"', b"[]", b"[1, 2]"):
        yield Hostile(f"only {body.decode()}", REQUEST, body, "is not an object")
    yield Hostile("nested deeply", REQUEST, b"[" * 30_000, "nested too deeply")
    yield Hostile("objects nested deeply", REQUEST, b'{"a":' * 12_000, "nested too deeply")
    yield Hostile("a field twice", REQUEST, b'{"version": 1, "version": 1}', "is there twice")
    for number in ("NaN", "Infinity", "-Infinity"):
        body = written().replace(b'"dlat": 1.0', f'"dlat": {number}'.encode())
        yield Hostile(number, REQUEST, body, "is not a number of JSON")


def _too_long() -> Iterator[Hostile]:
    for size in (LARGEST_BYTES + 1, 10_000_000):
        body = written(parameters={"filling": "x" * size})
        yield Hostile(f"{size} bytes", REQUEST, body, f"bytes are more than {LARGEST_BYTES}")


def _missing() -> Iterator[Hostile]:
    for name in GOOD:
        body = {key: value for key, value in GOOD.items() if key != name}
        yield Hostile(f"without {name}", REQUEST, json.dumps(body).encode(), f"{name} is missing")
    yield Hostile("a failure without sentence", FAILED, written(), "Sentence is missing")
    for name in PROGRESS_MORE:
        more = {key: value for key, value in PROGRESS_MORE.items() if key != name}
        yield Hostile(f"progress without {name}", PROGRESS, written(more), f"{name} is missing")
    yield Hostile("an empty object", REQUEST, b"{}", "Version is missing")


_WRONG: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "version": ((0, 2, 10**9), "Version"),
    "step": (("", "nothing", "regrid ", "REGRID", "../regrid", "regrid;drop", "É"), "no step"),
    "task_id": (
        ("", "7", TASK_ID.upper(), f"{{{TASK_ID}}}", TASK_ID.replace("-", ""), "../../etc/passwd"),
        "Task_id must be a UUID",
    ),
    "root_task_id": (("", "7"), "Root_task_id must be a UUID"),
    "data_file_id": ((0, -1, 1.5, 2**63, 10**300, "7", True, None, [7]), "Data_file_id must be"),
    "parameters": ((None, [], "{}", 7), "Parameters must be an object"),
    "cause": (("", "nobody", "USER"), "Cause cannot be"),
    "requested_by": ((None, 7, ["ada"], "a" * 256), "Requested_by must be a text"),
    "input_revisions": (([], None, "raw"), "Input_revisions must be an object"),
}


def _wrong() -> Iterator[Hostile]:
    for name, (values, says) in _WRONG.items():
        for value in values:
            shown = repr(value)[:30]
            yield Hostile(f"{name} {shown}", REQUEST, written(**{name: value}), says)
    for value in ("1", 1.0, True, None, -1):
        says = "Version must be a whole number"
        yield Hostile(f"version {value!r}", REQUEST, written(version=value), says)
    for number in (0, -1, True, "1", 1.0, None):
        body = written(input_revisions={"raw": number})
        yield Hostile(f"revision {number!r}", REQUEST, body, "revision of raw must be")
    body = written(input_revisions={"secrets": 1})
    yield Hostile("an unknown file", REQUEST, body, "Input_revisions cannot be")
    yield Hostile("an unknown field", REQUEST, written(command="rm"), "Unknown field command")
    body = written(FAILED_MORE)
    yield Hostile("a request with a sentence", REQUEST, body, "Unknown field sentence")
    for value in (None, 7, "x" * 4001):
        body = written(sentence=value)
        yield Hostile(f"sentence {str(value)[:9]}", FAILED, body, "Sentence must be a text")
    for value in (-0.1, 1.1, "half", None, True):
        body = written(PROGRESS_MORE, share=value)
        yield Hostile(f"share {value!r}", PROGRESS, body, "Share must be a number")


def _keys() -> Iterator[Hostile]:
    other = "is not one of regrid"
    for key in ("", "regrid", "preprocessing", "preprocessing.pft", "other.regrid", "#", "é" * 99):
        yield Hostile(f"key {key[:40]}", key, written(), other)
    for ending in ("nothing", "done.done", "python.x", "DONE", "*"):
        key = f"{REQUEST}.{ending}"
        yield Hostile(f"key {key}", key, written(), "no kind of message")
    for worker in ("panel", "mosaic", "mosaix"):
        yield Hostile(f"to {worker}", f"{REQUEST}.{worker}", written(), "is not done by")


HOSTILE = (
    *_not_json(), *_no_object(), *_too_long(), *_missing(), *_wrong(), *_keys(),
)  # fmt: skip

MISPLACED = {
    "dispatcher": (Hostile("an order", ORDER, written(), "It is for a worker."),),
    "worker": (
        Hostile("a request", REQUEST, written(), "It is not for a worker."),
        Hostile("a done", DONE, written(), "It is not for a worker."),
        Hostile("a failure", FAILED, written(FAILED_MORE), "It is not for a worker."),
        Hostile("a progress", PROGRESS, written(PROGRESS_MORE), "It is not for a worker."),
        Hostile("an unknown task", ORDER, written(), f"There is no task {TASK_ID}."),
    ),
}
"""By the service to which they come."""
