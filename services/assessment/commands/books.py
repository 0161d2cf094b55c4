"""Books of classes: results are published by the base, or by themselves once its time is over (R30)."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from chassis.context import current_act
from chassis.principal import Principal
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey
from chassis.storage.unit_of_work import UnitOfWork, in_unit_of_work
from kernel.dates import today
from kernel.errors import Refusal
from kernel.refusals import STALE_VERSION
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.commands.looks import Position, next_finished
from services.assessment.domain import book as books
from services.assessment.domain import result as results
from services.assessment.domain.book import Book
from services.assessment.domain.events import ResultsDue, ResultsPublished
from services.assessment.domain.project import Project
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import BookState
from services.assessment.store import Store

_AT_ONCE = 200
"""How many records a transaction takes."""
log = structlog.get_logger()


@idempotent("books", name="publish_results")
async def publish_results(deps: Deps, principal: Principal, *, project: str) -> Book:
    """Publish the results of a class: from then on its people see them, and its records are locked (R30).

    Each record is written by itself and the book after them, so a publication that was interrupted is taken up by a
    repeat; one of a class that is published changes nothing.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `NOT_FINISHED`, `RESULTS_INCOMPLETE`, `CREDIT_RULE_MISSING` or `BUSY`.
    """
    held = await own_project(deps, principal, project, "R30")
    by = Assessing(held, deps.rules, deps.clock.now())
    books.require_results(await deps.store.records.attendees(project), by)
    return await _publish(deps.store, by, late=False)


async def publish_overdue(deps: Deps, position: Position | None = None) -> int:
    """Publish what there is of results in classes whose base has not done so in time (R30). Idempotent.

    A project may be completed before, where its round leaves less time for it (R28).

    Args:
        deps: The service's dependencies.
        position: Where to go on among the finished projects; it is moved. From the beginning by default.

    Returns:
        How many classes were published.
    """
    now = deps.clock.now()
    published, day = 0, today(now)
    for project in await _unpublished(deps.store, position or Position(), completed=True):
        if project.published_on is None or day < project.published_on:
            continue
        try:
            await _publish(deps.store, Assessing(project, deps.rules, now), late=True)
        except Refusal as refusal:  # what is wrong with one class holds up no other
            log.warning("results not published", project=project.id, code=refusal.code)
        else:
            published += 1
    return published


async def remind_of_results(deps: Deps, position: Position | None = None) -> int:
    """Remind bases of results that are due, five days before, on the day, and after it (R30). Idempotent.

    Args:
        deps: The service's dependencies.
        position: Where to go on among the finished projects; it is moved. From the beginning by default.

    Returns:
        Of how many classes it was told.
    """
    reminded, store, day = 0, deps.store, today(deps.clock.now())
    projects = await _unpublished(store, position or Position())
    stored = {book.id: book for book in await store.books.find_many([project.id for project in projects]) if book}
    for project in projects:
        book, events = books.remind(stored.get(project.id) or books.new_book(project), project, day)
        if events and await _save(store, book, events):
            reminded += 1
    return reminded


async def _unpublished(store: Store, position: Position, *, completed: bool = False) -> list[Project]:
    """The next finished projects whose results are not published."""
    finished = await next_finished(store, position, completed=completed)
    stored = {book.id: book for book in await store.books.find_many(list(finished)) if book}
    return [
        project for key, project in finished.items() if books.state_of(project, stored.get(key)) is not BookState.FINAL
    ]


async def _publish(store: Store, by: Assessing, *, late: bool) -> Book:
    """Publish the records that are not, then close the book; whatever is done already stays.

    A record may come to a class whose book is closed: an acceptance that was late on its way.
    """
    key = by.project.id
    while waiting := [record.id for record in await store.records.attendees(key) if not record.result]:
        for start in range(0, len(waiting), _AT_ONCE):
            await _publish_records(store, waiting[start : start + _AT_ONCE], by, late=late)
        if not late:
            books.require_results(await store.records.attendees(key), by)
    attendees = await store.records.attendees(key)
    while True:  # a reminder may be stored in between, once each
        stored = await store.books.find(key)
        if stored and stored.published_at:
            return stored
        closed, events = books.publish(stored or books.new_book(by.project), attendees, by, late=late)
        if saved := await _save(store, closed, events):
            return saved


async def _publish_records(store: Store, keys: Sequence[str], by: Assessing, *, late: bool) -> None:
    async def publish(unit: UnitOfWork) -> None:
        act = current_act()
        for record in await unit.load(store.records, keys):
            changed, events = results.publish(record, by, late=late) if record.live else (record, [])
            if changed is not record:
                unit.save(store.records, changed, events, act=act)

    await in_unit_of_work(store.client, publish)


async def _save(store: Store, book: Book, events: Sequence[ResultsDue | ResultsPublished]) -> Book | None:
    """Store the book; None where somebody else has stored it meanwhile."""
    try:
        if book.version == 0:
            return await store.books.insert(replace(book, version=1), events)
        return await store.books.save(book, events)
    except DuplicateKey:
        return None
    except Refusal as refusal:
        if refusal.code != STALE_VERSION.code:
            raise
        return None
