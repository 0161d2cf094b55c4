"""The run of a committed roster: rows go in by transactions that move the roster on, so each is in once (R22)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from chassis.context import Act, acting
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Session, passes
from services.enrollment.commands.office import Office
from services.enrollment.domain.roster import Roster, Row, RowState, finish
from services.enrollment.domain.roster_check import Facts, RowEntry, check, enter
from services.enrollment.domain.vocabulary import RosterMode, RosterState
from services.enrollment.store import Deposed

_WINDOW = 200
log = structlog.get_logger()


async def enter_rosters(office: Office, token: int) -> int:
    """Put every committed roster in, the one that was committed first before the others.

    Args:
        office: The service's dependencies.
        token: Of the lease under which this worker works alone.

    Returns:
        How many.

    Raises:
        Deposed: A newer worker has taken over.
    """
    count = 0
    while (roster := await office.store.rosters.waiting()) and await office.store.rosters.take_on(roster.id, token):
        with acting(Act(_principal(roster), roster.traceparent)):
            try:
                await _enter(office, roster, token)
            except Deposed:
                raise
            except Exception as error:
                if passes(error):
                    raise
                log.exception("roster failed", roster=roster.id)
                await _fail(office, roster.id, token)
        count += 1
    return count


async def _enter(office: Office, roster: Roster, token: int) -> None:
    """Transaction by transaction: all rows of an all-or-nothing roster at once, else the next few.

    Whoever writes one of its people, sign-ups or projects meanwhile conflicts with a step; then it is run again, on
    new facts.
    """
    state = RosterState.COMMITTING
    while state is RosterState.COMMITTING:
        state = await office.store.transact(lambda session: _work(office, roster.id, token, session))


async def _work(office: Office, key: str, token: int, session: Session) -> RosterState:
    kept = office.store.rosters
    roster = await kept.held(key, token, session)
    whole = roster.mode is RosterMode.ALL_OR_NOTHING
    rows = await kept.next_rows(key, 0 if whole else _WINDOW, session)
    school = await office.store.schools.get(roster.school, session)
    assert roster.committed_at  # noqa: S101 - it has been committed
    facts = await kept.facts(rows, school, roster.committed_at, session)
    seen, entries = await asyncio.to_thread(_decide, rows, facts, roster.by, whole=whole)
    if entries:
        await kept.put_in(entries, session)
    await kept.note(seen, session)
    moved = replace(roster, done=roster.done + len(rows), entered=roster.entered + len(entries))
    if not whole and len(rows) == _WINDOW:
        await kept.save(moved, session=session)
        return moved.state
    if moved.done != moved.total:
        raise RuntimeError("rows are missing")
    refused = whole and not entries
    ended, events = finish(moved, RosterState.REFUSED if refused else RosterState.COMMITTED, office.clock.now())
    await kept.save(ended, events, session)
    return ended.state


def _decide(rows: Sequence[Row], facts: Facts, by: str, *, whole: bool) -> tuple[list[Row], list[RowEntry]]:
    """The rows as they are afterwards, and what the good ones write: none of a whole roster with a bad one.

    A row with a fault of its own keeps its verdict: checked again, it would seem to clash with the row it repeats.
    """
    entries: list[RowEntry] = []
    seen: list[Row] = []
    for row in rows:
        checked = row if row.faults else check(row, facts)
        if checked.problems:
            seen.append(replace(checked, state=RowState.REFUSED))
        else:
            entries.append(enter(replace(checked, state=RowState.ENTERED), facts, by, new_id))
    if whole and seen:
        return seen, []
    return [*seen, *(entry.row for entry in entries)], entries


async def _fail(office: Office, key: str, token: int) -> None:
    """A defect stops this roster and no other; what is in stays in, and the counts say so."""

    async def work(session: Session) -> None:
        roster = await office.store.rosters.held(key, token, session)
        ended, events = finish(roster, RosterState.FAILED, office.clock.now())
        await office.store.rosters.save(ended, events, session)

    await office.store.transact(work)


def _principal(roster: Roster) -> Principal:
    """Who committed the roster: the audit names the same for each of its rows (R5, R40)."""
    known = roster.committer or {}
    return Principal(
        subject=known.get("subject") or "",
        scope=Scope.SCHOOL,
        organization=known.get("organization"),
        school=roster.school,
        name=known.get("name"),
    )
