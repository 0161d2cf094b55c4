"""The public parts of a plan in the graph (R7)."""

from datetime import date
from typing import Self

import strawberry

from kernel.errors import Refusal
from services.catalog.domain import plan as plans
from services.catalog.domain.declaration import fields_of
from services.catalog.graph.context import Context
from services.catalog.graph.enums import Mode
from services.catalog.graph.rounds import Province


@strawberry.type(description="实施地点 (R7)")
class Venue:
    """Where a project is held."""

    province: Province | None
    address: str

    @classmethod
    def of(cls, venue: plans.Venue) -> Self:
        """From the domain's value."""
        return cls(province=Province.of(venue.province), address=venue.address)


@strawberry.type(description="课程表的一课次 (R7)")
class Session:
    """A line of the timetable."""

    id: strawberry.ID
    title: str
    teacher: str
    date: date
    hours: int
    mode: Mode | None

    @classmethod
    def of(cls, session: plans.Session) -> Self:
        """From the domain's value."""
        return cls(
            id=strawberry.ID(session.id),
            title=session.title,
            teacher=session.teacher,
            date=session.date,
            hours=session.hours,
            mode=session.mode,
        )


@strawberry.type(description="授课师资 (R7)")
class FacultyMember:
    """Who teaches."""

    name: str
    title: str | None
    organization: str | None

    @classmethod
    def of(cls, member: plans.FacultyMember) -> Self:
        """From the domain's value."""
        return cls(name=member.name, title=member.title, organization=member.organization)


@strawberry.type(description="提交前须解决的一个问题 (R7)")
class PlanProblem:
    """Why a plan could not be submitted as it is."""

    code: str
    rule: str | None
    fields: list[str] = strawberry.field(description="有关的字段，如 capacity、timetable")
    message: str

    @classmethod
    def of(cls, problem: Refusal, context: Context) -> Self:
        """The problem in the caller's language."""
        message = problem.message(context.language)
        return cls(code=problem.code, rule=problem.rule, fields=fields_of(problem), message=message)


@strawberry.type(description="特殊情况说明：R7 人数、学时、日期、师资，R9 时长，R10 专业")
class Justification:
    """The base's explanation of what a rule finds unusual."""

    rule: str
    text: str
