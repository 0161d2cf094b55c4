"""Close a school or merge it into another one, and let everything follow in batches; open one again (R3, ADR 39)."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from chassis.commands import bulk
from chassis.commands.bulk import Row
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.events import DomainEvent
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Conflict, Session, StorageError
from chassis.storage.unit_of_work import UnitOfWork
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import BUSY, INTERNAL, NOT_FOUND
from services.enrollment.commands.admissions import lane_row, require_done
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.transfers import TransferBatch, TransferCase, TransferCommand
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain import succession
from services.enrollment.domain import teacher as teachers
from services.enrollment.domain import transfer as transfers
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import UNSETTLED, Enrollment
from services.enrollment.domain.notifications import Notice
from services.enrollment.domain.school import School
from services.enrollment.domain.teacher import Joined, Teacher
from services.enrollment.domain.transfer import Transfer
from services.enrollment.store import own_province

_WINDOW = 200
log = structlog.get_logger()


@idempotent("schools", name="close_school")
async def close_school(deps: Deps, principal: Principal, *, code: str, reason: str) -> School:
    """Close a school that has nothing under way; a province only its own schools (R3, R27).

    From then on nothing begins at it. Its accounts end by the event; its persons leave it one batch after the other.

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        code: The school's.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `STALE_VERSION`, or what
            `succession.close` refuses.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    why, store = Reason.of(reason, "R3"), deps.store

    async def work(session: Session) -> School:
        school, unit = await _overseen(deps, principal, code, session), UnitOfWork(session)
        in_hand = await store.enrollments.counted(code, succession.IN_HAND, session)
        succeeds = await store.schools.is_succeeding(code, session)
        closed, events = succession.close(school, in_hand, why, deps.clock.now(), succeeds=succeeds)
        notices = succession.notices_of_end(closed, None, deps.clock.now())
        return await _save(deps, closed, events, notices, unit)

    return await store.transact(work)


@idempotent("schools", name="reopen_school")
async def reopen_school(deps: Deps, principal: Principal, *, code: str, reason: str) -> School:
    """Open a school again that was closed by mistake; a province only its own schools (R3, R27).

    Its account waits for a new code by the event.

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        code: The school's.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `STALE_VERSION`, or what
            `succession.reopen` refuses.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    why, store = Reason.of(reason, "R3"), deps.store

    async def work(session: Session) -> School:
        school, unit = await _overseen(deps, principal, code, session), UnitOfWork(session)
        reopened, events = succession.reopen(school, why)
        notices = succession.notices_of_reopening(reopened, why, deps.clock.now())
        return await _save(deps, reopened, events, notices, unit)

    return await store.transact(work)


@idempotent("schools", name="merge_school")
async def merge_school(deps: Deps, principal: Principal, *, code: str, into: str, reason: str) -> School:
    """Merge a school into another one; a province only its own schools (R3, R27).

    From then on nothing begins at the school that ends. Persons, requests and whatever may still move follow to the
    successor one batch after the other, with seats, dates and history as they are.

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        code: The code of the school that ends.
        into: The successor's.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `STALE_VERSION`, or what
            `succession.merge` refuses.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    why, store = Reason.of(reason, "R3"), deps.store

    async def work(session: Session) -> School:
        school, unit = await _overseen(deps, principal, code, session), UnitOfWork(session)
        successor = await _overseen(deps, principal, into, session)
        succeeds = await store.schools.is_succeeding(code, session)
        merged, events = succession.merge(school, successor, why, deps.clock.now(), succeeds=succeeds)
        store.schools.guard(successor, unit)  # its own end at the same time conflicts
        notices = succession.notices_of_end(merged, successor, deps.clock.now())
        return await _save(deps, merged, events, notices, unit)

    return await store.transact(work)


async def _save(
    deps: Deps,
    school: School,
    events: Sequence[DomainEvent],
    notices: Sequence[Notice],
    unit: UnitOfWork,
) -> School:
    """Store a school that has ended or is open again, its notices and the unit's writes; its doors conflict (R3)."""
    deps.store.seating.touch_school(school.id, unit)
    deps.store.notices.stage(notices, unit)
    await unit.flush()
    return await deps.store.schools.save(school, events, unit.session)


async def _overseen(deps: Deps, principal: Principal, code: str, session: Session) -> School:
    school = await deps.store.schools.get(code, session)
    if principal.scope is Scope.PROVINCE and school.province != own_province(principal):
        raise NOT_FOUND(kind="school", id=code)
    return school


async def settle_schools(deps: Deps) -> int:
    """Let everything follow that was at schools which have ended (R3). Idempotent.

    It asks what is left at the school, 200 at a time, and each batch is one transaction: whoever goes on after a crash
    finds what was not done. Nothing new can begin at the school meanwhile. Each school is settled by itself: one that
    cannot be is in the log each time, and holds up no other.

    Returns:
        How many schools were settled.

    Raises:
        StorageError: The database fails; what is left follows with the next call.
    """
    return sum([await _settled(deps, school) for school in await deps.store.schools.unsettled()])


async def _settled(deps: Deps, school: School) -> bool:
    """Whether everything has followed that was at the school; where not, the log says why."""
    try:
        into = await deps.store.schools.get(school.closed.into) if school.closed and school.closed.into else None
        await _settle(deps, _Succession(school, into))
        await deps.store.schools.save(succession.settled(school))
    except Refusal as refusal:
        log.exception("ended school not settled", school=school.id, code=refusal.code)
    except Conflict:
        log.warning("ended school not settled", school=school.id, code=BUSY.code)
    except StorageError:
        raise
    except Exception:
        log.exception("ended school not settled", school=school.id, code=INTERNAL.code)
    else:
        return True
    return False


async def _settle(deps: Deps, following: "_Succession") -> None:
    """Requests go first: a person who leaves may then be let go to whoever else has asked."""
    store, code, into = deps.store, following.school.id, following.into
    named = into.id if into else None
    async for keys in _windows(store.transfers.live_of, code):
        await _run(
            deps,
            {
                key: TransferCommand(decide=partial(following.request, key), transfer=key, school=named, moves=True)
                for key in keys
            },
        )
    async for keys in _windows(store.teachers.ids_at, code):
        await _run(
            deps,
            {
                key: TransferCommand(
                    decide=partial(following.person, key), person={"_id": key}, school=named, moves=True
                )
                for key in keys
            },
        )
    if into is None:
        return
    async for keys in _windows(store.enrollments.unsettled, code):
        rows = [
            lane_row(None, key, Command(decide=partial(following.enrollment, key, into), enrollments=(key,)))
            for key in keys
        ]
        require_done(await deps.lane.submit_all(rows, background=True))


async def _windows(ask: Callable[[str, int], Awaitable[list[str]]], code: str) -> AsyncGenerator[list[str], None]:
    """What is left at a school, window by window; whoever iterates moves each away before the next.

    Raises:
        RuntimeError: A window is as the one before, so that there would be no end: a defect.
    """
    before: list[str] = []
    while keys := await ask(code, _WINDOW):
        if set(keys) == set(before):
            raise RuntimeError("what is left at the school does not move")
        yield keys
        before = keys


async def _run(deps: Deps, commands: Mapping[str, TransferCommand]) -> None:
    rows = [Row(key=key, command=command, act=current_act()) for key, command in commands.items()]
    require_done(await bulk.run(deps.store.client, TransferBatch(deps), rows))


@dataclass(frozen=True, slots=True)
class _Succession:
    """What becomes of whatever was at a school that has ended; each step changes nothing a second time.

    Attributes:
        school: The school.
        into: Its successor, if any.
    """

    school: School
    into: School | None

    def request(self, key: str, batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer | None:
        """A request that the school has made is the successor's, or is taken back."""
        before = case.transfer(key)
        if not before.live or before.school != self.school.id:
            return None
        person = case.teachers[before.teacher]
        successor = (self.into.id, self.into.province) if self.into else None
        return batch.store(
            unit, case, transfers.inherit(before, person, case.live_of(person.id), batch.now, into=successor)
        )

    def person(self, key: str, batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer | None:
        """A person is at the successor, or at the school no more; requests for the person are asked of the main school.

        Where nobody is left to ask, the oldest is confirmed, as of anybody who is at no school (ADR 28).
        """
        before = case.teachers.get(key)
        if before is None or before.at(self.school.id) is None:
            return None
        moved, events = self._moved(before, batch.now)
        case.teachers[key] = unit.save(batch.deps.store.teachers, moved, events, act=current_act())
        batch.deps.store.notices.stage([succession.notice_to_teacher(self.school, key, batch.now)], unit)
        waiting = [request for request in case.live_of(key) if not case.schools[request.school].closed]
        if moved.main is None and waiting:
            return batch.store(unit, case, transfers.release(waiting[0], batch.now))
        batch.readdress(unit, case, case.teachers[key])
        return None

    def _moved(self, person: Teacher, now: datetime) -> Joined:
        closing, here = self.school.closed, person.at(self.school.id)
        assert closing and here  # noqa: S101, PT018 - the school has ended, and the person is there
        if self.into:
            return teachers.join(person, self.into.id, self.into.province, here.employment, now, leaving=self.school.id)
        left, events = teachers.leave(person, self.school.id, Reason.of(closing.reason, "R3"), now)
        return left, [*events]

    def enrollment(self, key: str, into: School, admission: Admission) -> Enrollment | None:
        """An enrollment that something may still follow is the successor's."""
        before = admission.enrollment(key)
        if before.school != self.school.id or before.status not in UNSETTLED:
            return None
        return admission.settle(before, enrollments.inherit(before, into.id, into.province))
