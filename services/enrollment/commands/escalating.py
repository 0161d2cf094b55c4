"""Admission closes: what is undecided goes to the ministry, what is free to the waiting list (R23, R25)."""

from collections.abc import AsyncIterator
from datetime import datetime

from chassis.storage.mongo import Session
from kernel.errors import Refusal
from services.enrollment.commands.office import Office
from services.enrollment.commands.waiting import offer_next
from services.enrollment.domain.escalation import escalate, missed_deadline
from services.enrollment.domain.machine import Enrollment

_WINDOW = 100


async def escalate_undecided(office: Office) -> int:
    """Escalate what no base has decided in time; may be run anywhere, any time, and does it once (R23).

    Returns:
        How many it escalated.
    """
    total = 0
    async for year, deadline in _missed(office):
        while undecided := await office.store.undecided(year, deadline, _WINDOW):
            done = sum([await _escalate(office, one, deadline) for one in undecided])
            total += done
            if not done:
                break
    return total


async def offer_free_seats(office: Office) -> int:
    """Offer what seats are free when the bases may no longer fill them by themselves, in order (R25).

    Until then a free seat is the base's to give; a freed one is offered at once, by whatever frees it.

    Returns:
        How many it offered.
    """
    total = 0
    years = {year async for year, _ in _missed(office)}
    for key in await office.store.seating.wanted() if years else ():
        while await _offer(office, key, years):
            total += 1
    if total:
        office.wake.set()
    return total


async def _missed(office: Office) -> AsyncIterator[tuple[int, datetime]]:
    for calendar in await office.store.rounds.query({}):
        if deadline := missed_deadline(calendar, office.clock.now()):
            yield int(calendar.id), deadline


async def _escalate(office: Office, undecided: Enrollment, deadline: datetime) -> bool:
    step = escalate(undecided, deadline, office.clock.now())
    if step is None:
        return False
    try:
        await office.store.enrollments.save(*step)
    except Refusal:
        return False  # the school, the ministry or another replica was faster
    return True


async def _offer(office: Office, key: str, years: set[int]) -> bool:
    async def work(session: Session) -> bool:
        project = await office.store.projects.get(key, session)
        return project.year in years and await offer_next(office, project, session)

    try:
        return await office.store.transact(work)
    except Refusal:
        return False  # no seat is left
