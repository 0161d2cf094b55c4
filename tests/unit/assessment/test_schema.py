"""Assessment's schema has the expected fields, and every event is registered."""

import inspect

from graphql import FieldDefinitionNode, NonNullTypeNode, ObjectTypeDefinitionNode, parse, print_ast

from chassis.events import TimelineBegun
from services.assessment.domain import annual_events, evaluation_events, events, inspection_events
from services.assessment.graph.schema import schema
from services.assessment.messaging.tasks import EMITTED

EXTENDED = {
    "Base": {"annualAssessments"},
    "Enrollment": {
        "attendanceRate",
        "attendedHours",
        "dueHours",
        "attendanceHistory",
        "result",
        "resultHistory",
        "draftResult",
        "credit",
        "creditHistory",
        "certificate",
    },
    "Project": {"book", "roster", "findings", "instruments"},
}
MUTATIONS = {
    "recordAttendance",
    "recordResults",
    "publishResults",
    "reopenRecords",
    "confirmCredits",
    "revokeCredit",
    "restoreCredit",
    *("issueCertificates", "startCertificateJob", "revokeCertificate", "issueBallotToken", "remindEvaluation"),
    *("openCheckIn", "checkIn"),
    *("freezeInspection", "announceInspection", "recordBeacons", "revealInspection", "voidInspection"),
    *("replaceSampled", "extendInspection", "closeInspection"),
    *("recordFinding", "reportRectification", "closeFinding", "withdrawFinding"),
    *("computeAssessments", "openComments", "commentAssessment", "adjustAssessmentItem", "finalizeAssessments"),
    *("appealAssessment", "decideAppeal", "publishGrades", "declineQuotaProposal", "recordComplaint"),
}
QUERIES = {
    "_entities",
    "_service",
    "auditLog",
    "certificate",
    "certificateJob",
    "myInstruments",
    "questionnaire",
    "keyLists",
    "inspections",
    "inspection",
    "findings",
    "yearTable",
    *("rubric", "annualAssessments", "assessmentEvidence", "assessmentYear", "publishedGrades", "quotaProposals"),
}
BASES = {
    annual_events.AnnualEvent,
    events.RecordEvent,
    evaluation_events.EvaluationEvent,
    inspection_events.InspectionEvent,
    inspection_events.FindingEvent,
}


def fields(name: str) -> dict[str, FieldDefinitionNode]:
    nodes = [
        node
        for node in parse(schema.as_str()).definitions
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value == name
    ]
    return {field.name.value: field for node in nodes for field in node.fields or ()}


def test_the_graph_has_the_expected_names() -> None:
    assert set(fields("Mutation")) == MUTATIONS
    assert set(fields("Query")) == QUERIES
    for kind, names in EXTENDED.items():
        assert set(fields(kind)) == {"id", *names}


def test_fields_added_to_other_entities_have_scopes_and_are_nullable() -> None:
    for kind, names in EXTENDED.items():
        for name in names:
            field = fields(kind)[name]
            assert not isinstance(field.type, NonNullTypeNode)
            assert "requiresScopes" in {directive.name.value for directive in field.directives or ()}


def test_every_event_class_is_registered() -> None:
    declared = {
        kind
        for module in (annual_events, evaluation_events, events, inspection_events)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
    }
    assert declared - BASES | {TimelineBegun} == set(EMITTED)


RESULT = {
    "EvaluationResult": {"counted", "invalid", "meanHundredths", "project", "faculty", "texts"},
    "ItemResult": {"text", "answered", "meanHundredths", "distribution"},
    "TeacherResult": {"key", "name", "items"},
    "TextResult": {"text", "answers"},
}


def test_r36_a_result_is_cut_by_nothing() -> None:
    """Neither by school, day nor answer: it has no argument and no field of such a kind, and one way leads to it."""
    for kind, names in RESULT.items():
        assert set(fields(kind)) == names
        assert not [name for name, field in fields(kind).items() if field.arguments]
    ways = [
        (node.name.value, field.name.value, len(field.arguments or ()))
        for node in parse(schema.as_str()).definitions
        if isinstance(node, ObjectTypeDefinitionNode)
        for field in node.fields or ()
        if "EvaluationResult" in print_ast(field.type)
    ]
    assert ways == [("Instrument", "result", 0)]
