"""Projects whose results are published, told to the catalog, which completes them (R30)."""

from chassis.storage.mongo import DuplicateKey
from services.assessment.commands.looks import Position, next_finished
from services.assessment.domain.settlement import is_settled, settle
from services.assessment.store import Store


async def settle_projects(store: Store, position: Position | None = None) -> int:
    """Tell of those among the next finished projects that wait for nothing any more. Idempotent.

    Args:
        store: The service's repositories.
        position: Where to go on; it is moved. From the beginning by default.

    Returns:
        Of how many it was told.
    """
    finished = await next_finished(store, position or Position())
    told = {settlement.id for settlement in await store.settlements.find_many(list(finished)) if settlement}
    waiting = [key for key in finished if key not in told]  # for those told of, the catalog's answer is under way
    books = {book.id: book for book in await store.books.find_many(waiting) if book}
    settled = [key for key in waiting if is_settled(finished[key], books.get(key))]
    attendees = await store.records.attendees_of(settled)
    count = 0
    for key in settled:
        try:
            await store.settlements.insert(*settle(finished[key], attendees[key]))
        except DuplicateKey:
            continue  # told meanwhile
        count += 1
    return count
