"""What the matrix fills in for every argument of a query: ids of all tenants, and what else there is to ask by."""

from typing import Any

from graphql import GraphQLObjectType, get_named_type

from chassis.graph.list_cursors import list_cursor
from chassis.storage.cursor import cursor_of
from tests.security.questions import Values
from tests.security.rounds import LIVE, TAUGHT
from tests.security.tenants import BASES, PROVINCES, World
from tests.support.fixtures import supergraph

_LOG = "EnrollmentEventConnection"
_OF_PROJECTS = ("Query.projects.after", "Base.projects.after", "Quota.projects.after", "Project.classes.after")
"""Their cursors name the order that they belong to."""


def values_of(world: World) -> Values:
    """By coordinate, else by name and type; enums, booleans and input types need no entry."""
    provinces = [code for code in PROVINCES.values() if code]
    projects = [key for kind in ("draft", "project", "taught") for key in world.kinds(kind)]
    return {
        "Query.base.id": world.kinds("base"),
        "Query.project.id": projects,
        "Query.enrollment.id": world.kinds("enrollment"),
        "Query.teacher.id": world.kinds("teacher"),
        "Query.school.code": world.kinds("school"),
        "Query.province.code": provinces,
        "Query.rosterJob.id": world.kinds("roster"),
        "Query.inspection.id": world.kinds("inspection"),
        "Query.certificate.number": ["GP2444-4B36-KMK9-1"],
        "Query.questionnaire.version": ["teaching-2024.1"],
        "Query.keyLists.before": [f"{LIVE + 1}-12-31"],
        "Query.findings.baseId": world.kinds("base"),
        "Query.rubric.version": ["2024.1"],
        "Query.assessmentEvidence.id": world.kinds("annual"),
        "Query.assessmentEvidence.code": ["A1", "C1"],
        "Query.enrollmentEvents.after": [cursor_of(0)],
        **_cursors(),
        "Project.planChanges.from": [1],
        "Project.planChanges.to": [2],
        "ProjectFilter.codes": [["GP"]],
        "code: String": ["GP"],
        "ProjectFilter.themes": [["D1"]],
        "ProjectFilter.baseProvince": provinces,
        "ProjectFilter.startsFrom": ["2024-01-01"],
        "ProjectFilter.startsTo": [f"{LIVE}-12-31"],
        "ProjectFilter.endsBy": [f"{LIVE}-12-31"],
        "ProjectFilter.feeAtMostFen": [1_000_000_000],
        "ProjectFilter.seatsLeftAtLeast": [0],
        "ExpertFilter.field": [6],
        "AuditFilter.type": ["enrollment.accepted", "catalog.quota-adjusted"],
        "AuditFilter.subject": world.kinds("enrollment"),
        "AuditFilter.actor": ["moe-tenants"],
        "AuditFilter.since": ["2020-01-01T00:00:00+08:00"],
        "AuditFilter.until": [f"{LIVE}-12-31T00:00:00+08:00"],
        "base: ID": world.kinds("base"),
        "project: ID": world.kinds("project"),
        "series: ID": world.kinds("draft"),
        "school: ID": world.kinds("school"),
        "organization: ID": list(BASES.values()),
        "organization: String": list(BASES.values()),
        "province: ID": provinces,
        "province: String": provinces,
        "search: String": ["机密", "项目"],
        "year: Int": [LIVE, TAUGHT],
        "majorCategory: Int": [6],
    }


def _cursors() -> dict[str, list[Any]]:
    """A cursor for every connection; each list has its own."""
    cursors = {}
    for kind in supergraph().schema.type_map.values():
        for name, field in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            key = f"{kind.name}.{name}.after"
            if "after" in field.args and get_named_type(field.type).name != _LOG:
                bare = cursor_of("CODE", "") if key in _OF_PROJECTS else cursor_of("")
                cursors[key] = [list_cursor(f"{kind.name}.{name}", bare)]
    return cursors
