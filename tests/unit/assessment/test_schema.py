"""Assessment's schema has the expected fields, and every event is registered."""

import inspect

from graphql import FieldDefinitionNode, NonNullTypeNode, ObjectTypeDefinitionNode, parse

from services.assessment.domain import events
from services.assessment.graph.schema import schema
from services.assessment.messaging.tasks import EMITTED

EXTENDED = {"Enrollment": {"attendanceRate", "result", "credit"}, "Project": {"roster"}}
MUTATIONS = {"recordAttendance", "recordResults", "confirmCredits", "revokeCredit", "restoreCredit"}


def fields(name: str) -> dict[str, FieldDefinitionNode]:
    nodes = [
        node
        for node in parse(schema.as_str()).definitions
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value == name
    ]
    return {field.name.value: field for node in nodes for field in node.fields or ()}


def test_the_graph_has_the_expected_names() -> None:
    assert set(fields("Mutation")) == MUTATIONS
    assert set(fields("Query")) == {"_entities", "_service", "auditLog"}
    for kind, names in EXTENDED.items():
        assert set(fields(kind)) == {"id", *names}


def test_fields_added_to_other_entities_have_scopes_and_are_nullable() -> None:
    for kind, names in EXTENDED.items():
        for name in names:
            field = fields(kind)[name]
            assert not isinstance(field.type, NonNullTypeNode)
            assert "requiresScopes" in {directive.name.value for directive in field.directives or ()}


def test_every_event_class_is_registered() -> None:
    declared = {kind for _, kind in inspect.getmembers(events, inspect.isclass) if kind.__module__ == events.__name__}
    assert declared - {events.RecordEvent} == set(EMITTED)
