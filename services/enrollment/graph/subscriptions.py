"""Enrolment's subscription: the log that replay reads, as it grows (R27)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from chassis.errors import Refusal, Unblock
from chassis.graph.connection import slice_of
from services.enrollment.graph.context import Info
from services.enrollment.graph.events import EVENT_READERS, EnrollmentEvent, reading_of


@strawberry.type
class Subscription:
    """What may be followed."""

    @strawberry.federation.field(
        description="事件日志的实时订阅，与回放同一日志、同一顺序；给出 after 则从其后续起，否则从此刻起 (R27)",
        requires_scopes=EVENT_READERS,
        is_subscription=True,
    )
    async def enrollment_events(self, info: Info, after: str | None = None) -> AsyncGenerator[EnrollmentEvent, None]:
        """The principal's log after a cursor, without end."""
        reading = reading_of(info.context.principal)
        position = slice_of(1, after).after
        if position is not None and (len(position) != 1 or not isinstance(position[0], int)):
            raise Refusal("BAD_CURSOR", "分页游标无效", "Not a cursor of this list", unblock=Unblock.SELF)
        entries = info.context.deps.store.tail.follow(reading, position[0] if position else None)
        async with aclosing(entries):
            async for entry in entries:
                yield EnrollmentEvent.of(entry)
