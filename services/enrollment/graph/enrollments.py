"""Types of enrollments: history, feedback, warnings, rows of bulk commands, pages."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.graph import Advice, RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from kernel.errors import Refusal
from kernel.refusals import FORBIDDEN
from services.enrollment.domain import enrollment as domain
from services.enrollment.domain.enrollment import meant_for
from services.enrollment.domain.notifications import fed_back_at
from services.enrollment.domain.refusals import AUDIENCE_MISMATCH
from services.enrollment.domain.seats import ADMITTED
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.deliveries import Delivery
from services.enrollment.graph.enums import EnrollmentStatus, ReasonCode, WithdrawalRequestState
from services.enrollment.graph.loaders import (
    DeliveriesByEnrollmentLoader,
    EnrollmentByIdLoader,
    EnrollmentCountLoader,
    EnrollmentPageLoader,
    OverlapsByTeacherLoader,
    ProjectByIdLoader,
    SchoolByCodeLoader,
    TeacherByIdLoader,
)
from services.enrollment.graph.people import School, Teacher
from services.enrollment.graph.projects import Project
from services.enrollment.store import EnrollmentOrder, EnrollmentSelection


@strawberry.type(description="报名的一次状态变化")
class EnrollmentChange:
    """One change of an enrollment's state."""

    status: EnrollmentStatus
    at: datetime
    by: str
    reason: str | None


_PARTIES = requires(Scope.TEACHER, Scope.SCHOOL, Scope.MINISTRY)


@strawberry.type(description="教师退出项目的申请，由学校处理 (R26)")
class WithdrawalRequest:
    """A teacher's request to leave; why it was made and refused is for teacher, school and ministry."""

    at: datetime
    state: WithdrawalRequestState
    answered_at: datetime | None = strawberry.field(description="处理、撤回或失效的时间")
    answered_by: str | None = strawberry.field(description="由谁处理、撤回或使其失效：角色或学校专人姓名 (R5)")
    reason: str | None = strawberry.federation.field(description="教师的理由", requires_scopes=_PARTIES)
    answer: str | None = strawberry.federation.field(description="学校不同意的理由", requires_scopes=_PARTIES)

    @classmethod
    def of(cls, source: domain.WithdrawalRequest | None) -> Self | None:
        """The request, if there is one."""
        if source is None:
            return None
        return cls(
            at=source.at,
            state=source.state,
            answered_at=source.answered_at,
            answered_by=source.answered_by,
            reason=source.reason,
            answer=source.answer,
        )


@strawberry.type(description="学校对参训资格的确认 (R22)")
class Eligibility:
    """That the school has confirmed the person's eligibility."""

    confirmed_at: datetime = strawberry.field(description="确认的时间")
    by: str = strawberry.field(description="确认的专人 (R5)")

    @classmethod
    def of(cls, source: domain.Eligibility | None) -> Self | None:
        """The confirmation, if there is one."""
        return cls(confirmed_at=source.confirmed_at, by=source.by) if source else None


@strawberry.federation.type(keys=["id"], description="一人对一个项目的报名，本人、学校、基地、省份和教师工作司可见")
class Enrollment:
    """One teacher's enrollment in one project, from sign-up to credit."""

    id: strawberry.ID
    status: EnrollmentStatus
    version: int
    rank: int | None
    waiting_rank: int | None = strawberry.field(description="基地排定的候补次序 (R25)")
    offer_expires_at: datetime | None = strawberry.field(description="递补名额的确认时限 (R25)")
    escalated_at: datetime | None = strawberry.field(description="逾期未决、上报教师工作司的时间 (R23)")
    signed_up_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: str | None
    reason_code: ReasonCode | None
    history: list[EnrollmentChange]
    source: strawberry.Private[domain.Enrollment]

    @classmethod
    def of(cls, source: domain.Enrollment) -> Self:
        """From the domain's enrollment; that the principal may see it has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            status=source.status,
            version=source.version,
            rank=source.rank,
            waiting_rank=source.waiting_rank,
            offer_expires_at=source.offer_expires_at,
            escalated_at=source.escalated_at,
            signed_up_at=source.signed_up_at,
            submitted_at=source.submitted_at,
            decided_at=source.decided_at,
            reason=source.reason,
            reason_code=source.reason_code,
            history=[
                EnrollmentChange(status=change.status, at=change.at, by=change.by, reason=change.reason)
                for change in source.history
            ],
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """The enrollment another subgraph refers to, if the principal may see it."""
        enrollment = await info.context.loader(EnrollmentByIdLoader).load(text_key(id))
        return cls.of(enrollment) if enrollment else None

    @strawberry.field(description="教师最近一次退出申请 (R26)")
    def withdrawal_request(self) -> WithdrawalRequest | None:
        """The teacher's latest request to leave."""
        return WithdrawalRequest.of(self.source.withdrawal_request)

    @strawberry.federation.field(
        description="学校对参训资格的确认；基地退回后须重新确认，轮次没有参训资格审核的为空 (R22)",
        requires_scopes=requires(Scope.SCHOOL, Scope.BASE),
    )
    def eligibility(self) -> Eligibility | None:
        """The school's confirmation in force."""
        return Eligibility.of(self.source.eligibility)

    @strawberry.field(description="项目")
    def project(self) -> Project | None:
        """The project, an entity of the catalog."""
        return Project(id=strawberry.ID(self.source.project))

    @strawberry.federation.field(
        description="教师", requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    )
    async def teacher(self, info: Info) -> Teacher | None:
        """The teacher, if the principal may see them."""
        teacher = await info.context.loader(TeacherByIdLoader).load_of(self.source)
        return Teacher.of(teacher) if teacher else None

    @strawberry.field(description="学校")
    async def school(self, info: Info) -> School | None:
        """The teacher's school."""
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.school)
        return School.of(school) if school else None

    @strawberry.field(description="向本人和学校反馈的送达情况 (R24)")
    async def feedback(self, info: Info) -> list[Delivery]:
        """The deliveries of every decision so far."""
        deliveries = await info.context.loader(DeliveriesByEnrollmentLoader).load(self.source.id) or []
        return [Delivery.of(delivery, info.context) for delivery in deliveries]

    @strawberry.field(description="最近一次决定何时已反馈到本人和学校双方；任一方未送达则为空 (R24)")
    async def fed_back_at(self, info: Info) -> datetime | None:
        """When the latest decision had reached both the trainee and the school; null until then."""
        return fed_back_at(await info.context.loader(DeliveriesByEnrollmentLoader).load(self.source.id) or [])

    @strawberry.field(description="提示：岗位不在培训对象之内 (R20)；与另一录取项目时间重叠 (R19)")
    async def warnings(self, info: Info) -> list[Advice]:
        """What is unusual about the enrollment at the moment, in the reader's language; it blocks nothing."""
        load, enrollment = info.context.loader, self.source
        teacher = await load(TeacherByIdLoader).load_of(enrollment)
        project = await load(ProjectByIdLoader).load(enrollment.project)
        warnings: list[Advice] = []
        if teacher and project and not meant_for(teacher.post, project):
            warnings.append(warning_of(AUDIENCE_MISMATCH(), info.context))
        if enrollment.status in ADMITTED:
            overlapping = await load(OverlapsByTeacherLoader).load(enrollment.teacher)
            if overlapping and enrollment.id in overlapping:
                warnings.append(Advice(code="OVERLAP", rule="R19", message=info.context.say(*OVERLAP)))
        return warnings


OVERLAP = ("与另一录取项目时间重叠", "It overlaps another acceptance of the same person")
"""The sentence of the warning, Chinese and English; it does not name the other project (R19)."""


def warning_of(refusal: Refusal, context: Context) -> Advice:
    """A refusal that blocks nothing, as a warning in the reader's language."""
    return Advice(code=refusal.code, rule=refusal.rule, message=refusal.message(context.language))


@strawberry.type(description="批量操作中的一行")
class EnrollmentRow:
    """The outcome of one row of a bulk command."""

    id: strawberry.ID
    ok: bool
    enrollment: Enrollment | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[domain.Enrollment], context: Context) -> Self:
        """The row, a refusal in the caller's language."""
        return cls(
            id=strawberry.ID(result.key),
            ok=result.refusal is None,
            enrollment=Enrollment.of(result.value) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


async def enrollments_page(
    info: Info, selection: EnrollmentSelection, first: int, after: str | None
) -> Connection[Enrollment]:
    """A page of the enrollments that the principal may see, in the selection's order.

    A province reads no names of persons, so it may neither search by them nor sort by them (R27, R41).

    Args:
        info: The request.
        selection: Which enrollments.
        first: The page's size, 1 to 100.
        after: The cursor after which the page begins; None for the first page.

    Raises:
        Refusal: `BAD_PAGE_SIZE`, `BAD_CURSOR`, `LIST_TOO_WIDE`, `SEARCH_TOO_WIDE`, or `FORBIDDEN` for a province that
            asks by name.
    """
    by_name = bool(selection.search) or selection.order is EnrollmentOrder.NAME
    if by_name and info.context.principal.scope is Scope.PROVINCE:
        raise FORBIDDEN(rule="R27")
    selection.require_sortable(info.context.principal)
    loader, part = info.context.loader, page_request(first, after)
    rows = loader(EnrollmentPageLoader).load((selection, first, after))
    page = await connect(rows, part, lambda listed: listed[1])
    counted = partial(loader(EnrollmentCountLoader).load, selection)
    return Connection[Enrollment].of(page, lambda listed: Enrollment.of(listed[0]), counted)
