"""What surrounds an editor in tests: fields and what was kept of them, in memory."""

from collections.abc import Callable, Sequence

import numpy as np

from climpy.interactive import Field, Session
from climpy.interactive.desk import (
    Choice,
    Download,
    Heading,
    Link,
    Marks,
    Offers,
    OnDesk,
    Plane,
    Saved,
    Sheet,
    Undecided,
)
from climpy.interactive.field import cell_centres

CONFLICT = Choice(
    "Somebody else edits this file.", {"take_over": "Go on with theirs", "mine": "Keep mine"}
)


def waves(ny: int = 24, nx: int = 48, west: float = -180.0) -> Field:
    """Heights of smooth land and ocean."""
    latitudes, longitudes = cell_centres(ny, nx, west)
    heights = 3000.0 * np.sin(np.deg2rad(3.0 * latitudes)) * np.cos(np.deg2rad(2.0 * longitudes))
    return Field(
        np.ascontiguousarray(np.round(heights - 200.0)), "topography", latitudes, longitudes
    )


class DeskInMemory:
    """Keeps what it is given.

    Parameters
    ----------
    make : callable
        Gives the field, each time the same.
    """

    def __init__(self, make: Callable[[], Field] = waves, **sheet: object) -> None:
        self.heading = Heading("A planet with a long name", "revision 2", Link("All files", "/"))
        self.offers = Offers(downloads=(Download("edits", "Edits (JSON)"),))
        self.kept, self.marks = "", Marks()
        self.saved: list[str] = []
        self.left = 0
        self.trouble: Exception | None = None
        self.told: tuple[str, ...] = ()
        self._make, self._sheet = make, sheet

    def planes(self) -> Sequence[Plane]:
        months = ("month", ("January", "February"))
        return [Plane("topo", "surface height"), Plane("t2m", "temperature", (months,))]

    def open(self, variable: str | None = None, index: tuple[int, ...] = ()) -> OnDesk:
        self._fail()
        field = self._make()
        if variable == "t2m":
            other = Field(field.values + sum(index), "other", field.latitudes, field.longitudes)
            sheet = Sheet(other, "t2m", "temperature", "K", index, editable=False)
            return OnDesk(sheet, Session(other))
        session = Session.from_json(self.kept, field) if self.kept else Session(field)
        units = "" if field.kind == "codes" else "m"
        return OnDesk(
            Sheet(field, "topo", "surface height", units, **self._sheet), session, self.marks
        )  # type: ignore[arg-type]

    def keep(self, session: Session, marks: Marks) -> None:
        self._fail()
        self.kept, self.marks = session.to_json(), marks

    def save(self, session: Session, _marks: Marks, description: str) -> Saved:
        self._fail()
        self.saved.append(description)
        return Saved(f"Saved with {len(session.done)} edits.", (Link("To the workflow", "/steps"),))

    def decide(self, way: str) -> OnDesk:
        self.trouble = None
        if way == "take_over":
            self.kept = ""
        return self.open()

    def download(self, name: str, _session: Session) -> str:
        return f"handouts/{name}"

    def others(self) -> Sequence[str]:
        return self.told

    def leave(self) -> None:
        self.left += 1

    def stolen(self) -> None:
        """Let somebody else go on with the edits."""
        self.trouble = Undecided(CONFLICT)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
