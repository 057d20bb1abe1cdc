"""What people do with the platform, in their words; elements are found by role and label."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Position, expect

from climate_simulation_platform.constants import ORDER
from tests.e2e.browsing import Window, box_of

FILES = "Your topographies"
LABELS = {
    "name": "Name",
    "reference": "Author or reference",
    "age": "Age",
    "hypothesis": "Hypothesis",
}


STEP_SECONDS = 90.0


@dataclass(frozen=True)
class Cell:
    """What the map says of a cell.

    Parameters
    ----------
    value : float
        NaN where it is missing.
    place : str
        Latitude and longitude, as the map writes them.
    row, column : int
        In the file.
    """

    value: float
    place: str
    row: int
    column: int

    WORDS: ClassVar[re.Pattern[str]] = re.compile(
        r"^(missing|[−\d.e]+)[^·]*(?: · ([^·]*))? · row (\d+), column (\d+)$"
    )

    @classmethod
    def of(cls, text: str) -> "Cell":
        """Read what the map wrote."""
        found = cls.WORDS.match(text)
        assert found, text
        told, place, row, column = found.groups()
        value = math.nan if told == "missing" else float(told.replace("−", "-"))
        return cls(value, place or "", int(row), int(column))


class Person:
    """Somebody at a window.

    Parameters
    ----------
    name, password : str
        Of the account, be it there or still to be made.
    """

    def __init__(self, window: Window, name: str, password: str) -> None:
        self.window = window
        self.name = name
        self.password = password

    @property
    def page(self) -> Page:
        """What the window shows."""
        return self.window.page

    # accounts

    def register(self) -> None:
        """Make an account."""
        self.page.goto("/auth/register")
        self.page.get_by_label("User name").fill(self.name)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.get_by_label("Password again").fill(self.password)
        self.press("Register")

    def sign_in(self) -> None:
        """Sign in and come to the files."""
        self.page.goto("/auth/login")
        self.try_to_sign_in(self.password)
        self.sees_heading(FILES)

    def try_to_sign_in(self, password: str) -> None:
        """Send the form that is open."""
        self.page.get_by_label("User name").fill(self.name)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def sign_out(self) -> None:
        """Sign out through the menu."""
        self.open_account_menu()
        self.press("Sign out")
        self.sees_heading("Sign in")

    def change_password(self, new: str) -> None:
        """Choose another password."""
        self.open_account_menu()
        self.page.get_by_role("link", name="Change password").click()
        self.page.get_by_label("Present password").fill(self.password)
        self.page.get_by_label("New password", exact=True).fill(new)
        self.page.get_by_label("New password again").fill(new)
        self.press("Change password")
        self.password = new

    def open_account_menu(self) -> None:
        """Open what stands under one's name."""
        self.page.get_by_text(f"{self.name}, your account").click()

    # files

    def upload(self, path: Path, **words: str) -> None:
        """Bring a file with what is said of it, by label."""
        self.page.goto("/upload")
        self.page.get_by_label("NetCDF file").set_input_files(path)
        for label, text in words.items():
            self.page.get_by_label(LABELS[label]).fill(text)
        self.press("Upload")

    def confirm_coordinates(self) -> None:
        """Look at the map, and find it right."""
        self.sees_heading("Is this your planet?")
        expect(self.page.get_by_role("img", name=re.compile("^Map of the heights"))).to_be_visible()
        self.press("This is right: confirm")

    def go_to_files(self) -> None:
        """See the list of one's topographies."""
        self.page.goto("/")
        self.sees_heading(FILES)

    def names_of_files(self) -> list[str]:
        """What the list holds, from above."""
        names = self.page.get_by_role("listitem").get_by_role("heading", level=2)
        return names.get_by_role("link").all_inner_texts()

    def in_list(self, name: str) -> Locator:
        """The entry of a topography in the list."""
        heading = self.page.get_by_role("heading", level=2, name=name)
        return self.page.get_by_role("listitem").filter(has=heading)

    def open_file(self, name: str) -> None:
        """Open a topography of the list."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def open_menu_of(self, name: str) -> Locator:
        """Open what can be done with a topography."""
        entry = self.in_list(name)
        entry.get_by_label(f"More for {name}", exact=True).click()
        return entry

    # steps

    def go_to_steps(self, number: int) -> None:
        """See the steps of a topography."""
        self.page.goto(f"/{number}/steps")
        expect(self.steps()).to_have_count(len(ORDER))

    def number_of_file(self) -> int:
        """Number of the topography whose page this is."""
        return int(urlsplit(self.page.url).path.split("/")[1])

    def steps(self) -> Locator:
        """Entries of the list of steps."""
        headings = self.page.get_by_role("heading", level=3)
        return self.page.get_by_role("listitem").filter(has=headings)

    def step(self, title: str) -> Locator:
        """Entry of a step."""
        heading = self.page.get_by_role("heading", level=3, name=title, exact=True)
        return self.page.get_by_role("listitem").filter(has=heading)

    def open_step(self, title: str) -> None:
        """Open the form of a step from the list of steps."""
        self.follow(title, self.step(title).get_by_role("heading"))
        self.sees_heading(title)

    def run(self, *, again: bool = False) -> None:
        """Send the form of a step, and come back to all steps."""
        self.press("Run again" if again else "Run")
        expect(self.steps()).to_have_count(len(ORDER))

    def share_of(self, plants: str, band: int) -> Locator:
        """Percentage of a class of plants in a latitude band."""
        return self.page.get_by_label(f"{plants}, band {band}, percent")

    def sum_of(self, band: int) -> Locator:
        """What is told of the sum of a latitude band."""
        limit = self.page.get_by_label(f"band {band}, degrees")
        return self.page.get_by_role("row").filter(has=limit).get_by_role("status")

    def sees_state(self, title: str, state: str) -> None:
        """Wait, on the page as it is, until a step has come to a state."""
        expect(self.step(title).get_by_text(state, exact=True)).to_be_visible(
            timeout=STEP_SECONDS * 1000
        )

    def picture_says(self, heard: str | re.Pattern[str]) -> None:
        """Wait until a step in the picture of the workflow is called so."""
        picture = self.page.get_by_role("group", name="Workflow").filter(visible=True)
        expect(picture.get_by_role("link", name=heard)).to_be_visible()

    # files of a topography

    def open_asset(self, step: str, title: str) -> None:
        """Open a file that a step made."""
        self.follow(title, self.step(step).get_by_role("list"))
        self.sees_heading(title)

    def sees_map(self) -> Locator:
        """The map, once its field is drawn."""
        drawn = self.page.get_by_role("application")
        expect(drawn).to_have_attribute("aria-busy", "false")
        bar = self.page.get_by_role("figure").get_by_role("img")
        expect(bar).not_to_have_accessible_name("Colour bar")
        drawn.scroll_into_view_if_needed()
        return drawn

    def points_at(self, across: float, down: float) -> "Cell":
        """Point, or tap, at a place of the map, in shares of its width and height."""
        drawn = self.sees_map()
        box = box_of(drawn)
        spot = Position(x=box["width"] * across, y=box["height"] * down)
        if self.window.screen.touch:
            drawn.tap(position=spot)
        else:
            drawn.hover(position=spot)
        return self.reads()

    def reads(self) -> "Cell":
        """What the map says of the cell that is pointed at."""
        readout = self.page.get_by_role("status").filter(has_text=Cell.WORDS)
        expect(readout).to_be_visible()
        return Cell.of(readout.inner_text())

    def drag_map(self, across: float, down: float) -> None:
        """Drag the map by shares of its width and height."""
        box = box_of(self.sees_map())
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + box["width"] * across, y + box["height"] * down, steps=4)
        self.page.mouse.up()

    def saves(self, name: str, *, button: bool = False) -> Path:
        """Press a link that downloads, and keep what comes."""
        assert self.window.downloads is not None
        with self.page.expect_download() as coming:
            if button:
                self.press(name)
            else:
                self.follow(name)
        path = self.window.downloads / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    # on every page

    def field(self, label: str) -> Locator:
        """The field whose label begins so."""
        return self.page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}"))

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the button of that name."""
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Follow the link of that name."""
        (within or self.page).get_by_role("link", name=name, exact=True).click()

    def agree(self, answer: str) -> None:
        """Answer the question that is asked."""
        self.press(answer, self.page.get_by_role("dialog"))

    def sees_heading(self, text: str | re.Pattern[str]) -> None:
        """Wait for the page with that heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait for words on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()
