"""The manifests for several hosts are valid and say nothing that the platform does not know."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from climate_simulation_platform.settings import VARIABLES, Settings
from tests.container_images import STAND_ALONE, dockerfiles, instructions, stack_reader
from tests.reference import ROOT

REGISTRY = "registry.osupytheas.fr"
FOLDER = ROOT / "deploy" / "kubernetes"
SWARM = ROOT / "deploy" / "swarm.yaml"

KUBERNETES_VERSIONS = ("1.31", "1.37")
"""The oldest that is promised, and a new one."""

OF_THE_BROKER = {"RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "BROKER_PASSWORD_FILE"}
"""What the official image of RabbitMQ and message_broker/start.sh understand."""

SIGNING = ("flask_app", "panel_app")
"""What knows the secret key, and is behind nginx."""

WORKERS = ("python_worker", "mosaic_worker", "mosaix_worker")

QUEUED = ("flask_app", "message_dispatcher", *WORKERS)
"""What sends messages or takes them."""

STANDALONE = {"secrets.example.yaml", "python-worker-scaling.yaml"}
"""What kustomize does not apply by itself."""

Manifest = dict[str, Any]


def documents(file: str) -> list[Manifest]:
    text = (FOLDER / file).read_text(encoding="utf-8")
    return [document for document in yaml.safe_load_all(text) if document]


FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
MANIFESTS = [m for file in FILES if file != "kustomization.yaml" for m in documents(file)]
KUSTOMIZATION = documents("kustomization.yaml")[0]


def of_kind(kind: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in MANIFESTS if m["kind"] == kind}


PODS = {
    name: workload["spec"]["template"]
    for kind in ("Deployment", "StatefulSet", "Job")
    for name, workload in of_kind(kind).items()
}


@dataclass(frozen=True)
class Container:
    """A container of either kind of cluster."""

    name: str
    image: str
    environment: Mapping[str, str]

    @property
    def built(self) -> str:
        """Name of our image; empty if it is somebody else's."""
        name = self.image.split("/")[-1].split(":")[0]
        return name if self.image.startswith(f"{REGISTRY}/") else ""

    @property
    def service(self) -> str:
        return self.image.split(":")[0].removeprefix(f"{REGISTRY}/netcdf_editor_")


def in_pod(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def kubernetes_environment(container: Manifest) -> dict[str, str]:
    maps = of_kind("ConfigMap")
    values: dict[str, str] = {}
    for source in container.get("envFrom", []):
        values |= maps[source["configMapRef"]["name"]]["data"]
    for variable in container.get("env", []):
        values[variable["name"]] = variable.get("value", "from a secret")
    return values


def interpolated(value: object) -> str:
    """A value of the stack as it is where nobody sets a variable."""
    return re.sub(r"\$\{\w+:(?:-(.*?)|\?.*?)\}", lambda found: found[1] or "named", str(value))


STACK: Manifest = yaml.safe_load(SWARM.read_text(encoding="utf-8"))
SERVICES: dict[str, Manifest] = STACK["services"]

CONTAINERS = [
    *(
        Container(f"kubernetes {name} {c['name']}", c["image"], kubernetes_environment(c))
        for name, pod in PODS.items()
        for c in in_pod(pod)
    ),
    *(
        Container(
            f"swarm {name}",
            interpolated(service["image"]),
            {n: interpolated(v) for n, v in service.get("environment", {}).items()},
        )
        for name, service in SERVICES.items()
    ),
]

every_container = pytest.mark.parametrize("container", CONTAINERS, ids=lambda c: c.name)
every_pod = pytest.mark.parametrize("name", list(PODS))
every_service = pytest.mark.parametrize("name", list(SERVICES))


def known_variables(container: Container) -> set[str]:
    if container.service == "rabbitmq":
        return OF_THE_BROKER
    if container.service == "nginx":
        return set(re.findall(r"\b([A-Z][A-Z0-9_]*)=", instructions("netcdf_editor_nginx")))
    return {variable.name for variable in VARIABLES}


@every_container
def test_every_image_is_one_that_we_build_or_the_brokers(container: Container) -> None:
    assert container.built in dockerfiles() or container.image == "rabbitmq:4.2"


def test_both_kinds_of_cluster_run_every_service() -> None:
    for cluster in ("kubernetes", "swarm"):
        run = {c.built for c in CONTAINERS if c.name.startswith(cluster)} - {""}
        assert run == set(dockerfiles()) - STAND_ALONE


@every_container
def test_every_variable_is_one_that_its_program_knows(container: Container) -> None:
    assert set(container.environment) <= known_variables(container)


@every_container
def test_the_platform_takes_the_values(container: Container, tmp_path: Path) -> None:
    if container.service in ("rabbitmq", "nginx"):
        return
    secret = tmp_path / "secret"
    secret.write_text("s" * 32)
    environment = {
        name: str(secret) if name.endswith("_FILE") else value
        for name, value in container.environment.items()
    } | {"DATABASE_URL": container.environment["DATABASE_URL"].replace("from a secret", "")}
    pages = container.service in SIGNING and "migrate" not in container.name
    settings = Settings.from_env(environment, embedded=False, keyless=not pages)
    assert settings.instance == Path("/instance")
    told_of_queue = container.service in QUEUED and "migrate" not in container.name
    assert (settings.broker is not None) == told_of_queue
    assert settings.trusted_proxies == int(pages)


# Kubernetes


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@pytest.mark.parametrize("file", [file for file in FILES if file != "kustomization.yaml"])
def test_every_manifest_is_valid(file: str, version: str) -> None:
    if os.environ.get("CI") == "true":
        import kubernetes_validate
    else:
        kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="make lint")
    for manifest in documents(file):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_kustomization_has_every_file_and_every_image() -> None:
    assert {*KUSTOMIZATION["resources"], "kustomization.yaml"} | STANDALONE == set(FILES)
    assert not STANDALONE & set(KUSTOMIZATION["resources"])
    images = {image["name"] for image in KUSTOMIZATION["images"]}
    assert images == {f"{REGISTRY}/{name}" for name in set(dockerfiles()) - STAND_ALONE}


def test_the_namespace_is_one() -> None:
    space = KUSTOMIZATION["namespace"]
    assert set(of_kind("Namespace")) == {space}
    named = {m["metadata"].get("namespace", space) for m in MANIFESTS}
    assert named == {space}
    assert f".{space}.svc." in of_kind("ConfigMap")["nginx"]["data"]["FLASK_APP"]


def mentions(value: object, key: str) -> Iterator[Any]:
    """Everything that stands under a key, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from mentions(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from mentions(inner, key)


@every_pod
def test_every_secret_that_is_named_is_declared(name: str) -> None:
    declared = {n: set(secret["stringData"]) for n, secret in of_kind("Secret").items()}
    for reference in mentions(PODS[name], "secretKeyRef"):
        assert reference["key"] in declared[reference["name"]]
    for volume in mentions(PODS[name], "secret"):
        assert {item["key"] for item in volume["items"]} <= declared[volume["secretName"]]


def test_no_file_holds_a_secret() -> None:
    for secret in of_kind("Secret").values():
        assert set(secret["stringData"].values()) == {""}
        assert "data" not in secret
    for ingress in of_kind("Ingress").values():
        for secure in ingress["spec"]["tls"]:
            assert secure["secretName"] in of_kind("Secret")


@every_pod
def test_no_container_is_root_or_may_become_it(name: str) -> None:
    pod = PODS[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    # a service named broker would otherwise set BROKER_PORT
    assert pod["enableServiceLinks"] is False
    for container in in_pod(PODS[name]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@every_pod
def test_every_container_has_limits_and_probes(name: str) -> None:
    for container in in_pod(PODS[name]):
        for part in ("requests", "limits"):
            assert set(container["resources"][part]) == {"cpu", "memory"}
    for container in PODS[name]["spec"]["containers"]:
        ports = {port["name"] for port in container["ports"]}
        for probe in ("readinessProbe", "livenessProbe"):
            for asked in mentions(container[probe], "port"):
                assert asked in ports
        path = next(mentions(container["readinessProbe"], "path"), "")
        assert path == {"flask-app": "/status", "message-broker": ""}.get(name, "/health")


@every_pod
def test_what_is_mounted_exists(name: str) -> None:
    pod = PODS[name]["spec"]
    templates = of_kind("StatefulSet").get(name, {}).get("spec", {})
    claimed = [claim["metadata"]["name"] for claim in templates.get("volumeClaimTemplates", [])]
    volumes = {volume["name"] for volume in pod["volumes"]} | {*claimed}
    for container in in_pod(PODS[name]):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    for claim in mentions(pod, "persistentVolumeClaim"):
        assert claim["claimName"] in of_kind("PersistentVolumeClaim")
    for volume in mentions(pod, "configMap"):
        assert volume["name"] in of_kind("ConfigMap")


@pytest.mark.parametrize("name", list(of_kind("Service")))
def test_every_service_leads_to_a_pod(name: str) -> None:
    service = of_kind("Service")[name]["spec"]
    pod = PODS[service["selector"]["app"]]
    ports = {port["name"] for container in in_pod(pod) for port in container.get("ports", [])}
    assert {port["targetPort"] for port in service["ports"]} <= ports


def test_broker_pages_and_editors_are_where_the_settings_say() -> None:
    maps = of_kind("ConfigMap")
    assert maps["queue"]["data"]["BROKER_HOST"] in of_kind("Service")
    for named in ("FLASK_APP", "PANEL_APP"):
        host, port = maps["nginx"]["data"][named].split(":")
        service = of_kind("Service")[host.split(".")[0]]
        assert [str(p["port"]) for p in service["spec"]["ports"]] == [port]


def test_nothing_passes_but_what_a_policy_allows() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        chosen = policy["spec"]["podSelector"].get("matchLabels", {})
        assert any(chosen.items() <= pod["metadata"]["labels"].items() for pod in PODS.values())
        for direction in policy["spec"]["policyTypes"]:
            assert name == "nothing" or policy["spec"][direction.lower()]


def test_dispatcher_and_editors_are_alone_and_a_worker_has_its_grace() -> None:
    for alone in ("message-dispatcher", "panel-app"):
        spec = of_kind("Deployment")[alone]["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    for worker in WORKERS:
        pod = PODS[worker.replace("_", "-")]["spec"]
        grace = int(kubernetes_environment(pod["containers"][0])["WORKER_GRACE_SECONDS"])
        assert pod["terminationGracePeriodSeconds"] > grace


def test_the_broker_is_configured_alike_everywhere() -> None:
    files = {"20-platform.conf": "rabbitmq.conf", "enabled_plugins": "enabled_plugins"}
    mounted = of_kind("ConfigMap")["message-broker"]["data"]
    for key, file in files.items():
        assert mounted[key] == (ROOT / "message_broker" / file).read_text(encoding="utf-8")
    for configuration in STACK["configs"].values():
        assert (SWARM.parent / configuration["file"]).is_file()
    given = {given["source"] for given in SERVICES["message_broker"]["configs"]}
    assert given == set(STACK["configs"])


# Docker Swarm


def test_docker_takes_the_stack() -> None:
    variables = {"DATABASE_HOST": "database", "NFS_SERVER": "files", "NFS_PATH": "/instance"}
    told = subprocess.run(
        [*stack_reader(), "--compose-file", str(SWARM)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert set(yaml.safe_load(told.stdout)["services"]) == set(SERVICES)


@every_service
def test_a_service_is_locked_down_and_limited(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@every_service
def test_a_service_that_stays_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    if service["deploy"].get("mode") == "replicated-job":
        return
    own = service.get("healthcheck", {}).get("test")
    image = Container(name, interpolated(service["image"]), {}).built
    assert own or re.search(r"^HEALTHCHECK .*\bCMD\b", instructions(image), flags=re.MULTILINE)


@every_service
def test_what_a_service_names_is_declared_and_given(name: str) -> None:
    service = SERVICES[name]
    given = {secret["source"] for secret in service.get("secrets", [])}
    assert given <= set(STACK["secrets"])
    named = set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service)))
    assert named <= given
    for secret in service.get("secrets", []):
        assert (secret["mode"], secret["uid"]) == (0o400, service["user"].split(":")[0])
    assert set(service["networks"]) <= set(STACK["networks"])
    volumes = {v["source"] for v in service["volumes"] if v["type"] == "volume"}
    assert volumes <= set(STACK["volumes"])


def test_secrets_of_the_stack_come_from_outside() -> None:
    assert all(secret == {"external": True} for secret in STACK["secrets"].values())


def test_only_nginx_of_the_stack_is_open() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert STACK["networks"]["queue"]["internal"] is True


def test_the_stack_is_renewed_in_an_order_that_loses_nothing() -> None:
    for name in ("message_dispatcher", "panel_app"):
        alone = SERVICES[name]["deploy"]
        assert (alone["replicas"], alone["update_config"]["order"]) == (1, "stop-first")
    assert SERVICES["flask_app"]["deploy"]["update_config"]["order"] == "start-first"
    for worker in (SERVICES[name] for name in WORKERS):
        grace = int(worker["environment"]["WORKER_GRACE_SECONDS"])
        assert int(worker["stop_grace_period"].removesuffix("s")) > grace
    for service in SERVICES.values():
        if service["deploy"].get("mode") != "replicated-job":
            assert service["deploy"]["update_config"]["parallelism"] == 1
