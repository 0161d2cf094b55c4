"""Projects whose results and credits are settled, told to the catalog, which completes them (R30, R31)."""

from dataclasses import dataclass
from typing import Any

from chassis.storage.mongo import DuplicateKey
from services.assessment.domain.project import Project
from services.assessment.domain.settlement import settle
from services.assessment.domain.vocabulary import ProjectPhase
from services.assessment.store import Store

MOST_PROJECTS = 200
"""How many finished projects one look takes; the next goes on behind them."""


@dataclass(slots=True)
class Position:
    """How far the looks have come.

    Attributes:
        after: The id of the last project looked at; None at the beginning.
    """

    after: str | None = None


async def settle_projects(store: Store, position: Position | None = None) -> int:
    """Tell of those among the next finished projects in which nothing is open any more. Idempotent.

    Args:
        store: The service's repositories.
        position: Where to go on; it is moved. From the beginning by default.

    Returns:
        Of how many it was told.
    """
    position = position or Position()
    finished = await _next_finished(store, position)
    told = {settlement.id for settlement in await store.settlements.find_many(list(finished)) if settlement}
    waiting = [key for key in finished if key not in told]  # for those told of, the catalog's answer is under way
    afterwards = [key for key in waiting if finished[key].recorded_afterwards]
    settled, candidates = 0, await store.records.projects_without_open_records(waiting, afterwards)
    attendees = await store.records.attendees_of(candidates)
    for key in candidates:
        if settlement := settle(finished[key], attendees[key]):
            try:
                await store.settlements.insert(*settlement)
            except DuplicateKey:
                continue  # told meanwhile
            settled += 1
    return settled


async def _next_finished(store: Store, position: Position) -> dict[str, Project]:
    where: dict[str, Any] = {"phase": ProjectPhase.FINISHED}
    if position.after is not None:
        where["_id"] = {"$gt": position.after}
    order = (("phase", 1), ("_id", 1))  # as the index has them
    found = await store.projects.query(where, sort=order, limit=MOST_PROJECTS)
    position.after = found[-1].id if len(found) == MOST_PROJECTS else None
    return {project.id: project for project in found}
