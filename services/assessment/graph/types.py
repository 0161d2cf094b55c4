"""The fields that assessment adds to enrollments and projects."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.assessment.domain import credit as credits_
from services.assessment.domain import record as records
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome, SessionMode
from services.assessment.graph.context import (
    Info,
    ProjectByIdLoader,
    RecordByEnrollmentLoader,
    RosterByProjectLoader,
    RosterCountLoader,
)

for _kind in (CreditStatus, ResultOutcome, SessionMode):
    strawberry.enum(_kind)

_READERS = requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY)


@strawberry.type(description="考核结果，更正只追加不覆盖 (R30)")
class Result:
    """The result in force."""

    outcome: ResultOutcome
    score: int | None
    attendance_rate: float
    recorded_at: datetime
    corrections: int

    @classmethod
    def of(cls, record: records.Record) -> Self | None:
        """The result in force; None before the first."""
        last = record.result
        return (
            cls(
                outcome=last.outcome,
                score=last.score,
                attendance_rate=last.attendance_rate,
                recorded_at=last.at,
                corrections=len(record.results) - 1,
            )
            if last
            else None
        )


@strawberry.type(description="学分，参照国培项目认定 (R31)")
class Credit:
    """The credit hours of an attendee and their state."""

    hours: int
    status: CreditStatus
    rule_version: str
    changed_at: datetime
    reason: str | None

    @classmethod
    def of(cls, credit: credits_.Credit | None) -> Self | None:
        """From the domain's credit; None for none."""
        return (
            cls(
                hours=credit.hours,
                status=credit.status,
                rule_version=credit.rule,
                changed_at=credit.changed_at,
                reason=credit.reason,
            )
            if credit
            else None
        )


@strawberry.federation.type(keys=["id"], description="报名的考勤、结果与学分")
class Enrollment:
    """The entity of the enrollment service, with the fields that assessment adds."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """The enrollment that another subgraph refers to; nothing is read before a field is asked for."""
        return cls(id=id)

    @strawberry.federation.field(description="出勤率，0至1 (R29)", requires_scopes=_READERS)
    async def attendance_rate(self, info: Info) -> float | None:
        """Share of the timetable's sessions attended; None where there is no record."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        project = await info.context.loader(ProjectByIdLoader).load(record.project) if record else None
        return record.attendance_rate(project.sessions) if record and project else None

    @strawberry.federation.field(description="考核结果 (R30)", requires_scopes=_READERS)
    async def result(self, info: Info) -> Result | None:
        """The result in force."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        return Result.of(record) if record else None

    @strawberry.federation.field(description="学分 (R31)", requires_scopes=_READERS)
    async def credit(self, info: Info) -> Credit | None:
        """The credit counted on passing."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        return Credit.of(record.credit) if record else None


@strawberry.type(description="一次课的考勤 (R29)")
class SessionAttendance:
    """The attendance of one session in force."""

    session_id: strawberry.ID
    present: bool
    mode: SessionMode
    recorded_at: datetime


@strawberry.type(description="一名学员的考勤 (R29)")
class Attendance:
    """One attendee in the roster of a project."""

    enrollment: Enrollment
    sessions: list[SessionAttendance]
    attended: int

    @classmethod
    def of(cls, record: records.Record) -> Self:
        """From the attendee's record."""
        last = {mark.session: mark for mark in record.marks}
        return cls(
            enrollment=Enrollment(id=strawberry.ID(record.id)),
            sessions=[
                SessionAttendance(
                    session_id=strawberry.ID(mark.session), present=mark.present, mode=mark.mode, recorded_at=mark.at
                )
                for mark in last.values()
            ],
            attended=len(record.attended),
        )


@strawberry.federation.type(keys=["id"], description="项目的学员名册")
class Project:
    """The entity of the catalog, with its roster."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """The project that another subgraph refers to."""
        return cls(id=id)

    @strawberry.federation.field(
        description="学员名册与考勤 (R29)", requires_scopes=requires(Scope.BASE, Scope.MINISTRY)
    )
    async def roster(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Attendance] | None:
        """Those who attend, by enrollment id."""
        loader, request = info.context.loader, page_request(first, after)
        roster = loader(RosterByProjectLoader).load((self.id, first, after))
        page = await connect(roster, request, lambda record: [record.id])
        return Connection[Attendance].of(page, Attendance.of, partial(loader(RosterCountLoader).load, self.id))
