"""Rosters in the graph: what their check found, and how far they are; seen by their own school only (R22, R41)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import Advice, MajorCategory, RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from kernel.language import Language
from services.enrollment import commands
from services.enrollment.commands.guards import own_school
from services.enrollment.domain.roster import roster
from services.enrollment.domain.roster.roster import Problem
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment
from services.enrollment.graph.enums import Audience, Employment, RosterMode, RosterRowState, RosterState
from services.enrollment.graph.loaders import EnrollmentByIdLoader, RosterRowCountLoader, RosterRowPageLoader

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type(description="名单中的一行；证件号码和手机号码一律脱敏 (R22, R41)")
class RosterRow:
    """One row, with everything that is wrong with it."""

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
    def of(cls, source: roster.Row, language: Language) -> Self:
        """The row in the reader's language."""
        ordinal, said = source.major_category, source.said
        return cls(
            number=source.number,
            state=source.state,
            ok=not source.problems,
            name=said.get("name"),
            id_number=said.get("idNumber"),
            mobile=said.get("mobile"),
            post=source.post,
            employment=source.employment,
            title=source.title,
            major_category=None if ordinal is None else MajorCategory.of(ordinal),
            project_code=source.project_code,
            rank=source.rank,
            problems=[RefusalInfo.of(one.refusal(), language) for one in source.problems],
            warnings=_advice(source.warnings, language),
            source=source,
        )

    @strawberry.field(description="提交后形成的报名")
    async def enrollment(self, info: Info) -> Enrollment | None:
        """What the row has become."""
        if self.source.enrollment is None:
            return None
        found = await info.context.loader(EnrollmentByIdLoader).load(self.source.enrollment)
        return Enrollment.of(found) if found else None


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
    ignored_columns: list[str] = strawberry.field(description="未识别、已忽略的列")
    created_at: datetime
    expires_at: datetime = strawberry.field(description="在此之前可以提交")
    committed_at: datetime | None = strawberry.field(description="提交时刻，以此判断是否逾期")
    finished_at: datetime | None

    @classmethod
    def of(cls, source: roster.Roster) -> Self:
        """As the domain knows it; whoever gets here may see it."""
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
        """The rows."""
        context, part, rows = info.context, page_request(first, after), (str(self.id), bad)
        found = context.loader(RosterRowPageLoader).load((rows, first, after))
        page = await connect(found, part, lambda one: [one.number])
        counted = partial(context.loader(RosterRowCountLoader).load, rows)
        return Connection[RosterRow].of(page, lambda one: RosterRow.of(one, context.language), counted)


@strawberry.type
class RosterQuery:
    """What a school may read of its rosters."""

    @strawberry.federation.field(description="本校的一份名单 (R22)", requires_scopes=_SCHOOL)
    async def roster_job(self, info: Info, id: strawberry.ID) -> RosterJob | None:  # noqa: A002 - the graph's name
        """A roster of the school's own."""
        deps, school = info.context.deps, await own_school(info.context.deps, info.context.principal)
        found = await deps.store.rosters.find(id)
        return RosterJob.of(found) if found and found.school == school.id else None

    @strawberry.federation.field(description="本校的名单，由近及远 (R22)", requires_scopes=_SCHOOL)
    async def roster_jobs(self, info: Info, first: int = 20, after: str | None = None) -> Connection[RosterJob] | None:
        """The school's rosters."""
        deps, part = info.context.deps, page_request(first, after)
        school = await own_school(deps, info.context.principal)
        page = await connect(deps.store.rosters.list_jobs(school.id, part), part, lambda one: [one.id])
        return Connection[RosterJob].of(page, RosterJob.of, partial(deps.store.rosters.count_jobs, school.id))


@strawberry.type
class RosterMutation:
    """What a school may do with a roster."""

    @strawberry.federation.mutation(
        description="提交已上传的名单：全部合格才提交，或只提交合格的行；后台办理，进度见 rosterJob (R22)",
        requires_scopes=_SCHOOL,
    )
    async def commit_roster(self, info: Info, job_id: strawberry.ID, mode: RosterMode) -> RosterJob | None:
        """Put a roster in."""
        context = info.context
        return RosterJob.of(await commands.commit_roster(context.deps, context.principal, key=job_id, mode=mode))


def _advice(warnings: Sequence[Problem], language: Language) -> list[Advice]:
    return [Advice(code=one.code, rule=one.rule, message=one.refusal().message(language)) for one in warnings]
