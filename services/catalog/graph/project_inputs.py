"""The input types of a project's plan, and their conversion for its commands."""

from datetime import date
from typing import Any

import strawberry
from strawberry import UNSET

from chassis.commands.guards import require_rows
from services.catalog.domain import plan as plans
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.lifecycle import Amendment
from services.catalog.graph.enums import Audience, Mode, ProjectKind


@strawberry.input(description="实施地点 (R7)")
class ProjectVenueInput:
    """Where a project is held."""

    province: strawberry.ID
    address: str

    def plan(self) -> plans.Venue:
        """The input of the command, as `Venue`."""
        return plans.Venue(self.province, self.address)


@strawberry.input(description="课程表的一课次 (R7)")
class ProjectSessionInput:
    """A line of the timetable; without an id, the line's position makes one."""

    title: str
    teacher: str
    date: date
    hours: int
    mode: Mode | None = None
    id: strawberry.ID | None = None


@strawberry.input(description="授课师资 (R7)")
class ProjectFacultyInput:
    """Who teaches."""

    name: str
    title: str | None = None
    organization: str | None = None

    def plan(self) -> plans.FacultyMember:
        """The input of the command, as `FacultyMember`."""
        return plans.FacultyMember(self.name, self.title, self.organization)


@strawberry.input(description="特殊情况说明：R7 人数、学时、日期、师资，R9 时长，R10 专业；每条规则一条")
class ProjectJustificationInput:
    """The base's explanation of what a rule finds unusual."""

    rule: str
    text: str


@strawberry.input(description="培训方案；草稿可不完整，未给出的字段保持不变 (R7)")
class ProjectInput:
    """A plan, or the fields of it that change; null clears a field."""

    year: int | None = None
    kind: ProjectKind | None = None
    title: str | None = UNSET
    themes: list[str] | None = UNSET
    objectives: str | None = UNSET
    content_design: str | None = UNSET
    mode: Mode | None = UNSET
    starts_on: date | None = UNSET
    ends_on: date | None = UNSET
    days: int | None = UNSET
    class_hours: int | None = UNSET
    fee_fen: int | None = UNSET
    fee_includes: str | None = UNSET
    major_category: int | None = UNSET
    audience: list[Audience] | None = UNSET
    capacity: int | None = UNSET
    venue: ProjectVenueInput | None = UNSET
    timetable: list[ProjectSessionInput] | None = UNSET
    faculty: list[ProjectFacultyInput] | None = UNSET
    assessment_method: str | None = UNSET
    needs_evidence: str | None = UNSET
    justifications: list[ProjectJustificationInput] | None = UNSET

    def changes(self) -> dict[str, Any]:
        """The fields of the plan that are not left out, by the domain's names; None clears a field."""
        fields = {
            **{name: getattr(self, name) for name in _PLAIN},
            "fee": self.fee_fen,
            "themes": _each(self.themes, "themes", str),
            "audience": _each(self.audience, "audience", Audience),
            "venue": self.venue.plan() if self.venue else self.venue,
            "timetable": _timetable(self.timetable),
            "faculty": _each(self.faculty, "faculty", ProjectFacultyInput.plan),
            "justifications": _each(
                self.justifications, "justifications", lambda row: plans.Justification(row.rule, row.text)
            ),
        }
        return {name: value for name, value in fields.items() if value is not UNSET}


@strawberry.input(description="同一方案的又一班次 (R12)")
class ProjectClassInput:
    """What a further class has of its own; null keeps the first one's."""

    starts_on: date
    ends_on: date
    capacity: int | None = None
    venue: ProjectVenueInput | None = None
    timetable: list[ProjectSessionInput] | None = None

    def plan(self) -> ClassPlan:
        """The input of the command, as `ClassPlan`."""
        return ClassPlan(
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            capacity=self.capacity,
            venue=self.venue.plan() if self.venue else None,
            timetable=_timetable(self.timetable) if self.timetable is not None else None,
        )


@strawberry.input(description="某课次的新日期 (R18)")
class ProjectSessionDateInput:
    """A session's new date."""

    id: strawberry.ID
    date: date


@strawberry.input(description="某课次的新授课教师，须在授课师资之列 (R7, R18)")
class ProjectSessionTeacherInput:
    """Who teaches a session instead."""

    id: strawberry.ID
    teacher: str


@strawberry.input(description="发布后的变更：仅地点、日期（含天数）、师资（含课次的授课教师）(R18)")
class ProjectAmendmentInput:
    """All that may change after publication; null leaves it."""

    reason: str
    venue: ProjectVenueInput | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    faculty: list[ProjectFacultyInput] | None = None
    session_dates: list[ProjectSessionDateInput] | None = None
    days: int | None = None
    session_teachers: list[ProjectSessionTeacherInput] | None = None

    def further(self) -> dict[str, Any]:
        """The input of the command besides the `Amendment`: only what is given.

        Raises:
            Refusal: `TOO_MANY_ROWS`, or `INVALID_PLAN`: a session has two new teachers.
        """
        given: dict[str, Any] = {} if self.days is None else {"days": self.days}
        if self.session_teachers is not None:
            rows = require_rows(self.session_teachers, "sessionTeachers")
            given["session_teachers"] = {str(row.id): row.teacher for row in rows}
            if len(given["session_teachers"]) < len(rows):
                raise plans.invalid({"timetable": ("每课次只能有一名新教师", "gets one new teacher a session")}, "R18")
        return given

    def amendment(self) -> Amendment:
        """The input of the command, as `Amendment`.

        Raises:
            Refusal: `TOO_MANY_ROWS`, or `INVALID_PLAN`: a session has two new dates.
        """
        rows = require_rows(self.session_dates or [], "sessionDates")
        dates: dict[str, date] = {row.id: row.date for row in rows}
        if len(dates) < len(rows):
            raise plans.invalid({"timetable": ("每课次只能有一个新日期", "gets one new date a session")}, "R18")
        return Amendment(
            reason=self.reason,
            venue=self.venue.plan() if self.venue else None,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            faculty=_each(self.faculty, "faculty", ProjectFacultyInput.plan) if self.faculty is not None else None,
            session_dates=dates,
        )


_PLAIN = (
    "title",
    "objectives",
    "content_design",
    "mode",
    "starts_on",
    "ends_on",
    "days",
    "class_hours",
    "fee_includes",
    "major_category",
    "capacity",
    "assessment_method",
    "needs_evidence",
)


def _each(rows: Any, field: str, convert: Any) -> Any:
    """Every row converted, none for null; `UNSET` stays what it is."""
    if rows is UNSET:
        return UNSET
    return tuple(convert(row) for row in require_rows(rows or [], field))


def _timetable(rows: Any) -> Any:
    """The sessions; one without an id gets that of its position, `s1` being the first."""
    if rows is UNSET:
        return UNSET
    return tuple(
        plans.Session(row.id or f"s{position}", row.title, row.teacher, row.date, row.hours, row.mode)
        for position, row in enumerate(require_rows(rows or [], "timetable"), start=1)
    )
