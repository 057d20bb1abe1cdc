import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.names import (
    LONGEST_NAME,
    FieldsRefused,
    about_of,
    age_of,
    copy_name,
    name_of_file,
    original_name,
    tidy_line,
    tidy_text,
)


@pytest.mark.parametrize(
    ("typed", "age"),
    [
        ("", None),
        ("  ", None),
        ("0", 0.0),
        ("40", 40.0),
        ("40 Ma", 40.0),
        ("40Ma", 40.0),
        ("40,5 ma", 40.5),
        ("56.125", 56.125),
        ("56,125", 56.125),
        ("3 million years ago", 3.0),
        ("4600", 4600.0),
    ],
)
def test_ages_are_understood(typed: str, age: float | None) -> None:
    assert age_of(typed) == age


@pytest.mark.parametrize(
    "typed", ["-1", "nan", "inf", "1e3", "forty", "40 ka", "4601", "9" * 400, "1,000", "40; 41"]
)
def test_other_ages_are_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        age_of(typed)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize(
    ("sent", "name", "called"),
    [
        ("eocene 40Ma.nc", "eocene 40Ma.nc", "eocene 40Ma"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\data\\Éocène.nc", "Éocène.nc", "Éocène"),
        ("line\r\nbreak\x00\x1b[31m.nc", "line break[31m.nc", "line break[31m"),
        ("turned\u202egnp.nc", "turnedgnp.nc", "turnedgnp"),
        ("🌍🏔️.nc", "🌍🏔️.nc", "🌍🏔️"),
        (".nc", ".nc", "Topography"),
        ("..", "..", "Topography"),
        ("no_ending", "no_ending", "no_ending"),
        ("a.long.ending.netcdf", "a.long.ending.netcdf", "a.long.ending.netcdf"),
    ],
)
def test_the_name_of_a_file_is_made_fit_for_a_page(sent: str, name: str, called: str) -> None:
    assert original_name(sent) == name
    assert name_of_file(original_name(sent)) == called


def test_a_name_of_300_characters_is_shortened_where_nobody_typed_it() -> None:
    called = name_of_file(original_name("é" * 300 + ".nc"))
    assert len(called) == LONGEST_NAME
    assert called.endswith("…")


def test_a_name_of_300_characters_is_refused_where_somebody_typed_it() -> None:
    with pytest.raises(FieldsRefused) as refusal:
        about_of({"name": "x" * 300, "age": "old", "hypothesis": "y" * 3000})
    assert set(refusal.value.sentences) == {"name", "age", "hypothesis"}


def test_a_topography_needs_a_name() -> None:
    assert about_of({"name": " \u200b "}, otherwise="file").name == "file"
    with pytest.raises(FieldsRefused, match="Give it a name"):
        about_of({"name": "\t"})


def test_lines_of_a_hypothesis_are_kept() -> None:
    assert tidy_text("  Open\u00a0Tethys\r\n\r\nhigh  Tibet\x07 ") == "Open Tethys\n\nhigh Tibet"


def test_copies_are_numbered() -> None:
    assert copy_name("Eocene") == "Eocene (copy)"
    assert copy_name("Eocene (copy)") == "Eocene (copy 2)"
    assert copy_name("Eocene (copy 2)") == "Eocene (copy 3)"
    assert len(copy_name("x" * LONGEST_NAME)) == LONGEST_NAME


@given(st.text())
def test_a_tidy_line_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    tidy = tidy_line(text)
    assert tidy == tidy_line(tidy)
    assert len(tidy.splitlines()) <= 1
    assert all(sign.isprintable() or sign == "\u200d" for sign in tidy)


def test_accents_of_a_text_that_is_too_long_anyhow_are_not_composed() -> None:
    """Composing takes time with the square of their number: minutes for what a form may carry."""
    with pytest.raises(FieldsRefused) as refused:
        about_of({"name": "e\u0301" * 5000})
    assert refused.value.sentences["name"].endswith("this has 10000.")
