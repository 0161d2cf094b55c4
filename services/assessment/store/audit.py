"""The audit log in MongoDB: rows that are only ever inserted, and a head that moves with them (R40)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import DESCENDING

from chassis.events import Envelope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document, to_document, transact
from chassis.storage.paging import after_position, all_of
from kernel.dates import SHANGHAI
from services.assessment.domain.audit import Act, Head, Row, extend


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSelection:
    """Which rows a reader asks for; what is None does not count.

    Attributes:
        since: The earliest time, included.
        until: The latest time, excluded.
    """

    type: str | None = None
    subject: str | None = None
    actor: str | None = None
    organization: str | None = None
    province: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Document:
        """As a filter of the rows."""
        named = {
            "act.type": self.type,
            "act.subject": self.subject,
            "act.actor.subject": self.actor,
            "act.actor.organization": self.organization,
            "act.province": self.province,
        }
        times = {"$gte": _time(self.since), "$lt": _time(self.until)}
        span = {word: value for word, value in times.items() if value}
        found: Document = {name: value for name, value in named.items() if value is not None}
        return found | ({"act.at": span} if span else {})


class AuditLog:
    """`audit` holds the rows, `audit_head` where they end; both grow in one transaction.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self.rows = database["audit"]
        self.heads = database["audit_head"]

    async def prepare(self) -> None:
        """Create the indexes, and the head of an empty log."""
        await self.rows.create_index("act.event", unique=True, name="once")
        for name, field in {"subject": "subject", "actor": "actor.subject", "type": "type", "time": "at"}.items():
            await self.rows.create_index([(f"act.{field}", 1), ("_id", 1)], name=name)
        born = to_document(Head())
        await self.heads.update_one({"_id": "head"}, {"$setOnInsert": born}, upsert=True)

    async def append(self, events: Sequence[Envelope]) -> int:
        """Chain events to the log in their order; what is in it already is passed over.

        Returns:
            How many were new.
        """
        wanted = {event.id: event for event in events}

        async def work(session: Session) -> int:
            known = set(await self.rows.distinct("act.event", {"act.event": {"$in": list(wanted)}}, session=session))
            fresh = [_act(event) for key, event in wanted.items() if key not in known]
            if fresh:
                rows = list(extend(await self.head(session), fresh))
                head = Head(rows[-1].sequence, rows[-1].hash)
                await self.heads.update_one({"_id": "head"}, {"$set": to_document(head)}, session=session)
                await self.rows.insert_many([_document(row) for row in rows], session=session)
            return len(fresh)

        return await transact(self._client, work)

    async def head(self, session: Session | None = None) -> Head:
        """The end of the log."""
        document = await self.heads.find_one({"_id": "head"}, {"_id": 0}, session=session)
        return from_document(document, Head) if document else Head()

    async def all(self, after: int = 0) -> AsyncIterator[Row]:
        """Every row after a number, in order."""
        async for document in self.rows.find({"_id": {"$gt": after}}, sort=[("_id", 1)]):
            yield _row(document)

    async def list(self, selection: AuditSelection, part: PageRequest) -> list[Row]:
        """Up to `first + 1` rows after a position, the latest first."""
        order = [("_id", DESCENDING)]
        where = all_of(selection.condition(), after_position(order, part.after))
        return [_row(one) async for one in self.rows.find(where, sort=order, limit=part.first + 1)]

    async def count(self, selection: AuditSelection) -> int:
        """How many rows are asked for."""
        return await self.rows.count_documents(selection.condition())


def _act(event: Envelope) -> Act:
    return Act(
        event=event.id,
        type=event.type,
        subject=event.subject,
        version=event.version,
        province=event.province,
        at=_time(event.at) or "",
        actor=event.actor,
        traceparent=event.traceparent,
        data=event.data,
    )


def _document(row: Row) -> Document:
    document = to_document(row)
    return {"_id": document.pop("sequence")} | document


def _row(document: Document) -> Row:
    return from_document({"sequence": document["_id"], **{k: v for k, v in document.items() if k != "_id"}}, Row)


def _time(at: datetime | None) -> str | None:
    """Text that sorts by time: UTC, always with microseconds; what names no zone is meant in Asia/Shanghai."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")
