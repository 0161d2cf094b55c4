"""One function a use case: load, decide (domain), save the record with its events in one write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.clock import Clock
from chassis.errors import Refusal, forbidden, not_found
from chassis.principal import Principal, Scope
from services.assessment.domain import record as records
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.events import RecordEvent
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Record
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode
from services.assessment.store import Store

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Assessment:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: Everything that is kept.
        clock: Domain time.
        rules: Versions of the credit rule (R31).
    """

    store: Store
    clock: Clock
    rules: tuple[CreditRule, ...]


@dataclass(frozen=True, slots=True)
class AttendanceMark:
    """One row of an attendance list."""

    enrollment: str
    session: str
    present: bool
    mode: SessionMode | None


@dataclass(frozen=True, slots=True)
class ResultMark:
    """One row of a list of results."""

    enrollment: str
    outcome: ResultOutcome
    score: int | None


Outcome = Record | Refusal
"""What became of one row of a bulk command."""
Decision = Callable[[Record], Change]


async def record_attendance(
    assessment: Assessment, principal: Principal, *, project: str, rows: Sequence[AttendanceMark]
) -> list[Outcome]:
    """Record or correct attendance, row by row (R29).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await _own_project(assessment, principal, project, "R29")
    now = assessment.clock.now()

    def decide(row: AttendanceMark) -> Decision:
        return lambda record: records.mark(
            record, held, session=row.session, present=row.present, mode=row.mode, now=now
        )

    decisions = [(row.enrollment, decide(row)) for row in rows]
    return await _change_each(assessment, principal, decisions, project)


async def record_results(
    assessment: Assessment, principal: Principal, *, project: str, rows: Sequence[ResultMark]
) -> list[Outcome]:
    """Record or correct results, row by row (R30).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await _own_project(assessment, principal, project, "R30")
    now = assessment.clock.now()

    def decide(row: ResultMark) -> Decision:
        return lambda record: records.assess(
            record, held, outcome=row.outcome, score=row.score, rules=assessment.rules, now=now
        )

    decisions = [(row.enrollment, decide(row)) for row in rows]
    return await _change_each(assessment, principal, decisions, project)


async def confirm_credits(assessment: Assessment, principal: Principal, *, enrollments: Sequence[str]) -> list[Outcome]:
    """Confirm the credits of the school's own teachers, row by row (R31).

    Raises:
        Refusal: `FORBIDDEN` for anybody but a school.
    """
    if principal.scope is not Scope.SCHOOL:
        raise forbidden("R31")
    now = assessment.clock.now()
    decisions = [(key, partial(records.confirm_credit, now=now)) for key in enrollments]
    return await _change_each(assessment, principal, decisions)


async def revoke_credit(assessment: Assessment, principal: Principal, *, enrollment: str, reason: str) -> Record:
    """Take a confirmed credit back (R31).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `REASON_MISSING`.
    """
    if principal.scope is not Scope.MINISTRY:
        raise forbidden("R31")
    decision = partial(records.revoke_credit, reason=reason, now=assessment.clock.now())
    (outcome,) = await _change_each(assessment, principal, [(enrollment, decision)])
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _own_project(assessment: Assessment, principal: Principal, key: str, rule: str) -> Project:
    project = await assessment.store.projects.get(key)
    if principal.scope is not Scope.BASE or project.base not in principal.bases:
        raise forbidden(rule)
    return project


async def _change_each(
    assessment: Assessment,
    principal: Principal,
    decisions: Sequence[tuple[str, Decision]],
    project: str | None = None,
) -> list[Outcome]:
    """Change the records that the principal may see, each in one write, however many rows speak of it."""
    rows: dict[str, list[int]] = {}
    for index, (key, _) in enumerate(decisions):
        rows.setdefault(key, []).append(index)
    found = await assessment.store.visible_records(list(rows), principal)
    outcomes: dict[int, Outcome] = {}
    for key, indexes in rows.items():
        record = found.get(key)
        if record is None or (project and record.project != project):
            outcomes |= dict.fromkeys(indexes, not_found("enrollment", key))
        else:
            changed = await _change(assessment, record, [decisions[index][1] for index in indexes])
            outcomes |= dict(zip(indexes, changed, strict=True))
    return [outcomes[index] for index in range(len(decisions))]


async def _change(assessment: Assessment, record: Record, decisions: Sequence[Decision]) -> list[Outcome]:
    """Decide and save; a colleague's change at the same moment is met by deciding anew."""
    for attempt in range(_TRIES):
        changed, events, refusals = _decide(record, decisions)
        if not events:
            return [refusal or changed for refusal in refusals]
        try:
            saved = await assessment.store.records.save(changed, events)
        except Refusal as stale:
            if attempt == _TRIES - 1:
                return [refusal or stale for refusal in refusals]
            record = await assessment.store.records.get(record.id)
        else:
            return [refusal or saved for refusal in refusals]
    raise AssertionError("unreachable")


def _decide(record: Record, decisions: Sequence[Decision]) -> tuple[Record, list[RecordEvent], list[Refusal | None]]:
    """All decisions on one record, in order; what is refused changes nothing."""
    events: list[RecordEvent] = []
    refusals: list[Refusal | None] = []
    for decision in decisions:
        try:
            record, more = decision(record)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            events += more
            refusals.append(None)
    return record, events, refusals
