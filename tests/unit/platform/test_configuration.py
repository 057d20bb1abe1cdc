"""Reading steps.yaml and tables of plants."""

import os
from pathlib import Path

import pytest

from climate_simulation_platform.commands.configuration import read_bands, read_configuration
from climpy.bc.ipsl.vegetation_table import DEFAULT_TABLE, VegetationTable
from climpy.errors import InputRefused
from tests.reference import ROOT

STEPS = ("regrid", "routing", "pft")


def test_steps_have_their_parameters(tmp_path: Path) -> None:
    path = tmp_path / "steps.yaml"
    path.write_text("regrid: {dlat: 1, method: conservative}\nrouting:\n")
    assert read_configuration(path, STEPS) == {
        "regrid": {"dlat": 1, "method": "conservative"},
        "routing": {},
    }


def test_an_empty_file_chooses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "steps.yaml"
    path.write_text("# nothing\n")
    assert read_configuration(path, STEPS) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("regird: {dlat: 1}", "there is no step 'regird'; there are regrid, routing, pft"),
        ("regrid: {dlat: 1, dlat: 2}", "line 1: dlat stands there twice"),
        ("regrid: {}\nrouting: {}\nregrid: {}", "line 3: regrid stands there twice"),
        ("pft:\n  bands:\n  - {a: 1, a: 2}", "line 3: a stands there twice"),
        ("regrid: [dlat", "is not valid YAML"),
        ("regrid:\n\t- x", "line 2 is not valid YAML"),
        ("- regrid", "must name steps"),
        ("just words", "must name steps"),
        ("regrid: 3", "the parameters of regrid must be names with values, not 3"),
        ("regrid: !!python/object/apply:os.system [ls]", "the tag"),
        ("regrid: " + "[" * 3000 + "]" * 3000, "more than 20 brackets"),
        ("regrid: {dlat: 1" + "0" * 5000 + "}", "line 1: the number 100000000000... is too large"),
        ("regrid: &again {x: *again}", "write out what *again refers to"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "steps.yaml"
    path.write_text(text)
    with pytest.raises(InputRefused) as refusal:
        read_configuration(path, STEPS)
    assert sentence in str(refusal.value)


def test_an_exponent_makes_a_number(tmp_path: Path) -> None:
    path = tmp_path / "steps.yaml"
    path.write_text("regrid: {dlat: 5e-1, dlon: 1E0}")
    assert read_configuration(path, STEPS) == {"regrid": {"dlat": 0.5, "dlon": 1.0}}


def test_what_is_no_plain_short_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputRefused, match="is not a file"):
        read_configuration(tmp_path / "pipe", STEPS)
    (tmp_path / "long.yaml").write_text("#" * 1_000_001)
    with pytest.raises(InputRefused, match="is too long"):
        read_configuration(tmp_path / "long.yaml", STEPS)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        read_configuration(tmp_path / "nowhere.yaml", STEPS)
    (tmp_path / "steps.yaml").write_bytes(b"\xff\xfe\x00regrid")
    with pytest.raises(InputRefused, match="UTF-8"):
        read_configuration(tmp_path / "steps.yaml", STEPS)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_saved_table_is_read_back_exactly(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"bands.{form}"
    path.write_text(getattr(DEFAULT_TABLE, f"to_{form}")())
    assert VegetationTable.from_dict({"bands": read_bands(path)}) == DEFAULT_TABLE


def test_a_table_that_does_not_sum_to_100_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bands.yaml"
    path.write_text("bands: [{to_latitude: 90, percentages: {2: 75, 3: 24}}]")
    with pytest.raises(InputRefused, match="99"):
        read_bands(path)


EXAMPLE = ROOT / "docs" / "steps.example.yaml"


def test_the_example_holds_every_parameter_with_its_default() -> None:
    from climpy.steps import STEPS as ALL_STEPS
    from climpy.steps import parameters_of

    example = read_configuration(EXAMPLE, ALL_STEPS)
    assert VegetationTable.from_dict(example["pft"]) == DEFAULT_TABLE
    example["pft"]["bands"] = None
    of_a_run = set(ALL_STEPS) - {"bathymetry", "soils", "relief", "ahmcoef"}
    assert set(example) == of_a_run
    for step, parameters in example.items():
        assert parameters == parameters_of(step, {})
