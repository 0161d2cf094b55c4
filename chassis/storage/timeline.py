"""Timelines: which past of a service's database an event belongs to (ADR 69).

A database that is restored from an older copy counts its versions, and so names its events, once more. Its next events
therefore belong to another timeline, whose number their ids and attributes carry. The first timeline has the number 0
and leaves no trace.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pymongo import ASCENDING

from chassis.events import NATIONWIDE, Timeline, TimelineBegun, seal
from chassis.storage.mongo import Client, Collection, Database, Document

META = "meta"
"""The collection of what a database knows of itself; its documents may carry events."""
_KEY = "timeline"


def next_number(last: int) -> int:
    """A number after `last`: the Unix time, so that a copy which is restored twice cannot give one twice."""
    return max(last + 1, int(time.time()))


async def create_waiting_index(collection: Collection) -> None:
    """Create the index by which a relay finds the waiting events of a collection (notes N20)."""
    await collection.create_index(
        [("events.at", ASCENDING)], name="waiting", partialFilterExpression={"events.at": {"$exists": True}}
    )


async def create_index(database: Database) -> None:
    """Create the index of the events that wait in the collection `meta`; a step of the service's migrations."""
    await create_waiting_index(database[META])


class Timelines:
    """The timeline that a service's database is in, kept in its collection `meta`.

    It is read once: a new one is begun only while no process of the service runs.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._meta = database[META]
        self._current: Timeline | None = None

    async def current(self) -> Timeline:
        """The timeline that the database is in."""
        if self._current is None:
            document = await self._meta.find_one({"_id": _KEY}, {"number": 1, "restored": 1})
            self._current = Timeline(document["number"], document["restored"]) if document else Timeline()
        return self._current

    async def all(self) -> Mapping[int, datetime]:
        """The restore point of each timeline of this database but the first, by number."""
        document = await self._meta.find_one({"_id": _KEY}, {"past": 1})
        return {each["number"]: each["restored"] for each in document["past"]} if document else {}

    async def stamp(self, events: list[Document]) -> list[Document]:
        """Sealed events, each with the timeline in its id and attributes.

        Args:
            events: As `chassis.events.seal` makes them; they are changed in place.
        """
        if events and (timeline := await self.current()).number:
            for event in events:
                event.update(timeline.stamp(event["id"]))
        return events

    async def begin(self, service: str, restored: datetime, reason: str) -> Timeline:
        """Begin another timeline, and tell of it by an event, under the current act.

        Args:
            service: The service's name.
            restored: Up to when the restored copy reached, real time.
            reason: Why, for the audit (R40).
        """
        document = await self._meta.find_one({"_id": _KEY}) or {"number": 0, "version": 0, "past": []}
        timeline, version = Timeline(next_number(document["number"]), restored), document["version"] + 1
        told = TimelineBegun(number=timeline.number, restored=restored, reason=reason, province=NATIONWIDE)
        events = seal([told], producer=service, kind=_KEY, subject=_KEY, version=version)
        for event in events:
            event.update(timeline.stamp(event["id"]))
        own = {"number": timeline.number, "restored": restored}
        past = {**own, "at": datetime.now(UTC), "reason": reason}
        await self._meta.update_one(
            {"_id": _KEY},
            {"$set": {**own, "version": version}, "$push": {"past": past, "events": {"$each": events}}},
            upsert=True,
        )
        self._current = timeline
        return timeline


async def working(client: Client, database: Database, own: str) -> Sequence[str]:
    """What shows that processes of a service run: leases that are held, and connections of a user of its database.

    Where users are kept elsewhere, nothing tells whose a connection is: only leases count, which processes in the role
    `api` do not hold.

    Args:
        client: The client of this command, as the service's user.
        database: The service's database.
        own: The name by which this client calls itself (`appname`); its own connections do not count.
    """
    leases = database["leases"].find({"$expr": {"$gt": ["$until", "$$NOW"]}}, {"_id": 1})
    held = [f"lease {row['_id']}" async for row in leases]
    look = {"$currentOp": {"allUsers": False, "idleConnections": True}}
    others = {"appName": {"$ne": own}, "effectiveUsers.db": database.name}
    connections = await client.admin.aggregate([look, {"$match": others}, {"$project": {"client": 1, "appName": 1}}])
    return held + [f"connection {row.get('appName')} {row.get('client')}" async for row in connections]
