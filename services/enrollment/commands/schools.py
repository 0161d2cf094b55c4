"""A school's designated person and teachers (R5, R22, R41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import once, repeatable
from chassis.storage.mongo import DuplicateKey, Session
from kernel.errors import Refusal
from kernel.free_text import spelled
from kernel.identifiers import email as mail_address
from kernel.identifiers import id_number, mask, mask_email, mobile
from services.enrollment.commands.office import Office, capped, require_scope
from services.enrollment.domain import school as schools
from services.enrollment.domain import teacher as teachers
from services.enrollment.domain.school import DesignatedPerson, School
from services.enrollment.domain.teacher import Sealed, Teacher
from services.enrollment.domain.vocabulary import Audience, Employment


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeacher:
    """What a school says of a teacher; the numbers are sealed before they are kept (R41)."""

    name: str
    id_number: str
    mobile: str
    post: Audience
    employment: Employment
    title: str | None = None
    major_category: int | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class TeacherRow:
    """What became of one row of `add_teachers`."""

    index: int
    teacher: Teacher | None = None
    refusal: Refusal | None = None


@repeatable("schools")
async def designate_person(office: Office, principal: Principal, *, name: str, phone: str, email: str | None) -> School:
    """Name or replace the school's designated person (R5).

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_MOBILE`, `INVALID_EMAIL` or `INVALID_CONTACT`.
    """
    school = await own_school(office, principal)
    number = mobile(phone)
    address = None if email is None else mail_address(email)
    person = DesignatedPerson(name.strip(), office.vault.seal(number), mask(number), address)
    changed, events = schools.designate(school, person)
    return await office.store.schools.save(changed, events)


async def add_teachers(office: Office, principal: Principal, rows: Sequence[NewTeacher]) -> list[TeacherRow]:
    """Put teachers on file, each row by itself (R22).

    Raises:
        Refusal: `NOT_FOUND` or `TOO_MANY_ROWS`; what is wrong with a row is in the row.
    """
    school = await own_school(office, principal)
    capped(rows)
    done: list[TeacherRow] = []
    for index, row in enumerate(rows):
        try:
            add = partial(_add_teacher, office, school, row)
            done.append(
                TeacherRow(index, await once(office.store.teachers, principal, f"add_teachers|{index}", row, add))
            )
        except Refusal as refusal:
            done.append(TeacherRow(index, refusal=refusal))
    return done


async def own_school(office: Office, principal: Principal) -> School:
    """The school of a school's account.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, Scope.SCHOOL)
    return await office.store.schools.get(principal.school or "")


async def _add_teacher(office: Office, school: School, row: NewTeacher) -> Teacher:
    teacher, events = teachers.add_teacher(
        Teacher(
            id=new_id(),
            version=1,
            name=spelled(row.name),
            school=school.id,
            province=school.province,
            id_number=sealed(office, id_number(row.id_number)),
            mobile=sealed(office, mobile(row.mobile)),
            post=row.post,
            employment=row.employment,
            title=row.title,
            major_category=row.major_category,
            email=sealed_email(office, row.email),
        )
    )

    async def work(session: Session) -> Teacher:
        await office.store.seating.open_person(teacher.id, session)
        return await office.store.teachers.insert(teacher, events, session)

    try:
        return await office.store.transact(work)
    except DuplicateKey:
        raise teachers.teacher_exists() from None


def sealed(office: Office, number: str) -> Sealed:
    """A personal number as it is kept (R41)."""
    return Sealed(office.vault.seal(number), mask(number), office.vault.keyed_hash(number))


def sealed_email(office: Office, text: str | None) -> Sealed | None:
    """A mail address as it is kept, checked; None for none (R24, R41).

    Raises:
        Refusal: `INVALID_EMAIL`.
    """
    if text is None:
        return None
    address = mail_address(text)
    return Sealed(office.vault.seal(address), mask_email(address), office.vault.keyed_hash(address))
