"""Passwords: which are good, how they are kept and compared."""

import functools
import secrets
import unicodedata
from importlib.resources import files
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 256

HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
"""argon2id with no less than what OWASP's Password Storage Cheat Sheet asks for."""

_AT_ONCE = BoundedSemaphore(4)
"""Hashing takes 19 MiB each; a crowd at the door waits rather than fills the memory."""

ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm",
        "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertz", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")  # fmt: skip
"""What fingers do by themselves."""

DISGUISES = str.maketrans("@4301!$57", "aaeoiisst")
"""Signs for letters, which guessing programs know too."""


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return HASHER.hash(_plain(password))


def matches(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept; as slow where nothing was kept."""
    with _AT_ONCE:
        try:
            HASHER.verify(kept or _of_nobody(), _plain(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password was kept with older parameters than today's."""
    return HASHER.check_needs_rehash(kept)


def password_complaint(password: str, username: str) -> str:
    """What is wrong with a new password, as a sentence; empty if nothing is."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if _contains(password, username):
        return "A password must not contain the user name."
    if _is_easily_guessed(password):
        return "This password is among the first that are tried; choose one that is your own."
    return ""


@functools.cache
def common_passwords() -> frozenset[str]:
    """Passwords that many people choose, in small letters."""
    text = files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@functools.cache
def _of_nobody() -> str:
    return HASHER.hash(secrets.token_hex(16))


def _plain(password: str) -> str:
    """One way of writing what looks the same, whatever keyboard it came from.

    What nobody can have chosen is cut off before: the time grows with the square of its accents.
    """
    return unicodedata.normalize("NFKC", password[: 4 * LONGEST])


def _contains(password: str, username: str) -> bool:
    name = username.casefold()
    return len(name) >= 3 and name in _plain(password).casefold()


def _is_easily_guessed(password: str) -> bool:
    small = _plain(password).casefold()
    return (
        bool(_cores(small) & common_passwords())
        or len(set(small)) < 4
        or _is_repeated(small)
        or _steps_along_rows(small) >= 0.75
    )


def _cores(small: str) -> set[str]:
    """The password, and what is left of it without its ends and disguises."""
    ends = "0123456789!?.,;:-_*#+$%&@ "
    undisguised = small.translate(DISGUISES)
    found = {small, undisguised, small.strip(ends), small.strip(ends).translate(DISGUISES)}
    return {core for core in found if core}


def _is_repeated(small: str) -> bool:
    return small in (small + small)[1:-1]


def _steps_along_rows(small: str) -> float:
    """Share of neighbours in the password that are neighbours on a keyboard or in the alphabet."""
    along = {pair for row in ROWS for way in (row, row[::-1]) for pair in pairwise(way)}
    pairs = list(pairwise(small))
    return sum(pair in along or pair[0] == pair[1] for pair in pairs) / len(pairs)
