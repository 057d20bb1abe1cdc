"""A coupled run of two small programs with the coupler itself, OASIS3-MCT of Debian."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent

LIBRARIES = ("-lpsmile.MPI1", "-lscrip", "-lmct", "-lmpeu", "-lnetcdff", "-lnetcdf")
INCLUDES = ("-I/usr/include/psmile.MPI1", "-I/usr/include/mct")

NAMCOUPLE = """\
 $SEQMODE
 1
 $END
 $CHANNEL
 MPI1 NOBSEND
 1 1 oceanx
 1 1 atmosx
 $END
 $NFIELDS
 1
 $END
 $JOBNAME
 TST
 $END
 $NBMODEL
 2 oceanx atmosx 99 99
 $END
 $RUNTIME
 3600
 $END
 $INIDATE
 00010101
 $END
 $MODINFO
 NOT
 $END
 $NLOGPRT
 0
 $END
 $CALTYPE
 1
 $END
 $STRINGS
 FSENT FRECVD 1 3600 1 restart.nc EXPORTED
 {nx} {ny} {mx} {my} {source} {target} LAG=0
 P 0 P 0
 MAPPING
 {file} dst
 $END
"""


def build(folder: Path) -> None:
    """Compile the two programs; the test is skipped where the coupler is not installed."""
    if not (shutil.which("mpif90") and Path("/usr/include/psmile.MPI1").is_dir()):
        if os.environ.get("CI"):
            pytest.fail("the coupler is not installed")
        pytest.skip("liboasis3-dev and libopenmpi-dev are not installed")
    for name in ("sender", "receiver"):
        command = ["mpif90", str(HERE / f"{name}.f90"), "-o", str(folder / name)]
        subprocess.run([*command, *INCLUDES, *LIBRARIES], check=True, cwd=folder)


def coupled(
    programs: Path, folder: Path, remapping: Path, field: np.ndarray, target: tuple[int, int]
) -> np.ndarray:
    """What the receiver gets of a field (ny, nx) through a remapping file."""
    (ny, nx), (my, mx) = field.shape, target
    file = folder / "rmp.nc"
    shutil.copyfile(remapping, file)
    text = NAMCOUPLE.format(
        nx=nx, ny=ny, mx=mx, my=my, source="sour", target="targ", file=file.name
    )
    (folder / "namcouple").write_text(text)
    length = np.array([field.size], dtype=np.int32)
    (folder / "sent").write_bytes(length.tobytes() + field.astype(np.float64).tobytes())
    (folder / "length").write_bytes(np.array([my * mx], dtype=np.int32).tobytes())
    command = ["mpirun", "--oversubscribe", "-np", "1", str(programs / "sender")]
    command += [":", "-np", "1", str(programs / "receiver")]
    environment = {
        **os.environ,
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        "TMPDIR": str(folder),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return np.frombuffer((folder / "received").read_bytes()).reshape(target)
