"""What enrollment's unit tests begin with."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from kernel.dates import SHANGHAI
from services.enrollment.domain.enrollment import Enrollment, sign_up
from services.enrollment.domain.project import Phase, Project, Round
from services.enrollment.domain.teacher import Sealed, Teacher
from services.enrollment.domain.vocabulary import LIVE, Audience, Employment, EnrollmentStatus

NOW = datetime(2024, 5, 12, 9, tzinfo=SHANGHAI)
CALENDAR = Round(
    "2024",
    1,
    {
        "ENROL": Phase(datetime(2024, 4, 1, tzinfo=SHANGHAI), datetime(2024, 5, 21, tzinfo=SHANGHAI)),
        "ADMIT": Phase(datetime(2024, 4, 1, tzinfo=SHANGHAI), datetime(2024, 5, 25, tzinfo=SHANGHAI)),
    },
)


def a_project(**changes: Any) -> Project:
    """A published project for teachers."""
    project = Project(
        id="p1",
        version=1,
        code="GP-1",
        title="数字化能力提升",
        base="base-1",
        base_name="示范基地",
        organization="4144000001",
        province="44",
        year=2024,
        starts_on=date(2024, 7, 8),
        ends_on=date(2024, 7, 14),
        capacity=10,
        audience=(Audience.TEACHER,),
    )
    return replace(project, **changes)


def a_teacher(**changes: Any) -> Teacher:
    """A teacher of a school in Guangdong."""
    number = Sealed("k1:sealed", "110***********0010", "hash")
    teacher = Teacher(
        id="t1",
        version=1,
        name="教师",
        school="4144100001",
        province="44",
        id_number=number,
        mobile=number,
        post=Audience.TEACHER,
        employment=Employment.FULL_TIME,
    )
    return replace(teacher, **changes)


def an_enrollment(status: EnrollmentStatus = EnrollmentStatus.SIGNED_UP) -> Enrollment:
    """An enrollment in a state."""
    signed, _ = sign_up("e1", a_teacher(), a_project(), NOW)
    return replace(signed, status=status, live=status in LIVE)
