"""A topography, and opening a user's file that holds one."""

from climpy.topography.choices import UNITS, Choices
from climpy.topography.examination import Examination, examine
from climpy.topography.model import Topography, Understanding
from climpy.topography.source import Source, inspect, open_source, open_topography

__all__ = [
    "UNITS",
    "Choices",
    "Examination",
    "Source",
    "Topography",
    "Understanding",
    "examine",
    "inspect",
    "open_source",
    "open_topography",
]
