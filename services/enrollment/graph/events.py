"""Events in the graph: replay and live subscription read the same log, each reader a part of it (R27, ADR 7)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Self

import strawberry
from strawberry.scalars import JSON

from chassis.events import NATIONWIDE
from chassis.graph import requires
from chassis.graph.connection import Connection, page_request
from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest, cursor_of
from kernel.refusals import BAD_CURSOR, FORBIDDEN
from services.enrollment.domain.refusals import CURSOR_OF_FORMER_EPOCH
from services.enrollment.graph.context import Info
from services.enrollment.store import Entry, Epoch, Epochs, Reading, own_province

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
"""The events of an enrollment that its base reads; before its submission it is the school's alone (R22)."""
_MAIN_SCHOOL = frozenset({"main_school", "main_province"})
"""What events of a teacher say of the main school, which no other school reads, as it reads no affiliation of another
one (R20)."""
_FUNDING = "funding-recorded"
"""Read by the province that pays and by the ministry, not by the school that is paid for (R27)."""


@strawberry.type(description="事件日志中的一条 (R27)")
class EnrollmentEvent:
    """One event as it is in a log."""

    id: strawberry.ID
    cursor: str
    sequence: int
    epoch: int = strawberry.field(description="序号所属的纪元；未经数据恢复为 0 (R27)")
    type: str
    subject: str
    province: str
    at: datetime
    data: JSON

    @classmethod
    def of(cls, entry: Entry, reader: Principal, epoch: Epoch) -> Self:
        """From an entry of the log that the reader may see; a school is not told of another school's teachers."""
        event = entry.event
        hides = reader.scope is Scope.SCHOOL and event.data.get("main_school") != reader.school
        return cls(
            id=strawberry.ID(event.id),
            cursor=cursor_of(*epoch.position(entry.sequence)),
            sequence=entry.sequence,
            epoch=epoch.number,
            type=event.type,
            subject=event.subject,
            province=event.province,
            at=event.at,
            data=JSON({name: value for name, value in event.data.items() if not (hides and name in _MAIN_SCHOOL)}),
        )


@strawberry.type(description="日志的纪元：数据恢复后，base 之后的序号重新编起 (R27)")
class FeedEpoch:
    """What the numbers of a log belong to (ADR 69)."""

    epoch: int = strawberry.field(description="未经数据恢复为 0")
    base: int = strawberry.field(description="恢复时保留的最后一个序号；它及之前的序号不变")
    since: datetime | None
    reason: str | None

    @classmethod
    def of(cls, epoch: Epoch, province: str) -> Self:
        """Of one log."""
        return cls(epoch=epoch.number, base=epoch.base_of(province), since=epoch.since, reason=epoch.reason)


@strawberry.type(description="A page of a log, with what its numbers belong to")
class EnrollmentEventConnection(Connection[EnrollmentEvent]):
    """One page of a log (R27)."""

    feed: FeedEpoch | None = None


def log_slice(first: int, after: str | None, reading: Reading, epochs: Epochs) -> PageRequest:
    """The page of a log that the arguments ask for, after a sequence number.

    A cursor of a log holds a sequence number, and before it the epoch where that is not the first. One of a former
    epoch goes on where all epochs since have kept its number.

    Args:
        first: The page's size, 1 to 100.
        after: The cursor after which the page begins; None for the beginning of the log.
        reading: The log.
        epochs: Its epochs.

    Raises:
        Refusal: `BAD_PAGE_SIZE`, `BAD_CURSOR` or `CURSOR_OF_FORMER_EPOCH`.
    """
    part = page_request(first, after)
    if part.after is None:
        return part
    if not _is_position(part.after):
        raise BAD_CURSOR(field="after")
    *before, sequence = part.after
    number = before[0] if before else 0
    if number > epochs.current.number:
        raise BAD_CURSOR(field="after")
    kept = epochs.kept_since(number, reading.province)
    if kept is not None and sequence > kept:
        raise CURSOR_OF_FORMER_EPOCH(field="after", epoch=epochs.current.number, base=kept)
    return PageRequest(part.first, (sequence,))


def _is_position(position: Sequence[object]) -> bool:
    return len(position) in {1, 2} and all(type(part) is int and 0 <= part <= _LAST_NUMBER for part in position)


def reading_of(principal: Principal) -> Reading:
    """The part of a log that a principal reads.

    A province reads its own log, the ministry the nation's; a school and a base read those entries of the nation's log
    that concern them.

    Raises:
        Refusal: `FORBIDDEN`: anybody else.
    """
    match principal.scope:
        case Scope.MINISTRY:
            return Reading(NATIONWIDE, {})
        case Scope.PROVINCE if province := own_province(principal):
            return Reading(province, {})
        case Scope.SCHOOL if principal.school:
            own = {"event.data.school": principal.school, "event.name": {"$ne": _FUNDING}}
            producers = {"event.producer": {"$in": ["enrollment", "assessment"]}}
            return Reading(NATIONWIDE, own | producers)
        case Scope.BASE:
            own = {"event.data.base": {"$in": list(principal.bases)}}
            kinds = {"event.producer": "enrollment", "event.name": {"$in": list(_FROM_SUBMISSION_ON)}}
            return Reading(NATIONWIDE, own | kinds)
        case _:
            raise FORBIDDEN(rule="R27")


@strawberry.type
class Subscription:
    """The subscriptions of enrollment."""

    @strawberry.federation.field(
        description="事件日志的实时订阅，与回放同一日志、同一顺序；给出 after 则从其后续起，否则从此刻起 (R27)",
        requires_scopes=EVENT_READERS,
        is_subscription=True,
    )
    async def enrollment_events(self, info: Info, after: str | None = None) -> AsyncGenerator[EnrollmentEvent, None]:
        """The entries after a cursor, then new ones as they are appended; without a cursor from now on."""
        reading, store = reading_of(info.context.principal), info.context.deps.store
        epochs = await store.feed.epochs()
        part = log_slice(1, after, reading, epochs)
        entries = store.tail.follow(reading, part.after[0] if part.after else None)
        async with aclosing(entries):
            async for entry in entries:
                yield EnrollmentEvent.of(entry, info.context.principal, epochs.current)
