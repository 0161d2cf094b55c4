"""The provincial feed: gap-free logs, their writer and their readers (R27, ADR 7)."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pymongo import WriteConcern
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from chassis.events import NATIONWIDE, Envelope, unseal
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Collection, Database, Document
from kernel.reference import provinces

WINDOW = 500
_SENT = "sent"
ENDS: list[Document] = [
    {"$sort": {"province": -1, "sequence": -1}},
    {"$group": {"_id": "$province", "last": {"$first": "$sequence"}}},
]
"""A pipeline over the entries, for the last of each log; it takes as many steps in the index as there are logs."""


_DUPLICATE = 11000


class FencedOff(RuntimeError):  # noqa: N818 - not an error of ours: somebody newer works
    """A newer worker has taken over; what this one was writing is left to it."""


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


class Writer:
    """The one hand that fills the logs: it knows where each ends, and gives out the numbers that follow.

    A number is once in a log, and so is an event. So a hand that was thought dead is refused as soon as a newer one has
    written (fencing); until then what it adds is what the newer one would have added.

    Args:
        log: The entries.
        ends: The last number of each log that has any.
    """

    def __init__(self, log: Collection, ends: Mapping[str, int]) -> None:
        self._log = log
        self._ends = dict(ends)

    async def append(self, batch: Sequence[tuple[Envelope, Sequence[str]]]) -> list[Entry]:
        """Give each event the next number in the nation's log and in those of its provinces.

        What breaks off leaves a beginning, every log of it without a gap, and the same batch completes it.

        Args:
            batch: Events in order, each with the provinces it belongs to; what is known already is passed over.

        Returns:
            What was new, an entry a log.

        Raises:
            FencedOff: Somebody else has written.
        """
        wanted = {(event.id, code): event for event, codes in batch for code in (NATIONWIDE, *codes)}
        fresh: list[Entry] = []
        while wanted:
            entries = list(_numbered(wanted, dict(self._ends)))
            written = entries[: await self._insert(entries)]
            fresh += written
            self._ends |= {one.province: one.sequence for one in written}
            if len(written) == len(entries):
                break
            known = await self._known({key for key, _ in wanted})  # copies are rare: looked for when one is met
            if known.isdisjoint(wanted):
                raise FencedOff
            wanted = {key: event for key, event in wanted.items() if key not in known}
        return fresh

    async def _insert(self, entries: Sequence[Entry]) -> int:
        """How many were taken in, in order, until one whose number or event was there."""
        try:
            await self._log.insert_many([_document(one) for one in entries])
        except BulkWriteError as refused:
            if refused.details["writeConcernErrors"] or refused.details["writeErrors"][0]["code"] != _DUPLICATE:
                raise
            return int(refused.details["nInserted"])
        return len(entries)

    async def _known(self, ids: set[str]) -> set[tuple[str, str]]:
        """Which of these events are in which logs."""
        cursor = self._log.find({"event.id": {"$in": list(ids)}}, {"_id": 0, "event.id": 1, "province": 1})
        return {(row["event"]["id"], row["province"]) async for row in cursor}


class Feed:
    """The logs `{_id: "<province>:<sequence>", province, sequence, event}`, written once and never changed.

    A document beside them, `sent`, holds how far each province's queue has got.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._log = database["feed"]
        self.entries = self._log.with_options(read_concern=ReadConcern("majority"))  # a number told is never given anew
        self.state = database["feed_state"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._log.create_index([("province", 1), ("sequence", 1)], unique=True, name="sequence")
        await self._log.create_index([("event.id", 1), ("province", 1)], unique=True, name="once")
        for field in ("school", "base"):
            await self._log.create_index([("province", 1), (f"event.data.{field}", 1), ("sequence", 1)], name=field)

    async def writer(self) -> Writer:
        """A hand for whoever is the worker now."""
        return Writer(self._log, await _ends(self._log))

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
        ends = await _ends(self.entries)
        return {code: at for code, at in sent.items() if ends.get(code, 0) > at}

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

    async def sent(self, positions: Mapping[str, int]) -> None:
        """Remember how far the broker has confirmed; losing that would cost copies and nothing else: no journal."""
        further = {"$max": {f"at.{code}": at for code, at in positions.items()}}
        await self.state.with_options(write_concern=WriteConcern(1)).update_one({"_id": _SENT}, further, upsert=True)

    async def read(self, reading: Reading, part: PageRequest) -> list[Entry]:
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
        found = await self.entries.find_one({"province": province}, {"sequence": 1}, sort=[("sequence", -1)])
        return int(found["sequence"]) if found else 0


async def _ends(log: Collection) -> dict[str, int]:
    """The last number of each log that has any."""
    return {row["_id"]: row["last"] async for row in await log.aggregate(ENDS)}


def _numbered(wanted: Mapping[tuple[str, str], Envelope], ends: dict[str, int]) -> Iterator[Entry]:
    for (_, code), event in wanted.items():
        ends[code] = ends.get(code, 0) + 1
        yield Entry(code, ends[code], event)


def _document(entry: Entry) -> Document:
    key = f"{entry.province}:{entry.sequence:012d}"
    return {"_id": key, "province": entry.province, "sequence": entry.sequence, "event": asdict(entry.event)}


def log_of(key: str) -> str:
    """The province of the log that an entry is in, by the entry's `_id`."""
    return key.partition(":")[0]


def _read(document: Document) -> Entry:
    return Entry(document["province"], document["sequence"], unseal(document["event"]))


_WINDOW = 100
_LOOK_AGAIN_SECONDS = 5.0
_GROWN: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}]


class Tail:
    """Wakes this process's readers when a log has grown.

    Args:
        feed: The logs.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._readers: dict[asyncio.Event, str] = {}

    async def watch(self) -> None:
        """Turn the logs' growth into wake-ups; what is missed is found by looking again."""
        async with await self._feed.entries.watch(_GROWN, max_await_time_ms=1_000) as changes:
            async for change in changes:
                grown = log_of(change["documentKey"]["_id"])
                for reader, province in self._readers.items():
                    if province == grown:
                        reader.set()

    async def follow(self, reading: Reading, after: int | None) -> AsyncGenerator[Entry, None]:
        """Every entry after a number, without end; without a number, from now on."""
        at = await self._feed.last(reading.province) if after is None else after
        wake = asyncio.Event()
        self._readers[wake] = reading.province
        try:
            while True:
                wake.clear()
                found = await self._feed.read(reading, PageRequest(_WINDOW, [at]))
                for entry in found:
                    yield entry
                    at = entry.sequence
                if not found:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                            await wake.wait()
        finally:
            del self._readers[wake]
