"""The audit log in MongoDB: rows that are only inserted, and a head that moves in the same transaction (R40)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pymongo import DESCENDING

from chassis.events import Envelope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, begins_with, from_document, to_document, transact
from chassis.storage.paging import after_position, all_of
from kernel.dates import SHANGHAI
from kernel.refusals import BAD_USER_INPUT
from services.assessment.domain.audit import Act, Head, Row, extend


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSelection:
    """Which rows a reader asks for; None selects all.

    Attributes:
        type: The event's type, `<producer>.<name>`.
        subject: Id of the aggregate that was changed.
        actor: The account's id.
        organization: The actor's organisation.
        province: Two-digit code.
        since: The earliest time, included; without a zone it is taken as Asia/Shanghai.
        until: The latest time, excluded; likewise.
    """

    type: str | None = None
    subject: str | None = None
    actor: str | None = None
    organization: str | None = None
    province: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Document:
        """The filter of the rows.

        Raises:
            Refusal: `BAD_USER_INPUT`: a time lies outside the calendar, once it is taken to UTC.
        """
        named = {
            "act.type": self.type,
            "act.subject": self.subject,
            "act.actor.subject": self.actor,
            "act.actor.organization": self.organization,
            "act.province": self.province,
        }
        times = {"$gte": _bound("since", self.since), "$lt": _bound("until", self.until)}
        span = {word: value for word, value in times.items() if value}
        condition: Document = {name: value for name, value in named.items() if value is not None}
        return condition | ({"act.at": span} if span else {})


class AuditLog:
    """The collections `audit` (the rows) and `audit_head` (number and hash of the last row).

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
        await self.heads.update_one({"_id": "head"}, {"$setOnInsert": to_document(Head())}, upsert=True)

    async def append(self, events: Sequence[Envelope]) -> int:
        """Append events to the chain in their order; those that are in it already are skipped.

        The write of the head orders concurrent writers: the transaction of the second conflicts there and runs again,
        so the chain has no fork.

        Returns:
            How many events were new.
        """
        by_id = {event.id: event for event in events}

        async def work(session: Session) -> int:
            ids = await self.rows.distinct("act.event", {"act.event": {"$in": list(by_id)}}, session=session)
            new = [_act(event) for key, event in by_id.items() if key not in set(ids)]
            if new:
                rows = list(extend(await self.head(session), new))
                head = Head(rows[-1].sequence, rows[-1].hash)
                await self.heads.update_one({"_id": "head"}, {"$set": to_document(head)}, session=session)
                await self.rows.insert_many([_document(row) for row in rows], session=session)
            return len(new)

        return await transact(self._client, work)

    async def head(self, session: Session | None = None) -> Head:
        """The end of the log."""
        document = await self.heads.find_one({"_id": "head"}, {"_id": 0}, session=session)
        return from_document(document, Head) if document else Head()

    async def sequences_of_lists(self, days: Sequence[date]) -> dict[str, int]:
        """The numbers of the rows that key lists have in the chain, by the list's day, ISO (R34).

        A list that has no row yet is left out.
        """
        where = {
            "act.type": "assessment.evaluation-keys-listed",
            "act.subject": {"$in": [day.isoformat() for day in days]},
        }
        return {row["act"]["subject"]: row["_id"] async for row in self.rows.find(where, {"act.subject": 1})}

    async def all(self, after: int = 0) -> AsyncIterator[Row]:
        """Every row after the one of that number, in order."""
        async for document in self.rows.find({"_id": {"$gt": after}}, sort=[("_id", 1)]):
            yield _row(document)

    async def since(self, producer: str, instant: datetime) -> AsyncIterator[Row]:
        """What a service's events tell of an instant and later, in the order of the log.

        Args:
            producer: The service's name.
            instant: Without a zone it is taken as Asia/Shanghai.
        """
        where = {"act.at": {"$gte": _time(instant)}, "act.type": begins_with(f"{producer}.")}
        async for document in self.rows.find(where, sort=[("_id", 1)]):
            yield _row(document)

    async def list(self, selection: AuditSelection, page: PageRequest) -> list[Row]:
        """Up to `first + 1` of the selected rows after a position, the latest first."""
        order = [("_id", DESCENDING)]
        where = all_of(selection.condition(), after_position(order, page.after))
        return [_row(document) async for document in self.rows.find(where, sort=order, limit=page.first + 1)]

    async def count(self, selection: AuditSelection) -> int:
        """How many rows are selected."""
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
    fields = dict(document)
    return from_document({"sequence": fields.pop("_id"), **fields}, Row)


def _bound(field: str, at: datetime | None) -> str | None:
    try:
        return _time(at)
    except OverflowError as error:
        said = ("时间超出可表示的范围", "the time is outside the calendar")
        raise BAD_USER_INPUT(rule="R40", field=field, detail=said) from error


def _time(at: datetime | None) -> str | None:
    """The instant as text that sorts by time: UTC, always with microseconds; a naive one is in Asia/Shanghai."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")
