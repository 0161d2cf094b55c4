"""Notices, the entries of the in-app inbox (R24)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from chassis.principal import Principal, Scope
from services.enrollment.domain import notifications as delivery
from services.enrollment.domain.notification_texts import NO_NAMES, message
from services.enrollment.domain.notifications import (
    MINISTRY_BOX,
    base_box,
    expert_box,
    province_box,
    school_box,
    trainee_box,
)
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment
from services.enrollment.graph.enums import EnrollmentStatus, NoticeKind
from services.enrollment.graph.loaders import EnrollmentByIdLoader, NamesByNoticeLoader
from services.enrollment.graph.projects import Project
from services.enrollment.store import own_province


@strawberry.type(description="收件箱中的一条通知 (R24)")
class Notice:
    """One entry of an inbox that the principal reads."""

    id: strawberry.ID
    kind: NoticeKind
    status: EnrollmentStatus | None = strawberry.field(description="发出时的报名状态；不涉及报名的通知为空")
    reason: str | None
    at: datetime
    read_at: datetime | None = strawberry.field(description="何时标为已读；同一收件箱的人共享")
    source: strawberry.Private[delivery.Notice]

    @classmethod
    def of(cls, source: delivery.Notice) -> Self:
        """From the domain's notice; that it lies in an inbox of the principal has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            kind=source.kind,
            status=source.status,
            reason=source.reason,
            at=source.at,
            read_at=source.read_at,
            source=source,
        )

    @strawberry.field(description="通知内容，写明人员和项目 (R24)")
    async def message(self, info: Info) -> str:
        """What it says, in the reader's language, with the names of person and project as they are now."""
        names = await info.context.loader(NamesByNoticeLoader).load(self.source)
        return info.context.say(*message(self.source, names or NO_NAMES))

    @strawberry.field(description="所涉报名")
    async def enrollment(self, info: Info) -> Enrollment | None:
        """The enrollment that the notice tells of."""
        if self.source.enrollment is None:
            return None
        enrollment = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment)
        return Enrollment.of(enrollment) if enrollment else None

    @strawberry.field(description="所涉项目")
    def project(self) -> Project | None:
        """The project that the notice tells of."""
        return Project(id=strawberry.ID(self.source.project)) if self.source.project else None


def boxes_of(principal: Principal) -> Sequence[str]:
    """The inboxes that a principal reads: the own one of a person, that of the organisation, those of its bases."""
    match principal.scope:
        case Scope.MINISTRY:
            boxes = [MINISTRY_BOX]
        case Scope.PROVINCE if province := own_province(principal):
            boxes = [province_box(province)]
        case Scope.EXPERT if principal.person:
            boxes = [expert_box(principal.person)]
        case Scope.TEACHER if principal.person:
            boxes = [trainee_box(principal.person)]
        case Scope.SCHOOL if principal.school:
            boxes = [school_box(principal.school)]
        case Scope.BASE:
            boxes = [base_box(base) for base in principal.bases]
        case _:
            boxes = []
    return boxes
