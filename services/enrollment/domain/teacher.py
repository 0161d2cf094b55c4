"""Teachers, leaders and middle managers of a school; personal numbers are sealed (R20, R41)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from kernel.free_text import PersonName, Title
from services.enrollment.domain.events import TeacherAdded, TeacherCorrected
from services.enrollment.domain.refusals import INVALID_TEACHER
from services.enrollment.domain.vocabulary import Audience, Employment, TeacherField

_ORDINALS = range(1, 20)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal number or address at rest (R41).

    Attributes:
        sealed: Encrypted.
        masked: As it is shown.
        hash: Keyed hash, for uniqueness and to see whether a correction changes it.
    """

    sealed: str
    masked: str
    hash: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The record of a correction; the values before it are not stored (R41).

    Attributes:
        at: Domain time.
        by: `teacher`, or the name under which the school acted (R5).
        fields: What was corrected.
    """

    at: datetime
    by: str
    fields: tuple[TeacherField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """A person of a school who may be trained.

    Attributes:
        id: Also the `person` of the teacher's account.
        name: Spelled as `kernel.free_text.PersonName` does; names stored by earlier releases may hold blanks.
        school: The school's code.
        province: The school's, two digits; `00` for none.
        major_category: Ordinal 1–19, where one applies.
        email: Where feedback is mailed to, besides the inbox (R24).
    """

    id: str
    version: int
    name: str
    school: str
    province: str
    id_number: Sealed
    mobile: Sealed
    post: Audience
    employment: Employment
    title: str | None = None
    major_category: int | None = None
    email: Sealed | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherDetails:
    """What a school says of a person, checked and sealed; the fields are those of `Teacher`."""

    name: PersonName
    id_number: Sealed
    mobile: Sealed
    post: Audience
    employment: Employment
    title: Title | None = None
    major_category: int | None = None
    email: Sealed | None = None


class TeacherChanges(TypedDict, total=False):
    """Fields of a teacher that are to be corrected, with their new values."""

    name: PersonName
    id_number: Sealed
    mobile: Sealed
    email: Sealed | None
    post: Audience
    employment: Employment
    title: Title | None
    major_category: int | None


def add_teacher(key: str, school: str, province: str, details: TeacherDetails) -> tuple[Teacher, list[TeacherAdded]]:
    """Put a teacher on file (R22).

    Args:
        key: The teacher's id.
        school: The code of the teacher's school.
        province: The school's.
        details: What the school says of the person.

    Raises:
        Refusal: `INVALID_TEACHER`: no name, or no such major category.
    """
    teacher = Teacher(
        id=key,
        version=1,
        name=details.name.text,
        school=school,
        province=province,
        id_number=details.id_number,
        mobile=details.mobile,
        post=details.post,
        employment=details.employment,
        title=_stored(details.title),
        major_category=details.major_category,
        email=details.email,
    )
    _require_valid(teacher)
    event = TeacherAdded(
        teacher=teacher.id,
        school=teacher.school,
        post=teacher.post,
        employment=teacher.employment,
        province=teacher.province,
    )
    return teacher, [event]


def correct(before: Teacher, changes: TeacherChanges, by: str, now: datetime) -> tuple[Teacher, list[TeacherCorrected]]:
    """Correct what is on file of a teacher; no event where nothing differs (R41).

    Args:
        before: The teacher as on file.
        changes: What is to stand on file from now on; what is not named stays.
        by: `teacher`, or the name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    stored: dict[str, Any] = {**changes}
    if "name" in changes:
        stored["name"] = changes["name"].text
    if "title" in changes:
        stored["title"] = _stored(changes["title"])
    after = replace(before, **stored)
    _require_valid(after)
    fields = tuple(field for field in TeacherField if _comparable(before, field) != _comparable(after, field))
    if not fields:
        return before, []
    event = TeacherCorrected(teacher=before.id, school=before.school, fields=fields, province=before.province)
    return replace(after, corrections=(*before.corrections, Correction(now, by, fields))), [event]


def _stored(title: Title | None) -> str | None:
    return (title.text or None) if title else None


def _comparable(teacher: Teacher, field: TeacherField) -> object:
    value = getattr(teacher, field.value.lower())
    return value.hash if isinstance(value, Sealed) else value


def _require_valid(teacher: Teacher) -> None:
    require_name(teacher.name)
    require_major(teacher.major_category)


def require_name(name: str) -> None:
    """Refuse a teacher without a name (R22).

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    if not name:
        raise INVALID_TEACHER(field="name")


def require_major(ordinal: int | None) -> None:
    """Refuse an ordinal that no major category has; None is none (R22).

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    if ordinal is not None and ordinal not in _ORDINALS:
        raise INVALID_TEACHER(field="majorCategory")
