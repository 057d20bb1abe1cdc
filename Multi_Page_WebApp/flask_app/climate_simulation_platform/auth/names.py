"""Which user names are good."""

import unicodedata

SHORTEST, LONGEST = 2, 60
SIGNS = "._-"

MOST_LOOKED_AT = 1000
"""Characters of a name that are looked at: so many are too many however they are written, and the
time that composing them takes grows with the square of a run of accents."""


def tidy_name(username: str) -> str:
    """The name as it is kept: without spaces around it, accents in one way of writing them."""
    return unicodedata.normalize("NFC", username.strip()[:MOST_LOOKED_AT])


def same_account(username: str) -> str:
    """What all ways of writing one user's name have in common: case, width, ligatures."""
    return unicodedata.normalize("NFKC", username[:MOST_LOOKED_AT]).casefold()


def name_complaint(username: str) -> str:
    """What is wrong with a name, as a sentence; empty if nothing is."""
    if not username:
        return "Choose a user name."
    if not SHORTEST <= len(username) <= LONGEST:
        return f"A user name has from {SHORTEST} to {LONGEST} characters."
    if not all(sign.isalnum() or sign in SIGNS for sign in username):
        return "A user name has letters, digits, dots, hyphens and underscores only."
    if username[0] in SIGNS:
        return "A user name begins with a letter or a digit."
    return ""
