"""Compile every kernel, once, at set-up: `python -m climpy.compile`.

Kernels have explicit signatures and a cache on disk, so that importing them is compiling them
where they are not compiled yet; jobs then load machine code and compile nothing.
"""

import importlib
import pkgutil
from types import ModuleType

from climpy import _kernels


def kernel_modules() -> list[ModuleType]:
    """Import every module of kernels, which compiles those that are not in the cache."""
    names = sorted(module.name for module in pkgutil.iter_modules(_kernels.__path__))
    return [importlib.import_module(f"{_kernels.__name__}.{name}") for name in names]


def newly_compiled() -> list[str]:
    """Names of the kernels that had to be compiled in this process."""
    return sorted(
        f"{module.__name__}.{name}"
        for module in kernel_modules()
        for name, value in vars(module).items()
        if sum(getattr(getattr(value, "stats", None), "cache_misses", {}).values())
        and value.__module__ == module.__name__
    )


if __name__ == "__main__":
    kernel_modules()
