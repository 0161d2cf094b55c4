"""Teachers, leaders and middle managers of a school; what is personal is sealed (R20, R41)."""

from dataclasses import dataclass

from chassis.errors import Refusal, Unblock
from services.enrollment.domain.events import TeacherAdded
from services.enrollment.domain.vocabulary import Audience, Employment

_ORDINALS = range(1, 20)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal number at rest (R41).

    Attributes:
        sealed: Encrypted.
        masked: As everybody sees it.
        hash: Keyed hash, for uniqueness.
    """

    sealed: str
    masked: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Somebody who may be trained.

    Attributes:
        id: Also the person of the teacher's account.
        school: The school's code.
        province: The school's.
        major_category: Ordinal 1–19, where one applies.
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


def add_teacher(teacher: Teacher) -> tuple[Teacher, list[TeacherAdded]]:
    """Put a teacher on file (R22).

    Raises:
        Refusal: `INVALID_TEACHER`: no name, or no such major category.
    """
    if not teacher.name.strip() or (teacher.major_category is not None and teacher.major_category not in _ORDINALS):
        raise Refusal(
            "INVALID_TEACHER",
            "教师须有姓名，专业大类序号为1至19",
            "A teacher needs a name, and a major category from 1 to 19 if any",
            rule="R22",
            unblock=Unblock.SELF,
        )
    event = TeacherAdded(
        teacher=teacher.id,
        school=teacher.school,
        post=teacher.post,
        employment=teacher.employment,
        province=teacher.province,
    )
    return teacher, [event]


def teacher_exists() -> Refusal:
    """The refusal does not say which number, nor at which school the person is (R41)."""
    return Refusal(
        "TEACHER_EXISTS",
        "该身份证号码或手机号码已登记",
        "A person with this ID number or mobile is on file",
        rule="R41",
        unblock=Unblock.MINISTRY,
    )
