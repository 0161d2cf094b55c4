"""The fields that assessment adds to enrollments and projects."""

from datetime import date, datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from kernel.dates import today
from services.assessment.domain import book as books
from services.assessment.domain import finding as findings
from services.assessment.domain import record as records
from services.assessment.domain.project import Project as HeldProject
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import (
    AttendanceSource,
    BookState,
    CreditStatus,
    FindingState,
    InspectionState,
    ResultOutcome,
    SessionMode,
    Severity,
)
from services.assessment.graph.certificates import Certificate
from services.assessment.graph.context import (
    AttendeesByProjectLoader,
    BookByProjectLoader,
    CertificateByNumberLoader,
    FindingsByProjectLoader,
    Info,
    ProjectByIdLoader,
    RecordByEnrollmentLoader,
    RosterByProjectLoader,
    RosterCountLoader,
    may_read_book,
)
from services.assessment.graph.evaluations import READERS, Instrument, instruments_of
from services.assessment.graph.histories import AttendanceStatement, Credit, ResultStatement

for _kind in (
    AttendanceSource,
    BookState,
    CreditStatus,
    FindingState,
    InspectionState,
    ResultOutcome,
    SessionMode,
    Severity,
):
    strawberry.enum(_kind)

_READERS = requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY)
_CONCERNED = requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
_CREDITED = requires(Scope.TEACHER, Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY)
_HOLDERS = requires(Scope.BASE, Scope.MINISTRY)


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
        """Share of the hours due by now that were attended; None where there is no record."""
        record, project = await self._held(info)
        return record.attendance_rate(project, info.context.deps.clock.now()) if record and project else None

    @strawberry.federation.field(description="实到学时 (R29)", requires_scopes=_READERS)
    async def attended_hours(self, info: Info) -> int | None:
        """Class hours attended; None where there is no record."""
        record, project = await self._held(info)
        return record.attended_hours(project) if record and project else None

    @strawberry.federation.field(
        description="应到学时：结束前为已上课次，结束后为全部课次 (R29)", requires_scopes=_READERS
    )
    async def due_hours(self, info: Info) -> int | None:
        """Class hours due by now; None where there is no record."""
        record, project = await self._held(info)
        return project.due_hours(info.context.deps.clock.now()) if record and project else None

    @strawberry.federation.field(description="考勤的每一次登记和更正，由近及远 (R29)", requires_scopes=_CONCERNED)
    async def attendance_history(self, info: Info) -> list[AttendanceStatement] | None:
        """Every mark, the latest first."""
        record, project = await self._held(info)
        return AttendanceStatement.history(record, project) if record else None

    @strawberry.federation.field(description="已发布成绩和每一次更正，由近及远 (R30)", requires_scopes=_READERS)
    async def result_history(self, info: Info) -> list[ResultStatement] | None:
        """Every published result, the latest first."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        return ResultStatement.history(record.results) if record else None

    @strawberry.federation.field(description="已登记、尚未发布的成绩 (R30)", requires_scopes=_HOLDERS)
    async def draft_result(self, info: Info) -> ResultStatement | None:
        """The result that waits for its publication."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        return ResultStatement.of(record.draft, len(record.drafts) - 1) if record and record.draft else None

    @strawberry.federation.field(description="学分历次状态，由近及远 (R31)", requires_scopes=_CREDITED)
    async def credit_history(self, info: Info) -> list[Credit] | None:
        """Every state that the credit has had, the latest first."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        return Credit.history(record) if record else None

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

    @strawberry.federation.field(description="最近签发的结业证书 (R32)", requires_scopes=_CONCERNED)
    async def certificate(self, info: Info) -> Certificate | None:
        """The latest certificate, whatever its state."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        if record is None or record.certificate is None:
            return None
        certificate = await info.context.loader(CertificateByNumberLoader).load(record.certificate)
        return Certificate.of(certificate, info.context) if certificate else None

    async def _held(self, info: Info) -> tuple[records.Record | None, HeldProject | None]:
        """The record, as far as the reader may see it, and its project."""
        record = await info.context.loader(RecordByEnrollmentLoader).load(self.id)
        project = await info.context.loader(ProjectByIdLoader).load(record.project) if record else None
        return record, project


@strawberry.type(description="一次课的考勤 (R29)")
class SessionAttendance:
    """The attendance of one session in force."""

    session_id: strawberry.ID
    present: bool
    mode: SessionMode
    recorded_at: datetime
    hours: int | None = strawberry.field(description="实到学时，缺勤为0；旧数据出席未记学时的为空，按整个课次计")

    @classmethod
    def of(cls, mark: records.Mark) -> Self:
        """From the mark in force."""
        return cls(
            session_id=strawberry.ID(mark.session),
            present=mark.present,
            mode=mark.mode,
            recorded_at=mark.at,
            hours=mark.hours if mark.present else 0,
        )


@strawberry.type(description="一名学员的考勤 (R29)")
class Attendance:
    """One attendee in the roster of a project."""

    enrollment: Enrollment
    sessions: list[SessionAttendance]
    attended: int

    @classmethod
    def of(cls, record: records.Record) -> Self:
        """From the attendee's record."""
        return cls(
            enrollment=Enrollment(id=strawberry.ID(record.id)),
            sessions=[SessionAttendance.of(mark) for mark in record.in_force.values()],
            attended=len(record.attended),
        )


@strawberry.type(description="教师工作司重新开放更正的学员档案 (R30)")
class ReopenedRecord:
    """A locked record that is open to corrections."""

    enrollment: Enrollment
    until: date = strawberry.field(description="截止日（含）")
    reason: str


@strawberry.type(description="项目的考核档案：进度与时限 (R29, R30)")
class Book:
    """How far the records of a class are."""

    state: BookState
    attendees: int
    unmarked: int = strawberry.field(description="尚有已上课次未登记的学员数")
    unassessed: int = strawberry.field(description="尚无有效成绩的学员数；未到者不计")
    passed: int
    failed: int
    incomplete: int
    no_shows: int = strawberry.field(description="未到学员数；结束后才有")
    results_due_on: date | None = strawberry.field(description="成绩发布时限：结束后15日")
    published_at: datetime | None
    late: bool = strawberry.field(description="是否因基地逾期未发布而自动发布")
    reopened: list[ReopenedRecord] = strawberry.field(description="重新开放更正的学员与截止日")

    @classmethod
    def of(cls, book: books.Book | None, attendees: list[records.Record], by: Assessing) -> Self:
        """From what is stored of a class.

        Args:
            book: The book; None where nothing of it is stored yet.
            attendees: The records of all who attend, as far as the reader may see them.
            by: Project, rules and time.
        """
        counts, day = books.count(attendees, by), today(by.now)
        return cls(
            state=books.state_of(by.project, book),
            attendees=counts.attendees,
            unmarked=counts.unmarked,
            unassessed=counts.unassessed,
            passed=counts.passed,
            failed=counts.failed,
            incomplete=counts.incomplete,
            no_shows=counts.no_shows,
            results_due_on=by.project.results_due_on,
            published_at=book.published_at if book else None,
            late=book.late if book else False,
            reopened=[
                ReopenedRecord(enrollment=Enrollment(id=strawberry.ID(record.id)), until=last.until, reason=last.reason)
                for record in attendees
                if record.reopenings and day <= (last := record.reopenings[-1]).until
            ],
        )


@strawberry.federation.type(keys=["id"], description="项目的学员名册")
class Project:
    """The entity of the catalog, with its roster."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        """The project that another subgraph refers to."""
        return cls(id=id)

    @strawberry.federation.field(description="学员名册与考勤 (R29)", requires_scopes=_HOLDERS)
    async def roster(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Attendance] | None:
        """Those who attend, by enrollment id."""
        loader, request = info.context.loader, page_request(first, after)
        roster = loader(RosterByProjectLoader).load((self.id, first, after))
        page = await connect(roster, request, lambda record: [record.id])
        return Connection[Attendance].of(page, Attendance.of, partial(loader(RosterCountLoader).load, self.id))

    @strawberry.federation.field(description="考核档案：考勤与成绩的进度和时限 (R29, R30)", requires_scopes=_HOLDERS)
    async def book(self, info: Info) -> Book | None:
        """The book of the class; None for whoever does not hold it."""
        project = await info.context.loader(ProjectByIdLoader).load(self.id)
        if project is None or not may_read_book(info.context.principal, project.base):
            return None
        attendees = await info.context.loader(AttendeesByProjectLoader).load(self.id)
        book = await info.context.loader(BookByProjectLoader).load(self.id)
        deps = info.context.deps
        return Book.of(book, attendees or [], Assessing(project, deps.rules, deps.clock.now()))

    @strawberry.federation.field(
        description="随机抽检的结论与整改；基地仅见本基地项目的 (R37)",
        requires_scopes=requires(Scope.BASE, Scope.MINISTRY),
    )
    async def findings(self, info: Info) -> list["Finding"] | None:
        """What inspections have found of the project, the oldest first."""
        found = await info.context.loader(FindingsByProjectLoader).load(self.id)
        return [Finding.of(finding, info) for finding in found or ()]

    @strawberry.federation.field(description="匿名评教与满意度调查 (R34, R35)", requires_scopes=READERS)
    async def instruments(self, info: Info) -> list[Instrument] | None:
        """The two questionnaires, once the project has begun."""
        return await instruments_of(info, self.id)


@strawberry.type(description="检查结论的一步：登记、报告整改、验收或退回 (R37)")
class FindingStep:
    """One entry of a finding's history."""

    state: FindingState
    at: datetime
    by: str = strawberry.field(description="何方所为：MINISTRY 或 BASE")
    text: str | None

    @classmethod
    def of(cls, source: findings.FindingStep) -> Self:
        """From the domain's step."""
        return cls(state=source.state, at=source.at, by=source.by, text=source.text)


@strawberry.type(description="一项检查结论及其整改 (R37)")
class Finding:
    """What the inspection of a project has found; for the ministry and the project's base."""

    id: strawberry.ID
    inspection_id: strawberry.ID
    project: Project
    severity: Severity
    text: str
    clause: str | None = strawberry.field(description="所涉管理办法条款")
    due_on: date | None = strawberry.field(description="整改期限，含当日；无须整改的为空")
    state: FindingState
    overdue: bool = strawberry.field(description="已过期未报整改")
    rectified_in_time: bool | None = strawberry.field(description="整改是否在期限内报告；尚未报告的为空")
    history: list[FindingStep]

    @classmethod
    def of(cls, source: findings.Finding, info: Info) -> Self:
        """From the domain's finding; that the principal may see it has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            inspection_id=strawberry.ID(source.inspection),
            project=Project(id=strawberry.ID(source.project)),
            severity=source.severity,
            text=source.text,
            clause=source.clause,
            due_on=source.due_on,
            state=source.state,
            overdue=source.is_overdue(info.context.deps.clock.now()),
            rectified_in_time=source.rectified_in_time,
            history=[FindingStep.of(step) for step in source.history],
        )
