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


def labels_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The labels of the metrics that a module makes, with their lines; a name stands for the constant of that name."""
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
        given = [
            *node.args[2:3],
            *(keyword.value for keyword in node.keywords if keyword.arg in {"labels", "labelnames"}),
        ]
        for labels in given:
            yield from ((node.lineno, label) for label in _texts(labels, constants))


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


def found() -> dict[str, list[str]]:
    """Each label in the code, and where it is."""
    labels: dict[str, list[str]] = {}
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for line, label in labels_of(ast.parse(file.read_text(encoding="utf-8"))):
                labels.setdefault(label, []).append(f"{file.relative_to(ROOT)}:{line}")
    return labels


def test_every_label_is_from_a_known_closed_set() -> None:
    labels = found()
    assert {label: places for label, places in labels.items() if label not in LABELS} == {}
    assert set(LABELS) == set(labels), "a label that no metric has any more"


def test_a_label_of_a_login_would_be_seen() -> None:
    code = 'NAMES = ("service", "login")\nX = Counter("guopei_x_total", "X", [*NAMES, "id"])'
    assert [label for _, label in labels_of(ast.parse(code))] == ["service", "login", "id"]
