"""Teachers, leaders and middle managers of a school; what is personal is sealed (R20, R41)."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.enrollment.domain.events import TeacherAdded, TeacherCorrected
from services.enrollment.domain.refusals import INVALID_TEACHER
from services.enrollment.domain.vocabulary import Audience, Employment, TeacherField

LONGEST_NAME = 80
_ORDINALS = range(1, 20)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal number or address at rest (R41).

    Attributes:
        sealed: Encrypted.
        masked: As everybody sees it.
        hash: Keyed hash, for uniqueness and to tell whether a correction changes it.
    """

    sealed: str
    masked: str
    hash: str


@dataclass(frozen=True, slots=True)
class Correction:
    """That something on file was corrected; what it said before is not kept (R41).

    Attributes:
        by: `teacher`, or under whom the school acted (R5).
    """

    at: datetime
    by: str
    fields: tuple[TeacherField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Somebody who may be trained.

    Attributes:
        id: Also the person of the teacher's account.
        name: As `spelled` writes it; older files may hold blanks within it.
        school: The school's code.
        province: The school's.
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


def add_teacher(teacher: Teacher) -> tuple[Teacher, list[TeacherAdded]]:
    """Put a teacher on file (R22).

    Raises:
        Refusal: `INVALID_TEACHER`: no name or too long a one, or no such major category.
    """
    _require_valid(teacher)
    event = TeacherAdded(
        teacher=teacher.id,
        school=teacher.school,
        post=teacher.post,
        employment=teacher.employment,
        province=teacher.province,
    )
    return teacher, [event]


def correct(before: Teacher, after: Teacher, by: str, now: datetime) -> tuple[Teacher, list[TeacherCorrected]]:
    """Correct what is on file of a teacher; no event where nothing differs (R41).

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    _require_valid(after)
    fields = tuple(one for one in TeacherField if _said(before, one) != _said(after, one))
    if not fields:
        return before, []
    event = TeacherCorrected(teacher=before.id, school=before.school, fields=fields, province=before.province)
    return replace(after, corrections=(*before.corrections, Correction(now, by, fields))), [event]


def _said(teacher: Teacher, field: TeacherField) -> object:
    value = getattr(teacher, field.value.lower())
    return value.hash if isinstance(value, Sealed) else value


def _require_valid(teacher: Teacher) -> None:
    major = teacher.major_category
    if not 0 < len(teacher.name) <= LONGEST_NAME or (major is not None and major not in _ORDINALS):
        raise INVALID_TEACHER(longest=LONGEST_NAME)
