"""Whether the coastline moved, and what follows from that when the field is saved."""

from climpy.arrays import FloatArray
from climpy.interactive.findings.words import counted
from climpy.interactive.session import Session


def coastline_sentence(session: Session, before: FloatArray) -> str:
    """What edits of a topography mean for the steps behind it.

    Parameters
    ----------
    session : Session
        With the edits.
    before : (ny, nx) float64
        Heights before any edit.
    """
    moved = session.cells_across_coast
    if moved:
        return (
            f"The coastline has moved: {counted(moved, 'cell')}. Saving makes a new routing, a new "
            "bathymetry and all that follows."
        )
    if not session.cells_changed:
        return "The coastline has not moved; nothing has changed."
    if ((before != session.values) & session.field.ocean).any():
        return (
            "The coastline has not moved, but depths have changed. Saving makes a new routing, a "
            "new bathymetry and all that follows."
        )
    return (
        "The coastline has not moved; heights on land have changed. Saving makes a new routing; "
        "the bathymetry and what follows from it stay valid."
    )
