"""Version of the installed platform."""

from importlib.metadata import version

VERSION = version("climate-simulation-platform")
