"""Rosters: checked on upload, committed by one command, put in by one worker (R5, R22, R41)."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import structlog

from chassis.commands.guards import require_scope
from chassis.context import Act, acting, current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session, is_transient
from chassis.storage.unit_of_work import UnitOfWork
from kernel.dates import today
from kernel.errors import Refusal
from kernel.identifiers import id_number, mobile
from kernel.reference import major_categories
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school
from services.enrollment.commands.teachers import seal_number
from services.enrollment.domain.project import ENROL, RECHECK, is_open, require_phase
from services.enrollment.domain.refusals import ID_NUMBER_ROUNDED, SCHOOL_CLOSED
from services.enrollment.domain.roster.check import Facts, RowEntry, check, enter
from services.enrollment.domain.roster.matching import matched
from services.enrollment.domain.roster.problems import about_file
from services.enrollment.domain.roster.roster import KEPT_FOR, OPEN_FOR, Problem, Roster, Row, RowState, commit, finish
from services.enrollment.domain.roster.rows import Codes, row_of, with_conflicts
from services.enrollment.domain.roster.sheet import Column, Line, Sheet, ascii_code, shown, tail_of
from services.enrollment.domain.school import School, require_designated
from services.enrollment.domain.teacher import Sealed
from services.enrollment.domain.vocabulary import RosterMode, RosterState
from services.enrollment.store import FencedOff

_WINDOW = 200

log = structlog.get_logger()


_MOST_OPEN = 20


async def stage_roster(deps: Deps, principal: Principal, *, sheet: Sheet, file_name: str) -> Roster:
    """Check every row of a file and store it for the school, numbers sealed; no teacher or enrollment is written.

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        sheet: The content of the file.
        file_name: The name of the file; a personal number in it is masked (R41).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED` or `DESIGNATED_PERSON_MISSING`; what
            is wrong with a row is in the row.
    """
    school = await own_school(deps, principal)
    by, key, now = require_designated(school), new_id(), deps.clock.now()
    expires_at, kept_until = (datetime.now(UTC) + time for time in (OPEN_FOR, KEPT_FOR))
    codes = Codes.of(await deps.store.roster_facts.codes())
    rows = await asyncio.to_thread(_rows, deps, key, sheet, codes, kept_until)
    rows = with_conflicts(matched(rows, await deps.store.roster_facts.colleagues(rows, school.id)))
    facts = await deps.store.roster_facts.of(rows, school.id, school.province, now)
    rows = await asyncio.to_thread(lambda: [check(row, facts) for row in rows])
    roster = Roster(
        id=key,
        version=1,
        school=school.id,
        province=school.province,
        file_name=shown(file_name),
        by=by,
        total=len(rows),
        good=sum(not row.problems for row in rows),
        warned=sum(bool(row.warnings) for row in rows),
        ignored=sheet.ignored,
        warnings=tuple(map(Problem.of, about_file(sheet))),
        created_at=now,
        expires_at=expires_at,
        kept_until=kept_until,
    )
    await deps.store.rosters.stage(roster, rows, _MOST_OPEN)
    return roster


@idempotent("rosters", name="commit_roster")
async def commit_roster(deps: Deps, principal: Principal, *, key: str, mode: RosterMode) -> Roster:
    """Commit a roster under the designated person's name, until enrollment closes (R5, R22).

    The time of this command counts for the deadline, however long the rows then take.

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The roster's id.
        mode: Which rows go in.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `DESIGNATED_PERSON_MISSING`,
            `PHASE_CLOSED`, `WRONG_STATE`, `ROSTER_EXPIRED`, `ROSTER_HAS_BAD_ROWS` or `ROSTER_HAS_NO_GOOD_ROW`.
    """
    school = await own_school(deps, principal)
    by = require_designated(school)
    roster = await deps.store.rosters.own(key, school.id)
    now = deps.clock.now()
    await _require_open_round(deps, key, now)
    committed, events = commit(roster, mode, by, now, datetime.now(UTC))
    committer = {"subject": principal.subject, "organization": principal.organization, "name": by}
    marked = replace(committed, committer=committer, traceparent=current_act().traceparent)
    return await deps.store.rosters.save(marked, events)


async def own_roster(deps: Deps, principal: Principal, key: str) -> Roster:
    """A roster of the caller's school.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, Scope.SCHOOL)
    return await deps.store.rosters.own(key, principal.school or "")


async def _require_open_round(deps: Deps, key: str, now: datetime) -> None:
    """Refuse a roster whose rounds are all closed; if one is open, the rows of the others are refused one by one.

    A round in which bases may return enrollments is open for those until that step ends (R23).
    """
    years = await deps.store.roster_facts.years(await deps.store.rosters.project_codes(key))
    rounds = await deps.store.rounds.find_many([str(year) for year in years])
    if rounds and not any(is_open(calendar, name, now) for calendar in rounds for name in (ENROL, RECHECK)):
        require_phase(rounds[0], ENROL, now, "R22")


def _rows(deps: Deps, key: str, sheet: Sheet, codes: Codes, kept_until: datetime) -> list[Row]:
    """The rows of a file; it runs in a thread, for sealing 5,000 rows would block the event loop."""
    return [_row(deps, key, line, codes, kept_until) for line in sheet.lines]


def _row(deps: Deps, roster: str, line: Line, codes: Codes, kept_until: datetime) -> Row:
    wrong: list[Problem] = []
    tail = tail_of(line.texts.get(Column.ID_NUMBER, ""))
    row = Row(
        id=f"{roster}:{line.number:07d}",
        roster=roster,
        number=line.number,
        said={},
        name="",
        kept_until=kept_until,
        tail=tail,
        id_number=None
        if tail
        else _number(deps, line, Column.ID_NUMBER, partial(id_number, on=today(deps.clock.now())), wrong),
        mobile=_number(deps, line, Column.MOBILE, mobile, wrong),
        faults=(),
    )
    return row_of(line, replace(row, faults=tuple(wrong)), codes, major_categories())


def _number(deps: Deps, line: Line, column: Column, valid: Callable[[str], str], wrong: list[Problem]) -> Sealed | None:
    """A personal number, sealed; an invalid one is None, its refusal added to `wrong`."""
    if column not in line.texts:
        return None
    try:
        if column is Column.ID_NUMBER and _lost_digits(line, valid):
            raise ID_NUMBER_ROUNDED()
        return seal_number(deps, valid(line.texts[column]))
    except Refusal as refusal:
        wrong.append(Problem.of(refusal, column.value))
        return None


def _lost_digits(line: Line, valid: Callable[[str], str]) -> bool:
    """Whether an office program has rounded the ID number; rounded text ends in zeros."""
    text = ascii_code(line.texts[Column.ID_NUMBER])
    if Column.ID_NUMBER in line.rounded:
        return True
    if len(text) != 18 or not text.endswith("000"):  # noqa: PLR2004 - an ID number, its first 15 digits kept
        return False
    try:
        valid(text)
    except Refusal:
        return True
    return False


async def enter_rosters(deps: Deps, token: int) -> int:
    """Put every committed roster in, in the order of their commits.

    Args:
        deps: The service's dependencies.
        token: The fencing token of the lease that this worker holds.

    Returns:
        How many rosters were put in.

    Raises:
        FencedOff: A newer worker has taken over.
    """
    count = 0
    while (roster := await deps.store.rosters.waiting()) and await deps.store.rosters.take_on(roster.id, token):
        with acting(Act(_principal(roster), roster.traceparent)):
            try:
                await _enter(deps, roster, token)
            except FencedOff:
                raise
            except Exception as error:
                if is_transient(error):
                    raise
                log.exception("roster failed", roster=roster.id)
                await _fail(deps, roster.id, token)
        count += 1
    return count


async def _enter(deps: Deps, roster: Roster, token: int) -> None:
    """Put one roster in: an all-or-nothing roster in one transaction, any other in one for each window of rows.

    A concurrent write of one of its teachers, enrollments or projects conflicts with the transaction, which then runs
    again on new facts.
    """
    state = RosterState.COMMITTING
    while state is RosterState.COMMITTING:
        state = await deps.store.transact(lambda session: _work(deps, roster.id, token, session))


async def _work(deps: Deps, key: str, token: int, session: Session) -> RosterState:
    rosters = deps.store.rosters
    roster = await rosters.get_held(key, token, session)
    whole = roster.mode is RosterMode.ALL_OR_NOTHING
    rows = await rosters.next_rows(key, 0 if whole else _WINDOW, session)
    assert roster.committed_at  # noqa: S101 - it has been committed
    school = await deps.store.schools.get(roster.school, session)
    entries: list[RowEntry] = []
    if school.closed:
        outcomes = [_refused(row, school) for row in rows]
    else:
        facts = await deps.store.roster_facts.of(rows, roster.school, roster.province, roster.committed_at, session)
        facts.follows |= roster.follows  # as the first rows of each project have met it
        roster = replace(roster, follows=facts.follows)
        outcomes, entries = await asyncio.to_thread(_decide, rows, facts, roster.by, whole=whole)
    if entries:
        unit = UnitOfWork(session)
        _stage(deps, entries, facts, unit)
        deps.store.seating.guard_school(school.id, unit)
        await unit.flush()
    await rosters.store_outcomes(outcomes, session)
    moved = replace(roster, done=roster.done + len(rows), entered=roster.entered + len(entries))
    if moved.done != moved.total:
        if whole or len(rows) < _WINDOW:
            raise RuntimeError("rows are missing")
        await rosters.save(moved, session=session)
        return moved.state
    refused = (whole or school.closed is not None) and not moved.entered
    ended, events = finish(moved, RosterState.REFUSED if refused else RosterState.COMMITTED, deps.clock.now())
    await rosters.save(ended, events, session)
    return ended.state


def _refused(row: Row, school: School) -> Row:
    """A row of a school that has ended since the roster was committed (R3)."""
    problem = Problem.of(SCHOOL_CLOSED(school=school.id, into=school.closed.into if school.closed else None))
    return replace(row, state=RowState.REFUSED, problems=(problem,))


def _stage(deps: Deps, entries: Sequence[RowEntry], facts: Facts, unit: UnitOfWork) -> None:
    """Stage the teachers and enrollments of a roster's good rows, and the guards of their projects (R22)."""
    store, act = deps.store, current_act()
    for entry in entries:
        if entry.teacher:
            teacher, added = entry.teacher
            unit.insert(store.teachers, teacher, added, act=act)
            store.seating.open_person(teacher.id, unit)
        stage = unit.save if entry.signed_up else unit.insert
        stage(store.enrollments, entry.enrollment, entry.events, act=act)
    for project in facts.projects.values():
        store.seating.guard(project, unit, cached=False)


def _decide(rows: Sequence[Row], facts: Facts, by: str, *, whole: bool) -> tuple[list[Row], list[RowEntry]]:
    """The refused rows and those that are in, and what the latter write; with `whole`, one bad row refuses all.

    A row with a fault of its own is not checked again: the row that it repeats would then be on file already.
    """
    entries: list[RowEntry] = []
    refused: list[Row] = []
    for row in rows:
        checked = row if row.faults else check(row, facts)
        if checked.problems:
            refused.append(replace(checked, state=RowState.REFUSED))
        else:
            entries.append(enter(replace(checked, state=RowState.ENTERED), facts, by, new_id))
    if whole and refused:
        return refused, []
    return [*refused, *(entry.row for entry in entries)], entries


async def _fail(deps: Deps, key: str, token: int) -> None:
    """End a roster that a defect has stopped; its rows that are in stay in, and the counts include them."""

    async def work(session: Session) -> None:
        roster = await deps.store.rosters.get_held(key, token, session)
        ended, events = finish(roster, RosterState.FAILED, deps.clock.now())
        await deps.store.rosters.save(ended, events, session)

    await deps.store.transact(work)


def _principal(roster: Roster) -> Principal:
    """The principal who committed the roster, for the audit of each row (R5, R40)."""
    committer = roster.committer or {}
    return Principal(
        subject=committer.get("subject") or "",
        scope=Scope.SCHOOL,
        organization=committer.get("organization"),
        school=roster.school,
        name=committer.get("name"),
    )
