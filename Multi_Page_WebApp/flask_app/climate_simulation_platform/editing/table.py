"""What lies on a desk."""

from dataclasses import dataclass, field

from climate_simulation_platform.editing.keeping import Ahead
from climate_simulation_platform.editing.reading import Opened
from climate_simulation_platform.records import Inputs, Place


@dataclass(eq=False)
class Table:
    """What is on the desk.

    Parameters
    ----------
    editable : bool
        Whether anything of it is kept and can be saved.
    ahead : Ahead
        What was saved of it since.
    version : int
        Of what was kept; 0 if nothing is.
    kept : tuple of str
        The edits that were kept.
    saved : tuple
        Edits and marks that were saved last, to tell whether there is anything new.
    """

    place: Place
    opened: Opened
    editable: bool = True
    ahead: Ahead = field(default_factory=Ahead)
    version: int = 0
    kept: tuple[str, ...] = ()
    saved: tuple[object, ...] = ()

    @property
    def current(self) -> Inputs:
        """Revisions that must be the newest for it to be saved."""
        return {**self.opened.inputs, **self.ahead.inputs}
