"""Somebody who fills in the forms of steps on the pages of a deployed installation."""

from collections.abc import Mapping

from climate_simulation_platform.records import DataFile
from tests.deployment import Process
from tests.e2e.furnishing import PASSWORD
from tests.visiting import Answer, Visitor
from tests.web import Page


class Guest(Visitor):
    """A browser without scripts; the account is there already."""

    def __init__(self, web: Process, name: str = "ada") -> None:
        super().__init__(web.port, name, PASSWORD)

    def sign_in(self) -> "Guest":
        """Sign in."""
        super().sign_in()
        return self

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form."""
        return self.send(path, {name: [value] for name, value in fields.items()})

    def form(self, data_file: DataFile, step: str) -> dict[str, str]:
        """What a browser would send of a step's form that nobody touched."""
        page = Page(self.get(f"/{data_file.id}/{step}").text)
        start = next(k for k, (_, a, _) in enumerate(page.elements) if a.get("id") == "step-form")
        return {
            attributes["name"]: attributes.get("value", "")
            for (tag, attributes, _), form in zip(page.elements, page.form_of, strict=True)
            if form == start and tag == "input" and _sent(attributes)
        }

    def ask_for(self, data_file: DataFile, step: str, **fields: str) -> Answer:
        """Open the form of a step and send it."""
        return self.post(f"/{data_file.id}/{step}", {**self.form(data_file, step), **fields})


def sentences(answer: Answer) -> str:
    """Text of a page as it is read."""
    return " ".join(" ".join(Page(answer.text).texts("main")).split())


def _sent(attributes: Mapping[str, str]) -> bool:
    ticked = attributes.get("type") not in ("radio", "checkbox") or "checked" in attributes
    return ticked and "disabled" not in attributes and "name" in attributes
