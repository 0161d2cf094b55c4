"""Reminders by the calendar: what a base has not decided while it still can (R23)."""

from services.enrollment.commands.deps import Deps
from services.enrollment.domain.news import due_reminder, of_decisions_due


async def remind_bases(deps: Deps) -> int:
    """Tell each base, once before the deadline, how many enrollments it has to decide (R23). Idempotent.

    Returns:
        How many notices were left.
    """
    store, told = deps.store, 0
    for calendar in await store.rounds.query({}):
        deadline = due_reminder(calendar, deps.clock.now())
        done = f"decisions-due:{calendar.id}:{deadline.isoformat()}" if deadline else ""
        if deadline is None or await store.milestones.passed(done):
            continue
        undecided = await store.enrollments.undecided_by_project(int(calendar.id))
        notices = of_decisions_due(undecided, deadline, deps.clock.now())
        await store.notices.put(notices)
        await store.milestones.set_passed(done)
        told += len(notices)
    return told
