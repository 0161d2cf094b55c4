"""Reminders by the calendar: what a base has not decided while it still can (R23), and the day's mail (ADR 36)."""

from collections.abc import Sequence
from datetime import timedelta

from services.enrollment.commands.deps import Deps
from services.enrollment.domain.news import due_reminder, of_decisions_due
from services.enrollment.domain.notifications import digest_due, digest_to, school_box, trainee_box

_DIGESTS = "digests"


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
        await store.milestones.set_passed(done, deps.clock.now())
        told += len(notices)
    return told


async def leave_digests(deps: Deps) -> int:
    """Leave, once a day by domain time, a mail to each address that has something new and unread. Idempotent.

    Teachers and schools have addresses on file here; whoever has none is told in the inbox alone.

    Returns:
        How many mails were left.
    """
    store, now = deps.store, deps.clock.now()
    if deps.mailer is None:
        return 0
    last = await store.milestones.passed(_DIGESTS)
    day = digest_due(last, now)
    if day is None:
        return 0
    left = 0
    async for boxes in store.notices.boxes_with_news(last or now - timedelta(days=1)):
        digests = [digest_to(box, day, now) for box in await _with_address(deps, boxes)]
        await store.deliveries.add(digests)
        left += len(digests)
    await store.milestones.set_passed(_DIGESTS, now)
    return left


async def _with_address(deps: Deps, boxes: Sequence[str]) -> list[str]:
    """Those of the inboxes whose holder has an address on file; by two reads."""
    holders = [box.partition(":")[::2] for box in boxes]
    teachers = await deps.store.teachers.find_many([key for scope, key in holders if scope == "teacher"])
    schools = await deps.store.schools.find_many([key for scope, key in holders if scope == "school"])
    reached = {trainee_box(teacher.id) for teacher in teachers if teacher and teacher.email}
    reached |= {school_box(school.id) for school in schools if school and school.designated and school.designated.email}
    return [box for box in boxes if box in reached]
