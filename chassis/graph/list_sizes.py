"""How long the lists of the graph are, declared as `@listSize` for the gateway's estimate of costs (notes N7, ADR 35).

A connection is as long as its argument `first`, and so is a list that has one. Any other list has an assumed length, in
the table below: that of an ordinary answer, not the most that it could have. A contract test names the lists that lack
one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)
from strawberry import UNSET
from strawberry.federation.schema_directives import ListSize

from chassis.graph.costs import weight_of

ASSUMED: Mapping[str, int] = {
    # plans, their parts and their reviews
    "audience": 3,
    "changes": 5,
    "experts": 3,
    "faculty": 10,
    "fields": 3,
    "Project.history": 12,
    "justifications": 2,
    "planChanges": 5,
    "planVersions": 4,
    "Project.themes": 3,
    "reviews": 3,
    "sources": 4,
    "timetable": 30,
    "verdicts": 5,
    "warnings": 3,
    # what waits for the caller
    "Me.bases": 2,
    "openAssignments": 5,
    "planTodo": 5,
    "todo": 5,
    "trainingTodo": 5,
    # rounds and bases
    "amendments": 3,
    "changed": 3,
    "steps": 4,
    "adjustments": 2,
    "contacts": 5,
    "durationNorms": 4,
    "extensions": 2,
    "openPhases": 2,
    "phases": 6,
    "phones": 2,
    "quotas": 3,
    "reviewDimensions": 5,
    "rounds": 5,
    "Round.themes": 30,
    "team": 3,
    "BaseTeamReveal.declaration": 1,
    "BaseTeamReveal.delivery": 1,
    "BaseTeamReveal.design": 1,
    "Base.majorCategories": 5,
    "myBases": 2,
    # counts
    "byBaseProvince": 32,
    "byCategory": 3,
    "categories": 3,
    "ProjectFacets.majorCategories": 19,
    "modes": 3,
    "provinceProgress": 32,
    "provinces": 32,
    "statuses": 19,
    # people, enrollments and rosters
    "affiliations": 2,
    "Transfer.history": 4,
    "corrections": 3,
    "Enrollment.history": 8,
    "feedback": 4,
    "funding": 20,
    "Funding.history": 3,
    "ignoredColumns": 3,
    "innerCutOffs": 5,
    "problems": 3,
    "sessions": 30,
    # attendance, results, credit
    "attendanceHistory": 30,
    "creditHistory": 3,
    "reopened": 3,
    "resultHistory": 2,
    # inspections
    "beacons": 2,
    "Finding.history": 3,
    "inspections": 3,
    "Project.findings": 2,
    "sample": 40,
    "strata": 6,
    # evaluations
    "answers": 20,
    "distribution": 5,
    "EvaluationResult.project": 8,
    "EvaluationResult.texts": 3,
    "instruments": 2,
    "TeacherResult.items": 4,
    "keyLists": 30,
    "myInstruments": 4,
    # the table of a year
    "YearTableRow.findings": 4,
    "yearTable": 96,
    # annual assessments
    "AnnualAssessment.adjustments": 2,
    "AnnualAssessment.comments": 3,
    "AnnualAssessment.complaints": 1,
    "AnnualAssessment.items": 13,
    "AnnualItem.leftOut": 2,
    "Base.annualAssessments": 3,
    "publishedGrades": 300,
    "quotaProposals": 60,
    # certificates
    "refusals": 10,
    # rows of mutations: an ordinary call, the answer to each row is read
    "Mutation": 10,
}
"""The assumed length by `Type.field`, else by the field's name, else, for rows of mutations, by `Mutation`."""


def assumed_size(owner: str, field: str) -> int | None:
    """The declared length of a list that is no connection's; None where none is declared."""
    by_type = ASSUMED.get("Mutation") if owner == "Mutation" else None
    return ASSUMED.get(f"{owner}.{field}", ASSUMED.get(field, by_type))


def declare_sizes(types: Iterable[Any]) -> None:
    """Attach `@listSize` to every list and connection that the types lead to, and `@cost` to what is dear, once each.

    Args:
        types: The GraphQL types to begin with; the definitions that Strawberry made them of get the directives.
    """
    seen: set[str] = set()
    waiting: list[Any] = [kind for kind in types if kind is not None]
    while waiting:
        kind: GraphQLNamedType = get_named_type(waiting.pop())
        if isinstance(kind, GraphQLObjectType) and kind.name not in seen:
            seen.add(kind.name)
            _declare(kind)
            waiting += [field.type for field in kind.fields.values()]


def _declare(kind: GraphQLObjectType) -> None:
    definition = kind.extensions.get("strawberry-definition")
    fields = {field.graphql_name or field.python_name: field for field in getattr(definition, "fields", ())}
    by_python = {field.python_name: field for field in fields.values()}
    for name, field in kind.fields.items():
        source = fields.get(name) or by_python.get(_snake(name))
        size = None if source is None else _size(kind.name, name, field.type, "first" in field.args)
        for given in (size, weight_of(kind.name, name)):
            if source is not None and given and not any(isinstance(each, type(given)) for each in source.directives):
                source.directives = [*source.directives, given]


def _size(owner: str, name: str, kind: GraphQLOutputType, sliced: bool) -> ListSize | None:
    bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(bare, GraphQLList):
        length = assumed_size(owner, name)
        return (
            None
            if length is None
            else ListSize(
                assumed_size=length,
                slicing_arguments=["first"] if sliced else UNSET,
                sized_fields=UNSET,
                require_one_slicing_argument=False if sliced else UNSET,
            )
        )
    if sliced and isinstance(bare, GraphQLObjectType) and {"nodes", "edges"} <= set(bare.fields):
        return ListSize(
            assumed_size=UNSET,
            slicing_arguments=["first"],
            sized_fields=["nodes", "edges"],
            require_one_slicing_argument=False,
        )
    return None


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
