"""The page of each editor by its name."""

import panel as pn

from climpy.interactive.desk import Choice, Desk, OnDesk
from climpy.interactive.editors.special import EXTENSIONS
from climpy.interactive.editors.viewer import page


def build(editor: str, desk: Desk, ready: OnDesk | Choice) -> pn.viewable.Viewable:
    """Give the page of an editor, for the document that is Panel's current one.

    Parameters
    ----------
    editor : str
        One of `climpy.interactive.desk.EDITORS`.
    desk : Desk
        What surrounds it.
    ready : OnDesk or Choice
        What is on the desk, or what has to be decided first.
    """
    return page(desk, ready, pn.state.curdoc, EXTENSIONS[editor])
