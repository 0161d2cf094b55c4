"""Deliveries of feedback: their state, and those that have not arrived (R24)."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.enrollment.domain import notifications as deliveries
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.enums import (
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    EnrollmentStatus,
    NoticeKind,
)
from services.enrollment.graph.loaders import EnrollmentByIdLoader

if TYPE_CHECKING:
    from services.enrollment.graph.enrollments import Enrollment

EnrollmentType = Annotated["Enrollment", strawberry.lazy("services.enrollment.graph.enrollments")]


@strawberry.type(description="一次反馈经一个渠道的送达情况；站内通知（INBOX）为准，邮件只作提醒 (R24)")
class Delivery:
    """The delivery of one piece of feedback to one recipient by one channel."""

    id: strawberry.ID
    recipient: DeliveryRecipient
    channel: DeliveryChannel
    kind: NoticeKind
    state: DeliveryState
    status: EnrollmentStatus | None = strawberry.field(description="所反馈的报名状态")
    attempts: int
    created_at: datetime
    delivered_at: datetime | None
    next_attempt_at: datetime | None = strawberry.field(description="未送达时，最早何时再试")
    fault: DeliveryFault | None = strawberry.field(description="最近一次未送达的原因")
    waiting_seconds: int = strawberry.field(description="等待了多久：至送达，未送达则至今")
    source: strawberry.Private[deliveries.Delivery]

    @classmethod
    def of(cls, source: deliveries.Delivery, context: Context) -> Self:
        """The delivery as it stands at domain time."""
        until = source.delivered_at or context.deps.clock.now()
        return cls(
            id=strawberry.ID(source.id),
            recipient=source.recipient,
            channel=source.channel,
            kind=source.kind,
            state=source.state,
            status=source.status,
            attempts=source.attempts,
            created_at=source.created_at,
            delivered_at=source.delivered_at,
            next_attempt_at=source.due,
            fault=source.fault,
            waiting_seconds=int((until - source.created_at).total_seconds()),
            source=source,
        )

    @strawberry.field(description="所涉报名")
    async def enrollment(self, info: Info) -> EnrollmentType | None:
        """The enrollment that it tells of, if the principal may see it."""
        from services.enrollment.graph.enrollments import Enrollment

        enrollment = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment or "")
        return Enrollment.of(enrollment) if enrollment else None


@strawberry.type
class FeedbackQuery:
    """Queries of feedback."""

    @strawberry.federation.field(
        description="某年度尚未送达的反馈（含邮件），由早到晚：学校为本校，省份为本省，教师工作司为全国 (R24)",
        requires_scopes=requires(Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def undelivered_feedback(
        self, info: Info, year: int, first: int = 20, after: str | None = None
    ) -> Connection[Delivery] | None:
        """Deliveries that wait or have failed, the oldest first, as far as the principal may see them."""
        context, part = info.context, page_request(first, after)
        store, reader = context.deps.store.deliveries, context.principal
        page = await connect(store.undelivered(reader, year, part), part, lambda delivery: [delivery.id])
        counted = partial(store.count_undelivered, reader, year)
        return Connection[Delivery].of(page, lambda delivery: Delivery.of(delivery, context), counted)
