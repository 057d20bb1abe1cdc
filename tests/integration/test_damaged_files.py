"""Files with damage at random places: a refusal or a result, never a crash, a hang or litter."""

import random
from pathlib import Path

import pytest

from climate_simulation_platform import cli
from tests import netcdf_corpus

KINDS = ("classic", "64-bit offset", "CDF-5", "NetCDF-4", "compressed", "packed")


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Flip bits, overwrite bytes of the header, cut off, or blank a piece."""
    harmed = bytearray(content)
    kind = dice.choice(("flip", "header", "cut", "blank"))
    if kind == "flip":
        for _ in range(dice.choice((1, 5, 30, 200))):
            harmed[dice.randrange(len(harmed))] ^= 1 << dice.randrange(8)
    elif kind == "header":
        for _ in range(dice.choice((1, 2, 4, 8))):
            harmed[dice.randrange(8, min(len(harmed), 4000))] = dice.randrange(256)
    elif kind == "cut":
        del harmed[dice.randrange(len(harmed)) :]
    else:
        start = dice.randrange(len(harmed))
        harmed[start : start + 512] = bytes(len(harmed[start : start + 512]))
    return bytes(harmed)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_refused_or_read(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "topo.nc"
    netcdf_corpus.GOOD[KINDS[seed % len(KINDS)]](path)
    path.write_bytes(damaged(path.read_bytes(), random.Random(seed)))
    for command in (["inspect"], ["regrid", "--out", str(tmp_path / "out"), "-q"]):
        code = cli.exit_code([command[0], str(path), *command[1:]])
        said = capsys.readouterr().err
        assert code in (0, cli.BAD_INPUT), said
        if code == cli.BAD_INPUT:
            assert said.count("\n") == 1, said
            assert list(tmp_path.iterdir()) == [path]
