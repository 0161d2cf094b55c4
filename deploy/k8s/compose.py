"""`deploy/compose.yaml`: the suite in containers on one host, from the same lists as the manifests (ADR 72)."""

import json
from pathlib import Path
from typing import Any, Final

from deploy.processes import MIGRATED, PROCESSES, SUBGRAPHS, Process

FILE: Final = Path(__file__).resolve().parents[1] / "compose.yaml"
MONGOD: Final = "percona/percona-server-mongodb:7.0.18-11"
"""As `components/mongodb` has it."""
_RABBITMQ: Final = "rabbitmq:4.0.5-management"
_RELEASE: Final = "0.1.0"
_PLACE: Final = "${PLACE:?the folder that deploy.secrets new has made}"
_USER: Final = "${RUN_AS:?user:group who owns PLACE}"
_KEYS: Final = "/run/guopei"
_DISK: Final = "/var/lib/guopei"
_READY: Final = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"
_CONFINED: Final[dict[str, Any]] = {
    "user": _USER,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
_CERTIFICATES: Final = ("certificates.json", "names.json", "seal.p12", "seal.password", "seal.pem")


def compose() -> dict[str, Any]:
    """The content of the file."""
    return {
        "name": "guopei-graph",
        "services": {
            "mongodb": _mongodb(),
            "mongodb-users": _mongodb_users(),
            "rabbitmq": _rabbitmq(),
            "broker-definitions": _broker_definitions(),
            **{f"{name}-migrate": _migration(name) for name in MIGRATED},
            **{process.name: _process(process) for process in PROCESSES},
        },
        "networks": {"data": {"internal": True}, "graph": {"internal": True}, "front": {}},
        "volumes": {"mongodb": {}, "rabbitmq": {}},
    }


def _image(service: str) -> dict[str, Any]:
    """The image of a service, and how it is built; `operations` is that of operators' commands."""
    name = "assessment" if service == "ballots" else service
    build: dict[str, Any] = {"context": "..", "dockerfile": "deploy/images/Dockerfile", "target": "process"}
    if name == "operations":
        build["target"] = name
    else:
        build["args"] = {"PROCESS": name if name == "gateway" else f"services/{name}", "VERSION": _RELEASE}
    return {"image": f"guopei-graph/{name}:{_RELEASE}", "build": build}


def _program(service: str, *arguments: str) -> dict[str, Any]:
    """What runs in the image of a service where it is not its own process."""
    if service == "ballots":
        return {"entrypoint": ["python", "-m", "services.assessment.ballots"], "command": list(arguments)}
    return {"command": list(arguments)} if arguments else {}


def _process(process: Process) -> dict[str, Any]:
    eventful = process.role in {"relay", "worker"}
    networks = ["data", "graph"] if process.role in {"api", ""} or process.single else ["data"]
    ports: dict[str, Any] = {}
    if process.role == "api" and process.service == "gateway":
        networks.append("front")
        ports = {"ports": [f"127.0.0.1:{8000 if process.name == 'gateway-api' else 8001}:8000"]}
    if process.name == "enrollment-worker":
        networks.append("front")  # mail goes out (R24)
    before = {f"{process.service}-migrate": {"condition": "service_completed_successfully"}}
    if eventful:
        before["broker-definitions"] = {"condition": "service_completed_successfully"}
    return {
        **_image(process.service),
        **_program(process.service),
        **_CONFINED,
        "restart": "unless-stopped",
        "env_file": [f"{_PLACE}/{process.service}.env"],
        "environment": environment(process),
        "volumes": [_mounted(source, target) for source, target in _files(process)] + _disk(process),
        "tmpfs": ["/tmp:size=256m"],  # noqa: S108 - in the container
        "networks": networks,
        **ports,
        "depends_on": before,
        "stop_grace_period": "30s" if eventful and not process.single else "80s",
        "healthcheck": {"test": ["CMD", "python", "-c", _READY], "interval": "5s", "start_period": "60s"},
    }


def environment(process: Process) -> dict[str, str]:
    """The variables of a process that are no secrets.

    Args:
        process: Which.
    """
    quick = process.role in {"relay", "worker"} and not process.single
    drain = {"drain_seconds": 0, "grace_seconds": 10} if quick else {"drain_seconds": 8, "grace_seconds": 55}
    found = {
        "ENVIRONMENT": "production",
        "HOST": "0.0.0.0",  # noqa: S104 - in the container
        "PORT": "8000",
        "METRICS_PORT": "9000",
        "SERVER": json.dumps(drain, separators=(",", ":")),
        "MONGODB_DATABASE": process.service,
    }
    if process.role:
        found["ROLE"] = process.role
    for target in (target for _, target in _files(process)):
        if variable := _VARIABLES.get(target.removeprefix(f"{_KEYS}/")):
            found[variable] = target
    if process.service == "assessment":
        found |= {"KEYS_DIR": f"{_KEYS}/certificates", "CERTIFICATE_ORIGIN": "${ORIGIN:-http://localhost:8000}"}
    if process.service == "gateway" and process.role == "api":
        urls = {name: f"http://{name}-api:8000/graphql" for name in SUBGRAPHS}
        found |= {
            "SUBGRAPH_URLS": json.dumps(urls, separators=(",", ":")),
            "BALLOTS_URL": "http://ballots:8000",
            "FORWARDED_ALLOW_IPS": "${PROXIES:-127.0.0.1}",
            "SUPERGRAPH_FILE": "contracts/graph/supergraph.graphql",
            "WEB_DIR": "web",
            "TRUSTED_DOCUMENTS_FILE": "web/trusted-documents.json",
        }
    if process.name == "evaluations":
        found |= {"BALLOTS_URL": "http://ballots:8000", "REGISTER_KEYS_DIR": f"{_DISK}/keys"}
    if process.name == "ballots":
        found["KEYS_DIR"] = f"{_DISK}/keys"
    return found


_VARIABLES: Final = {
    "internal-keys.json": "INTERNAL_JWKS_FILE",
    "vault.json": "VAULT_FILE",
    "names-public.json": "NAMES_KEYS_FILE",
    "signing-keys.json": "SIGNING_KEY_FILE",
    "ballots-secret": "BALLOTS_SECRET_FILE",
}


def _files(process: Process) -> list[tuple[str, str]]:
    """The files that a process reads: in the folder of `deploy.secrets new --format env`, and in the container."""
    name = process.service
    if name == "ballots":
        return [("ballots/ballots-secret", f"{_KEYS}/ballots-secret")]
    if name == "gateway":
        keys = ("signing-keys.json", "vault.json") if process.role == "api" else ()
        return [(f"gateway/{file}", f"{_KEYS}/{file}") for file in keys]
    found = [("internal-keys/internal-keys.json", f"{_KEYS}/internal-keys.json")]
    found.append((f"{name}/vault.json", f"{_KEYS}/vault.json"))
    if name == "enrollment":
        found.append(("names-keys/names-public.json", f"{_KEYS}/names-public.json"))
    if name == "assessment":
        found += [(f"assessment/{file}", f"{_KEYS}/certificates/{file}") for file in _CERTIFICATES]
    if process.name == "evaluations":
        found.append(("assessment/ballots-secret", f"{_KEYS}/ballots-secret"))
    return found


def _mounted(source: str, target: str, *, writes: bool = False) -> dict[str, Any]:
    """A file or folder of the place; one that is missing is an error, not an empty folder of root's."""
    mount = {"type": "bind", "source": f"{_PLACE}/{source}", "target": target}
    return mount | ({} if writes else {"read_only": True}) | {"bind": {"create_host_path": False}}


def _disk(process: Process) -> list[dict[str, Any]]:
    """The disk of keys that are destroyed; no backup may read it (R36)."""
    return [_mounted(f"destroyed-keys/{process.name}", _DISK, writes=True)] if process.single else []


def _migration(service: str) -> dict[str, Any]:
    return {
        **_image(service),
        **_program(service, "migrate"),
        **_CONFINED,
        "restart": "on-failure",
        "env_file": [f"{_PLACE}/{service}.env"],
        "environment": {"MONGODB_DATABASE": service},
        "networks": ["data"],
        "depends_on": {"mongodb-users": {"condition": "service_completed_successfully"}},
    }


def _mongodb() -> dict[str, Any]:
    key = "[ -s /data/db/key ] || { umask 077; head -c 96 /dev/urandom | base64 -w0 > /data/db/key; }"
    options = "--replSet rs0 --bind_ip_all --keyFile /data/db/key"
    parameters = (
        "--setParameter transactionLifetimeLimitSeconds=30 --setParameter minSnapshotHistoryWindowInSeconds=1800"
    )
    return {
        "image": MONGOD,
        "entrypoint": ["sh", "-c", f"{key}; exec mongod {options} {parameters}"],
        "restart": "unless-stopped",
        "volumes": ["mongodb:/data/db"],
        "networks": ["data"],
        "stop_grace_period": "60s",
    }


def _mongodb_users() -> dict[str, Any]:
    """Begins the replica set and makes its users, on mongod's own loopback, where the first one may be made."""
    return {
        "image": MONGOD,
        "entrypoint": ["mongosh", "--quiet", "--nodb", "/mongodb-users.js"],
        "restart": "on-failure",
        "user": _USER,
        "env_file": [f"{_PLACE}/mongodb-system.env"],
        "network_mode": "service:mongodb",
        "volumes": [
            _mounted("mongodb-users", f"{_KEYS}/users"),
            {"type": "bind", "source": "./images/mongodb-users.js", "target": "/mongodb-users.js", "read_only": True},
        ],
        "depends_on": {"mongodb": {"condition": "service_started"}},
    }


def _rabbitmq() -> dict[str, Any]:
    return {
        "image": _RABBITMQ,
        "hostname": "rabbitmq",  # part of the node's name, and so of where its data are
        "restart": "unless-stopped",
        "volumes": ["rabbitmq:/var/lib/rabbitmq"],
        "networks": ["data"],
        "stop_grace_period": "60s",
    }


def _broker_definitions() -> dict[str, Any]:
    """Loads users, rights and queues, on the broker's own loopback, where alone its first user is let in."""
    return {
        **_image("operations"),
        **_CONFINED,
        "command": ["deploy.broker", "load", f"{_KEYS}/users", "--nodes", "1"],
        "restart": "on-failure",
        "environment": {"RABBITMQ_MANAGEMENT_URL": "http://guest:guest@127.0.0.1:15672"},
        "network_mode": "service:rabbitmq",
        "volumes": [_mounted("rabbitmq-users", f"{_KEYS}/users")],
        "depends_on": {"rabbitmq": {"condition": "service_started"}},
    }
