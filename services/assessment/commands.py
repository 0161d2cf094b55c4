"""One function a use case: load, decide (domain), save the record with its events in one write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chassis.clock import Clock
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import once
from kernel.errors import Refusal, forbidden, not_found
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


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a command: whose record, what was said of it, and what that makes of the record."""

    key: str
    said: Any
    decide: Decision


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

    said = [_Row(row.enrollment, row, decide(row)) for row in rows]
    return await _change_each(assessment, principal, "record_attendance", said, project)


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

    said = [_Row(row.enrollment, row, decide(row)) for row in rows]
    return await _change_each(assessment, principal, "record_results", said, project)


async def confirm_credits(assessment: Assessment, principal: Principal, *, enrollments: Sequence[str]) -> list[Outcome]:
    """Confirm the credits of the school's own teachers, row by row (R31).

    Raises:
        Refusal: `FORBIDDEN` for anybody but a school.
    """
    if principal.scope is not Scope.SCHOOL:
        raise forbidden("R31")
    now = assessment.clock.now()
    said = [_Row(key, None, partial(records.confirm_credit, now=now)) for key in enrollments]
    return await _change_each(assessment, principal, "confirm_credits", said)


async def revoke_credit(assessment: Assessment, principal: Principal, *, enrollment: str, reason: str) -> Record:
    """Take a confirmed credit back (R31).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `REASON_MISSING`.
    """
    if principal.scope is not Scope.MINISTRY:
        raise forbidden("R31")
    decision = partial(records.revoke_credit, reason=reason, now=assessment.clock.now())
    (outcome,) = await _change_each(assessment, principal, "revoke_credit", [_Row(enrollment, reason, decision)])
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _own_project(assessment: Assessment, principal: Principal, key: str, rule: str) -> Project:
    project = await assessment.store.projects.get(key)
    if principal.scope is not Scope.BASE or project.base not in principal.bases:
        raise forbidden(rule)
    return project


async def _change_each(
    assessment: Assessment, principal: Principal, command: str, said: Sequence[_Row], project: str | None = None
) -> list[Outcome]:
    """Change the records that the principal may see, each in one write, however many rows speak of it."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(said):
        places.setdefault(row.key, []).append(index)
    found = await assessment.store.visible_records(list(places), principal)
    outcomes: dict[int, Outcome] = {}
    for key, indexes in places.items():
        record, rows = found.get(key), [said[index] for index in indexes]
        if record is None or (project and record.project != project):
            outcomes |= dict.fromkeys(indexes, not_found("enrollment", key))
        else:
            outcomes |= dict(zip(indexes, await _change(assessment, principal, command, record, rows), strict=True))
    return [outcomes[index] for index in range(len(said))]


async def _change(
    assessment: Assessment, principal: Principal, command: str, record: Record, rows: Sequence[_Row]
) -> list[Outcome]:
    """What became of each row of one record; under an `Idempotency-Key` that has done this, of the record as it is."""
    refusals: list[Refusal | None] | None = None

    async def act() -> Record:
        nonlocal refusals
        changed, refusals = await _save(assessment, record, rows)
        return changed

    try:
        kept = await once(
            assessment.store.records, principal, f"{command}|{record.id}", [one.said for one in rows], act
        )
    except Refusal as refused:
        return [given or refused for given in refusals or [None] * len(rows)]
    if refusals is None:
        refusals = _decide(kept, rows)[2]
    return [refusal or kept for refusal in refusals]


async def _save(assessment: Assessment, record: Record, rows: Sequence[_Row]) -> tuple[Record, list[Refusal | None]]:
    """Decide and save; a colleague's change at the same moment is met by deciding anew."""
    for attempt in range(_TRIES):
        changed, events, refusals = _decide(record, rows)
        if not events:
            return changed, refusals
        try:
            return await assessment.store.records.save(changed, events), refusals
        except Refusal:
            if attempt == _TRIES - 1:
                raise
            record = await assessment.store.records.get(record.id)
    raise AssertionError("unreachable")


def _decide(record: Record, rows: Sequence[_Row]) -> tuple[Record, list[RecordEvent], list[Refusal | None]]:
    """All decisions on one record, in order; what is refused changes nothing."""
    events: list[RecordEvent] = []
    refusals: list[Refusal | None] = []
    for row in rows:
        try:
            record, more = row.decide(record)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            events += more
            refusals.append(None)
    return record, events, refusals
