"""How an editor reaches one opened file: its fields, its edits on the disk, its downloads."""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from climpy.errors import InputRefused
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
from climpy.interactive.edits import EditList
from climpy.interactive.session import Session, replay
from single_page_webapp import reading
from single_page_webapp.folders import Folder
from single_page_webapp.library import Library, planes_of

HandOut = Callable[..., str]

TITLES = {
    "viewer": "Viewer",
    "internal_oceans": "Internal oceans",
    "passage_problems": "Passages",
    "subbasins": "Ocean basins",
}

OTHER_WINDOW = Choice(
    "This field is open in another window, where edits were made in the meantime.",
    {"theirs": "Take those edits", "mine": "Go on with mine; those are lost"},
)
DOWNLOADS = (
    Download("netcdf", "NetCDF file"),
    Download("script", "Python script"),
    Download("edits", "Edits (JSON)"),
)
MEDIA = {"netcdf": "application/x-netcdf", "script": "text/x-python", "edits": "application/json"}


class FileDesk:
    """The desk of one page.

    Parameters
    ----------
    library : Library
        Where files are.
    folder : Folder
        The file.
    editor : str
        Which editor looks at it.
    hand_out : callable
        Gives a file an address; see `climpy.interactive.editors.serving.Visit.hand_out`.
    root : str
        Where the pages begin, relative to this one.
    variable : str, optional
        Which field to begin with.
    """

    def __init__(
        self,
        library: Library,
        folder: Folder,
        editor: str,
        hand_out: HandOut,
        root: str,
        variable: str | None = None,
    ) -> None:
        self._library = library
        self._folder = folder
        self._editor = editor
        self._hand_out = hand_out
        self._root = root
        self._about = folder.about
        self._first = variable
        self._place: tuple[str, tuple[int, ...]] = ("", ())
        self._sheet: Sheet | None = None
        self._last: tuple[bytes, Session, Marks] | None = None
        self._seen = b""
        self._lock = threading.Lock()

    @property
    def heading(self) -> Heading:
        """Name of the file and of the editor."""
        back = Link("All fields of the file", f"{self._root}files/{self._folder.token}")
        return Heading(str(self._about["name"]), TITLES[self._editor], back)

    @property
    def offers(self) -> Offers:
        """Downloads; there is nothing to save into."""
        return Offers(save="", describes=False, downloads=DOWNLOADS)

    def planes(self) -> Sequence[Plane]:
        """All fields in the viewer, else the one that the editor is for."""
        found = tuple(planes_of(self._about))
        if self._editor == "viewer":
            return tuple(sorted(found, key=lambda plane: plane.variable != self._first))
        variable = self._about["editors"][self._editor]
        return tuple(p for p in found if p.variable == variable) or (
            Plane(variable, TITLES[self._editor]),
        )

    def open(self, variable: str | None = None, index: tuple[int, ...] = ()) -> OnDesk:
        """Read a field, and do the edits again that were kept of it.

        Raises
        ------
        InputRefused
            If there is no such field.
        Undecided
            If the edits that were kept give something else now.
        """
        name = self.planes()[0].variable if variable is None else variable
        folder = self._folder
        sheet = self._library.read(
            reading.open_sheet, folder.file, str(self._about["name"]), name, tuple(index)
        )
        with self._lock:
            self._place, self._sheet = (name, tuple(sheet.index)), sheet
            return self._again(sheet)

    def _again(self, sheet: Sheet, *, repeat: bool = False) -> OnDesk:
        """The sheet with the edits that were kept."""
        kept = self._folder.read(self._key)
        self._seen = _digest(kept)
        if kept is None:
            return OnDesk(sheet, Session(sheet.field))
        try:
            text, marks = _read(kept)
            if repeat:
                session, _ = replay(EditList.from_json(text), sheet.field)
            else:
                session = Session.from_json(text, sheet.field)
        except InputRefused as refusal:
            ways = {"repeat": "Repeat the edits", "begin": "Begin without them"}
            raise Undecided(Choice(str(refusal), ways)) from refusal
        return OnDesk(sheet, session, marks)

    @property
    def _key(self) -> str:
        variable, index = self._place
        return json.dumps([variable, list(index)])

    def keep(self, session: Session, marks: Marks) -> None:
        """Put all edits on the disk.

        Raises
        ------
        Undecided
            If another window went on with the same edits.
        OutputRefused
            If the disk does not take them.
        """
        content = _written(session, marks)
        with self._lock:
            self._last = content, session, marks
            if _digest(self._folder.read(self._key)) != self._seen:
                raise Undecided(OTHER_WINDOW)
            self._keep(content)

    def _keep(self, content: bytes) -> None:
        self._folder.keep(self._key, content)
        self._seen = _digest(content)
        self._folder.used()

    def save(self, session: Session, marks: Marks, description: str) -> Saved:  # noqa: ARG002
        """Refuse: what is edited here is downloaded.

        Raises
        ------
        InputRefused
            In any case.
        """
        raise InputRefused("Nothing is saved here; download the file.")

    def decide(self, way: str) -> OnDesk:
        """Go a way of the last choice.

        Raises
        ------
        InputRefused
            If it is no way, or the edits cannot be repeated.
        """
        with self._lock:
            sheet = self._sheet
            if sheet is None:
                raise InputRefused("Nothing is open.")
            if way == "mine" and self._last is not None:
                content, session, marks = self._last
                self._keep(content)
                return OnDesk(sheet, session, marks)
            if way == "begin":
                session = Session(sheet.field)
                self._keep(_written(session, Marks()))
                return OnDesk(sheet, session)
            if way not in ("theirs", "repeat"):
                raise InputRefused("There is nothing of that kind to decide.")
            found = self._again(sheet, repeat=way == "repeat")
            if way == "repeat":
                self._keep(_written(found.session, found.marks))
            return found

    def download(self, name: str, session: Session) -> str:
        """Make a file and give its address.

        Raises
        ------
        InputRefused
            If the edited values cannot be written.
        """
        variable, index = self._place
        text = session.to_json().encode()
        stem, dot, suffix = str(self._about["name"]).rpartition(".")
        stem = stem if dot else suffix
        if name == "edits":
            return self._hand_out(text, f"{stem}_edits.json", MEDIA[name])
        if name not in MEDIA:
            raise InputRefused("There is no such file to download.")
        ending = ".py" if name == "script" else ".nc"
        called = f"{stem}_edits.py" if name == "script" else f"{stem}_edited.nc"
        target = self._folder.new_file(ending)
        file, owner_calls_it = self._folder.file, str(self._about["name"])
        what = (name, variable, index, text, target)
        try:
            self._library.read(reading.make, file, owner_calls_it, *what)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return self._hand_out(target, called, MEDIA[name], temporary=True)

    def others(self) -> Sequence[str]:
        """Tell of other windows."""
        if self._library.windows(self._folder) > 1:
            return ("This file is open in another window too.",)
        return ()

    def leave(self) -> None:
        """Nothing is left to do."""


def _digest(content: bytes | None) -> bytes:
    return b"" if content is None else hashlib.sha256(content).digest()


def _written(session: Session, marks: Marks) -> bytes:
    """What is kept: the session as it writes itself, and the marks."""
    return b'{"marks": %b,\n"session": %b}' % (
        json.dumps(asdict(marks)).encode(),
        session.to_json().encode(),
    )


def _read(kept: bytes) -> tuple[str, Marks]:
    """Read what `_written` gives.

    Raises
    ------
    InputRefused
        If it is not that.
    """
    try:
        found: Mapping[str, Any] = json.loads(kept)
        places = {
            name: tuple((float(y), float(x)) for y, x in found["marks"][name])
            for name in ("kept_seas", "intended_passages")
        }
        return json.dumps(found["session"]), Marks(**places)
    except (ValueError, TypeError, KeyError) as trouble:
        raise InputRefused("The edits that were kept of this file cannot be read.") from trouble
