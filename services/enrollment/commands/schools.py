"""Schools on file and their designated persons (R3, R5)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.events import NATIONWIDE
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, run_once
from chassis.storage.mongo import DuplicateKey
from kernel.errors import Refusal
from kernel.free_text import Name, spelled
from kernel.identifiers import email as mail_address
from kernel.identifiers import mask, mobile, organization_code
from kernel.reference import provinces
from kernel.refusals import FORBIDDEN, UNKNOWN_PROVINCE
from services.enrollment.commands.bulk import attempt
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school
from services.enrollment.domain import school as schools
from services.enrollment.domain.events import SchoolRegistered
from services.enrollment.domain.refusals import PROVINCE_MISSING, SCHOOL_EXISTS
from services.enrollment.domain.school import Phone, School
from services.enrollment.store import own_province


@idempotent("schools", name="designate_person")
async def designate_person(deps: Deps, principal: Principal, *, name: str, phone: str, email: str | None) -> School:
    """Name or replace the school's designated person (R5).

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_MOBILE`, `INVALID_EMAIL`, `INVALID_TEXT` or `INVALID_CONTACT`.
    """
    school = await own_school(deps, principal)
    number = mobile(phone)
    address = None if email is None else mail_address(email)
    sealed = Phone(deps.vault.seal(number), mask(number))
    changed, events = schools.designate(school, Name.of(name, "name", "R5"), sealed, address)
    return await deps.store.schools.save(changed, events)


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
    """

    index: int
    school: School | None = None
    refusal: Refusal | None = None
    known: bool = False


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
    require_rows(rows, rule="R22")
    results: list[RowResult[School]] = []
    for index, row in enumerate(rows):
        register = partial(_register, deps, principal, row)
        registered = run_once(deps.store.schools, principal, f"register_schools|{index}", row, register)
        results.append(await attempt(str(index), registered))
    return results


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
        for row in await asyncio.gather(*(_stored(deps, row, dry=dry) for row in judged)):
            yield row


def _drafted(principal: Principal, index: int, row: NewSchool) -> ImportedSchool:
    try:
        return ImportedSchool(index, _draft(principal, row)[0])
    except Refusal as refusal:
        return ImportedSchool(index, refusal=refusal)


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
    return ImportedSchool(draft.index, stored or school, known=stored is not None)


async def _stored(deps: Deps, row: ImportedSchool, *, dry: bool) -> ImportedSchool:
    if dry or row.known or row.school is None:
        return row
    try:
        school = row.school
        return ImportedSchool(
            row.index, await _insert(deps, *schools.register_school(school.id, Name(school.name), school.province))
        )
    except Refusal as refusal:
        return ImportedSchool(row.index, refusal=refusal)


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
        raise UNKNOWN_PROVINCE(rule="R3")
    return schools.register_school(organization_code(row.code), Name.of(row.name, "name", "R3"), code)


async def _insert(deps: Deps, school: School, events: list[SchoolRegistered]) -> School:
    try:
        return await deps.store.schools.insert(school, events)
    except DuplicateKey as error:
        raise SCHOOL_EXISTS(school=school.id) from error
