"""Serves editors as full pages: Panel documents in a shell of our own, with nothing from outside.

The platform and the stand-alone application give a `Server` their pages. Everything on a page is
addressed relative to it, so that any prefix may stand before the server's own.
"""

from climpy.interactive.editors.serving.handlers import Handler
from climpy.interactive.editors.serving.pages import EditorPage, Shown
from climpy.interactive.editors.serving.policy import HEADERS, PAGE_POLICY
from climpy.interactive.editors.serving.server import Server
from climpy.interactive.editors.serving.visits import Asked, Elsewhere, Handouts, Refused, Visit

__all__ = [
    "HEADERS",
    "PAGE_POLICY",
    "Asked",
    "EditorPage",
    "Elsewhere",
    "Handler",
    "Handouts",
    "Refused",
    "Server",
    "Shown",
    "Visit",
]
