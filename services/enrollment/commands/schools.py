"""Schools on file and their designated persons (R3, R5)."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from chassis.commands import bulk
from chassis.commands.bulk import Batch, Row, RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.context import act_under, current_act
from chassis.events import NATIONWIDE
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, request_mark
from chassis.storage.mongo import DuplicateKey
from chassis.storage.unit_of_work import UnitOfWork
from kernel.errors import Refusal
from kernel.free_text import Name, PersonName, Reason, spelled
from kernel.identifiers import email as mail_address
from kernel.identifiers import mask, organization_code
from kernel.identifiers import phone as phone_number
from kernel.reference import provinces
from kernel.refusals import FORBIDDEN, INVALID_CONTACT, NOT_FOUND, UNKNOWN_PROVINCE
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school
from services.enrollment.domain import school as schools
from services.enrollment.domain.events import SchoolRegistered
from services.enrollment.domain.refusals import PROVINCE_MISSING, SCHOOL_EXISTS
from services.enrollment.domain.school import PERSON, Phone, School
from services.enrollment.store import own_province


@idempotent("schools", name="designate_person")
async def designate_person(deps: Deps, principal: Principal, *, name: str, phone: str, email: str | None) -> School:
    """Name or replace the school's designated person, who gets an account of the own by the event (R5).

    The school's own account names the person; the person may correct how to be reached.

    Raises:
        Refusal: `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `FORBIDDEN`, `INVALID_EMAIL`, `INVALID_TEXT`,
            `INVALID_NAME` or `INVALID_CONTACT`.
    """
    school = await own_school(deps, principal)
    number = phone_number(phone)
    if number is None:
        raise INVALID_CONTACT(field="phone", rule="R5", detail=PERSON)
    address = None if email is None else mail_address(email)
    sealed = Phone(deps.vault.seal(number), mask(number))
    changed, events = schools.designate(school, PersonName.of(name, "name", "R5"), sealed, address, person=new_id())
    if principal.person and changed.designated and changed.designated.id != principal.person:
        raise FORBIDDEN(rule="R5")
    if principal.person is None:
        act_under(school.name)  # it is the school that names a person, not the one who is replaced
    return await deps.store.schools.save(changed, events)


@idempotent("schools", name="rename_school")
async def rename_school(deps: Deps, principal: Principal, *, code: str, name: str, reason: str) -> School:
    """Give a school another name; a province only its own schools (R3, R27).

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        code: The school's.
        name: Its new name, as it was typed.
        reason: Why, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `INVALID_SCHOOL`, `INVALID_TEXT`, `REASON_MISSING`, `INVALID_REASON` or
            `STALE_VERSION`.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    school = await deps.store.schools.get(code)
    if principal.scope is Scope.PROVINCE and school.province != own_province(principal):
        raise NOT_FOUND(kind="school", id=code)
    renamed, events = schools.rename(school, Name.of(name, "name", "R3"), Reason.of(reason, "R3"))
    return await deps.store.schools.save(renamed, events) if events else school


_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchool:
    """A school as it was typed.

    Attributes:
        code: School identification code, or unified social credit code.
        name: Its name.
        province: Two digits; `00` for a school of a line ministry; None for a province's own.
    """

    code: str
    name: str
    province: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedSchool:
    """The result of one row of an imported list.

    Attributes:
        index: The row's place in the list, from 0.
        school: As it is on file; None where the row was refused.
        refusal: Why nothing of the row was written.
        known: Whether the school was on file before, by that name and in that province.
        events: What a new school reports.
    """

    index: int
    school: School | None = None
    refusal: Refusal | None = None
    known: bool = False
    events: tuple[SchoolRegistered, ...] = ()


@idempotent("schools", name="register_school")
async def register_school(deps: Deps, principal: Principal, *, code: str, name: str, province: str | None) -> School:
    """Put a school on file under its code; a province only its own schools (R3).

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        code: School identification code, or unified social credit code.
        name: Its name.
        province: Two digits; `00` for a school of a line ministry; None for the caller's province.

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `PROVINCE_MISSING`, `UNKNOWN_PROVINCE`,
            `PROVINCE_MISMATCH`, `INVALID_SCHOOL`, `INVALID_TEXT`, `SCHOOL_EXISTS` or `FORBIDDEN`.
    """
    return await _register(deps, principal, NewSchool(code=code, name=name, province=province))


async def register_schools(deps: Deps, principal: Principal, rows: Sequence[NewSchool]) -> list[RowResult[School]]:
    """Put schools on file, each row by itself (R3).

    Raises:
        Refusal: `FORBIDDEN` or `TOO_MANY_ROWS`; what is wrong with a row is in the row.
    """
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    require_rows(rows, "rows", rule="R22")
    drafts = [_drafted(principal, index, row) for index, row in enumerate(rows)]
    return await bulk.run(
        deps.store.client,
        _SchoolBatch(deps.store.schools),
        [
            Row(
                key=str(draft.index),
                command=draft,
                act=current_act(),
                request=request_mark("schools", principal, f"register_schools|{draft.index}", row),
            )
            for draft, row in zip(drafts, rows, strict=True)
        ],
    )


class _SchoolBatch(Batch[set[str], ImportedSchool, School, School]):
    """Schools to be put on file, loaded and written together; the state is the codes that are taken."""

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[ImportedSchool]]) -> set[str]:
        """The codes of those that are on file."""
        codes = [row.command.school.id for row in rows if row.command.school]
        marks = [row.request for row in rows if row.request]
        return {school.id for school in await unit.load(self.outcomes, codes, marks=marks)} & set(codes)

    def decide(self, unit: UnitOfWork, state: set[str], row: Row[ImportedSchool]) -> School:
        draft = row.command
        if draft.school is None:
            raise draft.refusal or AssertionError("a draft has either a school or a refusal")
        if draft.school.id in state:
            raise SCHOOL_EXISTS(school=draft.school.id)
        state.add(draft.school.id)
        return unit.insert(self.outcomes, draft.school, draft.events, act=row.act, request=row.request)


async def import_schools(
    deps: Deps, principal: Principal, rows: Sequence[NewSchool], *, dry: bool
) -> AsyncGenerator[ImportedSchool, None]:
    """Put a list of schools on file, of any length. Idempotent.

    Args:
        deps: The service's dependencies.
        principal: The ministry or a province.
        rows: The schools.
        dry: Write nothing, but yield the result that each row would have.

    Yields:
        The result of each row, in the order of the list.
    """
    seen: set[str] = set()
    for start in range(0, len(rows), _AT_ONCE):
        drafts = [_drafted(principal, index, row) for index, row in enumerate(rows[start : start + _AT_ONCE], start)]
        on_file = await deps.store.schools.find_many([draft.school.id for draft in drafts if draft.school])
        existing = {school.id: school for school in on_file if school}
        judged = [_judged(draft, existing, seen) for draft in drafts]
        for result in judged if dry else await _stored(deps, judged):
            yield result


def _drafted(principal: Principal, index: int, row: NewSchool) -> ImportedSchool:
    try:
        school, events = _draft(principal, row)
    except Refusal as refusal:
        return ImportedSchool(index, refusal=refusal)
    return ImportedSchool(index, school, events=tuple(events))


def _judged(draft: ImportedSchool, existing: dict[str, School], seen: set[str]) -> ImportedSchool:
    """The row compared with what is on file, and with the rows above it."""
    school = draft.school
    if school is None:
        return draft
    stored = existing.get(school.id)
    repeated = school.id in seen
    seen.add(school.id)
    if repeated or (stored and (spelled(stored.name), stored.province) != (school.name, school.province)):
        return ImportedSchool(draft.index, refusal=SCHOOL_EXISTS(school=school.id))
    return ImportedSchool(draft.index, stored, known=True) if stored else draft


async def _stored(deps: Deps, judged: Sequence[ImportedSchool]) -> list[ImportedSchool]:
    new = [Row(key=str(row.index), command=row, act=current_act()) for row in judged if not row.known and row.school]
    results = {
        result.key: result for result in await bulk.run(deps.store.client, _SchoolBatch(deps.store.schools), new)
    }
    return [
        ImportedSchool(row.index, result.value, result.refusal) if (result := results.get(str(row.index))) else row
        for row in judged
    ]


async def _register(deps: Deps, principal: Principal, row: NewSchool) -> School:
    return await _insert(deps, *_draft(principal, row))


def _draft(principal: Principal, row: NewSchool) -> tuple[School, list[SchoolRegistered]]:
    """The school as it would be on file."""
    require_scope(principal, Scope.MINISTRY, Scope.PROVINCE)
    own = own_province(principal)
    if principal.scope is Scope.PROVINCE and (own is None or row.province not in {None, own}):
        raise FORBIDDEN(rule="R27")
    code = own or row.province
    if code is None:  # no school becomes a line ministry's by an omission (ADR 17)
        raise PROVINCE_MISSING()
    if code not in {NATIONWIDE, *provinces()}:
        raise UNKNOWN_PROVINCE(field="province", rule="R3")
    return schools.register_school(organization_code(row.code), Name.of(row.name, "name", "R3"), code)


async def _insert(deps: Deps, school: School, events: list[SchoolRegistered]) -> School:
    try:
        return await deps.store.schools.insert(school, events)
    except DuplicateKey as error:
        raise SCHOOL_EXISTS(school=school.id) from error
