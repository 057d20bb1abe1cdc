"""The command `climate-sim`: what it can do, and how it ends."""

import contextlib
import errno
import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import TextIO

import click

from climate_simulation_platform.commands.console import printable
from climate_simulation_platform.commands.demo import demo_topography
from climate_simulation_platform.commands.edit import edit
from climate_simulation_platform.commands.grid import make_grid
from climate_simulation_platform.commands.installation import backup, restore
from climate_simulation_platform.commands.look import check, inspect
from climate_simulation_platform.commands.run import run
from climate_simulation_platform.commands.serve import serve
from climate_simulation_platform.commands.steps import STEP_COMMANDS
from climate_simulation_platform.commands.user import user
from climate_simulation_platform.errors import PlatformError

OURS, BAD_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143
"""Exit codes besides 0: our own fault, the input's, Ctrl-C, told to end."""


class InWorkflowOrder(click.Group):
    """Lists commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        del ctx
        return list(self.commands)


@click.group(
    name="climate-sim",
    cls=InWorkflowOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  climate-sim demo-topography earth.nc
  climate-sim inspect earth.nc
  climate-sim run earth.nc --out boundary_conditions

Exit code: 0 done; 2 the input cannot be used (one sentence on standard error); 1 our own fault;
130 interrupted. Files appear whole or not at all.""",
)
@click.version_option(package_name="climate-simulation-platform", prog_name="climate-sim")
def climate_sim() -> None:
    """Turn one palaeotopography into the boundary conditions of the IPSL-CM5A2 Earth system model.

    `run` does the whole workflow; each step is a command of its own as well.
    """


for _command in (
    *(run, inspect, check, edit, make_grid, demo_topography, *STEP_COMMANDS),
    *(serve, user, backup, restore),
):
    climate_sim.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        sys.exit(exit_code(list(sys.argv[1:] if arguments is None else arguments)))
    finally:
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)


def exit_code(arguments: list[str]) -> int:
    """Do what the arguments say; tell how it ended.

    Refusals are one sentence on standard error; a fault of ours leaves its traceback in a file,
    or on standard error with `--debug`.
    """
    logging.basicConfig(level=logging.WARNING, format="climate-sim: %(message)s")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # tells of its cache, not of maps
    try:
        result = climate_sim(arguments, standalone_mode=False, prog_name="climate-sim")
        if sys.stdout is not None:  # it may be closed
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as nothing_asked:
        click.echo(nothing_asked.format_message())
        return BAD_INPUT
    except click.ClickException as refusal:
        return _refuse(refusal.format_message())
    except PlatformError as refusal:
        return _refuse(str(refusal))
    except (KeyboardInterrupt, click.Abort):
        click.echo("climate-sim: Interrupted; nothing was written.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return OURS  # whoever read our output has left
    except Exception as trouble:  # noqa: BLE001  the outermost place: every fault ends here
        return _failed(trouble, debug="--debug" in arguments)
    return result if isinstance(result, int) else 0


def _let_go(stream: TextIO | None) -> None:
    """Drop what cannot be written, lest the interpreter fail when it flushes at its end."""
    if stream is None:  # it was closed before we began
        return
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """End as for Ctrl-C, so that half-written files are cleared away."""
    sys.exit(TERMINATED)


def _failed(trouble: Exception, *, debug: bool) -> int:
    from climpy.errors import ClimpyError  # the first import of climpy, where it is not needed yet

    if isinstance(trouble, ClimpyError):
        return _refuse(str(trouble))
    if isinstance(trouble, OSError) and trouble.errno in (errno.ENOSPC, errno.EFBIG):
        return _refuse("The disk is full; the result could not be written.")
    if isinstance(trouble, OSError) and trouble.filename is not None:
        name = os.fsdecode(trouble.filename)
        return _refuse(f"{name} cannot be used: {trouble.strerror}.")
    if isinstance(trouble, MemoryError):
        return _refuse("The memory is not enough; regrid to a coarser grid first.")
    if debug:
        traceback.print_exception(trouble)
    else:
        with tempfile.NamedTemporaryFile(
            "w", prefix="climate-sim-", suffix=".log", delete=False
        ) as log:
            log.writelines(traceback.format_exception(trouble))
        kind = type(trouble).__name__
        click.echo(
            f"climate-sim: A fault of this program ({kind}), not of your input; "
            f"please report it with {log.name}.",
            err=True,
        )
    return OURS


def _refuse(sentence: str) -> int:
    with contextlib.suppress(OSError):  # nobody may be there to be told
        click.echo(f"climate-sim: {printable(sentence)}", err=True)
    return BAD_INPUT
