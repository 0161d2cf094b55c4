"""Types of rosters: the problems of their rows, and how far they have got; for their own school only (R22, R41)."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import Advice, MajorCategory, RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.enrollment.commands.guards import reading_school
from services.enrollment.domain.roster import roster
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.enrollments import Enrollment, warning_of
from services.enrollment.graph.enums import Audience, Employment, RosterMode, RosterRowState, RosterState
from services.enrollment.graph.loaders import EnrollmentByIdLoader, RosterRowCountLoader, RosterRowPageLoader

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type(description="名单中的一行；证件号码和手机号码一律脱敏 (R22, R41)")
class RosterRow:
    """One row of a roster with its problems and warnings."""

    number: int = strawberry.field(description="文件中的行号")
    state: RosterRowState
    ok: bool = strawberry.field(description="最近一次检查没有发现问题")
    name: str | None = strawberry.federation.field(description="姓名", requires_scopes=_SCHOOL)
    id_number: str | None = strawberry.federation.field(description="身份证号码，脱敏 (R41)", requires_scopes=_SCHOOL)
    mobile: str | None = strawberry.federation.field(description="手机号码，脱敏 (R41)", requires_scopes=_SCHOOL)
    post: Audience | None
    employment: Employment | None
    title: str | None
    major_category: MajorCategory | None
    project_code: str | None
    rank: int | None
    problems: list[RefusalInfo]
    warnings: list[Advice]
    source: strawberry.Private[roster.Row]

    @classmethod
    def of(cls, source: roster.Row, context: Context) -> Self:
        """The row, its problems in the reader's language; numbers are masked in `said` already."""
        ordinal, cells = source.major_category, source.said
        return cls(
            number=source.number,
            state=source.state,
            ok=not source.problems,
            name=cells.get("name"),
            id_number=cells.get("idNumber"),
            mobile=cells.get("mobile"),
            post=source.post,
            employment=source.employment,
            title=source.title,
            major_category=None if ordinal is None else MajorCategory.of(ordinal),
            project_code=source.project_code,
            rank=source.rank,
            problems=[RefusalInfo.of(problem.refusal(), context.language) for problem in source.problems],
            warnings=[warning_of(warning.refusal(), context) for warning in source.warnings],
            source=source,
        )

    @strawberry.field(description="提交后形成的报名")
    async def enrollment(self, info: Info) -> Enrollment | None:
        """The enrollment that the row has become; null until it is entered."""
        if self.source.enrollment is None:
            return None
        enrollment = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment)
        return Enrollment.of(enrollment) if enrollment else None


@strawberry.type(description="一份名单：上传时逐行检查，提交后在后台逐行办理 (R22)")
class RosterJob:
    """A roster of the school's own."""

    id: strawberry.ID
    version: int
    state: RosterState
    mode: RosterMode | None
    file_name: str
    by: str = strawberry.field(description="专人 (R5)")
    total: int
    good: int = strawberry.field(description="上传检查时合格的行数")
    bad: int = strawberry.field(description="上传检查时不合格的行数")
    warned: int = strawberry.field(description="上传检查时有提示的行数")
    done: int = strawberry.field(description="已办理的行数，进度为 done / total")
    entered: int = strawberry.field(description="已提交的行数")
    refused: int = strawberry.field(description="未能提交的行数")
    warnings: list[Advice] = strawberry.field(description="关于整个文件的提示：未读取的工作表、未计入的行")
    ignored_columns: list[str] = strawberry.field(description="未识别、已忽略的列")
    created_at: datetime
    expires_at: datetime = strawberry.field(description="在此之前可以提交")
    committed_at: datetime | None = strawberry.field(description="提交时刻，以此判断是否逾期")
    finished_at: datetime | None

    @classmethod
    def of(cls, source: roster.Roster, context: Context) -> Self:
        """From the domain's roster; that it is the principal's own has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            version=source.version,
            state=source.state,
            mode=source.mode,
            file_name=source.file_name,
            by=source.by,
            total=source.total,
            good=source.good,
            bad=source.bad,
            warned=source.warned,
            done=source.done,
            entered=source.entered,
            refused=source.refused,
            warnings=[warning_of(warning.refusal(), context) for warning in source.warnings],
            ignored_columns=list(source.ignored),
            created_at=source.created_at,
            expires_at=source.expires_at,
            committed_at=source.committed_at,
            finished_at=source.finished_at,
        )

    @strawberry.field(description="各行，按文件中的次序；bad 为 true 只看有问题的，false 只看没有问题的")
    async def rows(
        self, info: Info, bad: bool | None = None, first: int = 20, after: str | None = None
    ) -> Connection[RosterRow] | None:
        """A page of the rows, in the order of the file."""
        context, part, selection = info.context, page_request(first, after), (str(self.id), bad)
        rows = context.loader(RosterRowPageLoader).load((selection, first, after))
        page = await connect(rows, part, lambda row: [row.number])
        counted = partial(context.loader(RosterRowCountLoader).load, selection)
        return Connection[RosterRow].of(page, lambda row: RosterRow.of(row, context), counted)


@strawberry.type
class RosterQuery:
    """Queries of a school's own rosters."""

    @strawberry.federation.field(description="本校的一份名单 (R22)", requires_scopes=_SCHOOL)
    async def roster_job(self, info: Info, id: strawberry.ID) -> RosterJob | None:
        """A roster of the school's own; null for another's."""
        deps = info.context.deps
        school = await reading_school(deps, info.context.principal)
        stored = await deps.store.rosters.find(id)
        return RosterJob.of(stored, info.context) if stored and stored.school == school.id else None

    @strawberry.federation.field(description="本校的名单，由近及远 (R22)", requires_scopes=_SCHOOL)
    async def roster_jobs(self, info: Info, first: int = 20, after: str | None = None) -> Connection[RosterJob] | None:
        """The school's own rosters, the latest first."""
        deps, part = info.context.deps, page_request(first, after)
        school = await reading_school(deps, info.context.principal)
        page = await connect(deps.store.rosters.list_jobs(school.id, part), part, lambda job: [job.id])
        return Connection[RosterJob].of(
            page, lambda job: RosterJob.of(job, info.context), partial(deps.store.rosters.count_jobs, school.id)
        )
