"""The provincial feeds: a gap-free log a province, and what of it is still to be sent (R27)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from chassis.events import NATIONWIDE, Envelope, unseal
from chassis.mongo import Database, Document, Session
from chassis.paging import Slice
from chassis.reference import provinces

_WINDOW = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in one province's log.

    Attributes:
        sequence: 1, 2, 3 … without a gap.
    """

    province: str
    sequence: int
    event: Envelope


class Feed:
    """The logs `{_id: "<province>:<sequence>", province, sequence, event, waiting}`; `00` is the ministry's.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.entries = database["feed"]
        self.counters = database["feed_counters"]

    async def prepare(self) -> None:
        """Create the indexes, and the counters that nobody has counted with yet."""
        await self.entries.create_index([("province", 1), ("sequence", 1)], unique=True, name="sequence")
        await self.entries.create_index([("event.id", 1), ("province", 1)], unique=True, name="once")
        await self.entries.create_index(
            [("province", 1), ("sequence", 1), ("waiting", 1)],
            partialFilterExpression={"waiting": True},
            name="waiting",
        )
        for code in (NATIONWIDE, *provinces()):
            await self.counters.update_one({"_id": code}, {"$setOnInsert": {"last": 0}}, upsert=True)

    async def append(self, event: Envelope, codes: Sequence[str], session: Session) -> None:
        """Give an event the next number in the log of each of the provinces; a rollback gives the numbers back."""
        wanted = {"_id": {"$in": list(codes)}}
        await self.counters.update_many(wanted, {"$inc": {"last": 1}}, session=session)
        counted = [counter async for counter in self.counters.find(wanted, session=session)]
        await self.entries.insert_many([_entry(row["_id"], row["last"], event) for row in counted], session=session)

    async def read(self, province: str, part: Slice) -> list[Entry]:
        """Up to `first + 1` entries of a log after a sequence number."""
        after = part.after[0] if part.after else 0
        where = {"province": province, "sequence": {"$gt": after}}
        cursor = self.entries.find(where, sort=[("sequence", 1)], limit=part.first + 1)
        return [_read(document) async for document in cursor]

    async def count(self, province: str) -> int:
        """How long a log is: its last number, for there are no gaps."""
        counter = await self.counters.find_one({"_id": province})
        return int(counter["last"]) if counter else 0

    async def waiting(self, besides: Sequence[str] = ()) -> list[Entry]:
        """A window of what the provinces' queues still lack, in order per province."""
        cursor = self.entries.find(
            {"waiting": True, "province": {"$nin": list(besides)}},
            sort=[("province", 1), ("sequence", 1)],
            limit=_WINDOW,
        )
        return [_read(document) async for document in cursor]

    async def sent(self, entries: Sequence[Entry]) -> None:
        """Remember what the broker has confirmed."""
        keys = [_key(one.province, one.sequence) for one in entries]
        await self.entries.update_many({"_id": {"$in": keys}}, {"$unset": {"waiting": ""}})


def _key(province: str, sequence: int) -> str:
    return f"{province}:{sequence:012d}"


def _entry(province: str, sequence: int, event: Envelope) -> Document:
    document: Document = {
        "_id": _key(province, sequence),
        "province": province,
        "sequence": sequence,
        "event": asdict(event),
    }
    return document if province == NATIONWIDE else document | {"waiting": True}


def _read(document: Document) -> Entry:
    return Entry(document["province"], document["sequence"], unseal(document["event"]))
