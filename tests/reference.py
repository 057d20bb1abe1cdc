"""Where the real topographies and reference results are, on machines that have them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def reference(*parts: str) -> Path:
    """Path of a file of the reference data; the test is skipped where it is absent."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data {'/'.join(parts)} not present")
    return path
