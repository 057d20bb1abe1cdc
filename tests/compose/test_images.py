"""Each image alone: it answers --check, needs to write nothing, and holds no more than it needs."""

import json

import pytest

from tests.compose.docker import OUR_USER, docker, docker_tried, image
from tests.container_images import dockerfiles

LOCKED = (
    *("run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
OURS = sorted(set(dockerfiles()) - {"netcdf_editor_nginx"})
COMPUTING = (
    "netcdf_editor_flask_app",
    "netcdf_editor_panel_app",
    "netcdf_editor_python_worker",
    "netcdf_editor_mosaic_worker",
    "netcdf_editor_mosaix_worker",
)
NUMERICS = ("numpy", "scipy", "numba", "llvmlite", "netCDF4", "matplotlib", "climpy", "flask")

pytestmark = pytest.mark.usefixtures("images")


def python(name: str, program: str, *options: str) -> str:
    """What a program says in an image."""
    entry = ("--entrypoint", "python")
    return docker(*LOCKED, *options, *entry, image(name), "-W", "error", "-c", program)


@pytest.mark.parametrize("name", sorted(dockerfiles()))
def test_check_builds_everything_and_connects_to_nothing(name: str) -> None:
    docker(*LOCKED, image(name), "--check")


@pytest.mark.parametrize("name", OURS)
def test_an_unknown_option_is_refused_with_a_sentence(name: str) -> None:
    done = docker_tried(*LOCKED, image(name), "--chekc")
    assert done.returncode == 2
    assert "There is no option --chekc" in done.stderr


@pytest.mark.parametrize("name", sorted(dockerfiles()))
def test_nobody_is_root_and_health_is_asked(name: str) -> None:
    told = json.loads(docker("image", "inspect", image(name)))[0]["Config"]
    assert int(told["User"].split(":")[0]) == (101 if name.endswith("nginx") else OUR_USER)
    assert told["Healthcheck"]["Test"]


@pytest.mark.parametrize("user", [str(OUR_USER), "4711:4711"])
@pytest.mark.parametrize("name", COMPUTING)
def test_nothing_is_compiled_at_run_time(name: str, user: str) -> None:
    program = "from climpy.compile import newly_compiled; print(newly_compiled())"
    assert python(name, program, "--user", user) == "[]"


UNCOMPILED = """
import importlib.util, pathlib, site

def compiles(path):
    try:
        compile(path.read_bytes(), path, "exec")
    except SyntaxError:
        return False
    return True

found = [path for folder in site.getsitepackages() for path in pathlib.Path(folder).rglob("*.py")]
assert len(found) > 100
cached = importlib.util.cache_from_source
print([str(p) for p in found if not pathlib.Path(cached(p)).exists() and compiles(p)])
"""


@pytest.mark.parametrize("name", OURS)
def test_every_module_is_compiled_to_byte_code(name: str) -> None:
    assert python(name, UNCOMPILED) == "[]"


def test_the_dispatcher_holds_no_numerics() -> None:
    program = f"""
import importlib.util
print([name for name in {NUMERICS} if importlib.util.find_spec(name)])
"""
    assert python("netcdf_editor_message_dispatcher", program) == "[]"


@pytest.mark.parametrize("name", OURS)
def test_there_is_no_installer_in_an_image(name: str) -> None:
    program = (
        "import importlib.util as u; print([n for n in ('pip', 'setuptools') if u.find_spec(n)])"
    )
    assert python(name, program) == "[]"
    done = docker_tried(*LOCKED, "--entrypoint", "sh", image(name), "-c", "command -v pip")
    assert done.returncode != 0
