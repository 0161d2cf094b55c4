"""The kustomize base: the processes alike, every document valid, nothing that the settings do not know.

The tests read the recorded rendering, which needs no kubectl. After a change of the base, record it anew:
`kubectl kustomize deploy/k8s/base > tests/deploy/k8s_base.rendered.yaml`; its diff is what changes in a cluster.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from pydantic_settings import BaseSettings
from starlette.routing import Route

from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.tasks import Role
from chassis.serving.asgi import subgraph_app
from deploy.processes import MIGRATED, PROCESSES, SUBGRAPHS
from gateway.http.lifespan import Lifespan
from gateway.settings import GatewaySettings, ProcessSettings
from services.assessment.ballots import app as ballots
from services.assessment.ballots.settings import BallotsSettings
from services.assessment.settings import AssessmentSettings
from services.catalog.settings import CatalogSettings
from services.enrollment.settings import EnrollmentSettings

BASE = Path(__file__).resolve().parents[2] / "deploy" / "k8s" / "base"
RENDERED = Path(__file__).with_name("k8s_base.rendered.yaml")
OLDEST = "1.27"
NEWEST = kubernetes_validate.latest_version()
OF_SERVICE: dict[str, type[BaseSettings]] = {
    "catalog": CatalogSettings,
    "enrollment": EnrollmentSettings,
    "assessment": AssessmentSettings,
    "ballots": BallotsSettings,
    "gateway": GatewaySettings,
}
BACKGROUND = {Role.RELAY, Role.WORKER}
BY_NAME = {process.name: process for process in PROCESSES}
WITH_KEYS = tuple(process.name for process in PROCESSES if process.single)
"""Of each there is one, with secret keys on a disk of its own (R36)."""
CALLED = ("gateway-api", "gateway-auth", *WITH_KEYS)
"""Processes with a Service of their own name; a StatefulSet wants one in any case."""
JOBS = tuple(f"{service}-migrate" for service in MIGRATED)
KUBECTL = shutil.which("kubectl")
Document = dict[str, Any]


def read(file: Path) -> list[Document]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


@cache
def documents() -> list[Document]:
    """What the base renders to."""
    return read(RENDERED)


def named(kind: str, name: str) -> Document:
    (document,) = [document for document in documents() if label(document) == f"{kind}-{name}"]
    return document


def configuration() -> dict[str, str]:
    """The environment that all processes share."""
    (config,) = [document for document in documents() if document["kind"] == "ConfigMap"]
    return dict(config["data"])


def kustomized(folder: Path) -> Iterator[Path]:
    """Every file that the kustomization of a folder brings in, itself included."""
    (kustomization,) = read(folder / "kustomization.yaml")
    yield folder / "kustomization.yaml"
    paths = [*kustomization.get("resources", ()), *kustomization.get("components", ())]
    paths += [patch["path"] for patch in kustomization.get("patches", ())]
    for path in ((folder / name).resolve() for name in paths):
        yield from kustomized(path) if path.is_dir() else [path]


def without_order(value: Any) -> Any:
    """A value that is equal to another one if they differ in the order of lists only."""
    if isinstance(value, dict):
        return {key: without_order(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(without_order, value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value


def by_label(rendered: Iterable[Document]) -> dict[str, Document]:
    return {label(document): without_order(document) for document in rendered}


def workload(process: str) -> Document:
    """What runs a process: its Deployment, or its StatefulSet where it has a disk."""
    return named("StatefulSet" if process in WITH_KEYS else "Deployment", process)


def pod(process: str) -> Document:
    return dict((named("Job", process) if process in JOBS else workload(process))["spec"]["template"]["spec"])


def settings_of(process: str) -> type[BaseSettings]:
    """The class that reads its environment."""
    known = BY_NAME[process]
    if known.service == "gateway" and known.role in BACKGROUND:
        return ProcessSettings
    return OF_SERVICE[known.service]


def environment_of(process: str) -> dict[str, Document]:
    """Its variables by name, without those that all processes share."""
    return {variable["name"]: variable for variable in container(process)["env"]}


def container(process: str) -> Document:
    (only,) = pod(process)["containers"]
    return dict(only)


def label(document: Document) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


def test_every_file_of_the_base_is_used() -> None:
    assert set(BASE.rglob("*.yaml")) == set(kustomized(BASE))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("document", documents(), ids=label)
def test_every_document_is_valid(document: Document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl here; the recorded rendering is tested all the same")
def test_the_base_renders_to_what_is_recorded() -> None:
    assert KUBECTL
    rendering = subprocess.run([KUBECTL, "kustomize", str(BASE)], capture_output=True, text=True, check=True)  # noqa: S603 - renders our own files
    rendered = list(yaml.safe_load_all(rendering.stdout))
    assert by_label(rendered) == by_label(documents())
    assert len(rendered) == len(documents())


def test_every_process_is_there_and_no_other() -> None:
    there = {
        document["metadata"]["name"] for document in documents() if document["kind"] in {"Deployment", "StatefulSet"}
    }
    assert there == set(BY_NAME)
    assert {document["metadata"]["name"] for document in documents() if document["kind"] == "Job"} == set(JOBS)


@pytest.mark.parametrize("process", [*BY_NAME, *JOBS])
def test_a_process_runs_the_image_of_its_service(process: str) -> None:
    service = BY_NAME[process].service if process in BY_NAME else process.removesuffix("-migrate")
    image = "assessment" if service == "ballots" else service
    assert container(process)["image"] == f"guopei-graph/{image}:0.1.0"


@pytest.mark.parametrize("process", BY_NAME)
def test_a_process_runs_one_role(process: str) -> None:
    role = environment_of(process).get("ROLE")
    assert (role["value"] if role else "") == BY_NAME[process].role
    assert not role or Role(role["value"])
    assert "args" not in container(process)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_migrates_the_database_of_its_service(job: str) -> None:
    service = job.removesuffix("-migrate")
    own = container(job)
    assert own["args"] == ["migrate"]
    assert own.get("command", []) == (["python", "-m", "services.assessment.ballots"] if service == "ballots" else [])
    assert environment_of(job)["MONGODB_URL"]["valueFrom"]["secretKeyRef"] == {"name": service, "key": "MONGODB_URL"}
    assert environment_of(job)["MONGODB_DATABASE"]["value"] == service
    assert len(own["env"]) == 2, "it needs nothing else"


@pytest.mark.parametrize("process", [*BY_NAME, *JOBS])
def test_a_process_runs_restricted(process: str) -> None:
    security, own = pod(process)["securityContext"], container(process)["securityContext"]
    assert security["runAsNonRoot"]
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod(process)["automountServiceAccountToken"]
    assert named("ServiceAccount", pod(process)["serviceAccountName"])


@pytest.mark.parametrize("process", BY_NAME)
def test_a_process_is_probed_sized_and_given_time_to_leave(process: str) -> None:
    own = container(process)
    paths = {kind: own[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/readyz", "liveness": "/livez", "readiness": "/readyz"}
    assert set(own["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in own["resources"]["limits"]
    assert "lifecycle" not in own, "the process drains by itself"


@pytest.mark.parametrize("process", BY_NAME)
def test_a_process_is_taken_out_of_use_before_it_closes_and_ends_before_it_is_killed(process: str) -> None:
    own = environment_of(process).get("SERVER", {"value": configuration()["SERVER"]})
    server = ServerSettings.model_validate_json(own["value"])
    readiness = container(process)["readinessProbe"]
    if process not in WITH_KEYS and BY_NAME[process].role in BACKGROUND:
        assert server.drain_seconds == 0, "nobody calls it"
    else:
        assert server.drain_seconds > readiness["periodSeconds"] * readiness["failureThreshold"]
        assert server.grace_seconds >= 50, "a bulk mutation may take so long"
    assert server.stop_seconds + server.stall_seconds / 5 <= pod(process)["terminationGracePeriodSeconds"]
    assert workload(process)["spec"]["minReadySeconds"] >= server.drain_seconds


@pytest.mark.parametrize("process", CALLED)
def test_a_service_leads_to_its_process(process: str) -> None:
    service, behind = named("Service", process), workload(process)
    assert service["spec"]["selector"] == behind["spec"]["selector"]["matchLabels"]
    assert service["spec"]["selector"].items() <= behind["spec"]["template"]["metadata"]["labels"].items()
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] in {served["name"] for served in container(process)["ports"]}


@pytest.mark.parametrize("process", BY_NAME)
def test_the_environment_is_what_the_settings_ask_for(process: str) -> None:
    shared, settings = configuration(), settings_of(process)
    variables = {name.lower() for name in environment_of(process)} | {name.lower() for name in shared}
    required = {name for name, field in settings.model_fields.items() if field.is_required()}
    of_others = {"environment"} if settings is ProcessSettings else {"metrics_port"} if process == "ballots" else set()
    assert required <= variables <= set(settings.model_fields) | of_others
    assert shared["ENVIRONMENT"] == "production"
    ports = {port["name"]: port["containerPort"] for port in container(process)["ports"]}
    assert {"http": int(shared["PORT"]), "metrics": int(shared["METRICS_PORT"])} == ports


def test_n33_a_place_says_where_its_ingress_calls_from_or_the_gateway_does_not_start() -> None:
    """Else every user would have the ingress's address, and one who guesses would make all others wait."""
    for process in ("gateway-api", "gateway-auth"):
        source = environment_of(process)["FORWARDED_ALLOW_IPS"]["valueFrom"]["configMapKeyRef"]
        assert source == {"name": "ingress", "key": "FORWARDED_ALLOW_IPS"}, "and it is not optional"
    assert "forwarded_allow_ips" in GatewaySettings.model_fields


@pytest.mark.parametrize("process", BY_NAME)
def test_no_secret_is_written_down_and_every_process_has_its_own(process: str) -> None:
    environment, own = environment_of(process), BY_NAME[process].service
    for name in {"MONGODB_URL", "AMQP_URL"} & environment.keys():
        assert environment[name]["valueFrom"]["secretKeyRef"] == {"name": own, "key": name}
    assert not [document for document in documents() if document["kind"] == "Secret"]
    volumes = pod(process).get("volumes", [])
    assert all(volume["emptyDir"]["sizeLimit"] for volume in volumes if "emptyDir" in volume)
    sources = [source for volume in volumes if "projected" in volume for source in volume["projected"]["sources"]]
    assert {source["secret"]["name"] for source in sources if "secret" in source} <= {own}
    assert bool(sources) == (settings_of(process) is not ProcessSettings)


def test_the_gateway_resolves_every_replica_of_a_subgraph_and_calls_it_where_it_listens() -> None:
    """A headless Service translates no port (ADR 42)."""
    urls = json.loads(environment_of("gateway-api")["SUBGRAPH_URLS"]["value"])
    assert set(urls) == set(SUBGRAPHS)
    for process in SUBGRAPHS:
        service = named("Service", f"{process}-replicas")["spec"]
        assert service["selector"] == workload(f"{process}-api")["spec"]["selector"]["matchLabels"]
        (port,) = service["ports"]
        assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", False)
        assert service["selector"] == named("Service", process)["spec"]["selector"]
        assert port["port"] == container(f"{process}-api")["ports"][0]["containerPort"]
        assert urls[process] == f"http://{process}-replicas:{port['port']}/graphql"
        assert "clusterIP" not in named("Service", process)["spec"], "gateways of the release before call it"
    assert "clusterIP" not in named("Service", "gateway-api")["spec"]


def test_r34_the_ballot_box_has_no_broker_no_internal_keys_and_nothing_of_anybody_else() -> None:
    names = {variable["name"] for variable in container("ballots")["env"]}
    assert names == {"MONGODB_URL", "MONGODB_DATABASE", "KEYS_DIR", "BALLOTS_SECRET_FILE"}
    (keys,) = pod("ballots")["volumes"]
    assert keys["projected"]["sources"] == [
        {"secret": {"name": "ballots", "items": [{"key": "ballots-secret", "path": "ballots-secret"}]}}
    ]


@pytest.mark.parametrize("process", WITH_KEYS)
def test_r36_keys_that_are_destroyed_are_on_one_disk_that_no_backup_reads(process: str) -> None:
    """Where two replicas had a folder each, half of the keys would be missing in either."""
    stateful = workload(process)["spec"]
    assert stateful["replicas"] == 1
    (claim,) = stateful["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "not-backed-up"
    mounts = {mount["name"]: mount["mountPath"] for mount in container(process)["volumeMounts"]}
    environment = {variable["name"]: variable.get("value", "") for variable in container(process)["env"]}
    folder = environment["KEYS_DIR" if process == "ballots" else "REGISTER_KEYS_DIR"]
    assert folder.startswith(f"{mounts[claim['metadata']['name']]}/")


def test_r34_evaluations_are_moved_on_by_the_one_worker_that_has_the_keys() -> None:
    """Every other process of assessment knows of no ballot box, and so has no timer of evaluations."""
    environments = {name: environment_of(name) for name in BY_NAME}
    knowing = {name for name, known in environments.items() if "BALLOTS_URL" in known}
    assert knowing == {"evaluations", "gateway-api", "gateway-auth"}
    assert environments["evaluations"]["ROLE"]["value"] == "worker"
    assert environments["evaluations"]["MONGODB_DATABASE"]["value"] == "assessment"


def test_probes_are_answered_where_they_are_asked() -> None:
    """By a subgraph, by the gateway in any role, and by the ballot box."""
    unused: Any = None
    subgraph = {route.path for route in subgraph_app("x", unused, unused, unused).routes if isinstance(route, Route)}
    gateway = {route.path for route in Lifespan().routes() if isinstance(route, Route)}
    box = ballots.__file__
    assert box
    source = Path(box).read_text(encoding="utf-8")
    for process in BY_NAME:
        probes = {
            container(process)[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")
        }
        assert probes <= subgraph & gateway
        assert all(f'Route("{path}"' in source for path in probes)
    assert "/metrics" not in subgraph | gateway, "they have a port of their own"
