"""Compiled loops over arrays; shapes, units and names live with the callers.

Every kernel has an explicit signature and is compiled once, at set-up, for a generic processor:
`python -m climpy.compile`. Importing a kernel then loads machine code and compiles nothing.
"""

from numba.core import config

vars(config).update(CPU_NAME="generic", CPU_FEATURES="")
