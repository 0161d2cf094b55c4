"""The feed in the graph: replay and live subscription read one log, each reader its own part of it (R27)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Self

import strawberry
from strawberry.scalars import JSON

from chassis.events import NATIONWIDE
from chassis.graph import requires
from chassis.graph.connection import page_request
from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest, cursor_of
from kernel.errors import Refusal, Unblock
from kernel.refusals import FORBIDDEN
from services.enrollment.graph.context import Info
from services.enrollment.store import Entry, Reading, own_province

_LAST_NUMBER = 2**63 - 1
EVENT_READERS = requires(Scope.PROVINCE, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
_FROM_SUBMISSION_ON = (
    "submitted",
    "escalated",
    "accepted",
    "rejected",
    "waitlisted",
    "offered",
    "offer-expired",
    "withdrawn",
    "substituted",
    "attending",
    "no-show",
    "assessed",
    "credited",
    "credit-withdrawn",
)
"""What a base may know of an enrolment; what came before its submission is the school's matter (R22)."""

_FUNDING = "funding-recorded"
"""What a province pays is the province's matter and the ministry's (R27)."""


@strawberry.type(description="事件日志中的一条 (R27)")
class EnrollmentEvent:
    """An event of the platform as the feed has it."""

    id: strawberry.ID
    cursor: str
    sequence: int
    type: str
    subject: str
    province: str
    at: datetime
    data: JSON

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """As the log holds it."""
        event = entry.event
        return cls(
            id=strawberry.ID(event.id),
            cursor=cursor_of(entry.sequence),
            sequence=entry.sequence,
            type=event.type,
            subject=event.subject,
            province=event.province,
            at=event.at,
            data=JSON(event.data),
        )


def log_slice(first: int, after: str | None) -> PageRequest:
    """What the paging arguments ask of a log, whose cursors hold a number each.

    Raises:
        Refusal: `BAD_PAGE_SIZE` or `BAD_CURSOR`.
    """
    part = page_request(first, after)
    if part.after is not None and not _is_number(part.after):
        raise Refusal("BAD_CURSOR", "分页游标无效", "Not a cursor of this list", unblock=Unblock.SELF)
    return part


def _is_number(position: Sequence[object]) -> bool:
    return len(position) == 1 and type(position[0]) is int and 0 <= position[0] <= _LAST_NUMBER


def reading_of(principal: Principal) -> Reading:
    """What a principal reads: a province its log, the ministry the nation's, school and base their part of that.

    Raises:
        Refusal: `FORBIDDEN` for everybody else.
    """
    match principal.scope:
        case Scope.MINISTRY:
            return Reading(NATIONWIDE, {})
        case Scope.PROVINCE if province := own_province(principal):
            return Reading(province, {})
        case Scope.SCHOOL if principal.school:
            own = {"event.data.school": principal.school, "event.name": {"$ne": _FUNDING}}
            return Reading(NATIONWIDE, own | {"event.producer": {"$in": ["enrollment", "assessment"]}})
        case Scope.BASE:
            known = {"event.producer": "enrollment", "event.name": {"$in": list(_FROM_SUBMISSION_ON)}}
            return Reading(NATIONWIDE, {"event.data.base": {"$in": list(principal.bases)}} | known)
        case _:
            raise FORBIDDEN(rule="R27")


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
