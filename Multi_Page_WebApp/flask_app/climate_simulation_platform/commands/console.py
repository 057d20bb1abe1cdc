"""What the commands say: progress on standard error, results on standard output."""

import functools
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

BAR_CELLS = 24
PATIENCE_SECONDS = 0.8
"""A step that takes longer shows how long it has been at work."""


@dataclass
class Console:
    """Says what happens, unless told to be quiet.

    Parameters
    ----------
    as_json : bool
        Give the result as JSON.
    quiet : bool
        Say nothing but the result in JSON, if wanted, and errors.
    seconds : dict
        How long each step took.
    """

    as_json: bool
    quiet: bool
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, number: int = 1, total: int = 1) -> Iterator[None]:
        """Tell that a step is at work and, afterwards, how long it took."""
        start = time.perf_counter()
        with self._showing(name, number, total, start):
            yield
        self.seconds[name] = round(time.perf_counter() - start, 4)
        self.say(f"[{number:>{len(str(total))}}/{total}] {name:<12} {self.seconds[name]:6.2f} s")

    @contextmanager
    def _showing(self, name: str, number: int, total: int, start: float) -> Iterator[None]:
        """Draw a bar on a terminal for as long as the block runs."""
        terminal = sys.stderr is not None and sys.stderr.isatty()
        if self.quiet or not terminal or os.environ.get("TERM") == "dumb":
            yield
            return
        done = threading.Event()
        full = BAR_CELLS * (number - 1) // total

        def draw() -> None:
            bar = f"[{'#' * full}{'.' * (BAR_CELLS - full)}] {name}"
            click.echo(f"\r{bar}", err=True, nl=False)
            while not done.wait(PATIENCE_SECONDS):
                elapsed = time.perf_counter() - start
                click.echo(f"\r{bar} {elapsed:.0f} s", err=True, nl=False)
            click.echo("\r\033[K", err=True, nl=False)

        drawing = threading.Thread(target=draw, daemon=True)
        drawing.start()
        try:
            yield
        finally:
            done.set()
            drawing.join()

    def say(self, sentence: str) -> None:
        """Tell on standard error, unless quiet."""
        if not self.quiet:
            click.echo(printable(sentence), err=True)

    def warn(self, sentences: Sequence[str]) -> None:
        """Tell what the user should look at."""
        for sentence in sentences:
            self.say(f"warning: {sentence}")

    def result(self, values: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Give the result: JSON where wanted, else lines for people unless quiet."""
        if self.as_json:
            click.echo(json.dumps(values, indent=2))
        elif not self.quiet:
            for line in lines:
                click.echo(printable(line))


def printable(sentence: str) -> str:
    """The sentence on one line, without what would steer a terminal.

    Names of files and variables are strangers' text.
    """
    line = sentence if sentence.isprintable() else " ".join(sentence.split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def reporting(command: Command) -> Command:
    """Give a command the options `--json`, `--quiet` and `--debug`, and a `console`."""

    @click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
    @click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings.")
    @click.option("--debug", is_flag=True, help="Show the traceback of a fault of ours.")
    @functools.wraps(command)
    def wrapped(*arguments: Any, as_json: bool, quiet: bool, debug: bool, **options: Any) -> Any:
        del debug  # read by the entry point, which catches the fault
        return command(*arguments, console=Console(as_json, quiet), **options)

    return wrapped  # type: ignore[return-value]
