"""Questionnaires, key lists, issued tokens, texts and receipts (R34–R36).

`issues` and `texts` are clustered by `_id`, so their natural order tells nothing of time, and hold neither times nor
marks of requests.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import CollectionInvalid

from chassis.storage.mongo import Database, Document, DuplicateKey, Session
from chassis.storage.repository import Repository
from services.assessment.domain.instrument import Instrument, KeyList
from services.assessment.domain.vocabulary import InstrumentState

_CLUSTERED: dict[str, Any] = {"key": {"_id": 1}, "unique": True}
_TEXT_ID_BYTES = 16


class Instruments(Repository[Instrument]):
    """The questionnaires of all projects.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "instruments", Instrument, producer="assessment", noun="instrument")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("project", ASCENDING), ("_id", ASCENDING)], name="project")
        await self.collection.create_index([("year", ASCENDING)], name="year")
        await self.collection.create_index(
            [("ended", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="standing"
        )

    async def of_projects(self, projects: Sequence[str]) -> dict[str, list[Instrument]]:
        """The questionnaires of each of several projects, in one database operation."""
        found: dict[str, list[Instrument]] = {project: [] for project in projects}
        if found:
            for instrument in await self.query({"project": {"$in": list(found)}}):
                found[instrument.project].append(instrument)
        return found

    async def projects_of(self, projects: Sequence[str]) -> set[str]:
        """Which of the projects have questionnaires that are whole."""
        where = {"project": {"$in": list(projects)}, "box_key": {"$ne": None}}
        cursor = self.collection.find(where, {"project": 1, "kind": 1})
        kinds: dict[str, set[str]] = {}
        async for document in cursor:
            kinds.setdefault(document["project"], set()).add(document["kind"])
        return {project for project, made in kinds.items() if len(made) > 1}

    async def standing(self, *states: InstrumentState, limit: int, **where: Any) -> list[Instrument]:
        """Those in a state whose keys are not destroyed yet.

        Args:
            states: The states.
            limit: The most.
            where: Further conditions.
        """
        condition: Document = {"ended": False, "state": {"$in": [state.value for state in states]}}
        return await self.query(condition | where, limit=limit)


class KeyLists(Repository[KeyList]):
    """The key lists, each under its day.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "key_lists", KeyList, producer="assessment", noun="key-list")

    async def latest(self, first: int, before: date | None = None) -> list[KeyList]:
        """The latest lists, of all days or of those before one."""
        where = {"_id": {"$lt": before.isoformat()}} if before else {}
        return await self.query(where, sort=[("_id", DESCENDING)], limit=first)


@dataclass(frozen=True, slots=True, repr=False)
class Issue:
    """A right to answer that was used.

    Attributes:
        blinded: SHA-256 of the blinded message, in hexadecimal.
        reply: The signature of it.
    """

    blinded: str
    reply: bytes


class Issues:
    """The collection `issues`: insert only, so that of two requests at once one wins.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.collection = database["issues"]

    async def prepare(self) -> None:
        """Create the clustered collection where it is not there."""
        await _create_clustered(self._database, "issues")

    async def find(self, instrument: str, enrollment: str) -> Issue | None:
        """The right of an attendee, if it was used."""
        document = await self.collection.find_one({"_id": f"{instrument}/{enrollment}"})
        return Issue(document["blinded"], bytes(document["reply"])) if document else None

    async def insert(self, instrument: str, enrollment: str, issue: Issue) -> bool:
        """Record that a right was used; False where it was already."""
        document = {"_id": f"{instrument}/{enrollment}", "blinded": issue.blinded, "reply": issue.reply}
        try:
            await self.collection.insert_one(document)
        except DuplicateKey:
            return False
        return True

    async def issued(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these rights, each questionnaire and enrollment, were used; one database operation."""
        wanted = {f"{instrument}/{enrollment}": (instrument, enrollment) for instrument, enrollment in keys}
        documents = self.collection.find({"_id": {"$in": list(wanted)}}, {"_id": 1})
        return {wanted[document["_id"]] async for document in documents}

    async def count(self, instrument: str) -> int:
        """How many rights of a questionnaire were used."""
        return await self.collection.count_documents(_of(instrument))

    async def remove(self, instrument: str, session: Session | None = None) -> None:
        """Forget who has used a right."""
        await self.collection.delete_many(_of(instrument), session=session)


class Texts:
    """The collection `texts`: what was answered in words, apart from all marks, in the order of random ids.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.collection = database["texts"]

    async def prepare(self) -> None:
        """Create the clustered collection where it is not there, and its index."""
        await _create_clustered(self._database, "texts")
        await self.collection.create_index([("instrument", ASCENDING), ("_id", ASCENDING)], name="instrument")

    async def insert(self, instrument: str, texts: Iterable[tuple[int, str]], session: Session) -> None:
        """Store texts, each with the place of its question."""
        documents = [
            {
                "_id": secrets.token_hex(_TEXT_ID_BYTES),
                "instrument": instrument,
                "question": question,
                "text": text,
            }
            for question, text in texts
        ]
        if documents:
            await self.collection.insert_many(documents, session=session)

    async def of(self, instruments: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
        """The texts of questionnaires, each with the place of its question; one database operation."""
        found: dict[str, list[tuple[int, str]]] = {instrument: [] for instrument in instruments}
        async for document in self.collection.find({"instrument": {"$in": list(found)}}, sort=[("_id", ASCENDING)]):
            found[document["instrument"]].append((document["question"], document["text"]))
        return found


class Receipts:
    """The collection `receipts`: of a published questionnaire the sorted receipts of all ballots.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.collection = database["receipts"]

    async def find(self, instrument: str) -> list[str] | None:
        """The receipts; None where nothing is published."""
        document = await self.collection.find_one({"_id": instrument})
        return list(document["receipts"]) if document else None

    async def put(self, instrument: str, receipts: Sequence[str], session: Session) -> None:
        """Store the receipts."""
        document = {"_id": instrument, "receipts": list(receipts)}
        await self.collection.replace_one({"_id": instrument}, document, upsert=True, session=session)


async def _create_clustered(database: Database, name: str) -> None:
    if name in await database.list_collection_names():
        return
    try:
        await database.create_collection(name, clusteredIndex=_CLUSTERED)
    except CollectionInvalid:
        return


def _of(instrument: str) -> Document:
    return {"_id": {"$gte": f"{instrument}/", "$lt": f"{instrument}0"}}  # `0` comes after `/`
