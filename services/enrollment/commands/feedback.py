"""Deliveries are made, one by one, until none waits (R24)."""

from chassis.errors import Refusal
from chassis.mongo import Session
from services.enrollment.commands.office import Office
from services.enrollment.domain.delivery import Delivery, deliver

_WINDOW = 100


async def deliver_pending(office: Office) -> int:
    """Make the deliveries that wait; each stands by itself, and a second attempt leaves no second notice.

    Returns:
        How many were made.
    """
    made = 0
    while True:
        waiting = await office.store.pending_deliveries(_WINDOW)
        for one in waiting:
            made += await _deliver(office, one)
        if len(waiting) < _WINDOW:
            return made


async def _deliver(office: Office, delivery: Delivery) -> bool:
    done, notice = deliver(delivery, office.clock.now())

    async def work(session: Session) -> None:
        await office.store.deliveries.save(done, session=session)
        await office.store.put_notice(notice, session)

    try:
        await office.store.transact(work)
    except Refusal:
        return False  # another process was faster
    return True
