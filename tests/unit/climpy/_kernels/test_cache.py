"""The cache of machine code serves a user who may only read it."""

import pytest

from climpy._kernels import InstalledCache, fill
from climpy.compile import kernel_modules, newly_compiled


def plain(value: int) -> int:
    return value


def test_compiled_kernels_are_found_without_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert InstalledCache.from_function(fill.passes.py_func, fill.__file__) is not None


def test_a_function_without_machine_code_is_left_to_other_places() -> None:
    assert InstalledCache.from_function(plain, __file__) is None


def test_every_kernel_has_one_signature_and_is_cached() -> None:
    kernels = [
        item
        for module in kernel_modules()
        for item in vars(module).values()
        if hasattr(item, "py_func")
    ]
    assert len(kernels) > 15
    assert all(len(kernel.signatures) == 1 for kernel in kernels)
    assert newly_compiled() == []
