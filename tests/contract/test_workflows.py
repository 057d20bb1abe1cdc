"""What the workflows promise: all is tested, an image built once, nothing pushed untested."""

import re
from typing import Any

import pytest
import yaml

from tests.container_images import dockerfiles
from tests.reference import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.y*ml"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in WORKFLOWS}
LOADED: dict[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}

MAIN = LOADED["tests-and-images.yml"]
JOBS: dict[str, Any] = MAIN["jobs"]

every_workflow = pytest.mark.parametrize("name", list(LOADED))


def steps_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    return list(job["steps"])


def commands_of(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in steps_of(job))


def uses(job: dict[str, Any], action: str) -> list[int]:
    """Which steps of a job use an action."""
    return [
        number
        for number, step in enumerate(steps_of(job))
        if step.get("uses", "").startswith(f"{action}@")
    ]


@every_workflow
def test_every_action_is_pinned_to_a_commit_and_its_version_is_named(name: str) -> None:
    used = re.findall(r"\buses: *(.*)", TEXTS[name])
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_has_one_version() -> None:
    pins = {pin for text in TEXTS.values() for pin in re.findall(r"\buses: *(.*)", text)}
    assert len(pins) == len({pin.split("@")[0] for pin in pins})


@every_workflow
def test_a_workflow_may_read_and_no_more(name: str) -> None:
    workflow = LOADED[name]
    assert workflow["permissions"] == {"contents": "read"}
    assert [job for job in workflow["jobs"] if "permissions" in workflow["jobs"][job]] == []


@every_workflow
def test_no_job_lasts_for_ever_and_none_hides_its_failure(name: str) -> None:
    assert "concurrency" in LOADED[name]
    assert "continue-on-error" not in TEXTS[name]
    for job in LOADED[name]["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60


@every_workflow
def test_no_job_keeps_the_token_of_the_checkout(name: str) -> None:
    for job in LOADED[name]["jobs"].values():
        for number in uses(job, "actions/checkout"):
            assert steps_of(job)[number]["with"]["persist-credentials"] is False


@every_workflow
def test_the_targets_and_folders_that_are_named_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = "\n".join(commands_of(job) for job in LOADED[name]["jobs"].values())
    for called in re.findall(r"^ *make (.+)$", commands, flags=re.MULTILINE):
        for target in called.split():
            assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.MULTILINE), target
    for folder in re.findall(r"\btests/\w+", commands):
        assert (ROOT / folder).is_dir(), folder


def test_all_kinds_of_tests_run() -> None:
    run = "\n".join(commands_of(job) for job in JOBS.values())
    for wanted in ("make check", "make audit", "make test-integration", "make test-compose"):
        assert wanted in run
    for folder in ("tests/unit", "tests/contract", "tests/e2e"):
        assert folder in run
    services = JOBS["integration"]["services"]
    assert services["rabbitmq"]["image"] == "rabbitmq:4.2"
    assert "@rabbitmq:5672/" in JOBS["integration"]["env"]["TEST_BROKER_URL"]


def test_every_dockerfile_is_built_under_its_name_and_nothing_else() -> None:
    matrix = JOBS["images"]["strategy"]["matrix"]["include"]
    assert {image["name"]: image["dockerfile"] for image in matrix} == dockerfiles()
    assert len(matrix) == len(dockerfiles())


def test_an_image_is_built_once_and_scanned_before_it_is_handed_on() -> None:
    built = [name for name, job in JOBS.items() if uses(job, "docker/build-push-action")]
    assert built == ["images"]
    job = JOBS["images"]
    (build,) = uses(job, "docker/build-push-action")
    (scan,) = uses(job, "aquasecurity/trivy-action")
    (hand_on,) = uses(job, "actions/upload-artifact")
    assert build < scan < hand_on
    asked = steps_of(job)[scan]["with"]
    assert asked["exit-code"] == 1
    assert set(asked["severity"].split(",")) == {"CRITICAL", "HIGH"}
    assert asked["input"] == steps_of(job)[hand_on]["with"]["path"]
    assert steps_of(job)[build]["with"]["outputs"] == f"type=docker,dest={asked['input']}"


def test_only_what_passed_every_test_is_pushed() -> None:
    pushing = [name for name, job in JOBS.items() if "docker push" in commands_of(job)]
    assert pushing == ["publish"]
    assert set(JOBS["publish"]["needs"]) == set(JOBS) - {"publish"}
    assert uses(JOBS["publish"], "actions/checkout") == []


def test_only_the_main_branch_of_the_own_repository_is_pushed() -> None:
    conditions = {part.strip() for part in JOBS["publish"]["if"].split("&&")}
    assert conditions == {
        "github.event_name == 'push'",
        "github.ref == 'refs/heads/main'",
        "!github.event.repository.fork",
    }


def test_both_registries_get_the_commit_and_latest() -> None:
    (push,) = [step for step in steps_of(JOBS["publish"]) if "docker push" in step.get("run", "")]
    assert push["env"] == {
        "DOCKER_HUB": "docker.io/${{ secrets.DOCKER_USER }}",
        "OBSERVATORY": "registry.osupytheas.fr",
        "COMMIT": "${{ github.sha }}",
    }
    assert 'for registry in "$DOCKER_HUB" "$OBSERVATORY"' in push["run"]
    assert 'for tag in "$COMMIT" latest' in push["run"]


def test_only_the_job_that_pushes_knows_secrets() -> None:
    for name, text in TEXTS.items():
        for job, content in LOADED[name]["jobs"].items():
            assert ("secrets." in yaml.safe_dump(content)) == (job == "publish"), job
        # by name only: what signs in is never a word of the file
        for value in re.findall(r"^ *password: *(.*)$", text, flags=re.MULTILINE):
            assert re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", value), name
