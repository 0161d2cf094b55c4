"""What keeps the service honest: a pure domain, complete registries, marks on every root field."""

import ast
import inspect
import sys
from pathlib import Path

import services.enrollment
from chassis.principal import Scope
from services.enrollment.domain import events
from services.enrollment.graph.schema import schema
from services.enrollment.messaging import EMITTED

ROOT = Path(services.enrollment.__file__).parent


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_domain_knows_nothing_but_itself_and_refusals() -> None:
    for file in (ROOT / "domain").glob("*.py"):
        for name in _imports(file):
            own = name.startswith("services.enrollment.domain") or name == "kernel.errors"
            assert own or name.partition(".")[0] in sys.stdlib_module_names, (file.name, name)


def test_only_the_store_knows_the_database_driver() -> None:
    for file in ROOT.rglob("*.py"):
        if not file.is_relative_to(ROOT / "store"):
            assert not any(name.partition(".")[0] == "pymongo" for name in _imports(file)), file


def test_every_event_class_is_registered() -> None:
    declared = {kind for _, kind in inspect.getmembers(events, inspect.isclass) if kind.__module__ == events.__name__}
    assert declared - {events.EnrollmentEvent, events.SeatEvent, events.SeatCount} == set(EMITTED)


def test_every_root_field_says_who_may() -> None:
    sdl = schema.as_str()
    for kind in ("Query", "Mutation"):
        body = sdl.partition(f"type {kind} {{")[2].partition("\n}")[0]
        fields = [line for line in body.splitlines() if line.startswith("  ") and ":" in line and '"""' not in line]
        assert len(fields) > 8
        for line in fields:
            assert line.strip().startswith("_") or "@requiresScopes" in line, line
    assert {f'["{scope.value}"]' in sdl for scope in Scope if scope is not Scope.PUBLIC} == {True}
