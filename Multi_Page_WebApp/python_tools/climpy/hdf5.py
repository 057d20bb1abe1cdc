"""NetCDF-4 files that reach outside of themselves.

HDF5, which NetCDF-4 files are made of, may link to objects of other files, keep a variable's values
in another file, or compose it of pieces of others. A file from somebody else could so have any file
of this machine read and shown. The NetCDF library follows such links without a word, so the HDF5
library that it brings along is asked first.
"""

import ctypes
import os
import resource
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import netCDF4
import netCDF4._netCDF4

_LONGEST_OPENING_SECONDS = 10
_EXTERNAL_LINK = 64
_VIRTUAL_LAYOUT = 3
_NATIVE_ORDER = 2
_Identifier = ctypes.c_int64
_Visitor = ctypes.CFUNCTYPE(
    ctypes.c_int, _Identifier, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_void_p
)


def reaches_outside(path: Path) -> str:
    """Give the first object of an HDF5 file that lies in another file, or "" if there is none.

    Also "" where the file cannot be opened, which the NetCDF library then says, and where the HDF5
    library cannot be reached.
    """
    library = _library()
    if library is None:
        return ""
    library.H5Eset_auto2(_Identifier(0), None, None)
    file = library.H5Fopen(os.fsencode(path), 0, _Identifier(0))
    if file < 0:
        return ""
    try:
        return _first_outside(library, file)
    finally:
        library.H5Fclose(_Identifier(file))


def survives_opening(path: Path) -> bool:
    """Tell whether the NetCDF library neither crashes nor loops for ever when it opens a file.

    Some damaged files have it do so, deaf to Ctrl-C; so a process of its own tries first.
    """
    if not hasattr(os, "fork"):
        return True
    with warnings.catch_warnings():
        # from Python 3.12 on told where there are threads; the child only opens the file
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _try_opening(path)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    return os.WIFEXITED(status)


def _try_opening(path: Path) -> NoReturn:
    """Open a file and look at all that it declares; never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST_OPENING_SECONDS,) * 2)
        with netCDF4.Dataset(path) as dataset:
            for variable in dataset.variables.values():
                for name in variable.ncattrs():
                    variable.getncattr(name)
    finally:
        os._exit(0)


def _library() -> Any | None:
    """Give the HDF5 library that the NetCDF library uses, with its return types."""
    library = ctypes.CDLL(netCDF4._netCDF4.__file__)
    try:
        library.H5open()
        for name in ("H5Fopen", "H5Dopen2", "H5Dget_create_plist"):
            getattr(library, name).restype = _Identifier
    except AttributeError:
        return None
    return library


def _first_outside(library: Any, file: int) -> str:
    found: list[str] = []

    def look(group: int, name: bytes, link_type: "ctypes._Pointer[ctypes.c_int]", _: object) -> int:
        outside = link_type[0] == _EXTERNAL_LINK or (
            link_type[0] == 0 and _stored_outside(library, group, name)
        )
        if outside:
            found.append(name.decode(errors="replace"))
        return int(outside)  # anything but 0 ends the visit

    visit: Callable[..., int] = next(
        getattr(library, name)
        for name in ("H5Lvisit2", "H5Lvisit1", "H5Lvisit")
        if hasattr(library, name)
    )
    visit(_Identifier(file), 0, _NATIVE_ORDER, _Visitor(look), None)
    return found[0] if found else ""


def _stored_outside(library: Any, group: int, name: bytes) -> bool:
    """Tell whether a variable's values lie in other files; False for what is no variable."""
    dataset = library.H5Dopen2(_Identifier(group), name, _Identifier(0))
    if dataset < 0:
        return False
    storage = library.H5Dget_create_plist(_Identifier(dataset))
    outside = (
        library.H5Pget_external_count(_Identifier(storage)) > 0
        or library.H5Pget_layout(_Identifier(storage)) == _VIRTUAL_LAYOUT
    )
    library.H5Pclose(_Identifier(storage))
    library.H5Dclose(_Identifier(dataset))
    return bool(outside)
