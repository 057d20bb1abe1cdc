"""The wire contract: every message between services, how it is written, what is refused.

A message carries ids, never arrays; `docs/wire-format.md` shows one of each kind.
"""

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

from climate_simulation_platform.constants import STEPS, FileType, Worker
from climate_simulation_platform.records import Cause, Inputs, Parameters, Task

VERSION = 1
"""Version that is written."""

UNDERSTOOD = frozenset({1})
"""Versions that are read: this one and, while an installation is updated, the one before."""

LARGEST_BYTES = 64 * 1024
"""No message of ours is longer."""

PREFIX = "preprocessing"

_LONGEST_NAME = 255
_LONGEST_SENTENCE = 4000


class MalformedMessage(ValueError):
    """A message that is none of ours; the sentence says what is wrong with it."""


@dataclass(frozen=True)
class Message:
    """What every message says: which run of which step of which topography.

    Parameters
    ----------
    task_id : str
        UUID of the run.
    requested_by : str
        User name.
    root_task_id : str
        Run that this one follows from; its own where a person asked.
    input_revisions : mapping of FileType to int
        What it reads.
    """

    ENDING: ClassVar[str | None] = None
    """Last word of the routing key; None: none."""

    task_id: str
    data_file_id: int
    step: str
    parameters: Parameters
    cause: Cause
    requested_by: str
    root_task_id: str
    input_revisions: Inputs

    @property
    def routing_key(self) -> str:
        """Where the exchange sends it."""
        ending = self._ending()
        return f"{PREFIX}.{self.step}" + (f".{ending}" if ending else "")

    def _ending(self) -> str | None:
        return self.ENDING


@dataclass(frozen=True)
class Request(Message):
    """Somebody asked for a step; to the dispatcher."""


@dataclass(frozen=True)
class Order(Message):
    """A run to be done; to the workers of a kind."""

    worker: Worker = Worker.PYTHON

    def _ending(self) -> str | None:
        return self.worker.value


@dataclass(frozen=True)
class Done(Message):
    """A run has ended and its files are revisions; to the dispatcher."""

    ENDING: ClassVar[str | None] = "done"


@dataclass(frozen=True)
class Failed(Message):
    """A run has ended without a result; to the dispatcher."""

    ENDING: ClassVar[str | None] = "failed"
    sentence: str = ""


@dataclass(frozen=True)
class Progress(Message):
    """How far a run is; to whoever shows it, kept by nobody.

    Parameters
    ----------
    share : float
        What is done, 0 to 1.
    phase : str
        What is being done.
    elapsed_seconds : float
        Since the run began.
    by : str
        Name of the worker.
    """

    ENDING: ClassVar[str | None] = "progress"
    share: float = 0.0
    phase: str = ""
    elapsed_seconds: float = 0.0
    by: str = ""


KINDS: Mapping[str, type[Message]] = {
    "done": Done,
    "failed": Failed,
    "progress": Progress,
    **{worker.value: Order for worker in Worker},
}
"""Kind of message by the last word of its routing key."""


@dataclass(frozen=True)
class _Fields:
    """Reads the fields of a decoded body; each is taken once, none may be left."""

    values: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str, longest: int = _LONGEST_NAME) -> str:
        value = self._take(name)
        if not isinstance(value, str) or len(value) > longest:
            _refuse(f"{name} must be a text of at most {longest} characters")
        return value

    def number(self, name: str) -> int:
        value = self._take(name)
        if type(value) is not int or not 0 < value < 2**63:
            _refuse(f"{name} must be a whole number above 0")
        return value

    def amount(self, name: str, most: float) -> float:
        value = self._take(name)
        if type(value) not in (int, float) or not 0 <= value <= most:
            _refuse(f"{name} must be a number from 0 to {most:g}")
        return float(value)

    def identifier(self, name: str) -> str:
        value = self.text(name)
        try:
            known = str(uuid.UUID(value)) == value
        except ValueError:
            known = False
        if not known:
            _refuse(f"{name} must be a UUID")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._take(name)
        if not isinstance(value, dict):
            _refuse(f"{name} must be an object")
        return value

    def nothing_left(self) -> None:
        if self.values:
            _refuse(f"unknown field {sorted(self.values)[0][:_LONGEST_NAME]}")

    def _take(self, name: str) -> Any:
        if name not in self.values:
            _refuse(f"{name} is missing")
        return self.values.pop(name)


def request_for(task: Task) -> Request:
    """The message that a task was asked for."""
    return Request(**_common(task))


def order_for(task: Task, worker: Worker) -> Order:
    """The message that hands a task to a worker."""
    return Order(**_common(task), worker=worker)


def done_of(task: Task) -> Done:
    """The message that a task has ended with a result."""
    return Done(**_common(task))


def failed_of(task: Task) -> Failed:
    """The message that a task has ended without one."""
    return Failed(**_common(task), sentence=task.sentence[:_LONGEST_SENTENCE])


def progress_of(task: Task, share: float, phase: str, elapsed_seconds: float) -> Progress:
    """The message how far a task is."""
    return Progress(
        **_common(task),
        share=min(max(share, 0.0), 1.0),
        phase=phase[:_LONGEST_NAME],
        elapsed_seconds=max(0.0, elapsed_seconds),
        by=task.worker[:_LONGEST_NAME],
    )


def encode(message: Message) -> bytes:
    """The body of a message."""
    body = {
        "version": VERSION,
        "task_id": message.task_id,
        "data_file_id": message.data_file_id,
        "step": message.step,
        "parameters": dict(message.parameters),
        "cause": message.cause.value,
        "requested_by": message.requested_by,
        "root_task_id": message.root_task_id,
        "input_revisions": {kind.value: n for kind, n in message.input_revisions.items()},
        **_more(message),
    }
    return json.dumps(body, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def decode(routing_key: str, body: bytes) -> Message:
    """The message in a body.

    Raises
    ------
    MalformedMessage
        Saying what is wrong: too long, no JSON, an unknown version, step or field, a missing or
        malformed one.
    """
    if len(body) > LARGEST_BYTES:
        _refuse(f"{len(body)} bytes are more than {LARGEST_BYTES}")
    fields = _Fields(_decoded(body))
    version = fields.number("version")
    if version not in UNDERSTOOD:
        _refuse(f"version {version} is not understood")
    step = fields.text("step")
    if step not in STEPS:
        _refuse(f"there is no step {step!r}")
    kind = _kind(routing_key, step)
    more = _read_more(kind, routing_key, step, fields)
    common = _read_common(step, fields)
    fields.nothing_left()
    return kind(**common, **more)


def _common(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "data_file_id": task.data_file_id,
        "step": task.step,
        "parameters": task.parameters,
        "cause": task.cause,
        "requested_by": task.asked_by,
        "root_task_id": task.root_task_id,
        "input_revisions": task.input_revisions,
    }


def _more(message: Message) -> dict[str, Any]:
    match message:
        case Failed():
            return {"sentence": message.sentence}
        case Progress():
            return {
                "share": message.share,
                "phase": message.phase,
                "elapsed_seconds": round(message.elapsed_seconds, 3),
                "by": message.by,
            }
    return {}


def _kind(routing_key: str, step: str) -> type[Message]:
    prefix, _, rest = routing_key.partition(".")
    named, _, ending = rest.partition(".")
    if prefix != PREFIX or named != step:
        _refuse(f"the routing key {routing_key[:_LONGEST_NAME]!r} is not one of {step}")
    if not ending:
        return Request
    if ending not in KINDS:
        _refuse(f"there is no kind of message {ending[:_LONGEST_NAME]!r}")
    return KINDS[ending]


def _read_common(step: str, fields: _Fields) -> dict[str, Any]:
    return {
        "step": step,
        "task_id": fields.identifier("task_id"),
        "data_file_id": fields.number("data_file_id"),
        "parameters": fields.mapping("parameters"),
        "cause": _member(Cause, "cause", fields.text("cause")),
        "requested_by": fields.text("requested_by"),
        "root_task_id": fields.identifier("root_task_id"),
        "input_revisions": _revisions(fields.mapping("input_revisions")),
    }


def _read_more(kind: type[Message], routing_key: str, step: str, fields: _Fields) -> dict[str, Any]:
    if kind is Order:
        worker = Worker(routing_key.rpartition(".")[2])
        if worker not in STEPS[step].workers:
            _refuse(f"{step} is not done by {worker}")
        return {"worker": worker}
    if kind is Failed:
        return {"sentence": fields.text("sentence", _LONGEST_SENTENCE)}
    if kind is Progress:
        return {
            "share": fields.amount("share", 1.0),
            "phase": fields.text("phase"),
            "elapsed_seconds": fields.amount("elapsed_seconds", math.inf),
            "by": fields.text("by"),
        }
    return {}


def _revisions(values: Mapping[str, Any]) -> dict[FileType, int]:
    for name, number in values.items():
        if type(number) is not int or number < 1:
            _refuse(f"the revision of {name[:_LONGEST_NAME]} must be a whole number above 0")
    return {_member(FileType, "input_revisions", name): n for name, n in values.items()}


def _member(kind: Any, name: str, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        _refuse(f"{name} cannot be {value[:_LONGEST_NAME]!r}")


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except MalformedMessage:
        raise
    except RecursionError:
        _refuse("the body is nested too deeply")
    except ValueError:  # no UTF-8, no JSON, half a character, a number too long or without end
        _refuse("the body is not JSON")
    if not isinstance(found, dict):
        _refuse("the body is not an object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("a field is there twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not a number of JSON")


def _refuse(reason: str) -> NoReturn:
    raise MalformedMessage(f"{reason[0].upper()}{reason[1:]}.")
