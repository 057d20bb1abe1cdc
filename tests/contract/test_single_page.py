"""The stand-alone editor's image, lock and compose file agree with its program."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from single_page_webapp.settings import VARIABLES
from tests.container_images import dockerfiles, instructions
from tests.reference import ROOT

FOLDER = ROOT / "Single_Page_WebApp"
SERVICE: Mapping[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yaml").read_text("utf-8"))[
    "services"
]["single_page_app"]
OF_PLATFORMS = {"sqlalchemy", "alembic", "pika", "flask", "gunicorn", "psycopg", "argon2-cffi"}


def pins(lock: str) -> set[str]:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {line.split(" ")[0] for line in text.splitlines() if re.match(r"[a-z]", line)}


def test_the_image_holds_the_versions_that_were_tested_and_nothing_of_the_platforms() -> None:
    found = pins("single_page.lock")
    tested = {
        line.split(" ")[0]
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    }
    assert found
    assert found <= tested
    assert not {pin.split("==")[0] for pin in found} & OF_PLATFORMS


def test_the_service_may_do_no_more_than_it_must() -> None:
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICE["user"].startswith(("0", "root"))
    assert set(SERVICE["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert SERVICE["ports"] == ["${PORT:-127.0.0.1:8081}:8000"]


def test_every_setting_reaches_the_container() -> None:
    of_image = set(re.findall(r"\b([A-Z][A-Z0-9_]*)=", instructions("netcdf_editor")))
    known = {variable.name for variable in VARIABLES}
    assert set(SERVICE["environment"]) <= known
    assert known <= set(SERVICE["environment"]) | of_image


def test_the_image_is_the_one_that_is_built() -> None:
    assert "/netcdf_editor:" in SERVICE["image"]
    assert dockerfiles()["netcdf_editor"] == "Single_Page_WebApp/Dockerfile"
