"""Aggregates that seldom change, read from memory and guarded by their version (ADR 23)."""

import math
from collections.abc import Iterable
from typing import TypeVar

from cachetools import TTLCache

from chassis.storage.mongo import Database
from chassis.storage.repository import Aggregate, Repository
from chassis.storage.unit_of_work import UnitOfWork

A = TypeVar("A", bound=Aggregate)
_MOST = 20_000


class CachedRepository(Repository[A]):
    """A repository that a unit of work may read from memory.

    What memory holds may be stale. So an attempt that has read it gives no refusal (`chassis.commands.bulk`), and after
    a conflict everything is read anew. The service sees to it that what is written is right: either the write checks
    the version that was read, or a stale aggregate cannot allow what the current one forbids, for memory forgets it
    before the change counts. Then a stale entry is a retry, never a wrong answer.

    Args:
        database: The service's database.
        collection: The collection's name.
        kind: The aggregate's dataclass.
        producer: The service's name, part of event ids.
        noun: The aggregate's noun; it is data.
        seconds: How long memory holds an aggregate, in real seconds; finite where no write checks its version.
    """

    def __init__(
        self,
        database: Database,
        collection: str,
        kind: type[A],
        *,
        producer: str,
        noun: str,
        seconds: float = math.inf,
    ) -> None:
        super().__init__(database, collection, kind, producer=producer, noun=noun)
        self._memory: TTLCache[str, A] = TTLCache(_MOST, seconds)

    async def recall(self, keys: Iterable[str], unit: UnitOfWork, *, fresh: bool = False) -> dict[str, A]:
        """The aggregates with these ids that there are, by id.

        Args:
            keys: Their ids.
            unit: The unit of work.
            fresh: Whether none may come from memory.
        """
        ids = dict.fromkeys(keys)
        remembered: dict[str, A] = {}
        if unit.may_use_caches and not fresh:
            remembered = {key: kept for key in ids if (kept := self._memory.get(key)) is not None}
            unit.used_caches |= bool(remembered)
        read = {aggregate.id: aggregate for aggregate in await unit.load(self, ids.keys() - remembered.keys())}
        self._memory.update(read)
        return remembered | read
