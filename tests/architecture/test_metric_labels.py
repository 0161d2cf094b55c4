"""Every label of every metric comes from a closed set: ids and people's words would be series without end (ADR 73)."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("kernel", "chassis", "services", "gateway")
LABELS: Mapping[str, str] = {
    "act": "the acts of a timer, by the log message that the code gives them",
    "bound": "the bounds of ServerSettings",
    "cache": "documents, plans",
    "caller": "principal, address",
    "certificate": "the certificates that a process works with, named by the code",
    "code": "codes of refusals, bounded by `chassis.runtime.outcomes`; names of MongoDB's errors",
    "collection": "collections that the code names, bounded by `chassis.storage.driver_metrics`",
    "command": "MongoDB's commands",
    "connection": "connections to the broker, by queue or relay",
    "hash": "the supergraph in use; the former one is removed",
    "kid": "the public keys that are known; the former ones are removed",
    "kind": "query, mutation, subscription, methods of HTTP",
    "lease": "leases of the code",
    "operation": "operations of trusted documents, else `other`",
    "outcome": "outcomes of the code",
    "province": "the provinces' two digits, and the nation's",
    "python": "the interpreter's version",
    "queue": "queues of the definitions",
    "reason": "why a publish failed",
    "replica": "replicas that are known now, fifty of a subgraph at most",
    "route": "paths as templates",
    "service": "processes of the suite, and queues that a service publishes to",
    "subgraph": "subgraphs of the supergraph",
    "timer": "timers of the code",
    "version": "the release",
}
"""Each label, and the set that its values come from."""
METRICS = {"Counter", "Gauge", "Histogram", "Summary", "CounterMetricFamily", "GaugeMetricFamily"}


def metrics_of(tree: ast.Module) -> Iterator[tuple[str, int, list[str]]]:
    """The metrics that a module makes: name, line, and labels; a name stands for the constant of that name."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in METRICS):
            continue
        name = node.args[0] if node.args else None
        if not (isinstance(name, ast.Constant) and str(name.value).startswith("guopei_")):
            continue
        given = node.args[2:3] + [word.value for word in node.keywords if word.arg in {"labels", "labelnames"}]
        yield str(name.value), node.lineno, [label for labels in given for label in _texts(labels, constants)]


def _texts(node: ast.expr, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield from _texts(constants[node.id], constants)
    elif isinstance(node, ast.Starred):
        yield from _texts(node.value, constants)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from _texts(element, constants)
    else:
        assert isinstance(node, ast.Constant), ast.dump(node)
        yield str(node.value)


def _metrics() -> Iterator[tuple[str, str, list[str]]]:
    """All metrics of the code: name, where, labels."""
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for name, line, labels in metrics_of(ast.parse(file.read_text(encoding="utf-8"))):
                yield name, f"{file.relative_to(ROOT)}:{line}", labels


def declared() -> dict[str, list[str]]:
    """The labels of each metric, by its name without `_total`."""
    return {name.removesuffix("_total"): labels for name, _, labels in _metrics()}


def test_every_label_is_from_a_known_closed_set() -> None:
    found: dict[str, list[str]] = {}
    for _, where, labels in _metrics():
        for label in labels:
            found.setdefault(label, []).append(where)
    assert {label: places for label, places in found.items() if label not in LABELS} == {}
    assert set(LABELS) == set(found), "a label that no metric has any more"


def test_a_label_of_a_login_would_be_seen() -> None:
    code = 'NAMES = ("service", "login")\nX = Counter("guopei_x_total", "X", [*NAMES, "id"])'
    assert list(metrics_of(ast.parse(code))) == [("guopei_x_total", 2, ["service", "login", "id"])]
