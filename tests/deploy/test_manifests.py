"""The overlays: what they bring together is valid, one thing scales a process, and only what is listed may be said."""

import itertools
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import typer
import yaml
from typer.main import get_command

from deploy.backup.__main__ import cli as backups
from deploy.k8s import generated
from deploy.k8s.calendar import of_round, openings
from deploy.matrix import AMQPS, BACKED_UP, DEFINITIONS, ELSEWHERE, HTTP, MANAGEMENT, MONGODB, SPANS, connections
from deploy.processes import MIGRATED, PROCESSES, PRODUCERS, SUBGRAPHS
from gateway.http.pages import page_routes
from gateway.http.web import WebFiles, web_routes
from kernel.reference import round_data

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = ("dev", "staging", "prod")
VERSIONS = ("1.33", kubernetes_validate.latest_version())
KUBECTL = shutil.which("kubectl")
FULL = os.environ.get("MANIFESTS") == "full"
OF_OPERATORS = {"keda.sh", "monitoring.coreos.com", "external-secrets.io"}
"""Groups of resources whose schemas npm packages carry (`deploy/k8s/check_resources.mjs`)."""
OF_PARTS = {"psmdb.percona.com", "rabbitmq.com"}
"""Groups of resources whose fields `deploy/k8s/crds` lists."""
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")
Document = dict[str, Any]
rendering = pytest.mark.skipif(
    KUBECTL is None and not FULL, reason="no kubectl here; tests/deploy/test_k8s.py needs none"
)


@cache
def rendered(overlay: str) -> tuple[Document, ...]:
    """What an overlay renders to."""
    command = [KUBECTL or "kubectl", "kustomize", str(K8S / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - renders our own files
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> dict[str, Document]:
    """Documents of these kinds by name."""
    return {doc["metadata"]["name"]: doc for doc in rendered(overlay) if doc["kind"] in kinds}


def group(document: Document) -> str:
    return str(document["apiVersion"].rpartition("/")[0])


def template(workload: Document) -> Document:
    """The template of a workload's pods."""
    spec = workload["spec"].get("jobTemplate", workload)["spec"] if workload["kind"] == "CronJob" else workload["spec"]
    return dict(spec["template"])


def labels_of(workload: Document) -> dict[str, str]:
    return dict(template(workload)["metadata"]["labels"])


def test_generated_files_are_what_the_data_says() -> None:
    """`python -m deploy.k8s generate` writes them."""
    for file, text in generated.files():
        assert file.read_text(encoding="utf-8") == text, file


@rendering
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_document_of_an_overlay_is_valid(overlay: str, version: str) -> None:
    for document in rendered(overlay):
        if group(document) not in OF_OPERATORS | OF_PARTS:
            kubernetes_validate.validate(document, version, strict=True)


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_database_and_broker_have_the_fields_that_their_operators_document(overlay: str) -> None:
    parts = [document for document in rendered(overlay) if group(document) in OF_PARTS]
    assert {document["kind"] for document in parts} == {file.stem for file in (K8S / "crds").glob("*.json")}
    for document in parts:
        schema = json.loads((K8S / "crds" / f"{document['kind']}.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | {"spec": document["spec"] | {"replica": 3}}, schema)


@rendering
def test_each_service_has_its_own_database_and_no_other() -> None:
    (cluster,) = of_kind("prod", "PerconaServerMongoDB").values()
    users = cluster["spec"]["users"]
    assert {user["name"] for user in users} == set(MIGRATED)
    for user in users:
        assert (user["db"], user["roles"]) == (user["name"], [{"name": "readWrite", "db": user["name"]}])


@rendering
@pytest.mark.skipif(not FULL and not (K8S / "node_modules").exists(), reason="`make manifests` fetches the schemas")
def test_resources_of_operators_are_valid_and_a_wrong_one_is_seen() -> None:
    documents = [doc for overlay in OVERLAYS for doc in rendered(overlay) if group(doc) in OF_OPERATORS]
    assert {group(document) for document in documents} == OF_OPERATORS
    assert checked(documents) == ""
    for document in {doc["kind"]: doc for doc in documents}.values():
        wrong = json.loads(json.dumps(document))
        wrong["spec"] = 1
        assert checked([wrong]).startswith(f"{wrong['kind']} ")


def checked(documents: list[Document]) -> str:
    """What the operators' own schemas say of resources."""
    command = ["node", str(K8S / "check_resources.mjs")]
    return subprocess.run(command, input=json.dumps(documents), capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own script


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_two_documents_are_one(overlay: str) -> None:
    names = Counter((doc["kind"], doc["metadata"]["name"]) for doc in rendered(overlay))
    assert max(names.values()) == 1


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_selectors_match_pods(overlay: str) -> None:
    """Of Services, budgets and policies: one that selects nothing protects nothing."""
    pods = [labels_of(workload) for workload in of_kind(overlay, *WORKLOADS).values()]
    external = [peer.labels for peer in ELSEWHERE.values()]
    for document in rendered(overlay):
        selector = document["spec"].get("selector") if document["kind"] in {"Service", "PodDisruptionBudget"} else None
        if document["kind"] == "NetworkPolicy":
            selector = document["spec"]["podSelector"]
        if not selector:
            continue
        wanted = selector.get("matchLabels", selector if document["kind"] == "Service" else {})
        assert wanted in external or any(wanted.items() <= labels.items() for labels in pods), document["metadata"]


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_has_one_that_says_how_many(overlay: str) -> None:
    workloads = of_kind(overlay, "Deployment", "StatefulSet")
    said = {name for name, workload in workloads.items() if "replicas" in workload["spec"]}
    scalers = [
        doc["spec"]["scaleTargetRef"]["name"]
        for doc in rendered(overlay)
        if doc["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    ]
    assert sorted([*said, *scalers]) == sorted(process.name for process in PROCESSES)
    assert set(scalers) in (set(), {process.name for process in PROCESSES if process.scaled})
    for document in rendered(overlay):
        if document["kind"] == "HorizontalPodAutoscaler":
            assert document["spec"]["minReplicas"] < document["spec"]["maxReplicas"]


@rendering
def test_overlays_differ_in_number_place_and_priority_only() -> None:
    """Security, probes, environment, files and times are everywhere the same, so that staging proves production."""
    first, *others = ({name: shape(doc) for name, doc in of_kind(overlay, *WORKLOADS).items()} for overlay in OVERLAYS)
    for other in others:
        assert other == first


def shape(workload: Document) -> Document:
    """What no overlay may change of a workload."""
    spec = json.loads(json.dumps(workload["spec"]))
    spec.pop("replicas", None)
    pod = template(workload | {"spec": spec})["spec"]
    for free in ("priorityClassName", "topologySpreadConstraints"):
        pod.pop(free, None)
    for container in pod["containers"]:
        container["image"] = container["image"].rpartition("/")[2].partition(":")[0].partition("@")[0]
        for source in container.get("envFrom", ()):
            source["configMapRef"]["name"] = re.sub(r"-[a-z0-9]{10}$", "", source["configMapRef"]["name"])
    return dict(spec)


@rendering
@pytest.mark.parametrize("overlay", ["staging", "prod"])
def test_a_drained_node_takes_one_pod_of_a_process_and_requests_come_first(overlay: str) -> None:
    budgets = of_kind(overlay, "PodDisruptionBudget")
    assert set(budgets) == {process.name for process in PROCESSES if not process.single}
    for name, workload in of_kind(overlay, "Deployment").items():
        spec = workload["spec"]["template"]["spec"]
        requests = name.endswith(("-api", "-auth"))
        assert spec["priorityClassName"] == ("guopei-requests" if requests else "guopei-background")
        assert {each["topologyKey"]: each["whenUnsatisfiable"] for each in spec["topologySpreadConstraints"]} == {
            "topology.kubernetes.io/zone": "ScheduleAnyway",
            "kubernetes.io/hostname": "DoNotSchedule",
        }
    classes = of_kind(overlay, "PriorityClass")
    assert classes["guopei-requests"]["value"] > classes["guopei-background"]["value"]


def spoken_to() -> set[tuple[str, str, int]]:
    """Who is called by whom, as the environment of the pods says."""
    found: set[tuple[str, str, int]] = set()
    for name, workload in of_kind("prod", *WORKLOADS).items():
        (container,) = template(workload)["spec"]["containers"]
        environment = {variable["name"]: variable for variable in container["env"]}
        role = environment.get("ROLE", {}).get("value")
        if "MONGODB_URL" in environment:
            found.add((name, "mongodb", MONGODB))
        if "AMQP_URL" in environment and role != "api":  # relays and consumers alone open the connection
            found.add((name, "rabbitmq", AMQPS))
        if "SUBGRAPH_URLS" in environment and name != "gateway-auth":  # /auth asks no subgraph
            found |= {(name, f"{subgraph}-api", HTTP) for subgraph in SUBGRAPHS}
        if "BALLOTS_URL" in environment and name != "gateway-auth":
            found.add((name, "ballots", HTTP))
        if "RABBITMQ_MANAGEMENT_URL" in environment:
            assert environment["RABBITMQ_MANAGEMENT_URL"]["value"].endswith(f"@rabbitmq:{MANAGEMENT}")
            found.add((name, "rabbitmq", MANAGEMENT))
        if "SMTP_PASSWORD" in environment:
            found |= {(name, "mail", port) for port in (587, 465)}
    return found


@rendering
def test_the_matrix_is_what_the_environment_of_the_processes_connects() -> None:
    ours = {process.name for process in PROCESSES} | {f"{process.service}-migrate" for process in PROCESSES}
    ours |= {f"{service}-backup" for service in BACKED_UP} | {DEFINITIONS}
    rows = {(row.source, row.target, port) for row in connections() for port in row.ports if row.source in ours}
    beside = {("gateway-auth", "sign-on", 443)} | {(name, "monitoring", SPANS) for name in ours}
    assert rows - beside == spoken_to()


def parsed(command: str, *arguments: str) -> dict[str, Any]:
    """What a command of `deploy.backup` is given by a command line; it is not run."""
    group = get_command(backups)
    assert isinstance(group, typer.core.TyperGroup)
    return group.commands[command].make_context(command, list(arguments)).params


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_database_but_the_ballot_boxs_is_backed_up_each_night(overlay: str) -> None:
    """ADR 77: at another time each, confined, with the key from a Secret, and by a command that this release has."""
    jobs = of_kind(overlay, "CronJob")
    assert set(jobs) == {f"{service}-backup" for service in PRODUCERS} == {f"{service}-backup" for service in BACKED_UP}
    assert len({job["spec"]["schedule"] for job in jobs.values()}) == len(jobs)
    claims, accounts = of_kind(overlay, "PersistentVolumeClaim"), of_kind(overlay, "ServiceAccount")
    (cluster,) = of_kind(overlay, "PerconaServerMongoDB").values()
    for name, job in jobs.items():
        spec = template(job)["spec"]
        assert (job["spec"]["timeZone"], job["spec"]["concurrencyPolicy"]) == ("Asia/Shanghai", "Forbid")
        assert spec["serviceAccountName"] in accounts
        assert spec["securityContext"]["runAsNonRoot"]
        (taking,), (empty,) = spec["containers"], spec["initContainers"]
        for container in (taking, empty):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]
        assert (empty["image"], empty["restartPolicy"]) == (cluster["spec"]["image"], "Always")
        assert "--bind_ip=127.0.0.1" in empty["command"], "nobody else reaches the copy"
        environment = {variable["name"]: variable for variable in taking["env"]}
        service = name.removesuffix("-backup")
        assert environment["MONGODB_URL"]["valueFrom"]["secretKeyRef"] == {"name": service, "key": "MONGODB_URL"}
        mounts = {mount["name"]: mount["mountPath"] for mount in taking["volumeMounts"]}
        assert environment["BACKUP_KEY_FILE"]["value"] == f"{mounts['key']}/backup.key"
        program, command, *arguments = taking["args"]
        assert (program, arguments[0], arguments[1]) == ("deploy.backup", service, mounts["backups"])
        given = parsed(command, *arguments, "--key", str(ROOT / "README.md"), "--url", "mongodb://x")
        assert given["empty"] == "mongodb://127.0.0.1:27017/"
        (volume,) = (each for each in spec["volumes"] if each["name"] == "backups")
        assert claims[volume["persistentVolumeClaim"]["claimName"]]["spec"]["storageClassName"] == "backups"


@rendering
def test_r34_the_ballot_box_hears_gateway_and_register_and_speaks_to_its_database_only() -> None:
    policy = of_kind("prod", "NetworkPolicy")["ballots"]["spec"]
    heard = {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for rule in policy["ingress"]
        for peer in rule["from"]
    }
    assert heard == {"gateway-api", "evaluations"}
    (spoken,) = policy["egress"]
    assert [port["port"] for port in spoken["ports"]] == [MONGODB]


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_not_allowed_is_denied_both_ways(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name in of_kind(overlay, *WORKLOADS):
        assert set(policies[name]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    networks = of_kind(overlay, "ConfigMap")["networks"]["data"]
    blocks = set(re.findall(r"'cidr': '([^']+)'", str(list(policies.values()))))
    assert blocks == set(networks.values()), "each network of the place, and no placeholder"


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_ingress_leads_to_every_path_of_the_gateway_and_to_no_probe(overlay: str) -> None:
    ingresses = of_kind(overlay, "Ingress")
    host = of_kind(overlay, "ConfigMap")["ingress"]["data"]["HOST"]
    led: dict[str, str] = {}
    for ingress in ingresses.values():
        (rule,) = ingress["spec"]["rules"]
        assert (rule["host"], ingress["spec"]["tls"][0]["hosts"]) == (host, [host])
        led |= {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    described = yaml.safe_load((ROOT / "contracts" / "http" / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    pages = [route.path for name in ("page", "ballot", "check-in", "c") for route in page_routes(name)]
    front_ends = [route.path for route in web_routes(WebFiles(None))]
    wanted = {f"/{path.split('/')[1]}" for path in (*described, *pages, *front_ends, "/graphql")}
    assert set(led) == wanted - {"/livez", "/readyz"}
    assert {path for path, service in led.items() if service == "gateway-auth"} == {"/auth"}
    services = of_kind(overlay, "Service")
    assert set(led.values()) <= set(services)
    quiet = ingresses["ballots"]["metadata"]["annotations"]
    assert quiet == {"nginx.ingress.kubernetes.io/enable-access-log": "false"}, "no line tells who sent a ballot (R34)"


def test_scale_goes_up_from_the_evening_before_each_deadline_and_windows_that_meet_are_one() -> None:
    round_ = round_data(2024)
    windows = of_round(round_)
    for phase in round_["phases"]:
        last = date.fromisoformat(phase["closes"])
        end_of_day = datetime.combine(last + timedelta(days=1), datetime.min.time())
        (window,) = [each for each in windows if each.start < end_of_day < each.end]
        assert end_of_day - window.start >= timedelta(hours=30)
        assert window.end - end_of_day >= timedelta(hours=2)
    assert all(one.end < two.start for one, two in itertools.pairwise(windows))
    near = {"phases": [{"opens": "2024-01-01", "closes": closes} for closes in ("2024-05-05", "2024-05-06")]}
    assert [(window.cron_start, window.cron_end) for window in of_round(near)] == [("0 18 4 5 *", "0 2 7 5 *")]
    assert [window.cron_start for window in openings(near)] == ["30 7 1 1 *"]
    assert not generated.stale(round_, date(2024, 12, 30))
    assert generated.stale(round_, date(2024, 12, 31))
