"""The provincial feeds: a gap-free log a province, and how far each province's queue has got (R27)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pymongo import ReturnDocument, WriteConcern
from pymongo.errors import BulkWriteError

from chassis.events import NATIONWIDE, Envelope, unseal
from chassis.mongo import Database, Document, Session, transact
from chassis.paging import Slice
from chassis.reference import provinces

WINDOW = 500
_LAST, _SENT = "last", "sent"


class Deposed(RuntimeError):  # noqa: N818 - not an error of ours: somebody newer works
    """A worker with a newer epoch has taken over; whatever this one was writing has not been written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in one province's log.

    Attributes:
        sequence: 1, 2, 3 … without a gap.
    """

    province: str
    sequence: int
    event: Envelope


@dataclass(frozen=True, slots=True)
class Reading:
    """Whose log is read, and which of it.

    Attributes:
        province: The log; `00` is the nation's.
        where: What else an entry must match, such as the events of one school.
    """

    province: str
    where: Mapping[str, Any]

    def condition(self) -> Document:
        """As a filter of the entries."""
        return {"province": self.province, **self.where}


class Feed:
    """The logs `{_id: "<province>:<sequence>", province, sequence, event}`, written once and never changed.

    Two documents beside them, `last` and `sent`, hold a number a province, and the epoch of the one worker that may
    write: every write of the worker's names its epoch, so a worker that was thought dead writes nothing (fencing).

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self.entries = database["feed"]
        self.state = database["feed_state"]

    async def prepare(self) -> None:
        """Create the indexes, and the two documents that say how far the logs and the queues have got."""
        await self.entries.create_index([("province", 1), ("sequence", 1)], unique=True, name="sequence")
        await self.entries.create_index([("event.id", 1), ("province", 1)], unique=True, name="once")
        for field in ("school", "base"):
            await self.entries.create_index([("province", 1), (f"event.data.{field}", 1), ("sequence", 1)], name=field)
        for key in (_LAST, _SENT):
            if not await self.state.find_one({"_id": key}):
                born = {"epoch": 0, "at": await self._ends()}
                await self.state.update_one({"_id": key}, {"$setOnInsert": born}, upsert=True)

    async def lead(self, epoch: int) -> None:
        """Become the one worker.

        Raises:
            Deposed: There has been a newer one.
        """
        for key in (_LAST, _SENT):
            found = await self.state.update_one({"_id": key, "epoch": {"$lte": epoch}}, {"$set": {"epoch": epoch}})
            if not found.matched_count:
                raise Deposed

    async def append(self, batch: Sequence[tuple[Envelope, Sequence[str]]], epoch: int) -> list[Entry]:
        """Give each event the next number in the nation's log and in those of its provinces, in one transaction.

        Args:
            batch: Events in order, each with the provinces it belongs to; what is known already is passed over.
            epoch: The worker's.

        Returns:
            What was new, an entry a log.

        Raises:
            Deposed: Another worker has taken over.
        """
        wanted = {event.id: (event, (NATIONWIDE, *codes)) for event, codes in batch}
        while wanted:
            try:
                return await self._write(list(wanted.values()), epoch)
            except BulkWriteError:  # copies are rare, so they are looked for when one is met
                known = {"province": NATIONWIDE, "event.id": {"$in": list(wanted)}}
                met = await self.entries.distinct("event.id", known)
                if not met:
                    raise
                wanted = {key: one for key, one in wanted.items() if key not in met}
        return []

    async def _write(self, fresh: Sequence[tuple[Envelope, Sequence[str]]], epoch: int) -> list[Entry]:
        """Count the logs up and fill them, both or neither."""

        async def work(session: Session) -> list[Entry]:
            ends = await self._count_up(Counter(code for _, codes in fresh for code in codes), epoch, session)
            entries = list(_numbered(fresh, ends))
            await self.entries.insert_many([_document(one) for one in entries], session=session)
            return entries

        return await transact(self._client, work)

    async def positions(self) -> dict[str, int]:
        """The last number each province's queue is known to have got."""
        found = await self.state.find_one({"_id": _SENT}) or {"at": {}}
        return {code: found["at"].get(code, 0) for code in provinces()}

    async def lagging(self, positions: Mapping[str, int] | None = None) -> dict[str, int]:
        """The provinces whose queues lack something, and the last number each has got.

        Args:
            positions: What the queues have got, where the caller knows better than the database.
        """
        sent = await self.positions() if positions is None else positions
        found = await self.state.find_one({"_id": _LAST}) or {"at": {}}
        return {code: at for code, at in sent.items() if found["at"].get(code, 0) > at}

    async def after(self, positions: Mapping[str, int]) -> dict[str, list[Entry]]:
        """A window of what follows in each of the logs, in order."""
        if not positions:
            return {}
        share = max(1, WINDOW // len(positions))
        ranges = [
            {"province": code, "sequence": {"$gt": at, "$lte": at + share}} for code, at in sorted(positions.items())
        ]
        cursor = self.entries.find({"$or": ranges}, sort=[("province", 1), ("sequence", 1)])
        found: dict[str, list[Entry]] = {}
        async for document in cursor:
            found.setdefault(document["province"], []).append(_read(document))
        return found

    async def sent(self, positions: Mapping[str, int], epoch: int) -> None:
        """Remember how far the broker has confirmed; losing that would cost copies and nothing else: no journal.

        Raises:
            Deposed: Another worker has taken over.
        """
        moved = {f"at.{code}": at for code, at in positions.items()}
        hasty = self.state.with_options(write_concern=WriteConcern(1))
        if not (await hasty.update_one({"_id": _SENT, "epoch": epoch}, {"$set": moved})).matched_count:
            raise Deposed

    async def read(self, reading: Reading, part: Slice) -> list[Entry]:
        """Up to `first + 1` entries after a sequence number."""
        after = part.after[0] if part.after else 0
        where = {**reading.condition(), "sequence": {"$gt": after}}
        cursor = self.entries.find(where, sort=[("sequence", 1)], limit=part.first + 1)
        return [_read(document) async for document in cursor]

    async def count(self, reading: Reading) -> int:
        """How many entries there are to read; of a whole log its last number, for there are no gaps."""
        if reading.where:
            return await self.entries.count_documents(reading.condition())
        return await self.last(reading.province)

    async def last(self, province: str) -> int:
        """The number of a log's last entry, 0 of an empty one."""
        state = await self.state.find_one({"_id": _LAST})
        return int(state["at"].get(province, 0)) if state else 0

    async def _count_up(self, growth: Mapping[str, int], epoch: int, session: Session) -> dict[str, int]:
        """The last number of each log before it grew."""
        state = await self.state.find_one_and_update(
            {"_id": _LAST, "epoch": epoch},
            {"$inc": {f"at.{code}": number for code, number in growth.items()}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if state is None:
            raise Deposed
        return {code: state["at"][code] - number for code, number in growth.items()}

    async def _ends(self) -> dict[str, int]:
        """The last number of each log, from the log itself."""
        group: list[Document] = [{"$group": {"_id": "$province", "last": {"$max": "$sequence"}}}]
        return {row["_id"]: row["last"] async for row in await self.entries.aggregate(group)}


def _numbered(fresh: Sequence[tuple[Envelope, Sequence[str]]], ends: dict[str, int]) -> Iterator[Entry]:
    for event, codes in fresh:
        for code in codes:
            ends[code] += 1
            yield Entry(code, ends[code], event)


def _document(entry: Entry) -> Document:
    key = f"{entry.province}:{entry.sequence:012d}"
    return {"_id": key, "province": entry.province, "sequence": entry.sequence, "event": asdict(entry.event)}


def _read(document: Document) -> Entry:
    return Entry(document["province"], document["sequence"], unseal(document["event"]))
