"""Deny by default: nothing of the graph is public that does not say so (architecture.md, Trust)."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeNode,
    parse,
)

from chassis.principal import Scope
from deploy.processes import SUBGRAPHS

GRAPH = Path(__file__).resolve().parents[2] / "contracts" / "graph"
ROOTS = ("Query", "Mutation", "Subscription")
MACHINERY = {"_entities", "_service"}
PERSONAL = {
    "idNumber",
    "mobile",
    "phone",
    "email",
    "team",
    "designatedPerson",
    "teacher",
    "teachers",
    "score",
    "credit",
}
INNER_TYPES = {
    "Attendance", "BaseContact", "BaseTeamReveal", "ContactReveal", "Credit", "Decision", "Enrollment",
    "EnrollmentChange", "Expert", "Notice", "Person", "PersonalData",
    "ProjectChange", "Quota", "Result", "Review", "RosterJob", "RosterRow", "School", "Teacher", "TeacherReveal",
}  # fmt: skip
LECTURERS = {("Session", "teacher")}
"""Who teaches a published session is part of the plan (R7)."""
Types = Mapping[str, Mapping[str, FieldDefinitionNode]]


def types(name: str) -> Types:
    definitions = parse((GRAPH / f"{name}.graphql").read_text(encoding="utf-8")).definitions
    return {
        node.name.value: {field.name.value: field for field in node.fields or ()}
        for node in definitions
        if isinstance(node, ObjectTypeDefinitionNode)
    }


def scopes(field: FieldDefinitionNode) -> list[set[str]]:
    """The alternatives of the field's `@requiresScopes`; empty without it."""
    return [
        alternative
        for directive in field.directives or ()
        if directive.name.value == "requiresScopes"
        for alternative in _alternatives(directive)
    ]


def is_public(field: FieldDefinitionNode) -> bool:
    return field.description is not None and field.description.value.endswith("# public")


def target(kind: TypeNode) -> str:
    while not hasattr(kind, "name"):
        kind = kind.type  # type: ignore[attr-defined]  # lists and non-nulls wrap
    name: str = kind.name.value
    return name


def open_to_all(graph: Types) -> dict[str, set[str]]:
    """Type to fields that can be reached from a root without any scope."""
    reached: dict[str, set[str]] = {}
    waiting = [root for root in ROOTS if root in graph]
    while waiting:
        kind = waiting.pop()
        if kind in reached or kind not in graph:
            continue
        fields = {name: field for name, field in graph[kind].items() if not scopes(field)}
        reached[kind] = set(fields)
        waiting += [target(field.type) for field in fields.values()]
    return reached


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_every_root_field_says_who_may(subgraph: str) -> None:
    found = types(subgraph)
    fields = {name: field for root in ROOTS for name, field in found.get(root, {}).items() if name not in MACHINERY}
    unmarked = [name for name, field in fields.items() if is_public(field) == bool(scopes(field))]
    assert fields
    assert not unmarked


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_scopes_are_ours_and_an_or(subgraph: str) -> None:
    known = {scope.value for scope in Scope} - {Scope.PUBLIC.value}
    for kind, fields in types(subgraph).items():
        for name, field in fields.items():
            for alternative in scopes(field):
                assert len(alternative) == 1, (kind, name)
                assert alternative <= known, (kind, name)


def test_nothing_personal_or_undecided_is_reached_without_a_scope() -> None:
    reached = open_to_all(types("supergraph"))
    assert {"Round", "Base", "Project", "Seats"} <= set(reached)
    assert not INNER_TYPES & set(reached)
    assert {(kind, name) for kind, names in reached.items() for name in names & PERSONAL} == LECTURERS


def test_inner_types_exist() -> None:
    assert set(types("supergraph")) >= INNER_TYPES


def test_every_public_root_field_of_the_supergraph_is_marked_in_a_subgraph() -> None:
    marked = {
        name
        for subgraph in SUBGRAPHS
        for root in ROOTS
        for name, field in types(subgraph).get(root, {}).items()
        if is_public(field)
    }
    reached = open_to_all(types("supergraph"))
    assert {name for root in ROOTS for name in reached.get(root, set())} == marked


def _alternatives(directive: DirectiveNode) -> list[set[str]]:
    (argument,) = directive.arguments or ()
    assert isinstance(argument.value, ListValueNode)
    return [
        {scope.value for scope in one.values if isinstance(scope, StringValueNode)}
        for one in argument.value.values
        if isinstance(one, ListValueNode)
    ]
