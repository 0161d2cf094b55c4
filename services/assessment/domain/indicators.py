"""What a base's year is measured by: every number with the rows that it is the sum of (R38, ADR 60).

A number is never stated: it is the sum of rows, each of them a fact that this service has, with its id. So whoever
doubts one opens it, and nothing is counted twice in an item, for a row has one id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256

from kernel.dates import today
from kernel.encoding import canonical
from services.assessment.domain.book import Book
from services.assessment.domain.finding import Finding
from services.assessment.domain.project import Project
from services.assessment.domain.record import Result
from services.assessment.domain.rubric import Indicator, Item, ItemKind, Periods, Rubric, half_up
from services.assessment.domain.vocabulary import (
    EvidenceKind,
    FindingState,
    InstrumentKind,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
    Severity,
)

MOST_AMENDMENTS = 2
"""How often a plan may be amended after its training has begun, and still counts as kept [D]."""
NATIONAL_MEAN = "national_mean_hundredths"
"""The name of the only number that is no sum of a base's own facts."""
_BY_BASE = "base"
_CANCELLED_BY_BASE = "CANCELLED_BY_BASE"
_COMPLAINT_UPHELD = "COMPLAINT_UPHELD"
_RECTIFIED = "_RECTIFIED"
_BEGUN = (ProjectPhase.RUNNING, ProjectPhase.FINISHED, ProjectPhase.COMPLETED)
_EXCLUDED = (ProjectPhase.CANCELLED, ProjectPhase.SUSPENDED)
_UNDECIDED = (InstrumentState.SCHEDULED, InstrumentState.OPEN, InstrumentState.CLOSED)


@dataclass(frozen=True, slots=True)
class Attendee:
    """What is measured of somebody's record.

    Attributes:
        id: The enrollment's id.
        project: The project's id.
        results: The result in force, if one is published.
    """

    id: str
    project: str
    results: tuple[Result, ...] = ()

    @property
    def result(self) -> Result | None:
        """The result in force; None while none is published."""
        return self.results[-1] if self.results else None

    @property
    def came(self) -> bool:
        """Whether somebody with a result has attended anything: a no-show is not the base's doing."""
        result = self.result
        return result is not None and bool(result.attended_hours or result.attendance_rate)


@dataclass(frozen=True, slots=True)
class Application:
    """How the base has dealt with an application (R23).

    Attributes:
        id: The enrollment's id.
        project: The project's id.
        submitted: Whether the school has handed it in.
        decided: Whether it was decided.
        escalated: Whether it was undecided when admission closed.
    """

    id: str
    project: str
    submitted: bool = False
    decided: bool = False
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What is public of an evaluation: of a suppressed one nothing enters, not even a sum (R36).

    Attributes:
        id: Its id.
        project: The project's id.
        base: The id of the base that held it.
        kind: Evaluation of teaching, or satisfaction survey.
        state: Where it stands.
        counted: How many answers a published one has.
        mean_hundredths: Their mean; None where nothing is shown.
    """

    id: str
    project: str
    base: str
    kind: InstrumentKind
    state: InstrumentState
    counted: int = 0
    mean_hundredths: int | None = None

    @property
    def shown(self) -> bool:
        """Whether it has a published mean."""
        return self.state is InstrumentState.PUBLISHED and self.mean_hundredths is not None and self.counted > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of a base's year.

    Attributes:
        projects: Its projects of the round.
        attendees: Whoever attends one of them.
        books: By project the book of the class.
        applications: Applications for its projects.
        questionnaires: The evaluations of its projects.
        findings: What inspections have found of its projects.
        complaints: Ids of the complaints about it that were upheld.
        certified: By enrollment the day on which the first certificate was issued.
        national: By kind of questionnaire the mean over all published ones of the year, in hundredths.
    """

    projects: Sequence[Project]
    attendees: Sequence[Attendee] = ()
    books: Mapping[str, Book]
    applications: Sequence[Application] = ()
    questionnaires: Sequence[Questionnaire] = ()
    findings: Sequence[Finding] = ()
    complaints: Sequence[str] = ()
    certified: Mapping[str, date]
    national: Mapping[InstrumentKind, int]

    @property
    def held(self) -> list[Project]:
        """The projects that are measured: without those called off, and those that the ministry has suspended."""
        return [project for project in self.projects if project.phase not in _EXCLUDED]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A fact behind a number.

    Attributes:
        kind: Of what it is a fact.
        id: Its id.
        counts: What it adds to each of the numbers of the item, by the number's name.
    """

    kind: EvidenceKind
    id: str
    counts: Mapping[str, int]

    @property
    def position(self) -> str:
        """Its place among the facts of an item, which are ordered by it."""
        return f"{self.kind.value}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured for one item.

    Attributes:
        inputs: The numbers that its points follow from.
        rows: The facts that they are the sums of, in the order of their kinds and ids.
        left_out: Ids of questionnaires that have not ended, and so count only in a later computation.
    """

    inputs: Mapping[str, int]
    rows: tuple[EvidenceRow, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of the rows, by which two computations are compared."""
        return hash_of(self.rows)


def hash_of(rows: Sequence[EvidenceRow]) -> str:
    """The hash of facts, in their order."""
    return sha256(canonical([[row.kind.value, row.id, dict(row.counts)] for row in rows])).hexdigest()


def sums_of(rows: Iterable[EvidenceRow]) -> dict[str, int]:
    """The numbers that facts add up to, by name."""
    sums: dict[str, int] = {}
    for row in rows:
        for name, number in row.counts.items():
            sums[name] = sums.get(name, 0) + number
    return sums


def measure(rubric: Rubric, facts: Facts, day: date) -> dict[str, Measured]:
    """Measure a base's year by a rubric (R38).

    Args:
        rubric: The version.
        facts: Of the base's year.
        day: Today: what is not due yet counts neither way.

    Returns:
        By code of the item what was measured.
    """
    return {item.code: _measured(item, facts, rubric.days, day) for item in rubric.items}


def national_mean(questionnaires: Iterable[Questionnaire], kind: InstrumentKind) -> int:
    """The mean over all published questionnaires of a kind, in hundredths, half up; 0 where there is none."""
    shown = [each for each in questionnaires if each.kind is kind and each.shown]
    answers = sum(each.counted for each in shown)
    total = sum(each.counted * (each.mean_hundredths or 0) for each in shown)
    return half_up(Fraction(total, answers)) if answers else 0


def _measured(item: Item, facts: Facts, days: Periods, day: date) -> Measured:
    rows = sorted(_ROWS[item.indicator](facts, item, days, day), key=lambda row: row.position)
    inputs = sums_of(rows)
    kind = _QUESTIONNAIRES.get(item.indicator)
    if kind is None:
        return Measured(inputs=inputs, rows=tuple(rows))
    if item.kind is ItemKind.MEAN and inputs:
        inputs[NATIONAL_MEAN] = facts.national[kind]
    waiting = {project.id for project in facts.held}
    left_out = [
        each.id
        for each in facts.questionnaires
        if each.kind is kind and each.state in _UNDECIDED and each.project in waiting
    ]
    return Measured(inputs=inputs, rows=tuple(rows), left_out=tuple(sorted(left_out)))


def _ratio(kind: EvidenceKind, key: str, done: bool | int, of: int = 1) -> EvidenceRow:
    return EvidenceRow(kind, key, {"done": int(done), "of": of})


def _on_time(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Whether each project ended within its window; one that is not over has not (R28)."""
    return [_ratio(EvidenceKind.PROJECT, project.id, project.is_over and not project.overrun) for project in facts.held]


def _seats_filled(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """The seats of each project that has begun, and each who attends it."""
    begun = {project.id: project for project in facts.held if project.phase in _BEGUN and project.capacity}
    seats = [
        EvidenceRow(EvidenceKind.PROJECT, project.id, {"done": 0, "of": project.capacity or 0})
        for project in begun.values()
    ]
    return seats + [
        _ratio(EvidenceKind.ENROLLMENT, attendee.id, done=True, of=0)
        for attendee in facts.attendees
        if attendee.project in begun
    ]


def _attendance(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """The hours attended and due of each who came; results of earlier releases have no hours, and are left out."""
    return [
        _ratio(EvidenceKind.ENROLLMENT, attendee.id, min(result.attended_hours, result.due_hours), result.due_hours)
        for attendee in _with_result(facts)
        if attendee.came and (result := attendee.result) and result.attended_hours is not None and result.due_hours
    ]


def _plan_kept(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Whether each project that is over kept its window, and its plan once it had begun (R18, R28)."""
    return [
        _ratio(
            EvidenceKind.PROJECT,
            project.id,
            not project.overrun and project.amended_since_start <= MOST_AMENDMENTS,
        )
        for project in facts.held
        if project.is_over
    ]


def _decided_in_time(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Each application that the base has decided, or left undecided when admission closed (R23)."""
    held = {project.id for project in facts.held}
    return [
        _ratio(EvidenceKind.ENROLLMENT, application.id, not application.escalated)
        for application in facts.applications
        if application.project in held and application.submitted and (application.decided or application.escalated)
    ]


def _results_in_time(facts: Facts, _: Item, days: Periods, day: date) -> list[EvidenceRow]:
    """Whether the results of each project were published in time, of those whose time is over (R30)."""
    rows = []
    for project in facts.held:
        book, ended_on = facts.books.get(project.id), project.ended_on
        if ended_on is None or (project.finished_on is None and project.phase is ProjectPhase.COMPLETED):
            continue  # not over, or completed before there were books
        due_on = ended_on + timedelta(days=days.results_due_days)
        published = book.published_at if book and not book.late else None
        if published and today(published) <= due_on:
            rows.append(_ratio(EvidenceKind.PROJECT, project.id, done=True))
        elif day > due_on:
            rows.append(_ratio(EvidenceKind.PROJECT, project.id, done=False))
    return rows


def _passed(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Each who passed or failed (R30)."""
    return [
        _ratio(EvidenceKind.ENROLLMENT, attendee.id, _outcome(attendee) is ResultOutcome.PASSED)
        for attendee in _with_result(facts)
        if _outcome(attendee) is not ResultOutcome.INCOMPLETE
    ]


def _retained(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Each who ever came, and whether the training was completed: a no-show is not the base's doing (R29)."""
    return [
        _ratio(EvidenceKind.ENROLLMENT, attendee.id, _outcome(attendee) is not ResultOutcome.INCOMPLETE)
        for attendee in _with_result(facts)
        if attendee.came
    ]


def _certified_in_time(facts: Facts, _: Item, days: Periods, day: date) -> list[EvidenceRow]:
    """Whether each who passed got the certificate in time, of those who have one or whose time is over (R32)."""
    rows = []
    for attendee in _with_result(facts):
        book = facts.books.get(attendee.project)
        if _outcome(attendee) is not ResultOutcome.PASSED or book is None or book.published_at is None:
            continue
        due_on = today(book.published_at) + timedelta(days=days.certificates_due_days)
        issued_on = facts.certified.get(attendee.id)
        if issued_on or day > due_on:
            rows.append(_ratio(EvidenceKind.ENROLLMENT, attendee.id, issued_on is not None and issued_on <= due_on))
    return rows


def _answers(facts: Facts, item: Item, _: Periods, __: date) -> list[EvidenceRow]:
    """Each published questionnaire with its answers; a suppressed one is nowhere (R36)."""
    kind = _QUESTIONNAIRES[item.indicator]
    return [
        EvidenceRow(
            EvidenceKind.INSTRUMENT,
            each.id,
            {"count": each.counted, "total_hundredths": each.counted * (each.mean_hundredths or 0)},
        )
        for each in facts.questionnaires
        if each.kind is kind and each.shown
    ]


def _findings(facts: Facts, item: Item, _: Periods, __: date) -> list[EvidenceRow]:
    """Each finding that is not withdrawn, as rectified where its rectification was accepted and came in time (R37)."""
    known = item.loss_hundredths or {}
    rows = []
    for finding in facts.findings:
        if finding.severity is Severity.NONE or finding.state is FindingState.WITHDRAWN:
            continue
        name = finding.severity.value
        if finding.state is FindingState.CLOSED and finding.rectified_in_time and name + _RECTIFIED in known:
            name += _RECTIFIED
        rows.append(EvidenceRow(EvidenceKind.FINDING, finding.id, {name: 1}))
    return rows


def _deductions(facts: Facts, _: Item, __: Periods, ___: date) -> list[EvidenceRow]:
    """Each project that the base has called off (R33), and each complaint that was upheld.

    What the ministry called off is not the base's doing.
    """
    cancelled = [
        EvidenceRow(EvidenceKind.PROJECT, project.id, {_CANCELLED_BY_BASE: 1})
        for project in facts.projects
        if project.phase is ProjectPhase.CANCELLED and project.cancelled_by == _BY_BASE
    ]
    return cancelled + [EvidenceRow(EvidenceKind.COMPLAINT, key, {_COMPLAINT_UPHELD: 1}) for key in facts.complaints]


def _with_result(facts: Facts) -> list[Attendee]:
    held = {project.id for project in facts.held}
    return [attendee for attendee in facts.attendees if attendee.result and attendee.project in held]


def _outcome(attendee: Attendee) -> ResultOutcome | None:
    return attendee.result.outcome if attendee.result else None


_QUESTIONNAIRES = {
    Indicator.TEACHING: InstrumentKind.TEACHING,
    Indicator.SATISFACTION: InstrumentKind.SATISFACTION,
}
_ROWS: Mapping[Indicator, Callable[[Facts, Item, Periods, date], list[EvidenceRow]]] = {
    Indicator.ON_TIME: _on_time,
    Indicator.SEATS_FILLED: _seats_filled,
    Indicator.ATTENDANCE: _attendance,
    Indicator.PLAN_KEPT: _plan_kept,
    Indicator.DECIDED_IN_TIME: _decided_in_time,
    Indicator.RESULTS_IN_TIME: _results_in_time,
    Indicator.PASSED: _passed,
    Indicator.RETAINED: _retained,
    Indicator.CERTIFIED_IN_TIME: _certified_in_time,
    Indicator.TEACHING: _answers,
    Indicator.SATISFACTION: _answers,
    Indicator.FINDINGS: _findings,
    Indicator.DEDUCTIONS: _deductions,
}
