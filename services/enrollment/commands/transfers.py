"""Requests of a school for a person whom another school has on file (R20, ADR 28)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chassis.commands import bulk
from chassis.commands.bulk import Batch, Row
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import RequestMark, request_mark
from chassis.storage.mongo import Document
from chassis.storage.unit_of_work import UnitOfWork
from kernel.errors import Unblock
from kernel.free_text import PersonName, Reason, spelled
from kernel.identifiers import id_number
from kernel.refusals import FORBIDDEN, NOT_FOUND
from services.enrollment.commands.admissions import require_done
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school
from services.enrollment.domain import transfer as transfers
from services.enrollment.domain.refusals import PERSON_UNKNOWN, TEACHER_EXISTS, TRANSFER_PENDING
from services.enrollment.domain.school import School, acts_as, require_open
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.transfer import Step, Transfer, TransferRequest
from services.enrollment.domain.transfer_news import of_transfer
from services.enrollment.domain.vocabulary import Employment, TransferKind, TransferState
from services.enrollment.store import own_province

_WINDOW = 200
_SETTLED = frozenset({TransferState.CONFIRMED, TransferState.GRANTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTeacher:
    """A person whom a school requests, as it was typed.

    Attributes:
        id_number: The person's; with the name it proves that the school knows the person.
        name: The person's.
        employment: How the school employs the person.
        reason: Why it requests the person.
        kind: Whether the person is to leave the school that has the person now.
    """

    id_number: str
    name: str
    employment: Employment
    reason: str
    kind: TransferKind


@dataclass(slots=True)
class TransferCase:
    """What the rows of a transaction have loaded; `transfers` and `teachers` follow what the rows do."""

    transfers: dict[str, Transfer] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)

    def transfer(self, key: str) -> Transfer:
        """The request with that id.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        transfer = self.transfers.get(key)
        if transfer is None:
            raise NOT_FOUND(kind="transfer", id=key)
        return transfer

    def live_of(self, teacher: str) -> list[Transfer]:
        """The requests for a person that wait, the oldest first."""
        waiting = (transfer for transfer in self.transfers.values() if transfer.live and transfer.teacher == teacher)
        return sorted(waiting, key=lambda transfer: transfer.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCommand:
    """What a row asks.

    Attributes:
        decide: Takes the row's steps on the case.
        transfer: The id of the request that it is about.
        person: A filter for the person that it is about.
        school: The code of a school besides those of the requests.
        moves: Whether a person may be at another school by it, which must not have ended.
    """

    decide: Callable[["TransferBatch", UnitOfWork, TransferCase], Transfer | None]
    transfer: str | None = None
    person: Document | None = None
    school: str | None = None
    moves: bool = False


class TransferBatch(Batch[TransferCase, TransferCommand, Transfer, Transfer]):
    """Requests for persons, decided together with where the persons are.

    Args:
        deps: The service's dependencies.
    """

    def __init__(self, deps: Deps) -> None:
        super().__init__(deps.store.transfers)
        self.deps = deps
        self.now = deps.clock.now()
        self._mark: RequestMark | None = None

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[TransferCommand]]) -> TransferCase:
        """The requests, their persons, every other request for those persons that waits, and who requests them."""
        store, case = self.deps.store, TransferCase()
        named = [row.command.transfer for row in rows if row.command.transfer]
        marks = [row.request for row in rows if row.request]
        for transfer in await unit.load(store.transfers, named, marks=marks):
            case.transfers[transfer.id] = transfer
        persons = [row.command.person for row in rows if row.command.person]
        keys = {transfer.teacher for transfer in case.transfers.values()}
        for teacher in await unit.load(store.teachers, keys, also=persons):
            case.teachers[teacher.id] = teacher
        if case.teachers:
            waiting = {"teacher": {"$in": list(case.teachers)}, "live": True}
            for transfer in await unit.load(store.transfers, also=[waiting]):
                case.transfers[transfer.id] = transfer
        codes = {row.command.school for row in rows if row.command.school}
        if any(row.command.moves for row in rows):
            codes |= {transfer.school for transfer in case.transfers.values()}
        for school in await unit.load(store.schools, sorted(codes)):
            case.schools[school.id] = school
        return case

    def decide(self, unit: UnitOfWork, state: TransferCase, row: Row[TransferCommand]) -> Transfer | None:
        """Take the row's steps, the first of which is of the request that the row leads to."""
        self._mark = row.request
        return row.command.decide(self, unit, state)

    def store(self, unit: UnitOfWork, case: TransferCase, step: Step, *, is_new: bool = False) -> Transfer:
        """Stage a step of a request, tell whom it concerns, and move its person where the step says so.

        Args:
            unit: The unit of work.
            case: What was loaded.
            step: The request after the step, with its events.
            is_new: Whether the step has made the request.
        """
        stage, mark, self._mark = unit.insert if is_new else unit.save, self._mark, None
        saved = stage(self.outcomes, *step, act=current_act(), request=mark)
        case.transfers[saved.id] = saved
        self.deps.store.notices.stage(of_transfer(saved, self.now), unit)
        if saved.state in _SETTLED:
            self._move(unit, case, saved)
        return saved

    def _move(self, unit: UnitOfWork, case: TransferCase, transfer: Transfer) -> None:
        """Let the person be where the request has asked for; what else waits is asked of the main school then."""
        self.enter(unit, case, transfer.school)
        joined, events = transfers.settle(transfer, case.teachers[transfer.teacher], self.now)
        teacher = unit.save(self.deps.store.teachers, joined, events, act=current_act())
        case.teachers[teacher.id] = teacher
        self.readdress(unit, case, teacher)

    def enter(self, unit: UnitOfWork, case: TransferCase, school: str) -> None:
        """Refuse what a school gets under way that has ended, and let its end conflict with this transaction (R3).

        Raises:
            Refusal: `SCHOOL_CLOSED`.
        """
        require_open(case.schools[school])
        if school not in case.entered:
            case.entered.add(school)
            self.deps.store.seating.guard_school(school, unit)

    def readdress(self, unit: UnitOfWork, case: TransferCase, teacher: Teacher) -> None:
        """Ask the main school for what was asked of a school that the person has left; end what is done already."""
        for waiting in case.live_of(teacher.id):
            if step := transfers.follow(waiting, teacher, self.now, time=self.deps.transfer_time):
                self.store(unit, case, step)


async def request_teacher(deps: Deps, principal: Principal, *, wanted: WantedTeacher) -> Transfer:
    """Request a person whom another school has on file, proved by ID number and name (R20).

    A request that is live already is the answer to a second one of the same kind.

    Args:
        deps: The service's dependencies.
        principal: An account of the school that requests.
        wanted: The person, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `INVALID_ID_NUMBER`, `INVALID_NAME`, `INVALID_TEXT`, `REASON_MISSING`,
            `INVALID_REASON`, `PERSON_UNKNOWN`, `TEACHER_EXISTS`, `TRANSFER_PENDING`, `SCHOOL_CLOSED`,
            `NO_LONGER_DESIGNATED` or `BUSY`.
    """
    school = await own_school(deps, principal)
    hashed = deps.vault.keyed_hash(id_number(wanted.id_number))
    name = PersonName.of(wanted.name, "name", "R20").text
    asked = TransferRequest(kind=wanted.kind, employment=wanted.employment, reason=Reason.of(wanted.reason, "R20"))
    key, mark = new_id(), request_mark("transfers", principal, "request_teacher|", ((), {"wanted": wanted}))

    def decide(batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer:
        batch.enter(unit, case, school.id)
        teacher = next((person for person in case.teachers.values() if person.id_number.hash == hashed), None)
        if teacher is None or spelled(teacher.name) != name:
            raise PERSON_UNKNOWN()
        _require_elsewhere(teacher, school, wanted.kind)
        for waiting in case.live_of(teacher.id):
            if waiting.school == school.id and waiting.kind is wanted.kind:
                return waiting
            if waiting.school == school.id:
                raise TRANSFER_PENDING(transfer=waiting.id)
        step = transfers.request(
            key,
            teacher,
            asked,
            batch.now,
            at=(school.id, school.province),
            by=acts_as(school),
            time=deps.transfer_time,
        )
        if step[0].live:
            deps.store.teachers.guard(teacher, unit)
        return batch.store(unit, case, step, is_new=True)

    command = TransferCommand(decide=decide, person={"id_number.hash": hashed}, school=school.id, moves=True)
    return await bulk.run_row(
        deps.store.client, TransferBatch(deps), Row(key=key, command=command, act=current_act(), request=mark)
    )


def _require_elsewhere(teacher: Teacher, school: School, kind: TransferKind) -> None:
    """Refuse to request who is here; a school where the person works part-time may become the only one."""
    if teacher.at(school.id) and (kind is TransferKind.PART_TIME or teacher.school == school.id):
        raise TEACHER_EXISTS(field="idNumber", unblock=Unblock.SELF)


async def answer_transfer(
    deps: Deps, principal: Principal, *, key: str, confirm: bool, reason: str | None = None
) -> Transfer:
    """Confirm or refuse a request for a person of the caller's school (R20).

    Args:
        deps: The service's dependencies.
        principal: An account of the school that is asked.
        key: The request's id.
        confirm: Whether the person may go.
        reason: Why, as it was typed; a refusal needs one.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `REASON_MISSING`,
            `INVALID_REASON` or `BUSY`.
    """
    school = await own_school(deps, principal)
    why = Reason.of(reason, "R20") if reason or not confirm else None

    def decide(batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer:
        asked = case.transfer(key)
        if asked.former != school.id:
            raise NOT_FOUND(kind="transfer", id=key)
        step = transfers.answer(asked, confirms=confirm, reason=why, by=acts_as(school), now=batch.now)
        return batch.store(unit, case, step)

    content = (), {"key": key, "confirm": confirm, "reason": reason}
    return await _run(deps, principal, key, decide, name="answer_transfer|", content=content, moves=confirm)


async def decide_transfer(deps: Deps, principal: Principal, *, key: str, grant: bool, reason: str) -> Transfer:
    """Grant or deny a request that was not answered in time, or grant one that was refused (R20).

    Args:
        deps: The service's dependencies.
        principal: The ministry; or a province, where both schools are of it.
        key: The request's id.
        grant: Whether the person may go.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE`, `TEACHER_MOVED`, `TRANSFER_PENDING`, `SCHOOL_CLOSED`,
            `REASON_MISSING`, `INVALID_REASON` or `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    own, why = own_province(principal), Reason.of(reason, "R20")

    def decide(batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer:
        asked = case.transfer(key)
        if principal.scope is Scope.PROVINCE:
            if own is None or own not in (asked.province, asked.former_province):
                raise NOT_FOUND(kind="transfer", id=key)
            if asked.within != own:
                raise FORBIDDEN(rule="R20")
        teacher, waiting = case.teachers[asked.teacher], case.live_of(asked.teacher)
        step = transfers.decide(
            asked, teacher, waiting, grants=grant, reason=why, by=principal.scope.value, now=batch.now
        )
        return batch.store(unit, case, step)

    content = (), {"key": key, "grant": grant, "reason": reason}
    return await _run(deps, principal, key, decide, name="decide_transfer|", content=content, moves=grant)


async def withdraw_transfer(deps: Deps, principal: Principal, *, key: str, reason: str) -> Transfer:
    """Take a request of the caller's school back (R20).

    Args:
        deps: The service's dependencies.
        principal: An account of the school that has made it.
        key: The request's id.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `WRONG_STATE`, `REASON_MISSING`,
            `INVALID_REASON` or `BUSY`.
    """
    school = await own_school(deps, principal)
    why = Reason.of(reason, "R20")

    def decide(batch: TransferBatch, unit: UnitOfWork, case: TransferCase) -> Transfer:
        asked = case.transfer(key)
        if asked.school != school.id:
            raise NOT_FOUND(kind="transfer", id=key)
        return batch.store(unit, case, transfers.withdraw(asked, why, acts_as(school), batch.now))

    content = (), {"key": key, "reason": reason}
    return await _run(deps, principal, key, decide, name="withdraw_transfer|", content=content)


async def escalate_transfers(deps: Deps) -> int:
    """Hand every request that a school has not answered in time to the ministry or the province (R20). Idempotent.

    Returns:
        How many were handed on.

    Raises:
        Conflict: The database is too busy; what is left is handed on by the next call.
    """

    def escalate(batch: TransferBatch, unit: UnitOfWork, case: TransferCase, key: str) -> Transfer | None:
        step = transfers.escalate(case.transfer(key), batch.now)
        return batch.store(unit, case, step) if step else None

    total = 0
    while overdue := await deps.store.transfers.overdue(deps.clock.now(), _WINDOW):
        rows = [
            Row(key=key, command=TransferCommand(decide=partial(escalate, key=key), transfer=key), act=current_act())
            for key in overdue
        ]
        total += require_done(await bulk.run(deps.store.client, TransferBatch(deps), rows))
    return total


async def _run(
    deps: Deps,
    principal: Principal,
    key: str,
    decide: Callable[[TransferBatch, UnitOfWork, TransferCase], Transfer],
    *,
    name: str,
    content: Any,
    moves: bool = False,
) -> Transfer:
    mark = request_mark("transfers", principal, name, content)
    row = Row(
        key=key, command=TransferCommand(decide=decide, transfer=key, moves=moves), act=current_act(), request=mark
    )
    return await bulk.run_row(deps.store.client, TransferBatch(deps), row)
