"""The special editors by the names of their steps: what each adds to the viewer."""

from collections.abc import Callable, Mapping

from climpy.interactive.editors.basins import add_basins
from climpy.interactive.editors.internal_oceans import add_seas
from climpy.interactive.editors.passages import add_straits
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.field import Field


def add_nothing(_workbench: Workbench) -> None:
    """The viewer as it is."""


EXTENSIONS: Mapping[str, Callable[[Workbench], None]] = {
    "viewer": add_nothing,
    "internal_oceans": add_seas,
    "passage_problems": add_straits,
    "subbasins": add_basins,
}
"""By the names of `climpy.interactive.desk.EDITORS`."""


def add_what_fits(workbench: Workbench) -> None:
    """Add what makes sense for the field on the desk, whatever it is."""
    EXTENSIONS[editor_for(workbench.field)](workbench)


def editor_for(field: Field) -> str:
    """The name of the editor whose checks are about a field."""
    if field.latitudes is None or field.kind == "other":
        return "viewer"
    if field.originals is None:
        return "internal_oceans" if field.kind != "codes" and field.periodic else "viewer"
    return "subbasins" if field.kind == "codes" else "passage_problems"
