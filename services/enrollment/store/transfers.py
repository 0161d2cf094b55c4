"""The requests for persons in MongoDB, and who may see which of them (R20, R27)."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING

from chassis.events import NATIONWIDE
from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Database, Document
from chassis.storage.paging import NO_TALLY, Tally, after_position, all_of, tallies
from chassis.storage.repository import Repository
from services.enrollment.domain.transfer import Transfer
from services.enrollment.domain.vocabulary import TransferState
from services.enrollment.store.visibility import NOTHING, own_province

_BY_ID = [("_id", ASCENDING)]
_LIVE = {"live": True}


class Transfers(Repository[Transfer]):
    """One document a request. A school has one live request for a person at most.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "transfers", Transfer, producer="enrollment", noun="transfer")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        pair = [("teacher", ASCENDING), ("school", ASCENDING)]
        await self.collection.create_index(pair, unique=True, partialFilterExpression=_LIVE, name="live")
        waiting = {"state": TransferState.REQUESTED.value}
        await self.collection.create_index("due", partialFilterExpression=waiting, name="due")
        await self.collection.create_index([("state", ASCENDING), *_BY_ID], name="state")
        for field in ("school", "former", "teacher", "province", "former_province"):
            await self.collection.create_index([(field, ASCENDING), *_BY_ID], name=field)

    async def overdue(self, now: datetime, limit: int) -> list[str]:
        """Ids of the requests whose school has not answered in time, the longest first (R20).

        Args:
            now: Domain time.
            limit: The most requests to return.
        """
        where = {"state": TransferState.REQUESTED.value, "due": {"$lte": now}}
        cursor = self.collection.find(where, {"_id": 1}, sort=[("due", ASCENDING)], limit=limit, batch_size=BATCH)
        return [document["_id"] async for document in cursor]

    async def live_of(self, school: str, limit: int) -> list[str]:
        """Ids of up to `limit` requests of a school that wait."""
        cursor = self.collection.find({"school": school, **_LIVE}, {"_id": 1}, limit=limit, batch_size=BATCH)
        return [document["_id"] async for document in cursor]

    async def page(self, states: Sequence[TransferState], reader: Principal, part: PageRequest) -> list[Transfer]:
        """Up to `first + 1` requests that the reader may see, after a position, the oldest first.

        Args:
            states: Only requests in these states; empty for all.
            reader: Who asks.
            part: Which part of the list.
        """
        where = all_of(_in(states), _visible_to(reader), after_position(_BY_ID, part.after))
        return await self.query(where, sort=_BY_ID, limit=part.first + 1)

    async def count(self, states: Sequence[TransferState], reader: Principal) -> int:
        """How many requests the reader may see."""
        return await self.collection.count_documents(all_of(_in(states), _visible_to(reader)))

    async def waiting(self, reader: Principal) -> Tally:
        """How many requests wait for the reader's word, and when the first of them is due (R20).

        For a school those that it is asked; for a province those between its schools that were not answered in time;
        for the ministry all others that were not.
        """
        where = _waiting_for(reader)
        if where is None:
            return NO_TALLY
        (tally,) = await tallies(self.collection, [where], by="state", least="due")
        return tally


def _waiting_for(reader: Principal) -> Document | None:
    escalated = {"state": TransferState.ESCALATED.value}
    match reader.scope:
        case Scope.SCHOOL if reader.school:
            return {"former": reader.school, "state": TransferState.REQUESTED.value}
        case Scope.PROVINCE if own := own_province(reader):
            return escalated | {"province": own, "former_province": own}
        case Scope.MINISTRY:
            between = {"$expr": {"$ne": ["$province", "$former_province"]}}
            return escalated | {"$or": [between, {"province": NATIONWIDE}]}
        case _:
            return None


def _in(states: Sequence[TransferState]) -> Document:
    return {"state": {"$in": [state.value for state in states]}} if states else {}


def _visible_to(reader: Principal) -> Document:
    match reader.scope:
        case Scope.MINISTRY:
            return {}
        case Scope.SCHOOL if reader.school:
            return {"$or": [{"school": reader.school}, {"former": reader.school}]}
        case Scope.PROVINCE if own := own_province(reader):
            return {"$or": [{"province": own}, {"former_province": own}]}
        case Scope.TEACHER if reader.person:
            return {"teacher": reader.person}
        case _:
            return NOTHING
