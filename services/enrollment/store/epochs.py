"""Epochs of the provincial feed: what a restore from an older copy makes of its numbers (R27, ADR 69)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chassis.events import seal
from chassis.storage.mongo import Collection, Database, Document
from chassis.storage.timeline import Timelines, next_number
from services.enrollment.domain.events import FeedEpochBegun

PRODUCER = "enrollment"
_KEY = "epochs"
_NOUN = "feed"


@dataclass(frozen=True, slots=True)
class Epoch:
    """The numbers of the logs between two restores.

    Attributes:
        number: 0 from the beginning, where nothing was ever restored.
        base: By province, the last number of its log when the epoch began; that and those before it stay as they are.
        since: When it began, real time; None for the first.
        reason: Why; None for the first.
    """

    number: int = 0
    base: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None
    reason: str | None = None

    def base_of(self, province: str) -> int:
        """The last number of a province's log that was kept; 0 for the first epoch, and for an empty log."""
        return self.base.get(province, 0)

    def position(self, sequence: int) -> tuple[int, ...]:
        """Where an entry is, for its cursor; in the first epoch the number alone."""
        return (self.number, sequence) if self.number else (sequence,)


@dataclass(frozen=True, slots=True)
class Epochs:
    """All epochs of the logs, the first one left out."""

    begun: Sequence[Epoch] = ()

    @property
    def current(self) -> Epoch:
        """The epoch in which entries are numbered and sent."""
        return self.begun[-1] if self.begun else Epoch()

    def kept_since(self, number: int, province: str) -> int | None:
        """The last number of a former epoch that all epochs after it have kept; None where there is none after it.

        Args:
            number: That epoch.
            province: The log.
        """
        return min((epoch.base_of(province) for epoch in self.begun if epoch.number > number), default=None)


class EpochBook:
    """The document `epochs` of the collection `feed_state`; it carries the event of each new epoch.

    Args:
        database: The service's database.
        state: The collection.
    """

    def __init__(self, database: Database, state: Collection) -> None:
        self._state = state
        self._timelines = Timelines(database)
        self._known: Epochs | None = None

    async def all(self) -> Epochs:
        """All epochs; read once, for a new one is begun only while no process of the service runs."""
        if self._known is None:
            document = await self._state.find_one({"_id": _KEY}, {"epochs": 1})
            self._known = Epochs([_read(row) for row in document["epochs"]] if document else ())
        return self._known

    async def begin(self, ends: Mapping[str, int], reason: str) -> Epoch:
        """Begin another epoch, and tell of it by an event, under the current act.

        Args:
            ends: The last number of each log.
            reason: Why, for the audit (R40) and for the provinces.
        """
        before = (await self.all()).current
        epoch = Epoch(next_number(before.number), dict(ends), datetime.now(UTC), reason)
        document = await self._state.find_one({"_id": _KEY}, {"version": 1}) or {"version": 0}
        version = document["version"] + 1
        told = FeedEpochBegun(epoch=epoch.number, kept=dict(ends), reason=reason)
        events = seal([told], producer=PRODUCER, kind=_NOUN, subject=_NOUN, version=version)
        row = {"epoch": epoch.number, "base": dict(ends), "at": epoch.since, "reason": reason}
        push = {"epochs": row, "events": {"$each": await self._timelines.stamp(events)}}
        await self._state.update_one({"_id": _KEY}, {"$set": {"version": version}, "$push": push}, upsert=True)
        self._known = None
        return epoch


def _read(row: Document) -> Epoch:
    return Epoch(row["epoch"], row["base"], row["at"], row["reason"])
