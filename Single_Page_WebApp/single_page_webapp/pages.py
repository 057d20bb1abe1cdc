"""The pages: the start, what a file holds, its editors."""

import urllib.parse
from dataclasses import dataclass

from climpy.errors import ClimpyError
from climpy.interactive.desk import EDITORS, Choice, OnDesk, Undecided
from climpy.interactive.editors import build, serving
from single_page_webapp.desk import TITLES, FileDesk
from single_page_webapp.folders import Folder
from single_page_webapp.library import Library, planes_of

GONE = "This file is not here: it was closed, or not used for long. Open it again."
ABOUT = {
    "viewer": "Any field of the file: maps, histogram, edits.",
    "internal_oceans": "Seas without a way to the ocean: fill, connect or keep them; depressions.",
    "passage_problems": "Straits too narrow for the model, and enclosed seas, on the ocean grid.",
    "subbasins": "Paint Atlantic, Pacific and Indian ocean.",
}


class Page(serving.Handler):
    """A page that knows where files are."""

    def initialize(self, library: Library) -> None:
        """Take where files are kept."""
        self.library = library

    def folder(self, token: str) -> Folder:
        """Give the folder of a token.

        Raises
        ------
        Refused
            If there is none.
        """
        return folder_of(self.library, token)


def folder_of(library: Library, token: str) -> Folder:
    """Give the folder of a token.

    Raises
    ------
    Refused
        If there is none.
    """
    folder = library.folders.find(token)
    if folder is None:
        raise serving.Refused(GONE, 404, "No such file")
    return folder


class Start(Page):
    """Where a file is opened."""

    def get(self) -> None:
        """Show it; its address ends in a slash, which all others are relative to."""
        if not self.request.path.endswith("/"):
            self.set_status(308)
            self.set_header("Location", f"{self.request.path.rpartition('/')[2]}/")
            self.finish()
            return
        settings = self.library.settings
        self.show(
            "start.html",
            title="Open a file",
            most_bytes=settings.max_upload_bytes,
            most=f"{settings.max_upload_bytes / 2**20:.0f} MiB",
            hours=f"{settings.keep_seconds / 3600:g}",
        )


class File(Page):
    """What a file holds, and which editors it is for."""

    def get(self, token: str) -> None:
        """Show it."""
        try:
            folder = self.folder(token)
        except serving.Refused as refused:
            self.refuse(refused)
            return
        folder.used()
        about = folder.about
        here = f"{self.upward}files/{token}"
        editors = [name for name in EDITORS if name == "viewer" or name in about["editors"]]
        self.show(
            "file.html",
            title=about["name"],
            here=here,
            size=about["size"],
            editors=[(TITLES[name], ABOUT[name], f"{here}/{name}") for name in editors],
            fields=[(p, f"{here}/viewer?{_query(p.variable)}") for p in planes_of(about)],
            sentence=about["sentence"],
            hours=f"{self.library.settings.keep_seconds / 3600:g}",
        )


def _query(variable: str) -> str:
    return urllib.parse.urlencode({"variable": variable})


class Forget(Page):
    """Closes a file and removes it."""

    def post(self, token: str) -> None:
        """Do so, and go to the start."""
        try:
            if not self.from_own_page:
                raise serving.Refused("Files are closed from their own page only.", 403)
            self.library.folders.forget(self.folder(token))
        except serving.Refused as refused:
            self.refuse(refused)
            return
        self.set_status(303)
        self.set_header("Location", self.upward)
        self.finish()


@dataclass(frozen=True, eq=False)
class Ready:
    """What an editor's page is built from."""

    desk: FileDesk
    on_desk: OnDesk | Choice
    editor: str


def editor_page(library: Library) -> serving.EditorPage[Ready]:
    """Give the page of the editors of any file."""
    names = "|".join(EDITORS)

    def prepare(visit: serving.Visit) -> Ready:
        return _prepare(library, visit)

    return serving.EditorPage(
        rf"/files/(?P<token>[A-Za-z0-9_-]+)/(?P<editor>{names})", prepare, _build
    )


def _prepare(library: Library, visit: serving.Visit) -> Ready:
    folder = folder_of(library, visit.asked.places["token"])
    editor = visit.asked.places["editor"]
    if editor != "viewer" and editor not in folder.about["editors"]:
        raise serving.Refused("This file is not for that editor.", 404, "No such editor")
    library.begun(folder)
    visit.at_end(lambda: library.ended(folder))
    variable = visit.asked.arguments.get("variable")
    desk = FileDesk(library, folder, editor, visit.hand_out, visit.root, variable)
    try:
        return Ready(desk, desk.open(), editor)
    except Undecided as undecided:
        return Ready(desk, undecided.choice, editor)
    except ClimpyError as refusal:
        raise serving.Refused(str(refusal), 422) from refusal


def _build(visit: serving.Visit, ready: Ready) -> serving.Shown:  # noqa: ARG001 - what it is given
    heading = ready.desk.heading
    root = build(ready.editor, ready.desk, ready.on_desk)
    return serving.Shown(root, f"{heading.title}, {heading.subtitle}")
