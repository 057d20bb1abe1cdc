"""Compiled loops over arrays; shapes, units and names live with the callers.

Every kernel has an explicit signature and is compiled once, at set-up, for a generic processor:
`python -m climpy.compile`. Importing a kernel then loads machine code and compiles nothing.
"""

from pathlib import Path

from numba.core import caching, config


class InstalledCache(caching.InTreeCacheLocator):
    """The cache beside the source, also for a user who may only read it."""

    def ensure_cache_path(self) -> None:
        """Accept the folder if it holds this function's machine code.

        Raises
        ------
        FileNotFoundError
            If it does not, so that numba looks for another place.
        """
        pattern = f"*-{self.get_disambiguator()}.py*.nbi"
        if not any(Path(self.get_cache_path()).glob(pattern)):
            raise FileNotFoundError(pattern)


vars(config).update(
    CPU_NAME="generic",
    CPU_FEATURES="",
    CACHE_LOCATOR_CLASSES=",".join(
        [
            *(["UserProvidedCacheLocator"] if vars(config)["CACHE_DIR"] else []),
            "InTreeCacheLocator",
            f"{__name__}.InstalledCache",
            "UserWideCacheLocator",
        ]
    ),
)
