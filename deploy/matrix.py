"""Who speaks to whom in a cluster, and why: network policies follow from this, and all else is denied (ADR 72)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.processes import MIGRATED, PROCESSES, SUBGRAPHS

HTTP: Final = 8000
METRICS: Final = 9000
MONGODB: Final = 27017
AMQPS: Final = 5671
MANAGEMENT: Final = 15671
DEFINITIONS: Final = "broker-definitions"
"""The Job that gives the broker its users, rights and queues."""
SPANS: Final = 4318
BACKED_UP: Final = tuple(name for name in MIGRATED if name != "ballots")
"""Databases, each with a CronJob `<name>-backup`; the ballot box has none (ADR 54)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Somebody who is no process of ours.

    Attributes:
        namespace: The namespace of its pods; empty for that of the suite.
        labels: Labels of its pods; empty for all of the namespace.
        network: The key of a place's ConfigMap `networks` that has its addresses, where it is outside the cluster.
    """

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    network: str = ""


ELSEWHERE: Final = {
    "ingress": Peer(namespace="ingress-nginx"),
    "monitoring": Peer(namespace="monitoring"),
    "dns": Peer(namespace="kube-system", labels={"k8s-app": "kube-dns"}),
    "mongodb": Peer(labels={"app.kubernetes.io/instance": "mongodb"}),
    "rabbitmq": Peer(labels={"app.kubernetes.io/name": "rabbitmq"}),
    "mail": Peer(network="MAIL"),
    "sign-on": Peer(network="SIGN_ON"),
    "provinces": Peer(network="PROVINCES"),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """Who opens connections to whom.

    Attributes:
        source: A process, a Job, a CronJob, or a name of `ELSEWHERE`.
        target: The same.
        ports: TCP ports of the target's pods.
        why: What for.
    """

    source: str
    target: str
    ports: tuple[int, ...]
    why: str


def connections() -> tuple[Connection, ...]:
    """Every connection, but for names (DNS), which every pod may ask for."""
    serving = [process.name for process in PROCESSES]
    jobs = [f"{service}-migrate" for service in MIGRATED]
    nightly = [f"{service}-backup" for service in BACKED_UP]
    eventful = [process.name for process in PROCESSES if process.role in {"relay", "worker"}]
    rows = [
        Connection("ingress", "gateway-api", (HTTP,), "users: graph, files, pages"),
        Connection("ingress", "gateway-auth", (HTTP,), "users: /auth"),
        *(Connection("gateway-api", f"{name}-api", (HTTP,), "fetches, streams, files") for name in SUBGRAPHS),
        Connection("gateway-api", "ballots", (HTTP,), "ballots, without a name (R34)"),
        Connection("evaluations", "ballots", (HTTP,), "set up, close, count (R36)"),
        *(Connection(name, "mongodb", (MONGODB,), "its own database") for name in (*serving, *jobs, *nightly)),
        *(Connection(name, "rabbitmq", (AMQPS,), "events") for name in eventful),
        Connection(DEFINITIONS, "rabbitmq", (MANAGEMENT,), "users, rights and queues"),
        Connection("enrollment-worker", "mail", (587, 465), "feedback by mail (R24)"),
        Connection("gateway-auth", "sign-on", (443,), "another identity provider (R3)"),
        Connection("provinces", "rabbitmq", (AMQPS,), "their own queue"),
        Connection("mongodb", "mongodb", (MONGODB,), "replication"),
        Connection("rabbitmq", "rabbitmq", (4369, 25672), "its cluster"),
        *(Connection("monitoring", name, (METRICS,), "metrics") for name in serving if name != "ballots"),
        Connection("monitoring", "rabbitmq", (15692,), "metrics"),
        *(Connection(name, "monitoring", (SPANS,), "spans") for name in serving if name != "ballots"),
    ]
    return tuple(rows)


def policies() -> list[dict[str, Any]]:
    """The network policies: nothing by default, names for all, and both ends of each connection."""
    everything: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    rows = connections()
    here = [name for name in dict.fromkeys(end for row in rows for end in (row.source, row.target)) if _is_here(name)]
    return [
        _policy("default-deny", everything),
        _policy("names", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [_names()]}),
        *(_policy(name, _spec(name, rows)) for name in here),
    ]


def places() -> list[tuple[str, str, str]]:
    """Where a policy names a network: key of ConfigMap `networks`, policy, field path."""
    found = []
    for policy in policies():
        for way, end in (("ingress", "from"), ("egress", "to")):
            for number, rule in enumerate(policy["spec"].get(way, ())):
                for place, peer in enumerate(rule[end]):
                    if "ipBlock" in peer:
                        key = peer["ipBlock"]["cidr"]
                        path = f"spec.{way}.{number}.{end}.{place}.ipBlock.cidr"
                        found.append((key, policy["metadata"]["name"], path))
    return found


def _is_here(name: str) -> bool:
    """Whether its pods are in the suite's namespace, so that policies for them are ours."""
    peer = ELSEWHERE.get(name)
    return peer is None or not (peer.namespace or peer.network)


def _policy(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def _spec(name: str, rows: tuple[Connection, ...]) -> dict[str, Any]:
    heard = [{"from": [_peer(row.source)], "ports": _ports(row.ports)} for row in rows if row.target == name]
    spoken = [{"to": [_peer(row.target)], "ports": _ports(row.ports)} for row in rows if row.source == name]
    spec: dict[str, Any] = {"podSelector": {"matchLabels": _labels(name)}, "policyTypes": ["Ingress", "Egress"]}
    return spec | ({"ingress": heard} if heard else {}) | ({"egress": spoken} if spoken else {})


def _names() -> dict[str, Any]:
    both = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    return {"to": [_peer("dns")], "ports": both}


def _peer(name: str) -> dict[str, Any]:
    peer = ELSEWHERE.get(name, Peer(labels=_labels(name)))
    if peer.network:
        return {"ipBlock": {"cidr": peer.network}}
    selector: dict[str, Any] = {}
    if peer.namespace:
        selector["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": peer.namespace}}
    if peer.labels:
        selector["podSelector"] = {"matchLabels": dict(peer.labels)}
    return selector


def _labels(name: str) -> dict[str, str]:
    return dict(ELSEWHERE[name].labels) if name in ELSEWHERE else {"app.kubernetes.io/name": name}


def _ports(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]
