"""A topography, and opening a user's file that holds one."""

from climpy.topography.model import Topography, Understanding
from climpy.topography.source import Source, inspect, open_source, open_topography

__all__ = [
    "Source",
    "Topography",
    "Understanding",
    "inspect",
    "open_source",
    "open_topography",
]
