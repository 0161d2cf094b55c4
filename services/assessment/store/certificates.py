"""Certificates, and the names of attendees as enrollment's events have them (R32, ADR 52)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ASCENDING, ReturnDocument

from chassis.storage.mongo import Database, Session
from chassis.storage.repository import Repository
from services.assessment.domain.certificate import LIST_BITS, Certificate
from services.assessment.domain.vocabulary import CertificateState

_DAY_SECONDS = 24 * 3600
_DRAWS = 100
_SHUFFLE = secrets.SystemRandom().shuffle


@dataclass(frozen=True, slots=True)
class AttendeeName:
    """The name of an attendee, sealed as it arrived.

    Attributes:
        id: The enrollment's id.
        version: Enrollment's version of the name.
        key: The id of the key that opens it.
        sealed: The sealed name.
    """

    id: str
    version: int
    key: str
    sealed: str


class Certificates(Repository[Certificate]):
    """The certificates, each under its number.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "certificates", Certificate, producer="assessment", noun="certificate")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        place = [("year", ASCENDING), ("place", ASCENDING)]
        await self.collection.create_index(place, unique=True, name="place")
        await self.collection.create_index([("year", ASCENDING), ("state", ASCENDING)], name="state")
        await self.collection.create_index([("project", ASCENDING), ("_id", ASCENDING)], name="project")

    async def free_places(self, year: int, count: int, session: Session | None = None) -> list[int]:
        """Random places in a year's status list that no certificate has, in the order of chance (R32).

        Args:
            year: The year.
            count: How many.
            session: Of the transaction that will take them; of two that draw the same one the second conflicts.
        """
        free: list[int] = []
        for _ in range(_DRAWS):
            if len(free) >= count:
                break
            drawn = {secrets.randbelow(LIST_BITS) for _ in range(2 * count)} - {*free}
            where = {"year": year, "place": {"$in": [*drawn]}}
            taken = {each["place"] async for each in self.collection.find(where, {"place": 1}, session=session)}
            free += drawn - taken
        if len(free) < count:
            raise AssertionError(f"the status list of {year} is full")
        _SHUFFLE(free)
        return free[:count]

    async def valid_of(self, project: str, most: int) -> list[Certificate]:
        """The valid certificates of a class by number, so many at most (R32)."""
        return await self.query(_valid_of(project), sort=[("_id", ASCENDING)], limit=most)

    async def count_valid(self, project: str) -> int:
        """How many valid certificates a class has."""
        return await self.collection.count_documents(_valid_of(project))

    async def ended(self, year: int) -> list[int]:
        """The places in a year's status list of those that are valid no more."""
        where = {"year": year, "state": {"$ne": CertificateState.VALID}}
        return [document["place"] async for document in self.collection.find(where, {"_id": 0, "place": 1})]


def _valid_of(project: str) -> dict[str, str]:
    return {"project": project, "state": CertificateState.VALID}


class NameGuesses:
    """How often a name was compared with that of a certificate, by day (R32).

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["name_guesses"]

    async def prepare(self) -> None:
        """Create the index by which counters expire."""
        await self._collection.create_index("at", expireAfterSeconds=_DAY_SECONDS)

    async def count(self, number: str, day: str) -> int:
        """Count one more, and return how many it is of that day; one atomic write, so concurrent ones all count.

        Args:
            number: The certificate's number.
            day: The day, as ISO 8601 has it.
        """
        update = {"$inc": {"guesses": 1}, "$setOnInsert": {"at": datetime.now(UTC)}}
        counter = await self._collection.find_one_and_update(
            {"_id": f"{number}/{day}"}, update, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(counter["guesses"]) if counter else 1
