"""Editors in the browser (Panel, Bokeh): pages on which a field is looked at and changed."""

from climpy.interactive.editors.building import build

__all__ = ["build"]
