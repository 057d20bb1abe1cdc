"""Functions run in short-lived, limited processes of their own.

A file from somebody else may crash the library that reads it, loop for ever, or ask for more
memory than there is; none of this may reach the process that serves pages or hands out work.
"""

from climate_simulation_platform.sandbox.calling import Sandbox
from climate_simulation_platform.sandbox.outcome import ChildDied, ChildFailed, Reason

__all__ = ["ChildDied", "ChildFailed", "Reason", "Sandbox"]
