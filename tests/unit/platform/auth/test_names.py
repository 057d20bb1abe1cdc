import pytest

from climate_simulation_platform.auth.names import name_complaint, same_account, tidy_name


@pytest.mark.parametrize(
    "name", ["al", "A.Wegener", "Łukasz_2", "海洋", "jean-marie", "x" * 60, "7up"]
)
def test_names_of_people_are_accepted(name: str) -> None:
    assert name_complaint(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "x" * 61,
        "two words",
        ".hidden",
        "_",
        "--",
        "a/b",
        "../x",
        "a@b",
        "<b>",
        "a\0b",
        "a\nb",
    ],
)
def test_others_are_refused_with_a_sentence(name: str) -> None:
    assert name_complaint(name).endswith(".")


def test_spaces_around_and_ways_of_writing_do_not_count() -> None:
    assert tidy_name("  Rene\u0301 ") == "Ren\u00e9"


def test_a_name_of_countless_accents_is_cut_before_they_are_composed() -> None:
    endless = "e" + "\u0301" * 100_000
    assert len(tidy_name(endless)) < 1001
    assert len(same_account(endless)) < 1001
    assert "characters" in name_complaint(tidy_name(endless))
