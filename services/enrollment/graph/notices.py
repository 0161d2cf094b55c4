"""Notices, the entries of the in-app inbox (R24)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from chassis.principal import Principal, Scope
from services.enrollment.domain import notifications as delivery
from services.enrollment.domain.notification_texts import sentence
from services.enrollment.domain.notifications import base_box, school_box, trainee_box
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.enrollments import Enrollment
from services.enrollment.graph.enums import EnrollmentStatus, NoticeKind
from services.enrollment.graph.loaders import EnrollmentByIdLoader
from services.enrollment.graph.projects import Project


@strawberry.type(description="收件箱中的一条通知 (R24)")
class Notice:
    """One entry of an inbox that the principal reads."""

    id: strawberry.ID
    kind: NoticeKind
    status: EnrollmentStatus
    message: str
    reason: str | None
    at: datetime
    read_at: datetime | None = strawberry.field(description="何时标为已读；同一收件箱的人共享")
    source: strawberry.Private[delivery.Notice]

    @classmethod
    def of(cls, source: delivery.Notice, context: Context) -> Self:
        """The notice in the reader's language."""
        return cls(
            id=strawberry.ID(source.id),
            kind=source.kind,
            status=source.status,
            message=context.say(*sentence(source)),
            reason=source.reason,
            at=source.at,
            read_at=source.read_at,
            source=source,
        )

    @strawberry.field(description="所涉报名")
    async def enrollment(self, info: Info) -> Enrollment | None:
        """The enrollment that the notice tells of."""
        enrollment = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment)
        return Enrollment.of(enrollment) if enrollment else None

    @strawberry.field(description="所涉项目")
    def project(self) -> Project | None:
        """The project that the notice tells of."""
        return Project(id=strawberry.ID(self.source.project))


def boxes_of(principal: Principal) -> Sequence[str]:
    """The inboxes that a principal reads: a teacher's own, the school's, those of an account's bases."""
    match principal.scope:
        case Scope.TEACHER if principal.person:
            return (trainee_box(principal.person),)
        case Scope.SCHOOL if principal.school:
            return (school_box(principal.school),)
        case Scope.BASE:
            return tuple(base_box(base) for base in principal.bases)
        case _:
            return ()
