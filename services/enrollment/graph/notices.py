"""The in-app inbox in the graph (R24)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from chassis.principal import Principal, Scope
from services.enrollment.domain import delivery
from services.enrollment.domain.delivery import base_box, school_box, trainee_box
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.enrollments import Enrollment
from services.enrollment.graph.enums import EnrollmentStatus, NoticeKind
from services.enrollment.graph.loaders import EnrollmentByIdLoader
from services.enrollment.graph.projects import Project

_SAID: dict[EnrollmentStatus, tuple[str, str]] = {
    EnrollmentStatus.ACCEPTED: ("报名已被基地录取", "The base has accepted the enrolment"),
    EnrollmentStatus.REJECTED: ("报名未被基地录取", "The base has rejected the enrolment"),
    EnrollmentStatus.WAITLISTED: ("报名已列入候补名单", "The enrolment is on the waiting list"),
    EnrollmentStatus.OFFERED: (
        "候补名单有名额递补，请学校在时限内确认",
        "A seat is offered; take it in time",
    ),
    EnrollmentStatus.EXPIRED: ("递补名额逾期未确认，已失效", "The offered seat was not taken in time"),
    EnrollmentStatus.SUBSTITUTED: (
        "学校已将录取名额转给本校另一名教师",
        "The seat has gone to a colleague",
    ),
    EnrollmentStatus.LAPSED: ("项目已开班，报名失效", "The training has begun without a seat for the enrolment"),
}
_CANCELLED = ("项目已取消，报名终止", "The project is called off, and the enrolment with it")
_AMENDED = ("项目的地点、日期或师资有变更", "The project's venue, dates or faculty have changed")
_OVERLAP = ("日期变更后与另一录取项目时间重叠", "With the new dates it overlaps another acceptance")


@strawberry.type(description="收件箱中的一条通知 (R24)")
class Notice:
    """An entry of the principal's inbox."""

    id: strawberry.ID
    kind: NoticeKind
    status: EnrollmentStatus
    message: str
    reason: str | None
    at: datetime
    source: strawberry.Private[delivery.Notice]

    @classmethod
    def of(cls, source: delivery.Notice, context: Context) -> Self:
        """The notice in the reader's language."""
        return cls(
            id=strawberry.ID(source.id),
            kind=source.kind,
            status=source.status,
            message=context.say(*_sentence(source)),
            reason=source.reason,
            at=source.at,
            source=source,
        )

    @strawberry.field(description="所涉报名")
    async def enrollment(self, info: Info) -> Enrollment | None:
        """The enrolment it tells of."""
        found = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment)
        return Enrollment.of(found) if found else None

    @strawberry.field(description="所涉项目")
    def project(self) -> Project | None:
        """The project it tells of."""
        return Project(id=strawberry.ID(self.source.project))


def boxes_of(principal: Principal) -> Sequence[str]:
    """The inboxes that a principal reads."""
    match principal.scope:
        case Scope.TEACHER if principal.person:
            return (trainee_box(principal.person),)
        case Scope.SCHOOL if principal.school:
            return (school_box(principal.school),)
        case Scope.BASE:
            return tuple(base_box(base) for base in principal.bases)
        case _:
            return ()


def _sentence(notice: delivery.Notice) -> tuple[str, str]:
    match notice.kind:
        case NoticeKind.CANCELLED:
            return _CANCELLED
        case NoticeKind.AMENDED:
            return _AMENDED
        case NoticeKind.OVERLAP:
            return _OVERLAP
        case _:
            return _SAID.get(notice.status, ("报名状态有变化", "The enrolment has changed"))
