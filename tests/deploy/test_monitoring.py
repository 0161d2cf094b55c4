"""Alert rules and dashboards are valid; each alert is proven to fire, and leads to the runbook (ADR 73)."""

import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring import dashboards
from tests.contract.reading import anchors
from tests.support.expressions import DASHBOARDS, MONITORING, RULES, rules, used

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/runbook.md", "docs/runbook.zh-CN.md")


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of promtool, fetched where it is not installed; only a machine without apt goes without."""
    if not (shutil.which("promtool") or shutil.which("apt-get")):
        pytest.skip("there is neither promtool nor apt-get")
    found = subprocess.run([MONITORING / "promtool.sh"], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603 - promtool
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_rules(promtool: str) -> None:
    assert run(promtool, "check", "rules", *RULES, folder=RULES[0].parent).count("SUCCESS") == len(RULES) == 4


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_the_rules_fire_when_they_should_and_only_then(promtool: str, file: Path) -> None:
    run(promtool, "test", "rules", file.with_suffix(".test.yaml").name, folder=file.parent)


def test_a_rule_that_is_wrong_is_noticed(promtool: str, tmp_path: Path) -> None:
    for name in ("events.yaml", "events.test.yaml"):
        text = (RULES[0].parent / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("_oldest_seconds) > 60", "_oldest_seconds) > 600"), encoding="utf-8")
    with pytest.raises(AssertionError, match="EventsWait"):
        run(promtool, "test", "rules", "events.test.yaml", folder=tmp_path)


def test_each_alert_has_a_series_that_fires_it_and_one_that_does_not() -> None:
    cases: dict[str, set[bool]] = defaultdict(set)
    for file in RULES:
        content: dict[str, Any] = yaml.safe_load(file.with_suffix(".test.yaml").read_text(encoding="utf-8"))
        for test in content["tests"]:
            for expected in test["alert_rule_test"]:
                cases[expected["alertname"]].add(bool(expected["exp_alerts"]))
    assert cases == {rule["alert"]: {True, False} for _, rule in rules() if "alert" in rule}


@pytest.mark.parametrize("page", PAGES)
def test_each_alert_has_a_severity_and_a_section_of_the_runbook(page: str) -> None:
    known = anchors((ROOT / page).read_text(encoding="utf-8"))
    for _, rule in rules():
        if alert := rule.get("alert"):
            file, _, anchor = rule["annotations"]["runbook"].partition("#")
            assert file == PAGES[0], alert
            assert anchor in known, f"{alert}: {page} has no #{anchor}"
            assert rule["labels"]["severity"] in {"page", "ticket"}, alert


def test_metrics_and_labels_are_read_out_of_expressions() -> None:
    text = 'sum by (le, queue) (rate(guopei_x_bucket{code!~"a_b|c",kind="d"}[5m])) > on (lease) max(guopei_y)'
    assert used(text) == ({"guopei_x_bucket", "guopei_y"}, {"le", "queue", "lease", "code", "kind"})


def test_the_dashboards_are_what_their_generator_writes() -> None:
    written = dict(dashboards.files())
    assert set(DASHBOARDS) == set(written)
    for file, text in written.items():
        assert file.read_text(encoding="utf-8") == text, "run python -m deploy.monitoring.dashboards"


def test_prometheus_understands_each_expression_of_a_dashboard(promtool: str, tmp_path: Path) -> None:
    """As rules, for promtool checks no dashboards."""
    asked = [
        {"record": f"dashboards:expression:{number}", "expr": target["expr"]}
        for number, target in enumerate(
            target
            for file in DASHBOARDS
            for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
            for target in panel["targets"]
        )
    ]
    assert len(asked) > 50
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": asked}]}), "utf-8")
    run(promtool, "check", "rules", "rules.yaml", folder=tmp_path)
