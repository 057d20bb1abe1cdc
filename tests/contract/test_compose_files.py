"""The compose files, image locks and Dockerfiles agree with the platform and with each other."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from climate_simulation_platform.settings import VARIABLES
from tests.container_images import dockerfiles
from tests.reference import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yaml"
OVERRIDES = (ROOT / "docker-compose.dev.yaml", ROOT / "deploy" / "tls.yaml")
PRODUCTION: Mapping[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
SERVICES: Mapping[str, Any] = PRODUCTION["services"]

LOCKS = {"web", "worker", "mosaix", "panel", "dispatcher", "build"}
COMPUTING = (
    "Multi_Page_WebApp/flask_app/Dockerfile",
    "Multi_Page_WebApp/panel_app/Dockerfile",
    "python_worker/Dockerfile",
    "mosaic_worker/Dockerfile",
    "mosaix_worker/Dockerfile",
)
WORKERS = ("python_worker", "mosaic_worker", "mosaix_worker")
LARGEST = "COPY --from=packages /opt/csp /opt/csp"
NUMERICS = {"numpy", "scipy", "numba", "llvmlite", "netcdf4", "matplotlib", "flask", "gunicorn"}

SERVED_BY_ONE_COMMAND = {"PYTHON_WORKERS", "PANEL_PORT"}
"""Settings of `climate-sim serve` alone."""

BY_FILE_ONLY = {"SECRET_KEY", "CSP_PASSWORD", "BROKER_PASSWORD"}
"""Secrets do not stand in the environment of a container."""

AS_THE_IMAGE_SAYS = {"MONITOR_PORT", "BROKER_PORT", "BROKER_VHOST"}

OF_OTHERS = {
    "nginx": {"FLASK_APP", "PANEL_APP", "URL_PREFIX", "TRUSTED_PROXY"},
    "message_broker": {"RABBITMQ_DEFAULT_USER"},
}
"""What nginx/Dockerfile and the broker's own image understand."""


def seconds(told: str) -> float:
    """A time such as 45s, or the default of a variable."""
    found = re.fullmatch(r"(?:\$\{\w+:-)?(\d+)s\}?", told)
    assert found, told
    return float(found[1])


def pins(lock: str) -> set[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {line.split(" ")[0] for line in text.splitlines() if re.match(r"[a-z]", line)}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith(("0", "root"))
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert "container_name" not in service, "it could not be scaled"


def test_only_nginx_is_published_and_only_it_has_a_network_that_leads_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    open_networks = {n for n, told in PRODUCTION["networks"].items() if not told.get("internal")}
    outside = {name for name, s in SERVICES.items() if open_networks & set(s["networks"])}
    assert outside == {"nginx"}
    assert "back" not in SERVICES["nginx"]["networks"]


def test_everything_waits_for_the_migrations() -> None:
    waiting = {
        name
        for name, service in SERVICES.items()
        if service.get("depends_on", {}).get("migrate")
        == {"condition": "service_completed_successfully"}
    }
    assert waiting == set(SERVICES) - {"migrate", "nginx"}
    assert SERVICES["nginx"]["depends_on"] == {"flask_app": {"condition": "service_healthy"}}


def test_each_image_of_ours_is_used_and_none_that_is_not_built() -> None:
    used = re.findall(r"/(netcdf_editor\w*):", COMPOSE_FILE.read_text(encoding="utf-8"))
    of_services = {f"netcdf_editor_{name}" for name in SERVICES} & set(dockerfiles())
    assert set(used) == of_services


def test_every_setting_reaches_who_needs_it_and_no_other_is_passed() -> None:
    passed = {name for service in SERVICES.values() for name in service.get("environment", {})}
    known = {variable.name for variable in VARIABLES}
    others = {name for names in OF_OTHERS.values() for name in names}
    assert passed <= known | others
    assert known - passed == SERVED_BY_ONE_COMMAND | BY_FILE_ONLY | AS_THE_IMAGE_SAYS
    for name, service in SERVICES.items():
        theirs = set(service.get("environment", {})) & others
        assert theirs == OF_OTHERS.get(name, set())


def test_no_secret_has_a_default() -> None:
    for path in (COMPOSE_FILE, *OVERRIDES):
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, secret in told.get("secrets", {}).items():
            assert secret == {"file": f"${{SECRETS_DIR:-./secrets}}/{name}"}
    made = (ROOT / "deploy" / "make-secrets.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^secret (\w+)", made)) == set(PRODUCTION["secrets"])


def test_time_limits_follow_from_each_other() -> None:
    defaults = {variable.name: variable.default for variable in VARIABLES}
    grace = float(defaults["WORKER_GRACE_SECONDS"])
    told = f"${{WORKER_GRACE_SECONDS:-{grace:g}}}"
    for worker in (SERVICES[name] for name in WORKERS):
        assert worker["environment"]["WORKER_GRACE_SECONDS"] == told
        assert seconds(worker["stop_grace_period"]) >= 2 * grace
    conf = (ROOT / "message_broker" / "rabbitmq.conf").read_text(encoding="utf-8")
    timeout = re.search(r"(?m)^consumer_timeout = (\d+)$", conf)
    assert timeout
    assert int(timeout[1]) / 3.6e6 > 2 * float(defaults["TASK_HOURS"])


def test_every_variable_of_the_compose_files_is_documented() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in (COMPOSE_FILE, *OVERRIDES))
    pages = [ROOT / "docs" / name for name in ("settings.md", "operations.md")]
    told = "".join(page.read_text(encoding="utf-8") for page in pages)
    for name in sorted(set(re.findall(r"\$\{(\w+)", text))):
        assert f"`{name}`" in told, name


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_an_image_holds_the_versions_that_were_tested(lock: str) -> None:
    found = pins(f"requirements/{lock}.lock")
    assert found
    assert found <= pins("requirements.lock")


def test_the_dispatcher_needs_no_numerics_and_no_web() -> None:
    assert not {pin.split("==")[0] for pin in pins("requirements/dispatcher.lock")} & NUMERICS


def test_images_that_compute_share_their_largest_layer() -> None:
    stages = []
    for path in COMPUTING:
        text = (ROOT / path).read_text(encoding="utf-8")
        stages.append(text[text.index("FROM") : text.index("FROM packages AS build")])
        last = text[text.rindex("FROM") :]
        stages[-1] += last[: last.index(LARGEST) + len(LARGEST)]
    assert len(set(stages)) == 1
    for lock in ("web", "panel"):
        assert pins("requirements/worker.lock") <= pins(f"requirements/{lock}.lock")
