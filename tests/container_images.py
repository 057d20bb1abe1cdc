"""Which images the repository builds: one for each Dockerfile, named after its folder."""

import os
import re
import shutil
import subprocess

import pytest

from tests.reference import ROOT

NAMES = {"Single_Page_WebApp": "netcdf_editor"}
"""What is not named after its folder."""

STAND_ALONE = {"netcdf_editor"}
"""Images that run by themselves and are no part of the platform."""


def dockerfiles() -> dict[str, str]:
    """Path of the Dockerfile of each image, by the name of the image."""
    found = sorted([*ROOT.glob("*/Dockerfile"), *ROOT.glob("*/*/Dockerfile")])
    return {
        NAMES.get(file.parent.name, f"netcdf_editor_{file.parent.name}"): str(
            file.relative_to(ROOT)
        )
        for file in found
        if not file.relative_to(ROOT).parts[0].startswith(".")
    }


def instructions(image: str) -> str:
    """The Dockerfile of an image, continued lines joined."""
    text = (ROOT / dockerfiles()[image]).read_text(encoding="utf-8")
    return re.sub(r"\\\n\s*", " ", text)


def stack_reader() -> list[str]:
    """Command that reads a stack; without it the test is skipped, in CI it fails."""
    docker = shutil.which("docker")
    if docker is not None:
        command = [docker, "stack", "config"]
        told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
        if "--compose-file" in told.stdout:
            return command
    missing = "there is no docker client that knows `docker stack config` (Docker 23 or newer)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
