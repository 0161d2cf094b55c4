"""A base's year as it may look, and assessments made of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from kernel.reference import rubric_data
from services.assessment.domain import annual
from services.assessment.domain.annual import Assessment, Subject
from services.assessment.domain.book import Book
from services.assessment.domain.finding import Finding
from services.assessment.domain.indicators import (
    Application,
    Attendee,
    EvidenceRow,
    Facts,
    Measured,
    Questionnaire,
    measure,
)
from services.assessment.domain.project import Project
from services.assessment.domain.record import Result
from services.assessment.domain.rubric import Rubric
from services.assessment.domain.vocabulary import (
    EvidenceKind,
    FindingState,
    InstrumentKind,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
    Severity,
)

NATIONAL = msgspec.convert(rubric_data("2024.1"), Rubric)
SICHUAN = msgspec.convert(rubric_data("sichuan.1"), Rubric)
DAY = date(2024, 12, 2)
NOW = datetime(2024, 12, 2, 4, tzinfo=UTC)
ENDED = date(2024, 7, 20)
PUBLISHED = datetime(2024, 7, 30, 4, tzinfo=UTC)
SUBJECT = Subject(base="b1", year=2024, province="44", category="PRINCIPAL", base_name="某基地")
SHA = "0" * 64
PASSED, FAILED, INCOMPLETE = ResultOutcome.PASSED, ResultOutcome.FAILED, ResultOutcome.INCOMPLETE


def project(key: str = "p1", phase: ProjectPhase = ProjectPhase.COMPLETED, **fields: Any) -> Project:
    """A project of 2 seats that has ended in time."""
    known: dict[str, Any] = {"capacity": 2, "finished_on": ENDED, "province": "44", "category": "PRINCIPAL"}
    return Project(key, 9, "b1", 2024, 7, phase, (), **(known | fields))


def attendee(
    key: str, outcome: ResultOutcome | None = PASSED, *, hours: int = 8, due: int = 8, project: str = "p1"
) -> Attendee:
    """Whoever attends, with so many hours and that result, or without one."""
    if outcome is None:
        return Attendee(key, project)
    result = Result(outcome, 90, hours / due, PUBLISHED, attended_hours=hours, due_hours=due)
    return Attendee(key, project, (result,))


def questionnaire(
    key: str, kind: InstrumentKind, mean: int, counted: int = 20, state: InstrumentState = InstrumentState.PUBLISHED
) -> Questionnaire:
    """A questionnaire of `p1`."""
    return Questionnaire(key, "p1", "b1", kind, state, counted, mean)


def finding(key: str, severity: Severity, *, rectified: bool | None = None) -> Finding:
    """A finding; closed where it says whether its rectification came in time."""
    return Finding(
        id=key,
        inspection="2024-1",
        year=2024,
        project="p1",
        base="b1",
        province="44",
        severity=severity,
        text="课表与实际授课不符",
        clause=None,
        due_on=DAY,
        state=FindingState.OPEN if rectified is None else FindingState.CLOSED,
        history=(),
        rectified_in_time=rectified,
    )


def facts(**fields: Any) -> Facts:
    """A base with one project that went well."""
    known: dict[str, Any] = {
        "projects": [project()],
        "attendees": [attendee("e1"), attendee("e2")],
        "books": {"p1": Book("p1", 1, "b1", published_at=PUBLISHED)},
        "applications": [Application("e1", "p1", submitted=True, decided=True)],
        "questionnaires": [
            questionnaire("i1", InstrumentKind.TEACHING, 480),
            questionnaire("i2", InstrumentKind.SATISFACTION, 480),
        ],
        "certified": {"e1": date(2024, 8, 1), "e2": date(2024, 8, 1)},
        "national": dict.fromkeys(InstrumentKind, 480),
    }
    return Facts(**(known | fields))


def measured(code: str, of: Facts, rubric: Rubric = NATIONAL) -> Measured:
    """What was measured for an item."""
    return measure(rubric, of, DAY)[code]


def drafted(of: Facts | None = None, rubric: Rubric = NATIONAL, base: str = "b1") -> Assessment:
    """An assessment as it is computed."""
    subject = replace(SUBJECT, base=base)
    found = measure(rubric, of or facts(), DAY)
    return annual.compute(None, subject, rubric, found, rubric_sha256=SHA, now=NOW)


def scoring(base: str, hundredths: int, *, major: bool = False) -> Assessment:
    """An assessment whose one item that is less than full brings that score."""
    rows: Mapping[str, int] = {"done": hundredths, "of": 10_000}
    row = EvidenceRow(EvidenceKind.PROJECT, "p1", rows)
    found = {item.code: Measured(inputs={}) for item in ONLY.items}
    found["P"] = Measured(inputs=dict(rows), rows=(row,))
    if major:
        found["L"] = Measured(inputs={"MAJOR": 1})
    subject = replace(SUBJECT, base=base)
    return annual.compute(None, subject, ONLY, found, rubric_sha256=SHA, now=NOW)


ONLY = msgspec.convert(
    rubric_data("2024.1")
    | {
        "version": "only",
        "items": [
            {
                "code": "P",
                "dimension": "全部",
                "name": "全部",
                "indicator": "PASSED",
                "points": 100,
                "kind": "ratio",
                "events": ["x"],
            },
            {
                "code": "L",
                "dimension": "扣分",
                "name": "扣分",
                "indicator": "FINDINGS",
                "points": 10,
                "kind": "deduction",
                "loss_hundredths": {"MAJOR": 0},
                "events": ["x"],
            },
        ],
        "veto": [],
        "excellent": {"most_bp": 2000, "not_with": [["L", "MAJOR"]]},
    },
    Rubric,
)
"""A rubric of one ratio, so that a score can be chosen."""
