"""Decisions on enrollments, and the escalation of those that no base has decided in time (R23)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.principal import Principal, Scope
from kernel.free_text import Reason
from services.enrollment.commands.admissions import lane_row, require_done, submit
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_enrollment
from services.enrollment.domain import eligibility, news
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import Enrollment, missed_deadline, require_missed
from services.enrollment.domain.notifications import NoticeKind
from services.enrollment.domain.project import ADMIT, is_open, require_not_started, require_open
from services.enrollment.domain.revision import require_correctable, revise
from services.enrollment.domain.seats import holds_seat
from services.enrollment.domain.vocabulary import EnrollmentDecision

_WINDOW = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on one enrollment, as it was sent.

    Attributes:
        enrollment: The enrollment's id.
        reason: Why, as it was typed.
    """

    enrollment: str
    decision: EnrollmentDecision
    reason: str | None = None


async def decide_enrollments(
    deps: Deps, principal: Principal, decisions: Sequence[Decision]
) -> list[RowResult[Enrollment]]:
    """Decide on enrollments, each row by itself: the base until admission closes, after that the ministry (R23).

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS`, `REPEATED_ROWS` or `BUSY`; why a row is refused is in the row.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    require_rows(decisions, "decisions", rule="R22")
    require_different([decision.enrollment for decision in decisions], "decisions", rule="R23")
    overrides = principal.scope is Scope.MINISTRY

    def decide(admission: Admission, decision: Decision) -> Enrollment:
        before = own_enrollment(admission, principal, decision.enrollment)
        if overrides:
            _require_escalated(admission, before)
        else:
            admission.project_in_phase(before.project, ADMIT, "R23")
        reason = Reason.optional(decision.reason)
        step = enrollments.decide(
            before,
            decision.decision,
            reason,
            admission.now,
            overrides=overrides,
            passes_over=decision.decision is EnrollmentDecision.ACCEPT and admission.passes_over(before),
        )
        decided = admission.settle(before, step)
        admission.feed_back(decided)
        return decided

    rows = [
        lane_row(
            principal,
            decision.enrollment,
            Command(
                decide=partial(decide, decision=decision),
                enrollments=(decision.enrollment,),
                takes_seats=decision.decision is not EnrollmentDecision.REJECT,
                fresh=overrides,  # a deadline that was extended must not be taken for missed
            ),
            name=f"_decide|{decision.enrollment}",
            content=((), {"key": decision.enrollment, "given": decision}),
        )
        for decision in decisions
    ]
    return await deps.lane.submit_all(rows)


async def return_enrollments(
    deps: Deps, principal: Principal, *, keys: Sequence[str], reason: str
) -> list[RowResult[Enrollment]]:
    """Return submitted enrollments to their schools for correction, in a round with 学员资格复核 (R23, ADR 33).

    School and trainee are told. The school submits again until that step's last day; what it does not submit lapses
    as other sign-ups do, on the planned first day of the training.

    Args:
        deps: The service's dependencies.
        principal: An account of the base.
        keys: Ids of enrollments.
        reason: What is to be corrected, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS` or `BUSY`; why a row is refused, such as `STEP_NOT_IN_ROUND`, is in the
            row.
    """
    require_scope(principal, Scope.BASE)
    require_rows(keys, "ids", rule="R22")

    def send_back(admission: Admission, key: str) -> Enrollment:
        before = own_enrollment(admission, principal, key)
        project = admission.project(before.project)
        require_open(project, "R23")
        step = eligibility.send_back(before, admission.round_of(project), Reason.of(reason, "R23"), admission.now)
        returned = admission.settle(before, step)
        admission.feed_back(returned, NoticeKind.ENROLLMENT_RETURNED)
        return returned

    rows = [
        lane_row(
            principal,
            key,
            Command(decide=partial(send_back, key=key), enrollments=(key,), by_steps=True),
            name=f"return_enrollments|{key}",
            content=((), {"reason": reason}),
        )
        for key in keys
    ]
    return await deps.lane.submit_all(rows)


async def revise_decision(
    deps: Deps, principal: Principal, *, key: str, decision: EnrollmentDecision, reason: str
) -> Enrollment:
    """Correct a decision until the training starts: the base while admission is open, after that the ministry (R23).

    A seat that the correction frees goes down the line in the same step; one that was given meanwhile stays given.

    Args:
        deps: The service's dependencies.
        principal: An account of the base or of the ministry.
        key: The enrollment's id.
        decision: What is right.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `PROJECT_NOT_OPEN`, `PHASE_CLOSED`, `SEAT_GIVEN`, `DECIDED_BY_MINISTRY`,
            `NOT_ESCALATED`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE`, `SCHOOL_CLOSED`, `SECOND_SIGN_UP`,
            `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `BUSY`.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    overrides = principal.scope is Scope.MINISTRY

    def decide(admission: Admission) -> Enrollment:
        before = own_enrollment(admission, principal, key)
        project = admission.project(before.project)
        require_open(project, "R23")
        require_not_started(project, admission.now, "R23")
        if not overrides:
            admission.project_in_phase(before.project, ADMIT, "R23")
        require_correctable(
            before, ministry=overrides, admission_open=is_open(admission.round_of(project), ADMIT, admission.now)
        )
        step = revise(before, decision, Reason.of(reason, "R23"), admission.now, overrides=overrides)
        if not before.live:
            admission.enter(before.school)
            admission.require_first(before.teacher, before.project)
        revised = admission.settle(before, step)
        admission.feed_back(revised, NoticeKind.REVISED)
        if overrides:
            admission.tell_base(revised, NoticeKind.REVISED)
        if not holds_seat(revised.status):
            admission.offer_freed_seat(before)
        return revised

    command = Command(
        decide=decide, enrollments=(key,), takes_seats=True, frees_seats=True, revives=True, fresh=overrides
    )
    content = (), {"key": key, "decision": decision, "reason": reason}
    return await submit(deps.lane, lane_row(principal, key, command, name="revise_decision|", content=content))


def _require_escalated(admission: Admission, enrollment: Enrollment) -> None:
    """Refuse the ministry while the base can still decide.

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `NOT_ESCALATED`.
    """
    project = admission.project(enrollment.project)
    require_open(project, "R23")
    require_missed(admission.round_of(project), admission.now)


async def escalate_undecided(deps: Deps) -> int:
    """Escalate the enrollments that no base has decided in time (R23). Idempotent.

    Returns:
        How many were escalated.

    Raises:
        Conflict: The database is too busy; what is left is escalated by the next call.
    """

    def escalate(admission: Admission, key: str) -> Enrollment | None:
        before = admission.enrollment(key)
        deadline = missed_deadline(admission.round_of(admission.project(before.project)), admission.now)
        step = enrollments.escalate(before, deadline, admission.now) if deadline else None
        if deadline is None or step is None:
            return None
        admission.tell(news.of_escalation(admission.project(before.project), deadline))
        return admission.settle(before, step)

    total = 0
    async for year, deadline in missed_deadlines(deps):
        while undecided := await deps.store.enrollments.undecided(year, deadline, _WINDOW):
            rows = [
                lane_row(None, key, Command(decide=partial(escalate, key=key), enrollments=(key,), fresh=True))
                for key in undecided
            ]
            done = require_done(await deps.lane.submit_all(rows, background=True))
            total += done
            if not done:
                break
    return total


async def missed_deadlines(deps: Deps) -> AsyncIterator[tuple[int, datetime]]:
    """The rounds whose deadline for decisions has passed: year and deadline (R23)."""
    for calendar in await deps.store.rounds.query({}):
        if deadline := missed_deadline(calendar, deps.clock.now()):
            yield int(calendar.id), deadline
