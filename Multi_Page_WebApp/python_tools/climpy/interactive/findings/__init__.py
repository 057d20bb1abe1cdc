"""What the checks find in a field that is being edited, and the edits that repair it."""

from climpy.interactive.findings.coastline import coastline_sentence
from climpy.interactive.findings.ground import Ground
from climpy.interactive.findings.painting import (
    Painting,
    Part,
    connected_part,
    painting,
    proposal,
    repaint,
    repaint_part,
)
from climpy.interactive.findings.poles import PoleRule, SingularPoint, pole_rules, singular_points
from climpy.interactive.findings.seas import EnclosedSea, Seas, connect, fill, fill_all, seas
from climpy.interactive.findings.straits import Strait, Straits, Widening, close, straits, widenings

__all__ = [
    "EnclosedSea",
    "Ground",
    "Painting",
    "Part",
    "PoleRule",
    "Seas",
    "SingularPoint",
    "Strait",
    "Straits",
    "Widening",
    "close",
    "coastline_sentence",
    "connect",
    "connected_part",
    "fill",
    "fill_all",
    "painting",
    "pole_rules",
    "proposal",
    "repaint",
    "repaint_part",
    "seas",
    "singular_points",
    "straits",
    "widenings",
]
