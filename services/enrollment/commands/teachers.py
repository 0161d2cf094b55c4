"""A school's teachers: adding and correcting them (R22, R41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from chassis.commands import bulk
from chassis.commands.bulk import Batch, Row, RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, request_mark
from chassis.storage.mongo import DuplicateKey
from chassis.storage.unit_of_work import UnitOfWork
from kernel.dates import today
from kernel.errors import Problems, Refusal, Unblock
from kernel.free_text import PersonName, Reason, Title
from kernel.identifiers import email as mail_address
from kernel.identifiers import id_number, mask, mask_email, mobile
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school
from services.enrollment.domain import teacher as teachers
from services.enrollment.domain.events import TeacherAdded
from services.enrollment.domain.refusals import TEACHER_EXISTS, TRANSFER_PENDING
from services.enrollment.domain.school import School, acts_as, require_open
from services.enrollment.domain.teacher import Sealed, Teacher, TeacherChanges, TeacherDetails, correct
from services.enrollment.domain.vocabulary import Audience, Employment
from services.enrollment.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeacher:
    """A teacher as the school has typed it; the numbers are sealed before they are stored (R41)."""

    name: str
    id_number: str
    mobile: str
    post: Audience
    employment: Employment
    title: str | None = None
    major_category: int | None = None
    email: str | None = None


async def add_teachers(deps: Deps, principal: Principal, rows: Sequence[NewTeacher]) -> list[RowResult[Teacher]]:
    """Put teachers on file, each row by itself (R22).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED` or `TOO_MANY_ROWS`; what is wrong
            with a row is in the row.
    """
    school = await own_school(deps, principal)
    require_rows(rows, "rows", rule="R22")
    on = today(deps.clock.now())
    drafts = [_drafted(deps, school, row, on) for row in rows]
    return await bulk.run(
        deps.store.client,
        _TeacherBatch(deps.store, school),
        [
            Row(
                key=str(index),
                command=draft,
                act=current_act(),
                request=request_mark("teachers", principal, f"add_teachers|{index}", row),
            )
            for index, (draft, row) in enumerate(zip(drafts, rows, strict=True))
        ],
    )


_Draft = tuple[Teacher, list[TeacherAdded]] | Refusal
"""A teacher as a row would put it on file, or why the row is refused."""


class _TeacherBatch(Batch[dict[str, Teacher], _Draft, Teacher, Teacher]):
    """Teachers to be put on file, loaded and written together; the state is who has an ID number, by its hash.

    Args:
        store: The service's collections.
        school: The school that puts them on file.
    """

    def __init__(self, store: Store, school: School) -> None:
        super().__init__(store.teachers)
        self._schools, self._seating = store.schools, store.seating
        self._school = school

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[_Draft]]) -> dict[str, Teacher]:
        (self._school,) = await unit.load(self._schools, [self._school.id])
        self._seating.guard_school(self._school.id, unit)
        hashes = [row.command[0].id_number.hash for row in rows if not isinstance(row.command, Refusal)]
        marks = [row.request for row in rows if row.request]
        on_file = await unit.load(self.outcomes, marks=marks, also=[{"id_number.hash": {"$in": hashes}}])
        return {teacher.id_number.hash: teacher for teacher in on_file}

    def decide(self, unit: UnitOfWork, state: dict[str, Teacher], row: Row[_Draft]) -> Teacher:
        if isinstance(row.command, Refusal):
            raise row.command
        require_open(self._school)
        teacher, events = row.command
        if existing := state.get(teacher.id_number.hash):
            raise TEACHER_EXISTS(field=_ID_NUMBER, unblock=Unblock.SELF if existing.at(teacher.school) else None)
        state[teacher.id_number.hash] = teacher
        self._seating.open_person(teacher.id, unit)
        return unit.insert(self.outcomes, teacher, events, act=row.act, request=row.request)


def _drafted(deps: Deps, school: School, row: NewTeacher, on: date) -> _Draft:
    """The teacher of a row, or the refusal with everything that is wrong with the row (R22)."""
    wrong = Problems()
    name = wrong.read("name", lambda: PersonName.of(row.name, "name", "R22"))
    number = wrong.read("idNumber", lambda: seal_number(deps, id_number(row.id_number, on)))
    phone = wrong.read("mobile", lambda: seal_number(deps, mobile(row.mobile)))
    title = wrong.read("title", lambda: _title(row.title))
    email = wrong.read("email", lambda: sealed_email(deps, row.email))
    if name:
        wrong.read("name", lambda: teachers.require_name(name.text))
    wrong.read("majorCategory", lambda: teachers.require_major(row.major_category))
    if refusal := wrong.refusal():
        return refusal
    assert name and number and phone  # noqa: S101, PT018 - what is None has been refused
    details = TeacherDetails(
        name=name,
        id_number=number,
        mobile=phone,
        post=row.post,
        employment=row.employment,
        title=title,
        major_category=row.major_category,
        email=email,
    )
    return teachers.add_teacher(new_id(), school.id, school.province, details, deps.clock.now())


def _title(text: str | None) -> Title | None:
    return None if text is None else Title.of(text, "title", "R22")


def seal_number(deps: Deps, number: str) -> Sealed:
    """Seal a personal number (R41)."""
    return Sealed(deps.vault.seal(number), mask(number), deps.vault.keyed_hash(number))


def sealed_email(deps: Deps, text: str | None) -> Sealed | None:
    """Check and seal a mail address; None for none (R24, R41).

    Raises:
        Refusal: `INVALID_EMAIL`.
    """
    if text is None:
        return None
    address = mail_address(text)
    return Sealed(deps.vault.seal(address), mask_email(address), deps.vault.keyed_hash(address))


_TEACHER = "teacher"
_ID_NUMBER = "idNumber"


class Corrections(TypedDict, total=False):
    """The new values of a teacher's fields, as they were typed; a field that is not named stays."""

    name: str
    id_number: str
    mobile: str
    email: str | None
    post: Audience
    employment: Employment
    title: str | None
    major_category: int | None


@idempotent("teachers", name="update_my_contact")
async def update_my_contact(deps: Deps, principal: Principal, *, given: Corrections) -> Teacher:
    """Change the calling teacher's own mobile or mail address.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `INVALID_MOBILE` or `INVALID_EMAIL`.
    """
    require_scope(principal, Scope.TEACHER)
    teacher = await deps.store.teachers.get(principal.person or "")
    return await _save(deps, teacher, given, _TEACHER)


@idempotent("teachers", name="correct_teacher")
async def correct_teacher(deps: Deps, principal: Principal, *, key: str, version: int, given: Corrections) -> Teacher:
    """Correct what is on file of a teacher of the caller's school (R41).

    The main school corrects everything, any other school of the person its own employment (R20).

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The teacher's id.
        version: The version that the caller has read.
        given: The new values.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `STALE_VERSION`, `INVALID_TEACHER`,
            `INVALID_ID_NUMBER`, `INVALID_MOBILE`, `INVALID_EMAIL`, `INVALID_TEXT`, `NOT_MAIN_SCHOOL` or
            `TEACHER_EXISTS`.
    """
    school = await own_school(deps, principal)
    teacher = await deps.store.teachers.get(key)
    if teacher.at(school.id) is None:
        raise NOT_FOUND(kind="teacher", id=key)
    if teacher.version != version:
        raise await deps.store.teachers.stale(key)
    return await _save(deps, teacher, given, acts_as(school), school.id)


async def close_teacher(deps: Deps, principal: Principal, *, key: str, reason: str) -> Teacher:
    """End a person's time at the caller's school (R20).

    Running enrollments stay with the school. Whoever is at no school then is closed: the account ends by the event.

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The teacher's id.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `REASON_MISSING`, `INVALID_REASON`,
            `TRANSFER_PENDING` or `BUSY`.
    """
    school = await own_school(deps, principal)
    why, content = Reason.of(reason, "R20"), ((), {"key": key, "reason": reason})
    mark = request_mark("teachers", principal, "close_teacher|", content)
    row = Row(key=key, command=why, act=current_act(), request=mark)
    return await bulk.run_row(deps.store.client, _LeavingBatch(deps, school), row)


_Leaving = tuple[dict[str, Teacher], set[str]]
"""The persons by id, and the ids of those whom another school requests of this one."""


class _LeavingBatch(Batch[_Leaving, Reason, Teacher, Teacher]):
    """Persons who leave a school.

    Args:
        deps: The service's dependencies.
        school: The school.
    """

    def __init__(self, deps: Deps, school: School) -> None:
        super().__init__(deps.store.teachers)
        self._transfers = deps.store.transfers
        self._school = school.id
        self._now = deps.clock.now()

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[Reason]]) -> _Leaving:
        keys, marks = [row.key for row in rows], [row.request for row in rows if row.request]
        on_file = {teacher.id: teacher for teacher in await unit.load(self.outcomes, keys, marks=marks)}
        waiting = {"teacher": {"$in": keys}, "former": self._school, "live": True}
        return on_file, {transfer.teacher for transfer in await unit.load(self._transfers, also=[waiting])}

    def decide(self, unit: UnitOfWork, state: _Leaving, row: Row[Reason]) -> Teacher:
        on_file, requested = state
        teacher = on_file.get(row.key)
        if teacher is None:
            raise NOT_FOUND(kind="teacher", id=row.key)
        left, events = teachers.leave(teacher, self._school, row.command, self._now)
        if row.key in requested:
            raise TRANSFER_PENDING()
        on_file[row.key] = unit.save(self.outcomes, left, events, act=row.act, request=row.request)
        return on_file[row.key]


async def _save(deps: Deps, teacher: Teacher, given: Corrections, by: str, school: str | None = None) -> Teacher:
    corrected, events = correct(teacher, _changes(deps, given), by, deps.clock.now(), school=school)
    if not events:
        return teacher
    try:
        return await deps.store.teachers.save(corrected, events)
    except DuplicateKey:
        raise TEACHER_EXISTS(field=_ID_NUMBER) from None


def _changes(deps: Deps, given: Corrections) -> TeacherChanges:
    """The corrections, texts checked and numbers sealed (R41).

    Raises:
        Refusal: Of the first that is wrong, with the problems of all (R22).
    """
    wrong, changes, on = Problems(), TeacherChanges(), today(deps.clock.now())
    if "name" in given and (name := wrong.read("name", lambda: PersonName.of(given["name"], "name", "R22"))):
        changes["name"] = name
    if "id_number" in given and (
        number := wrong.read("idNumber", lambda: seal_number(deps, id_number(given["id_number"], on)))
    ):
        changes["id_number"] = number
    if "mobile" in given and (phone := wrong.read("mobile", lambda: seal_number(deps, mobile(given["mobile"])))):
        changes["mobile"] = phone
    if "email" in given:
        changes["email"] = wrong.read("email", lambda: sealed_email(deps, given["email"]))
    if "post" in given:
        changes["post"] = given["post"]
    if "employment" in given:
        changes["employment"] = given["employment"]
    if "title" in given:
        changes["title"] = wrong.read("title", lambda: _title(given["title"]))
    if "major_category" in given:
        changes["major_category"] = given["major_category"]
    if refusal := wrong.refusal():
        raise refusal
    return changes
