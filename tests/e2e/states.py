"""Every page and state of the platform, one after the other, as somebody comes to see them.

The accessibility test looks at each, and the pictures of the documentation are taken of them.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import expect

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.engines import installed
from climate_simulation_platform.records import About, Coordinates, DataFile, Status
from climate_simulation_platform.workflow import transactions
from climpy.bc.ipsl.vegetation_table import CLASSES
from climpy.interactive import Box, Dig, Edit, Scale, Selection, SetTo, Surface
from tests.e2e.furnishing import Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving, workers_held
from tests.netcdf_corpus import BAD

EVERYBODY = ("ada", "basil", "chandra")

LONG_NAME = (
    "Late Paleocene after the closing of the Turgai Strait, reconstruction with deep Tethys "
    "gateways (é, β), second try"
)


@dataclass
class House:
    """An installation with people and topographies in every state.

    Parameters
    ----------
    empty, full, other : str
        Users without and with topographies, and one in whose rooms states are made on the spot.
    held : ExitStack
        What a state holds back; closed once it was looked at.
    """

    serving: Serving
    furnishing: Furnishing
    folder: Path
    empty: str = "chandra"
    full: str = "ada"
    other: str = "basil"
    held: ExitStack = field(default_factory=ExitStack)
    finished: DataFile | None = None
    fresh: DataFile | None = None
    failed: DataFile | None = None
    unconfirmed: DataFile | None = None
    bare: DataFile | None = None
    stale: DataFile | None = None
    edited: DataFile | None = None
    repeated: DataFile | None = None
    weighed: DataFile | None = None

    def copy(self, which: str, name: str) -> DataFile:
        """A copy of the topography in that state for a state that changes it."""
        return self.furnishing.copy(self.of(which), self.furnishing.user(self.other), name)

    def of(self, name: str) -> DataFile:
        """The topography in that state."""
        found = getattr(self, name)
        assert isinstance(found, DataFile)
        return found


EDITS = (
    Edit(Selection.of(Box(-10.0, 10.0, -140.0, -120.0), Surface("ocean")), Dig(6000.0), "Trench"),
    Edit(Selection.of(Box(30.0, 50.0, -110.0, -90.0), Surface("land")), Scale(80.0), "Low plateau"),
)
CLOSING = Edit(Selection.of(Box(20.0, 24.0, -20.0, -10.0)), SetTo(0.0), "Close the gulf")
"""Edits of topography and bathymetry."""


def furnish(
    serving: Serving, furnishing: Furnishing, folder: Path, made: DataFile | None = None
) -> House:
    """People, and topographies in every state.

    Parameters
    ----------
    made : DataFile or None
        A topography with everything made from it, if there is one already.
    """
    ada, basil, _ = (furnishing.user(name) for name in EVERYBODY)
    house = House(serving, furnishing, folder)
    if made is None:
        finished = furnishing.finished(ada, "Middle Eocene")
    else:
        finished = furnishing.copy(made, ada, "Middle Eocene")
    furnishing.rename(
        finished,
        About("Middle Eocene", "A made-up Earth", 45.0, "Drake Passage open, Tethys wide."),
    )
    house.finished = finished
    house.stale = furnishing.copy(finished, ada, "Late Eocene")
    furnishing.request(house.stale, "regrid", {"dlat": 2.0, "dlon": 2.0})
    furnishing.wait(house.stale, "regrid", "routing", "pft", "heatflow", "ahmcoef")
    house.fresh = furnishing.topography(ada, "Early Oligocene")
    furnishing.rename(house.fresh, About("Early Oligocene", "", 33.5, ""))
    house.failed = furnishing.copy(house.fresh, ada, "Late Oligocene")
    furnishing.request(house.failed, "regrid", {})
    furnishing.wait(house.failed, "regrid")
    furnishing.request(house.failed, "routing", {"coordinates": "generated", **_POLES_AT_SEA})
    furnishing.wait(house.failed, "routing", status=Status.FAILED)
    house.edited = furnishing.copy(finished, ada, "Middle Eocene with a trench")
    furnishing.save_edits(
        house.edited, "internal_oceans", *EDITS, description="A trench, and a lower plateau"
    )
    house.repeated = furnishing.copy(house.edited, ada, "Middle Eocene, coarse")
    furnishing.repeat_edits(house.repeated, "internal_oceans")
    furnishing.request(house.repeated, "regrid", {"dlat": 2.0, "dlon": 2.0})
    furnishing.wait(house.repeated, "internal_oceans", status=Status.REVIEW)
    furnishing.keep_edits(house.edited, "passage_problems", CLOSING)
    house.unconfirmed = furnishing.topography(ada, LONG_NAME, confirmed=False)
    house.bare = _bare(furnishing, folder)
    house.weighed = furnishing.copy(finished, ada, "Middle Eocene, coupled")
    for engine in sorted(installed()):
        furnishing.request(house.weighed, "calculate_weights", {"engine": engine.value})
        furnishing.wait(house.weighed, "calculate_weights")
    sent = furnishing.copy(finished, basil, "Danian, from a colleague")
    furnishing.send(sent, basil, "ada")
    return house


_POLES_AT_SEA = {"pole_longitude": 0.0, "pole_latitude": 50.0}


def _bare(furnishing: Furnishing, folder: Path) -> DataFile:
    """A topography without coordinates of its own."""
    path = folder / "heights only.nc"
    write, _ = BAD["no coordinates"]
    write(path)
    made = furnishing.take_in(furnishing.user("ada"), "Heights only", path)
    assert made.coordinates is Coordinates.TO_SET
    return made


Visit = Callable[[House, Person], None]


@dataclass(frozen=True)
class State:
    """A page as somebody sees it.

    Parameters
    ----------
    visit : callable
        Brings a person there.
    who : str
        Attribute of the house that names them; empty for a visitor.
    statuses : tuple of int
        Answers that belong to it, besides success.
    whole_page : bool
        Whether a picture shows all of it rather than a screenful.
    """

    name: str
    visit: Visit
    who: str = "full"
    statuses: tuple[int, ...] = ()
    whole_page: bool = True


STATES: list[State] = []


def state(
    name: str, *, who: str = "full", statuses: tuple[int, ...] = (), whole_page: bool = True
) -> Callable[[Visit], Visit]:
    """Add a state to the list."""

    def add(visit: Visit) -> Visit:
        STATES.append(State(name, visit, who, statuses, whole_page))
        return visit

    return add


def steps_page(which: str) -> Visit:
    """The steps of the topography in a state."""

    def visit(house: House, somebody: Person) -> None:
        somebody.go_to_steps(house.of(which).id)

    return visit


def form_of(step: str, which: str = "finished") -> Visit:
    """The form of a step."""

    def visit(house: House, somebody: Person) -> None:
        somebody.page.goto(f"/{house.of(which).id}/{step}")

    return visit


def asset(file_type: FileType, which: str = "finished") -> Visit:
    """A file with its map."""

    def visit(house: House, somebody: Person) -> None:
        somebody.page.goto(f"/{house.of(which).id}/{file_type}/view")
        somebody.sees_map()
        somebody.page.evaluate("() => scrollTo(0, 0)")

    return visit


def page(path: str) -> Visit:
    """A page at an address."""

    def visit(_house: House, somebody: Person) -> None:
        somebody.page.goto(path)

    return visit


state("sign-in", who="")(page("/auth/login"))
state("register", who="")(page("/auth/register"))
state("password")(page("/auth/password"))
state("files")(page("/"))
state("files-empty", who="empty")(page("/"))
state("files-nothing-found")(page("/?q=Precambrian"))
state("upload")(page("/upload"))
state("steps-fresh")(steps_page("fresh"))
state("steps-done")(steps_page("finished"))
state("steps-failed")(steps_page("failed"))
state("steps-out-of-date")(steps_page("stale"))
state("step-regrid")(form_of("regrid"))
state("step-routing")(form_of("routing"))
state("step-vegetation")(form_of("pft"))
state("step-heat-flow")(form_of("heatflow"))
state("step-viscosity")(form_of("ahmcoef"))
state("step-sub-basins")(form_of("subbasins"))
state("step-internal-oceans")(form_of("internal_oceans"))
state("step-internal-oceans-to-review")(form_of("internal_oceans", "repeated"))
state("step-passage-problems")(form_of("passage_problems", "edited"))
state("steps-to-review")(steps_page("repeated"))
state("step-weights")(form_of("calculate_weights"))
state("step-routing-failed")(form_of("routing", "failed"))
state("asset-topography")(asset(FileType.RAW))
state("asset-bathymetry")(asset(FileType.BATHY))
state("asset-vegetation")(asset(FileType.PFT))
state("asset-basins")(asset(FileType.SUB_BASINS))
state("asset-edited")(asset(FileType.RAW, "edited"))
state("asset-none")(lambda house, somebody: _to(house, somebody, "fresh", "pft/view"))
state("asset-weights")(lambda house, somebody: _to(house, somebody, "weighed", "weights/view"))
state("weights-report")(lambda house, somebody: _to(house, somebody, "weighed", "weights/report"))
state("rename")(lambda house, somebody: _to(house, somebody, "unconfirmed", "rename"))
state("send")(lambda house, somebody: _to(house, somebody, "finished", "send"))
state("coordinates-confirm")(
    lambda house, somebody: _to(house, somebody, "unconfirmed", "set_coords")
)
state("coordinates-set")(lambda house, somebody: _to(house, somebody, "bare", "set_coords"))
state("coordinates-confirmed")(
    lambda house, somebody: _to(house, somebody, "finished", "set_coords")
)


def _to(house: House, somebody: Person, which: str, place: str) -> None:
    somebody.page.goto(f"/{house.of(which).id}/{place}")


@state("sign-in-wrong", who="", statuses=(400,))
def _wrong_password(_house: House, somebody: Person) -> None:
    somebody.page.goto("/auth/login")
    somebody.name = "nobody.in.particular"
    somebody.try_to_sign_in("not the password")
    somebody.sees("The user name or the password is wrong.")


@state("register-refused", who="", statuses=(400,))
def _refused(_house: House, somebody: Person) -> None:
    somebody.name, somebody.password = "no spaces please", "password"
    somebody.register()
    expect(somebody.page.get_by_role("alert")).to_be_visible()


@state("upload-refused", statuses=(400,))
def _refused_upload(house: House, somebody: Person) -> None:
    path = house.folder / "field notes.nc"
    path.write_text("These are notes, not heights.\n")
    somebody.upload(path, name="Eocene", reference="Tharp and Heezen", age="about forty")
    expect(somebody.page.get_by_role("alert")).to_be_visible()


@state("files-menu", whole_page=False)
def _menu(_house: House, somebody: Person) -> None:
    somebody.go_to_files()
    somebody.open_menu_of(somebody.names_of_files()[-1])  # below it lies no other menu's button


@state("files-deleted", who="other", whole_page=False)
def _deleted(house: House, somebody: Person) -> None:
    house.copy("fresh", "Early Miocene")
    somebody.go_to_files()
    somebody.press("Delete", somebody.open_menu_of("Early Miocene"))
    somebody.sees("is deleted")


@state("steps-connection-lost", whole_page=False)
def _lost(house: House, somebody: Person) -> None:
    somebody.go_to_steps(house.of("finished").id)
    house.held.enter_context(somebody.window.cut_off())
    house.held.callback(somebody.window.context.set_offline, False)
    somebody.window.context.set_offline(True)
    somebody.sees("The connection is lost")


@state("files-deleted-list", who="other")
def _deleted_list(house: House, somebody: Person) -> None:
    furnishing = house.furnishing
    furnishing.delete(house.copy("fresh", "Late Miocene, wrong poles"))
    somebody.page.goto("/?deleted=yes")
    somebody.sees_heading("Deleted topographies")


@state("steps", who="other")
def _at_work(house: House, somebody: Person) -> None:
    furnishing = house.furnishing
    busy = house.copy("finished", "Middle Miocene")
    house.held.callback(furnishing.wait, busy, "routing", "pft")
    house.held.enter_context(workers_held(house.serving))
    furnishing.request(busy, "routing", {})
    task = transactions.claim_task(furnishing.database, "a worker", ["routing"])
    assert task is not None
    assert transactions.report_progress(furnishing.database, task, 0.4, "Filling depressions")
    house.held.callback(transactions.release_tasks, furnishing.database, "a worker", died=False)
    somebody.go_to_steps(busy.id)
    somebody.sees_state("Routing", "Running")


@state("step-conflict", who="other", statuses=(409,))
def _conflict(house: House, somebody: Person) -> None:
    copy = house.copy("finished", "Late Miocene")
    somebody.page.goto(f"/{copy.id}/heatflow")
    somebody.sees_heading("Heat flow")
    house.furnishing.request(copy, "heatflow", {"method": "gdh1"})
    somebody.press("Run again")
    somebody.sees("Somebody else was faster")


@state("step-vegetation-off", statuses=(400,))
def _sums_off(house: House, somebody: Person) -> None:
    somebody.page.goto(f"/{house.of('finished').id}/pft")
    somebody.share_of(CLASSES[1], 1).fill("60")
    somebody.press("Run again")
    expect(somebody.page.get_by_role("alert").first).to_be_visible()


@state("step-problems-found")
def _problems(house: House, somebody: Person) -> None:
    somebody.page.goto(f"/{house.of('finished').id}/passage_problems?look=now")
    somebody.sees("Ocean cells through which water can only diffuse")


@state("difference")
def _difference(house: House, somebody: Person) -> None:
    somebody.page.goto(f"/{house.of('stale').id}/raw/revision_comparison?from=1&to=2")
    somebody.sees_heading("Topography: difference of two revisions")


@state("difference-map", who="other")
def _difference_map(house: House, somebody: Person) -> None:
    copy = house.copy("finished", "Heat flow compared")
    house.furnishing.request(copy, "heatflow", {"method": "gdh1"})
    house.furnishing.wait(copy, "heatflow")
    somebody.page.goto(f"/{copy.id}/heatflow/revision_comparison?from=1&to=2")
    somebody.sees_map()
    somebody.page.evaluate("() => scrollTo(0, 0)")


@state("map-pointed-at")
def _pointed(house: House, somebody: Person) -> None:
    somebody.page.goto(f"/{house.of('finished').id}/bathy/view")
    somebody.sees_map()
    somebody.press("Zoom in")
    somebody.points_at(0.4, 0.5)


@state("not-found", statuses=(404,))
def _not_found(_house: House, somebody: Person) -> None:
    somebody.page.goto("/424242/steps")


@state("account-menu", whole_page=False)
def _account_menu(_house: House, somebody: Person) -> None:
    somebody.page.goto("/")
    somebody.open_account_menu()
