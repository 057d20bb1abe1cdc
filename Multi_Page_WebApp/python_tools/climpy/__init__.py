"""Boundary conditions of palaeoclimate models, made from one topography."""

from importlib.metadata import version

__version__ = version("climpy")
