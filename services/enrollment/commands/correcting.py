"""What is on file of a teacher is corrected, by the person or by the school (R41)."""

from dataclasses import replace
from typing import Any, TypedDict

from chassis.principal import Principal, Scope
from chassis.storage.idempotency import repeatable
from chassis.storage.mongo import DuplicateKey
from kernel.errors import not_found, stale_version
from kernel.free_text import spelled
from kernel.identifiers import id_number, mobile
from services.enrollment.commands.office import Office, require_scope
from services.enrollment.commands.schools import own_school, sealed, sealed_email
from services.enrollment.domain.school import acts_as
from services.enrollment.domain.teacher import Teacher, correct, teacher_exists
from services.enrollment.domain.vocabulary import Audience, Employment

_TEACHER = "teacher"


class Corrected(TypedDict, total=False):
    """What is to stand on file from now on; what is not named stays."""

    name: str
    id_number: str
    mobile: str
    email: str | None
    post: Audience
    employment: Employment
    title: str | None
    major_category: int | None


@repeatable("teachers")
async def update_my_contact(office: Office, principal: Principal, *, given: Corrected) -> Teacher:
    """Change the own mobile or mail address.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `INVALID_MOBILE`, `INVALID_EMAIL` or `TEACHER_EXISTS`.
    """
    require_scope(principal, Scope.TEACHER)
    teacher = await office.store.teachers.get(principal.person or "")
    return await _save(office, teacher, given, _TEACHER)


@repeatable("teachers")
async def correct_teacher(office: Office, principal: Principal, *, key: str, version: int, given: Corrected) -> Teacher:
    """Correct what is on file of a teacher of the own school.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TEACHER`, `INVALID_ID_NUMBER`, `INVALID_MOBILE`,
            `INVALID_EMAIL` or `TEACHER_EXISTS`.
    """
    school = await own_school(office, principal)
    teacher = await office.store.teachers.get(key)
    if teacher.school != school.id:
        raise not_found("teacher", key)
    if teacher.version != version:
        raise stale_version("teacher", key)
    return await _save(office, teacher, given, acts_as(school))


async def _save(office: Office, teacher: Teacher, given: Corrected, by: str) -> Teacher:
    changes: dict[str, Any] = {**given}
    if "name" in given:
        changes["name"] = spelled(given["name"])
    if "id_number" in given:
        changes["id_number"] = sealed(office, id_number(given["id_number"]))
    if "mobile" in given:
        changes["mobile"] = sealed(office, mobile(given["mobile"]))
    if "email" in given:
        changes["email"] = sealed_email(office, given["email"])
    corrected, events = correct(teacher, replace(teacher, **changes), by, office.clock.now())
    if not events:
        return teacher
    try:
        return await office.store.teachers.save(corrected, events)
    except DuplicateKey:
        raise teacher_exists() from None
