import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from climate_simulation_platform.auth import passwords


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "P@ssw0rd!", "12345678", "87654321", "qwertyuiop", "QWERTZuiop",
        "letmein2024", "aaaaaaaa", "abababab", "abcabcabc", "abcdefgh", "1qaz2wsx", "azertyuiop",
        "sunshine!!", "climate2026", "Iloveyou12", "111222333", "ｐａｓｓｗｏｒｄ",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert "among the first" in passwords.password_complaint(password, "wegener")


@pytest.mark.parametrize(
    "password",
    ["basalt under the ice sheet", "h4lf-a-gyre", "Zugvögel im Mai", "глубокая вода", "tz7#kLq9",
     "correct horse with battery", "the password of my aunt", "x" * 3 + " yz the 256"],
)  # fmt: skip
def test_what_is_ones_own_is_accepted(password: str) -> None:
    assert passwords.password_complaint(password, "wegener") == ""


def test_length_counts_characters_and_has_two_ends() -> None:
    assert "at least 8" in passwords.password_complaint("ümläütß", "wegener")
    assert passwords.password_complaint("ümläütß!", "wegener") == ""
    assert passwords.password_complaint("ab cd ef gh " * 21 + "ijkl", "wegener") == ""
    assert "at most 256" in passwords.password_complaint("ab cd ef gh " * 22, "wegener")


@pytest.mark.parametrize("password", ["wegener1912", "AlfredWEGENER", "xxWegenerxx"])
def test_the_user_name_is_no_part_of_it(password: str) -> None:
    assert "user name" in passwords.password_complaint(password, "Wegener")


def test_a_name_of_two_letters_is_in_many_words() -> None:
    assert passwords.password_complaint("basalt under ice", "al") == ""


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(password: str) -> None:
    assert isinstance(passwords.password_complaint(password, "wegener"), str)


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=8, max_size=40), st.text(max_size=40))
def test_only_the_password_itself_matches(password: str, other: str) -> None:
    kept = passwords.hashed(password)
    assert passwords.matches(password, kept)
    assert password not in kept
    if passwords._plain(other) != passwords._plain(password):
        assert not passwords.matches(other, kept)


def test_the_same_password_from_two_keyboards_matches() -> None:
    assert passwords.matches("caf\u0065\u0301 noir", passwords.hashed("caf\u00e9 noir"))


def test_equal_passwords_are_kept_differently() -> None:
    assert passwords.hashed("basalt under ice") != passwords.hashed("basalt under ice")


@pytest.mark.parametrize("kept", [None, "", "plain text", "$2b$12$abcdefghijklmnopqrstuv"])
def test_nothing_matches_what_is_no_hash(kept: str | None) -> None:
    assert not passwords.matches("basalt under ice", kept)


def test_it_is_argon2id_and_notices_older_parameters() -> None:
    today = passwords.hashed("basalt under ice")
    parameters = extract_parameters(today)
    assert today.startswith("$argon2id$")
    assert parameters.memory_cost * parameters.time_cost >= 19 * 1024 * 2
    assert not passwords.is_outdated(today)
    assert passwords.is_outdated(PasswordHasher(1, 1024, 1).hash("basalt under ice"))


def test_signs_that_stand_for_many_letters_do_not_lock_anybody_out() -> None:
    password = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * passwords.LONGEST
    assert passwords.matches(password, passwords.hashed(password))
    assert not passwords.matches(password[:-1], passwords.hashed(password))


def test_what_nobody_can_have_chosen_is_not_composed() -> None:
    """Composing takes time with the square of the accents."""
    end_of_what_is_read = "e" * 4 * passwords.LONGEST
    kept = passwords.hashed(end_of_what_is_read)
    assert passwords.matches(end_of_what_is_read + "\u0301" * 100, kept)
