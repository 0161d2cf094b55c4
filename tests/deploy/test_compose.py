"""`deploy/compose.yaml` starts what the manifests start, alike, and refers to nothing that is not there.

No container engine runs here: what an engine makes of the file is not shown (ADR 72).
"""

import json
import re
from typing import Any

import pytest
import yaml

from deploy.k8s import generated
from deploy.k8s.compose import FILE, MONGOD, compose
from deploy.processes import MIGRATED, PROCESSES
from deploy.secrets.making import Hosts, as_env, make
from tests.deploy.test_images import ROOT, stages
from tests.deploy.test_k8s import BY_NAME, configuration, container, environment_of, pod, settings_of
from tests.deploy.test_manifests import rendered, rendering

PARTS = {"mongodb", "mongodb-users", "rabbitmq", "broker-definitions"}
JOBS = {f"{name}-migrate" for name in MIGRATED}
MAIL = {"SMTP_PASSWORD"}
"""What only a place with a mail server has."""
WHOLE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
PLACE = re.compile(r"^\$\{PLACE:\?[^}]+\}/")


@pytest.fixture(scope="module")
def place() -> dict[str, str | bytes]:
    """The files that `deploy.secrets new --format env` writes."""
    return dict(as_env(make(Hosts("mongodb:27017", "rs0", "rabbitmq", tls=False))))


def test_the_file_is_generated() -> None:
    """`python -m deploy.k8s generate` writes it."""
    assert compose() == WHOLE
    assert FILE in dict(generated.files())


def test_every_process_migration_and_part_is_there_and_no_other() -> None:
    assert set(SERVICES) == {process.name for process in PROCESSES} | JOBS | PARTS


@pytest.mark.parametrize("name", BY_NAME)
def test_a_process_has_the_environment_of_its_manifest(name: str, place: dict[str, str | bytes]) -> None:
    """The same variables, with the same values but for addresses; secrets are in the file of its service."""
    own = SERVICES[name]
    (file,) = own["env_file"]
    secret = {line.partition("=")[0] for line in str(place[PLACE.sub("", file)]).splitlines()}
    wanted = {key: variable.get("value") for key, variable in environment_of(name).items()}
    wanted = {**configuration(), **wanted}
    assert set(own["environment"]) | secret == set(wanted) - MAIL
    assert {field.upper() for field, info in settings_of(name).model_fields.items() if info.is_required()} <= (
        set(own["environment"]) | secret
    )
    elsewhere = {"SUBGRAPH_URLS", "BALLOTS_URL", "TRUSTED_DOCUMENTS_FILE", *secret}
    if "TRUSTED_DOCUMENTS_FILE" in wanted:  # a cluster's ConfigMap may hold manifests of others
        assert own["environment"]["TRUSTED_DOCUMENTS_FILE"] in str(wanted["TRUSTED_DOCUMENTS_FILE"]).split(",")
    for key, value in wanted.items():
        if value is not None and key not in elsewhere:
            given = own["environment"][key]
            assert given == value or json.loads(given) == json.loads(value), key


@pytest.mark.parametrize("name", BY_NAME)
def test_a_process_reads_the_files_of_its_manifest_at_the_same_paths(name: str, place: dict[str, str | bytes]) -> None:
    mounts = {mount["target"]: mount for mount in SERVICES[name]["volumes"]}
    sources = [each for volume in _volumes(name) if "projected" in volume for each in volume["projected"]["sources"]]
    wanted = {
        f"/run/guopei/{item['path']}": f"{held['name']}/{item['key']}"
        for source in sources
        for held in source.values()
        for item in held["items"]
    }
    files = {target: PLACE.sub("", mount["source"]) for target, mount in mounts.items() if target.startswith("/run/")}
    assert files == wanted
    assert set(files.values()) <= set(place)
    assert all(mount["bind"] == {"create_host_path": False} for mount in mounts.values())
    assert ("/var/lib/guopei" in mounts) == BY_NAME[name].single, "keys that are destroyed have a disk (R36)"


def _volumes(name: str) -> list[dict[str, Any]]:
    return list(pod(name).get("volumes", []))


@pytest.mark.parametrize("name", [*BY_NAME, *sorted(JOBS)])
def test_a_process_is_confined_and_runs_the_image_of_its_manifest(name: str) -> None:
    own = SERVICES[name]
    assert own["image"] == container(name)["image"]
    assert (own["read_only"], own["cap_drop"], own["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert own["user"].startswith("${RUN_AS:?"), "whoever owns the files, and never root by default"
    assert own.get("entrypoint", []) == container(name).get("command", [])
    assert own.get("command", []) == container(name).get("args", [])


@pytest.mark.parametrize("name", SERVICES)
def test_whatever_is_referred_to_is_there(name: str) -> None:
    own = SERVICES[name]
    assert set(own.get("depends_on", ())) <= set(SERVICES)
    for other, condition in own.get("depends_on", {}).items():
        if condition["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "on-failure", "what never ends is never waited for"
    assert set(own.get("networks", ())) <= set(WHOLE["networks"])
    assert own.get("networks") or own["network_mode"].removeprefix("service:") in SERVICES
    for volume in own.get("volumes", ()):
        if isinstance(volume, str):
            assert volume.partition(":")[0] in WHOLE["volumes"]
        elif volume["source"].startswith("."):
            assert (FILE.parent / volume["source"]).is_file()
    if build := own.get("build"):
        assert (FILE.parent / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).is_file()
        assert build["target"] in stages()
        if build["target"] == "process":
            assert (ROOT / build["args"]["PROCESS"] / "__main__.py").is_file()


def test_whoever_is_called_by_name_shares_a_network_and_listens(place: dict[str, str | bytes]) -> None:
    for name, own in SERVICES.items():
        values = " ".join(own.get("environment", {}).values())
        values += " " + " ".join(str(place[PLACE.sub("", file)]) for file in own.get("env_file", ()) if name in BY_NAME)
        for host, port in re.findall(r"(?:://|@)([a-z][a-z-]*):(\d+)(?=[/?\s\"]|$)", values):
            if host != "localhost" and (host != "rabbitmq" or own["environment"].get("ROLE") != "api"):
                assert set(own["networks"]) & set(SERVICES[host]["networks"]), f"{name} → {host}"
                assert port == {"mongodb": "27017", "rabbitmq": "5672"}.get(host, "8000")


def test_only_the_gateway_is_heard_outside_and_only_by_this_host() -> None:
    """The rest is on networks that lead nowhere."""
    published = {name: own["ports"] for name, own in SERVICES.items() if "ports" in own}
    assert published == {"gateway-api": ["127.0.0.1:8000:8000"], "gateway-auth": ["127.0.0.1:8001:8000"]}
    outside = {name for name, own in SERVICES.items() if "front" in own.get("networks", ())}
    assert outside == {*published, "enrollment-worker"}, "it sends mail (R24)"
    assert all(WHOLE["networks"][name] == {"internal": True} for name in ("data", "graph"))


@pytest.mark.parametrize("tls", [True, False])
def test_addresses_speak_tls_unless_it_is_turned_off(*, tls: bool) -> None:
    hosts = Hosts("mongodb:27017", "rs0", "rabbitmq", tls=tls)
    assert ("tls=true" in hosts.mongodb_url("catalog", "x")) == tls
    assert hosts.amqp_url("catalog", "x") == (
        "amqps://catalog:x@rabbitmq:5671/%2F" if tls else "amqp://catalog:x@rabbitmq:5672/%2F"
    )


@rendering
def test_the_database_is_that_of_the_cluster() -> None:
    (cluster,) = (doc for doc in rendered("prod") if doc["kind"] == "PerconaServerMongoDB")
    assert cluster["spec"]["image"] == MONGOD == SERVICES["mongodb"]["image"]
    asked = yaml.safe_load(cluster["spec"]["replsets"][0]["configuration"])["setParameter"]
    (*_, started) = SERVICES["mongodb"]["entrypoint"]
    assert all(f"--setParameter {name}={value}" in started for name, value in asked.items())
