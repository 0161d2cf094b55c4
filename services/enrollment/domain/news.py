"""Who is told of what happened besides the feedback of a decision: ministry, provinces, bases, reviewers, teachers.

A notice's id is made of the occasion, so that telling a second time leaves no second notice (ADR 36).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.reference import provinces
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.notifications import (
    MINISTRY_BOX,
    NO_FACTS,
    Facts,
    Notice,
    NoticeKind,
    base_box,
    expert_box,
    order_of,
    province_box,
    school_box,
    trainee_box,
)
from services.enrollment.domain.project import ADMIT, Project, Round
from services.enrollment.domain.vocabulary import Outcome

REMIND_BEFORE = timedelta(days=2)
"""How long before the deadline for decisions a base is told what it has not decided (R23)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What happened to a project, as an event of the catalog tells it.

    Attributes:
        kind: What its notices are about.
        project: The project's id.
        base: Its base.
        at: Domain time.
        version: The project's version after it.
        reason: Why, where the event says so.
        facts: What the sentences say besides.
    """

    kind: NoticeKind
    project: str
    base: str
    at: datetime
    version: int
    reason: str | None = None
    facts: Facts = NO_FACTS

    def notices(self, boxes: Iterable[str], *, reason: bool = True) -> list[Notice]:
        """A notice for each of the boxes, with the reason or without it."""
        return [
            Notice(
                id=f"{order_of(self.at)}:{self.project}:{box}:{self.kind.value}:{self.version}",
                to=box,
                kind=self.kind,
                project=self.project,
                reason=self.reason if reason else None,
                at=self.at,
                facts=self.facts,
            )
            for box in boxes
        ]


def of_plan(occasion: Occasion) -> list[Notice]:
    """To the base: its plan was returned, decided or published, its project suspended, resumed or extended."""
    return occasion.notices([base_box(occasion.base)])


def of_review(occasion: Occasion, experts: Iterable[str]) -> list[Notice]:
    """To the reviewers: a plan waits for their review (R14)."""
    return occasion.notices(expert_box(expert) for expert in experts)


def of_oversight(occasion: Occasion) -> list[Notice]:
    """To the ministry and the base: a start or an end was missed, or the training went past its window (R28)."""
    return occasion.notices([MINISTRY_BOX, base_box(occasion.base)])


def of_start(enrollments: Iterable[Enrollment], at: datetime) -> list[Notice]:
    """To the teachers who have a seat: the training has begun (R28)."""
    return [
        notice
        for enrollment in enrollments
        for notice in _about(enrollment, NoticeKind.STARTED, [trainee_box(enrollment.teacher)], at)
    ]


def of_cancellation(occasion: Occasion, concerned: Iterable[str]) -> list[Notice]:
    """To the base, the ministry and the provinces whose schools lose a place: the project is called off (R33).

    Args:
        occasion: The cancellation.
        concerned: The provinces, two digits; `00` is none.
    """
    boxes = [province_box(province) for province in sorted(set(concerned)) if province in provinces()]
    return occasion.notices([base_box(occasion.base), MINISTRY_BOX, *boxes])


def of_quota(base: str, province: str, facts: Facts, *, at: datetime, version: int, reason: str | None) -> list[Notice]:
    """To the base, with the reason, and to its province, without it: a quota was changed (R39).

    Args:
        base: The base's id.
        province: The base's, two digits.
        facts: Year, limits, and the base's name.
        at: Domain time.
        version: The quota's version after the change.
        reason: Why.
    """
    boxes = {base_box(base): reason} | ({province_box(province): None} if province in provinces() else {})
    return [
        Notice(
            id=f"{order_of(at)}:{base}:{box}:{NoticeKind.QUOTA.value}:{facts.year}:{version}",
            to=box,
            kind=NoticeKind.QUOTA,
            reason=why,
            at=at,
            facts=facts,
        )
        for box, why in boxes.items()
    ]


def of_round(bases: Iterable[str], facts: Facts, *, at: datetime, version: int, reason: str) -> list[Notice]:
    """To the bases: by what their plans of a round are written and checked has changed (R1, R8, R9).

    Args:
        bases: Their ids.
        facts: The year, and which parts have changed.
        at: Domain time.
        version: The round's version after the change.
        reason: Why.
    """
    return [
        Notice(
            id=f"{order_of(at)}:{facts.year}:{base_box(base)}:{NoticeKind.ROUND_AMENDED.value}:{version}",
            to=base_box(base),
            kind=NoticeKind.ROUND_AMENDED,
            reason=reason,
            at=at,
            facts=facts,
        )
        for base in bases
    ]


def of_escalation(project: Project, deadline: datetime) -> list[Notice]:
    """To the ministry and the base, once a project and deadline: enrollments were left undecided (R23)."""
    return [
        Notice(
            id=f"{order_of(deadline)}:{project.id}:{box}:{NoticeKind.ESCALATED.value}",
            to=box,
            kind=NoticeKind.ESCALATED,
            project=project.id,
            reason=None,
            at=deadline,
        )
        for box in (MINISTRY_BOX, base_box(project.base))
    ]


def due_reminder(calendar: Round, now: datetime) -> datetime | None:
    """The deadline for decisions of which the bases are to be reminded now; None where it is far or over (R23)."""
    phase = calendar.calendar.get(ADMIT)
    if phase is None or not phase.closes_at - REMIND_BEFORE <= now < phase.closes_at:
        return None
    return phase.closes_at


def of_decisions_due(undecided: Mapping[tuple[str, str], int], deadline: datetime, now: datetime) -> list[Notice]:
    """To each base, once a project and deadline: how many enrollments it has to decide by when (R23).

    Args:
        undecided: Base and project to the number of undecided enrollments.
        deadline: The end of the phase, exclusive.
        now: Domain time.
    """
    return [
        Notice(
            id=f"{order_of(deadline - REMIND_BEFORE)}:{project}:{base_box(base)}:{NoticeKind.DECISIONS_DUE.value}",
            to=base_box(base),
            kind=NoticeKind.DECISIONS_DUE,
            project=project,
            reason=None,
            at=now,
            facts=Facts(count=count, until=_last_day(deadline)),
        )
        for (base, project), count in undecided.items()
    ]


def of_no_show(enrollment: Enrollment, at: datetime) -> list[Notice]:
    """To the teacher, the school and the province: the trainee did not attend (R29)."""
    boxes = [trainee_box(enrollment.teacher), school_box(enrollment.school)]
    if enrollment.province in provinces():
        boxes.append(province_box(enrollment.province))
    return _about(enrollment, NoticeKind.NO_SHOW, boxes, at)


def of_result(
    enrollment: Enrollment, outcome: Outcome, at: datetime, event: str, *, corrected: bool = False
) -> list[Notice]:
    """To the teacher and the school: a result was published, or a published one was corrected (R30).

    Args:
        enrollment: The enrollment.
        outcome: What the result is.
        at: Domain time.
        event: The id of the event that says so.
        corrected: Whether there was one before.
    """
    kind = NoticeKind.RESULT_CORRECTED if corrected else NoticeKind.RESULT
    return _about(enrollment, kind, _own_boxes(enrollment), at, facts=Facts(outcome=outcome), event=event)


def of_credit_to_confirm(enrollment: Enrollment, hours: int, at: datetime, event: str) -> list[Notice]:
    """To the teacher and the school: a credit waits for the school (R31); `event` is the id of the event of it."""
    facts = Facts(hours=hours)
    return _about(enrollment, NoticeKind.CREDIT_TO_CONFIRM, _own_boxes(enrollment), at, facts=facts, event=event)


def of_credit(enrollment: Enrollment, hours: int, at: datetime) -> list[Notice]:
    """To the teacher and the school: the school has confirmed the credit (R31)."""
    return _about(enrollment, NoticeKind.CREDIT, _own_boxes(enrollment), at, facts=Facts(hours=hours))


def of_results_due(occasion: Occasion) -> list[Notice]:
    """To the base, and once the day is over to the ministry: its results are to be published (R30)."""
    boxes = [base_box(occasion.base), *([MINISTRY_BOX] if occasion.facts.overdue else [])]
    return occasion.notices(boxes)


def of_revocation(enrollment: Enrollment, reason: str, at: datetime) -> list[Notice]:
    """To the teacher and the school: the credit is revoked (R31)."""
    boxes = [trainee_box(enrollment.teacher), school_box(enrollment.school)]
    return _about(enrollment, NoticeKind.CREDIT_REVOKED, boxes, at, reason=reason)


def of_restoration(enrollment: Enrollment, reason: str, at: datetime) -> list[Notice]:
    """The teacher and the school: the revocation was a mistake, and the credit holds again (R31)."""
    boxes = [trainee_box(enrollment.teacher), school_box(enrollment.school)]
    return _about(enrollment, NoticeKind.CREDIT_RESTORED, boxes, at, reason=reason)


def of_certificate(enrollment: Enrollment, at: datetime, event: str, *, ended: bool) -> list[Notice]:
    """To the teacher and the base: a certificate was issued, or is valid no more (R32).

    Args:
        enrollment: The attendee's enrollment.
        at: Domain time.
        event: The id of the event that says so.
        ended: Whether it is valid no more.
    """
    kind = NoticeKind.CERTIFICATE_REVOKED if ended else NoticeKind.CERTIFICATE
    return _about(enrollment, kind, [trainee_box(enrollment.teacher), base_box(enrollment.base)], at, event=event)


def _own_boxes(enrollment: Enrollment) -> list[str]:
    return [trainee_box(enrollment.teacher), school_box(enrollment.school)]


def _about(
    enrollment: Enrollment,
    kind: NoticeKind,
    boxes: Sequence[str],
    at: datetime,
    *,
    facts: Facts = NO_FACTS,
    reason: str | None = None,
    event: str | None = None,
) -> list[Notice]:
    occasion = f"{kind.value}:{event}" if event else kind.value
    return [
        Notice(
            id=f"{order_of(at)}:{enrollment.id}:{box}:{occasion}",
            to=box,
            kind=kind,
            enrollment=enrollment.id,
            project=enrollment.project,
            status=enrollment.status,
            reason=reason,
            at=at,
            facts=facts,
        )
        for box in boxes
    ]


def _last_day(deadline: datetime) -> date:
    return today(deadline - timedelta(microseconds=1))
