"""One function a use case: load, decide (domain), save the record with its events in one write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chassis.clock import Clock
from chassis.errors import Refusal, forbidden, not_found
from chassis.principal import Principal, Scope
from services.assessment.domain import record as records
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Record
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode
from services.assessment.store import Store

_TRIES = 3


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
    mode: SessionMode


@dataclass(frozen=True, slots=True)
class ResultMark:
    """One row of a list of results."""

    enrollment: str
    outcome: ResultOutcome
    score: int | None


Outcome = Record | Refusal
"""What became of one row of a bulk command."""


async def record_attendance(
    assessment: Assessment, principal: Principal, *, project: str, rows: Sequence[AttendanceMark]
) -> list[Outcome]:
    """Record or correct attendance, row by row (R29).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await _own_project(assessment, principal, project)
    now = assessment.clock.now()

    def decide(row: AttendanceMark) -> Callable[[Record], Change]:
        return lambda record: records.mark(
            record, held, session=row.session, present=row.present, mode=row.mode, now=now
        )

    return [await _change_own(assessment, principal, row.enrollment, decide(row), project) for row in rows]


async def record_results(
    assessment: Assessment, principal: Principal, *, project: str, rows: Sequence[ResultMark]
) -> list[Outcome]:
    """Record or correct results, row by row (R30).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await _own_project(assessment, principal, project)
    now = assessment.clock.now()

    def decide(row: ResultMark) -> Callable[[Record], Change]:
        return lambda record: records.assess(
            record, held, outcome=row.outcome, score=row.score, rules=assessment.rules, now=now
        )

    return [await _change_own(assessment, principal, row.enrollment, decide(row), project) for row in rows]


async def confirm_credits(assessment: Assessment, principal: Principal, *, enrollments: Sequence[str]) -> list[Outcome]:
    """Confirm the credits of the school's own teachers, row by row (R31).

    Raises:
        Refusal: `FORBIDDEN` for anybody but a school.
    """
    if principal.scope is not Scope.SCHOOL:
        raise forbidden("R31")
    now = assessment.clock.now()

    def decide(record: Record) -> Change:
        return records.confirm_credit(record, now)

    return [await _change_own(assessment, principal, key, decide) for key in enrollments]


async def revoke_credit(assessment: Assessment, principal: Principal, *, enrollment: str, reason: str) -> Record:
    """Take a confirmed credit back (R31).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `REASON_MISSING`.
    """
    if principal.scope is not Scope.MINISTRY:
        raise forbidden("R31")
    now = assessment.clock.now()
    outcome = await _change_own(
        assessment, principal, enrollment, lambda record: records.revoke_credit(record, reason, now)
    )
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _own_project(assessment: Assessment, principal: Principal, key: str) -> Project:
    project = await assessment.store.projects.get(key)
    if principal.scope is not Scope.BASE or project.base not in principal.bases:
        raise forbidden("R29")
    return project


async def _change_own(
    assessment: Assessment,
    principal: Principal,
    key: str,
    decide: Callable[[Record], Change],
    project: str | None = None,
) -> Outcome:
    """Change a record the principal may see; a colleague's change at the same moment is met by deciding anew."""
    for attempt in range(_TRIES):
        record = (await assessment.store.visible_records([key], principal)).get(key)
        if record is None or (project and record.project != project):
            return not_found("enrollment", key)
        try:
            changed, events = decide(record)
            return await assessment.store.records.save(changed, events)
        except Refusal as refusal:
            if refusal.code != "STALE_VERSION" or attempt == _TRIES - 1:
                return refusal
    raise AssertionError("unreachable")
