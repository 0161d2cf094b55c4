"""What alert rules and dashboards ask Prometheus for, read out of their expressions, and what a suite exports."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.architecture.test_metric_labels import declared

MONITORING = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
RULES = tuple(sorted(path for path in (MONITORING / "rules").glob("*.yaml") if not path.name.endswith(".test.yaml")))
DASHBOARDS = tuple(sorted((MONITORING / "dashboards").glob("*.json")))
OF_PROMETHEUS = {"le", "job", "instance"}
"""Labels of Prometheus's own: of histograms' buckets, and of what is scraped."""
_METRIC = re.compile(r"\b([a-z][a-z0-9_:]*_[a-z0-9_:]+)\b(?!\s*\()(?:\{([^}]*)\})?")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_QUOTED = re.compile(r'"[^"]*"')


def rules() -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each rule with its file."""
    for file in RULES:
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            yield from ((file, rule) for rule in group["rules"])


def expressions() -> Iterator[tuple[str, str]]:
    """Each expression of rules and dashboards, with the name of what asks it."""
    for file, rule in rules():
        yield f"{file.name}: {rule.get('alert') or rule['record']}", rule["expr"]
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                yield f"{file.name}: {panel['title']}", target["expr"]


def used(expression: str) -> tuple[set[str], set[str]]:
    """The metrics of an expression, and the labels that it names."""
    grouped = {label.strip() for group in _GROUPING.findall(expression) for label in group.split(",") if label.strip()}
    bare = _GROUPING.sub(" ", expression)
    metrics, labels = set(), grouped
    for name, matchers in _METRIC.findall(_QUOTED.sub('""', bare)):
        metrics.add(name)
        labels |= set(_MATCHER.findall(matchers))
    return metrics, labels


_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def exported(texts: Iterable[str]) -> dict[str, set[str]]:
    """The name of each sample that processes may show to the labels that it has.

    Of a metric that has counted nothing yet these are the labels that the code gives it.

    Args:
        texts: What `/metrics` of each process answered.
    """
    by_code = declared()
    labels: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for family in text_string_to_metric_families(text):
            for suffix in _SUFFIXES.get(family.type, ("",)):
                name = family.name + suffix
                labels[name] |= set(by_code.get(family.name, ()))
                labels[name].update(*(sample.labels for sample in family.samples if sample.name == name))
    return dict(labels)


def missing(known: Mapping[str, set[str]], expression: str) -> list[str]:
    """The metrics and labels of an expression that nobody exports.

    Args:
        known: As `exported` tells.
        expression: PromQL; what our own rules record is left out.
    """
    metrics, labels = used(expression)
    asked = {name for name in metrics if not name.startswith("guopei:")}
    of_them = set[str]().union(OF_PROMETHEUS, *(known.get(name, set()) for name in asked))
    return sorted(asked - set(known)) + (sorted(labels - of_them) if asked else [])
