"""Enrolment's subscription: the log that replay reads, as it grows (R27)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from services.enrollment.graph.context import Info
from services.enrollment.graph.events import EVENT_READERS, EnrollmentEvent, log_slice, reading_of


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
        part = log_slice(1, after)
        entries = info.context.deps.store.tail.follow(reading, part.after[0] if part.after else None)
        async with aclosing(entries):
            async for entry in entries:
                yield EnrollmentEvent.of(entry)
