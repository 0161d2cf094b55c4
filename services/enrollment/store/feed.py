"""The provincial feed in MongoDB: gap-free logs, their writer, and tailing them (R27, ADR 7)."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from chassis.events import NATIONWIDE, Envelope, unseal
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Collection, Database, Document
from chassis.storage.timeline import create_waiting_index
from chassis.storage.wakeups import Wakeups, woken
from kernel.reference import provinces
from services.enrollment.store.epochs import Epoch, EpochBook, Epochs

WINDOW = 500
_SENT = "sent"
ENDS: list[Document] = [
    {"$sort": {"province": -1, "sequence": -1}},
    {"$group": {"_id": "$province", "last": {"$first": "$sequence"}}},
]
"""A pipeline over the entries for the last number of each log; its cost grows with the number of logs only."""
_DUPLICATE = 11000
FEED_SEQUENCE = Gauge("guopei_feed_sequence", "The last number of each log", ["province"])


class FencedOff(RuntimeError):  # noqa: N818 - not an error of the program: another worker goes on
    """A worker with a newer fencing token has taken over; this one has to stop."""


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
    """A log to be read, and which of its entries.

    Attributes:
        province: Two digits; `00` is the national log, with the events of all provinces.
        where: A further filter of the entries, such as the events of one school.
    """

    province: str
    where: Mapping[str, Any]

    def condition(self) -> Document:
        """As a filter of the entries."""
        return {"province": self.province, **self.where}


class Writer:
    """Appends events to the logs and numbers them; only the worker under the feed's lease has one.

    Numbers and events are unique in each log. A writer whose lease has ended is therefore fenced off as soon as its
    successor has written; what it writes before that is what its successor would have written.

    Args:
        log: The collection of entries.
        ends: The last number of each log that has entries.
    """

    def __init__(self, log: Collection, ends: Mapping[str, int]) -> None:
        self._log = log
        self._ends = dict(ends)
        self._show(self._ends)

    async def append(self, batch: Sequence[tuple[Envelope, Sequence[str]]]) -> list[Entry]:
        """Append events to the national log and to those of their provinces, each under the next number.

        An interrupted call leaves the first entries of the batch, without a gap; the same batch again adds the others.

        Args:
            batch: Events in order, each with the codes of its provinces; events that a log has already are skipped.

        Returns:
            The entries that were added, one for each log.

        Raises:
            FencedOff: Another writer has written.
        """
        wanted = {(event.id, code): event for event, codes in batch for code in (NATIONWIDE, *codes)}
        added: list[Entry] = []
        while wanted:
            entries = list(_numbered(wanted, dict(self._ends)))
            written = entries[: await self._insert(entries)]
            added += written
            grown = {entry.province: entry.sequence for entry in written}
            self._ends |= grown
            self._show(grown)
            if len(written) == len(entries):
                break
            existing = await self._existing({key for key, _ in wanted})  # repeats are rare: looked for only now
            if existing.isdisjoint(wanted):
                raise FencedOff
            wanted = {key: event for key, event in wanted.items() if key not in existing}
        return added

    def _show(self, ends: Mapping[str, int]) -> None:
        for province, sequence in ends.items():
            FEED_SEQUENCE.labels(province).set(sequence)

    async def _insert(self, entries: Sequence[Entry]) -> int:
        """Insert in order up to the first entry whose number or event is in the log; how many were inserted."""
        try:
            await self._log.insert_many([_document(entry) for entry in entries])
        except BulkWriteError as refused:
            if refused.details["writeConcernErrors"] or refused.details["writeErrors"][0]["code"] != _DUPLICATE:
                raise
            return int(refused.details["nInserted"])
        return len(entries)

    async def _existing(self, ids: set[str]) -> set[tuple[str, str]]:
        """Which of these events are in which logs, as pairs of event id and province."""
        cursor = self._log.find({"event.id": {"$in": list(ids)}}, {"_id": 0, "event.id": 1, "province": 1})
        return {(row["event"]["id"], row["province"]) async for row in cursor}


class Feed:
    """The logs, `{_id: "<province>:<sequence>", province, sequence, event}`; an entry is never changed.

    In another collection, the document `sent` holds the last number that each province's queue has confirmed, and
    `epochs` what restores have made of the numbers.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._log = database["feed"]
        self.entries = self._log.with_options(
            read_concern=ReadConcern("majority")
        )  # a number that a reader has seen is not rolled back
        self.state = database["feed_state"]
        self._epochs = EpochBook(database, self.state)

    async def prepare(self) -> None:
        """Create the indexes."""
        await create_waiting_index(self.state)
        await self._log.create_index([("province", 1), ("sequence", 1)], unique=True, name="sequence")
        await self._log.create_index([("event.id", 1), ("province", 1)], unique=True, name="once")
        for field in ("school", "base"):
            await self._log.create_index([("province", 1), (f"event.data.{field}", 1), ("sequence", 1)], name=field)

    async def epochs(self) -> Epochs:
        """The epochs of the logs (ADR 69)."""
        return await self._epochs.all()

    async def begin_epoch(self, reason: str) -> Epoch:
        """Begin another epoch after a restore from an older copy; the numbers that the logs have are kept.

        Args:
            reason: Why, for the audit (R40) and for the provinces.
        """
        return await self._epochs.begin(await _ends(self.entries), reason)

    async def writer(self) -> Writer:
        """A writer for the worker that holds the feed's lease."""
        return Writer(self._log, await _ends(self._log))

    async def positions(self) -> dict[str, int]:
        """The last number that each province's queue has confirmed."""
        sent = await self.state.find_one({"_id": _SENT}) or {"at": {}}
        return {code: sent["at"].get(code, 0) for code in provinces()}

    async def lagging(self, positions: Mapping[str, int] | None = None) -> dict[str, int]:
        """The provinces whose queues lack entries, each with the last number that its queue has confirmed.

        Args:
            positions: The confirmed numbers, where the caller knows newer ones than the database.
        """
        sent = await self.positions() if positions is None else positions
        ends = await _ends(self.entries)
        return {code: at for code, at in sent.items() if ends.get(code, 0) > at}

    async def after(self, positions: Mapping[str, int]) -> dict[str, list[Entry]]:
        """The next entries of each log after its position, in order: `WINDOW` in all."""
        if not positions:
            return {}
        share = max(1, WINDOW // len(positions))
        ranges = [
            {"province": code, "sequence": {"$gt": at, "$lte": at + share}} for code, at in sorted(positions.items())
        ]
        cursor = self.entries.find({"$or": ranges}, sort=[("province", 1), ("sequence", 1)])
        entries: dict[str, list[Entry]] = {}
        async for document in cursor:
            entries.setdefault(document["province"], []).append(_read(document))
        return entries

    async def sent(self, positions: Mapping[str, int]) -> None:
        """Store how far the broker has confirmed; without journal, for a loss would only send entries again."""
        further = {"$max": {f"at.{code}": at for code, at in positions.items()}}
        await self.state.with_options(write_concern=WriteConcern(1)).update_one({"_id": _SENT}, further, upsert=True)

    async def read(self, reading: Reading, part: PageRequest) -> list[Entry]:
        """Up to `first + 1` entries after a sequence number."""
        after = part.after[0] if part.after else 0
        where = {**reading.condition(), "sequence": {"$gt": after}}
        cursor = self.entries.find(where, sort=[("sequence", 1)], limit=part.first + 1)
        return [_read(document) async for document in cursor]

    async def count(self, reading: Reading) -> int:
        """How many entries there are to read; for a whole log its last number, as it has no gaps."""
        if reading.where:
            return await self.entries.count_documents(reading.condition())
        return await self.last(reading.province)

    async def last(self, province: str) -> int:
        """The number of a log's last entry, 0 of an empty one."""
        entry = await self.entries.find_one({"province": province}, {"sequence": 1}, sort=[("sequence", -1)])
        return int(entry["sequence"]) if entry else 0


async def _ends(log: Collection) -> dict[str, int]:
    """The last number of each log that has entries."""
    return {row["_id"]: row["last"] async for row in await log.aggregate(ENDS)}


def _numbered(wanted: Mapping[tuple[str, str], Envelope], ends: dict[str, int]) -> Iterator[Entry]:
    for (_, code), event in wanted.items():
        ends[code] = ends.get(code, 0) + 1
        yield Entry(code, ends[code], event)


def _document(entry: Entry) -> Document:
    key = f"{entry.province}:{entry.sequence:012d}"
    return {"_id": key, "province": entry.province, "sequence": entry.sequence, "event": entry.event.document()}


def log_of(key: str) -> str:
    """The province of the log that an entry is in, by the entry's `_id`."""
    return key.partition(":")[0]


def _read(document: Document) -> Entry:
    return Entry(document["province"], document["sequence"], unseal(document["event"]))


_WINDOW = 100
_GROWN: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}]


class Tail(Wakeups):
    """Tails the logs: wakes this process's readers when a log has grown.

    Args:
        feed: The logs.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed.entries, _GROWN, log_of)
        self._feed = feed

    async def follow(self, reading: Reading, after: int | None) -> AsyncGenerator[Entry, None]:
        """Yield the entries of a log without end.

        Args:
            reading: The log, and which of its entries.
            after: A sequence number (exclusive); None for the entries from now on.
        """
        at = await self._feed.last(reading.province) if after is None else after
        with self.reading({reading.province}) as wake:
            while True:
                wake.clear()
                entries = await self._feed.read(reading, PageRequest(_WINDOW, [at]))
                for entry in entries:
                    yield entry
                    at = entry.sequence
                if not entries:
                    await woken(wake)
