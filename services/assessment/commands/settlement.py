"""Projects whose results and credits are settled, told to the catalog, which completes them (R30, R31)."""

from chassis.storage.mongo import DuplicateKey
from services.assessment.domain.settlement import settle
from services.assessment.domain.vocabulary import ProjectPhase
from services.assessment.store import Store


async def settle_projects(store: Store) -> int:
    """Tell of every finished project in which nothing is open any more. Idempotent.

    Args:
        store: The service's repositories.

    Returns:
        Of how many it was told.
    """
    finished = {project.id: project for project in await store.projects.query({"phase": ProjectPhase.FINISHED})}
    settled, candidates = 0, await store.records.projects_without_open_records(list(finished))
    attendees = await store.records.attendees_of(candidates)
    for key in candidates:
        if settlement := settle(finished[key], attendees[key]):
            try:
                await store.settlements.insert(*settlement)
            except DuplicateKey:
                continue  # told already; the catalog's answer is under way
            settled += 1
    return settled
