"""docs/command-line.md knows every command, option and exit code."""

import click
import pytest

from climate_simulation_platform import cli
from tests.reference import ROOT

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", cli.climate_sim.commands)
def test_every_command_is_documented(name: str) -> None:
    assert f"| `{name} " in PAGE


def test_the_options_of_run_are_documented() -> None:
    for parameter in cli.climate_sim.commands["run"].params:
        if isinstance(parameter, click.Option):
            assert f"`{parameter.opts[-1]}" in PAGE


def test_every_exit_code_is_documented() -> None:
    assert f"| {cli.BAD_INPUT} |" in PAGE
    assert f"| {cli.OURS} |" in PAGE
    assert f"| {cli.INTERRUPTED}, {cli.TERMINATED} |" in PAGE


@pytest.mark.parametrize("name", cli.climate_sim.commands)
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in cli.climate_sim.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
