"""The base's decisions, each with its seat, its person's time and its two deliveries (R19, R23, R24)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.principal import Principal, Scope
from chassis.storage.idempotency import repeatable
from chassis.storage.mongo import Session
from services.enrollment.commands.office import (
    Office,
    Row,
    attempt,
    capped,
    open_project,
    own_enrollment,
    require_scope,
)
from services.enrollment.domain.delivery import NoticeKind, feedback
from services.enrollment.domain.enrollment import decide
from services.enrollment.domain.escalation import require_missed
from services.enrollment.domain.machine import Enrollment
from services.enrollment.domain.project import ADMIT, Project, require_open
from services.enrollment.domain.vocabulary import EnrollmentDecision


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided on one enrolment."""

    enrollment: str
    decision: EnrollmentDecision
    reason: str | None = None


async def decide_enrollments(office: Office, principal: Principal, decisions: Sequence[Decision]) -> list[Row]:
    """Decide on enrolments of the own bases until admission closes; then the ministry decides what is left (R23).

    Raises:
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`; why a row is refused is in the row.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    capped(decisions)
    rows = [
        await attempt(one.enrollment, _decide(office, principal, key=one.enrollment, given=one)) for one in decisions
    ]
    office.wake.set()
    return rows


@repeatable("enrollments", row="key")
async def _decide(office: Office, principal: Principal, *, key: str, given: Decision) -> Enrollment:
    async def work(session: Session) -> Enrollment:
        before = await own_enrollment(office, principal, principal.scope, key, session)
        overrides, now = principal.scope is Scope.MINISTRY, office.clock.now()
        if overrides:
            project = await _escalated_project(office, before.project, session)
        else:
            project = await open_project(office, before.project, phase=ADMIT, rule="R23", session=session)
        after, events = decide(before, given.decision, given.reason, now, overrides=overrides)
        saved = await office.store.settle(before, after, events, project, session)
        await office.store.add_deliveries(feedback(saved, NoticeKind.DECISION, now), session)
        return saved

    return await office.store.transact(work)


async def _escalated_project(office: Office, key: str, session: Session) -> Project:
    """A project that its base can no longer decide on.

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `NOT_ESCALATED`.
    """
    project = await office.store.projects.get(key, session)
    require_open(project, "R23")
    require_missed(await office.store.rounds.find(str(project.year), session), office.clock.now())
    return project
