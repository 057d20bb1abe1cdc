"""What people may call a topography and say of it; whatever they type is made fit for a page."""

import math
import re
import unicodedata
from collections.abc import Mapping

from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.records import About

LONGEST_NAME = 120
LONGEST_REFERENCE = 300
LONGEST_HYPOTHESIS = 2000
LONGEST_ORIGINAL = 255
"""Characters."""

OLDEST_MA = 4600.0
"""Age of the Earth, rounded up [million years]."""

NAMELESS = "Topography"

_AGE = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(?:ma|million years(?: ago)?)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9],[0-9]{3}")
_COPY = re.compile(r" \(copy(?: ([0-9]{1,4}))?\)$")
_LONGEST_COMPOSED = 4 * LONGEST_HYPOTHESIS
"""Text that is longer is too long however its accents are written, and composing it could take
minutes: the time grows with the square of a run of accents."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_JOINER = "\u200d"
"""Joins emoji and letters of some scripts; without a trace elsewhere."""


class FieldsRefused(RequestRefused):
    """What was typed into some fields of a form cannot be used.

    Parameters
    ----------
    sentences : mapping of str to str
        What is wrong, by field.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = dict(sentences)


def tidy_line(text: str) -> str:
    """Text for one line: no signs that cannot be seen or that turn the line round."""
    return " ".join(_without_tricks(text.replace("\n", " ")).split())


def tidy_text(text: str) -> str:
    """Text of several lines, likewise."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(" ".join(_without_tricks(line).split()) for line in lines).strip()


def _without_tricks(text: str) -> str:
    composed = unicodedata.normalize("NFC", text) if len(text) <= _LONGEST_COMPOSED else text
    kept = (
        " " if sign.isspace() else sign
        for sign in composed
        if sign.isspace() or sign == _JOINER or unicodedata.category(sign) not in _UNSEEN
    )
    return "".join(kept)


def original_name(sent: str) -> str:
    """The name that a browser tells of a file, without folders."""
    last = tidy_line(sent.replace("\\", "/").rsplit("/", 1)[-1])
    return shortened(last, LONGEST_ORIGINAL)


def name_of_file(original: str) -> str:
    """What a topography is called if nobody says: its file's name without the ending."""
    stem, dot, ending = original.rpartition(".")
    bare = stem if dot and 0 < len(ending) <= 4 else original
    return shortened(bare.strip(" ."), LONGEST_NAME) or NAMELESS


def shortened(text: str, longest: int) -> str:
    """Text with its end left out where it is too long."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def copy_name(name: str) -> str:
    """What the copy of a topography is called: "… (copy)", and "… (copy 2)" of a copy."""
    found = _COPY.search(name)
    if found is None:
        return _with_ending(name, " (copy)")
    number = int(found[1] or 1) + 1
    return _with_ending(name[: found.start()], f" (copy {number})")


def _with_ending(name: str, ending: str) -> str:
    return shortened(name, LONGEST_NAME - len(ending)) + ending


def age_of(text: str) -> float | None:
    """Age that was typed [million years]; None where the field was left empty.

    Raises
    ------
    RequestRefused
        If it is no age.
    """
    typed = tidy_line(text)
    if not typed:
        return None
    found = _AGE.fullmatch(typed)
    if found is None:
        raise RequestRefused("The age is a number of million years, 0 or more, such as 40 or 56.5.")
    number = found[1]
    if _THOUSANDS.fullmatch(number) and float(number.replace(",", "")) <= OLDEST_MA:
        raise RequestRefused(
            f"{number} can be read in two ways; write {number.replace(',', '')} or {number[:-1]}."
        )
    age = float(number.replace(",", "."))
    if not math.isfinite(age) or age > OLDEST_MA:
        raise RequestRefused(
            f"The Earth is about {OLDEST_MA:g} million years old; {shortened(number, 12)} is more."
        )
    return age


def about_of(typed: Mapping[str, str], *, otherwise: str = "") -> About:
    """What somebody typed of a topography.

    Parameters
    ----------
    typed : mapping
        Texts of the fields name, reference, age and hypothesis.
    otherwise : str
        The name where none was typed.

    Raises
    ------
    FieldsRefused
        If some of it cannot be used.
    """
    name = tidy_line(typed.get("name", "")) or otherwise
    reference = tidy_line(typed.get("reference", ""))
    hypothesis = tidy_text(typed.get("hypothesis", ""))
    refused = {
        field: f"{what} has at most {longest} characters; this has {len(text)}."
        for field, what, text, longest in (
            ("name", "A name", name, LONGEST_NAME),
            ("reference", "A reference", reference, LONGEST_REFERENCE),
            ("hypothesis", "A hypothesis", hypothesis, LONGEST_HYPOTHESIS),
        )
        if len(text) > longest
    }
    if not name:
        refused["name"] = "Give it a name."
    age = None
    try:
        age = age_of(typed.get("age", ""))
    except RequestRefused as refusal:
        refused["age"] = str(refusal)
    if refused:
        raise FieldsRefused(refused)
    return About(name, reference, age, hypothesis)
