"""The kustomize base: every document valid, the four processes alike, nothing that the settings do not know."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from pydantic_settings import BaseSettings

from gateway.settings import GatewaySettings
from services.assessment.settings import AssessmentSettings
from services.catalog.settings import CatalogSettings
from services.enrollment.settings import EnrollmentSettings

BASE = Path(__file__).resolve().parents[2] / "deploy" / "k8s" / "base"
OLDEST = "1.27"
NEWEST = kubernetes_validate.latest_version()
SETTINGS: dict[str, type[BaseSettings]] = {
    "catalog": CatalogSettings,
    "enrollment": EnrollmentSettings,
    "assessment": AssessmentSettings,
    "gateway": GatewaySettings,
}
KUBECTL = shutil.which("kubectl")
Document = dict[str, Any]


def read(file: Path) -> list[Document]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


@cache
def kustomization() -> Document:
    (found,) = read(BASE / "kustomization.yaml")
    return dict(found)


def documents() -> Iterator[Document]:
    for name in kustomization()["resources"]:
        yield from read(BASE / name)


def named(kind: str, name: str) -> Document:
    (found,) = [one for one in documents() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def pod(process: str) -> Document:
    return dict(named("Deployment", process)["spec"]["template"]["spec"])


def container(process: str) -> Document:
    (found,) = pod(process)["containers"]
    return dict(found)


def label(document: Document) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


def test_the_base_names_every_file_beside_it() -> None:
    assert {path.name for path in BASE.glob("*.yaml")} == {"kustomization.yaml", *kustomization()["resources"]}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("document", list(documents()), ids=label)
def test_every_document_is_valid(document: Document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl here; the documents are validated all the same")
def test_the_base_renders_and_every_rendered_document_is_valid() -> None:
    assert KUBECTL
    done = subprocess.run([KUBECTL, "kustomize", str(BASE)], capture_output=True, text=True, check=True)  # noqa: S603 - renders our own files
    rendered = list(yaml.safe_load_all(done.stdout))
    assert {label(one) for one in documents()} <= {label(one) for one in rendered}
    for one in rendered:
        kubernetes_validate.validate(one, NEWEST, strict=True)
    images = {
        box["image"]
        for one in rendered
        if one["kind"] == "Deployment"
        for box in one["spec"]["template"]["spec"]["containers"]
    }
    assert images == {f"guopei-graph/{name}:0.1.0" for name in SETTINGS}


@pytest.mark.parametrize("process", SETTINGS)
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


@pytest.mark.parametrize("process", SETTINGS)
def test_a_process_is_probed_sized_and_given_time_to_leave(process: str) -> None:
    own = container(process)
    paths = {kind: own[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert set(own["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in own["resources"]["limits"]
    assert own["lifecycle"]["preStop"]


@pytest.mark.parametrize("process", SETTINGS)
def test_a_service_leads_to_its_process(process: str) -> None:
    service, deployment = named("Service", process), named("Deployment", process)
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] in {one["name"] for one in container(process)["ports"]}


@pytest.mark.parametrize(("process", "settings"), SETTINGS.items())
def test_the_environment_is_what_the_settings_ask_for(process: str, settings: type[BaseSettings]) -> None:
    (shared,) = kustomization()["configMapGenerator"]
    literals = dict(line.split("=", 1) for line in shared["literals"])
    given = {one["name"].lower() for one in container(process)["env"]} | {name.lower() for name in literals}
    needed = {name for name, field in settings.model_fields.items() if field.is_required()}
    assert needed <= given <= set(settings.model_fields)
    assert literals["ENVIRONMENT"] == "production"
    assert int(literals["PORT"]) == container(process)["ports"][0]["containerPort"]


def test_facts_33_a_place_says_where_its_ingress_calls_from_or_the_gateway_does_not_start() -> None:
    """Else every user would have the ingress's address, and one who guesses would make all others wait."""
    (given,) = [one for one in container("gateway")["env"] if one["name"] == "FORWARDED_ALLOW_IPS"]
    source = given["valueFrom"]["configMapKeyRef"]
    assert source == {"name": "ingress", "key": "FORWARDED_ALLOW_IPS"}, "and it is not optional"
    assert "forwarded_allow_ips" in GatewaySettings.model_fields


@pytest.mark.parametrize("process", SETTINGS)
def test_no_secret_is_written_down_and_every_process_has_its_own(process: str) -> None:
    env = {one["name"]: one for one in container(process)["env"]}
    for name in {"MONGODB_URL", "AMQP_URL"} & set(env):
        assert env[name]["valueFrom"]["secretKeyRef"] == {"name": process, "key": name}
    assert not [one for one in documents() if one["kind"] == "Secret"]
    keys, *scratch = sorted(pod(process)["volumes"], key=lambda one: "emptyDir" in one)
    assert all(one["emptyDir"]["sizeLimit"] for one in scratch)
    secrets = {source["secret"]["name"] for source in keys["projected"]["sources"] if "secret" in source}
    assert secrets <= {process}


def test_the_supergraph_reaches_the_subgraphs_by_their_services() -> None:
    supergraph = (BASE.parents[2] / "contracts" / "graph" / "supergraph.graphql").read_text(encoding="utf-8")
    for process in set(SETTINGS) - {"gateway"}:
        assert f'url: "http://{process}/graphql"' in supergraph
        assert named("Service", process)["spec"]["ports"][0]["port"] == 80
