"""Enrolments in the graph, with their feedback and history."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import Advice, RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from kernel.language import Language
from services.enrollment.commands import Row
from services.enrollment.domain import enrollment as machine
from services.enrollment.domain.enrollment import meant_for
from services.enrollment.domain.notifications import fed_back_at
from services.enrollment.domain.roster.problems import audience_mismatch
from services.enrollment.domain.seats import ADMITTED
from services.enrollment.graph.context import Info
from services.enrollment.graph.deliveries import Delivery
from services.enrollment.graph.enums import EnrollmentStatus, ReasonCode
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
from services.enrollment.store import EnrollmentSelection


@strawberry.type(description="报名的一次状态变化")
class EnrollmentChange:
    """One step of an enrolment."""

    status: EnrollmentStatus
    at: datetime
    by: str
    reason: str | None


@strawberry.federation.type(keys=["id"], description="一人对一个项目的报名，本人、学校、基地、省份和教师工作司可见")
class Enrollment:
    """One person's way through one project."""

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
    source: strawberry.Private[machine.Enrollment]

    @classmethod
    def of(cls, source: machine.Enrollment) -> Self:
        """As the domain knows it; whoever gets here may see it."""
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
                EnrollmentChange(status=one.status, at=one.at, by=one.by, reason=one.reason) for one in source.history
            ],
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002 - the key's name
        """The enrolment another subgraph refers to, if the principal may see it."""
        found = await info.context.loader(EnrollmentByIdLoader).load(text_key(id))
        return cls.of(found) if found else None

    @strawberry.field(description="项目")
    def project(self) -> Project | None:
        """The project, which the catalog knows."""
        return Project(id=strawberry.ID(self.source.project))

    @strawberry.federation.field(
        description="教师", requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    )
    async def teacher(self, info: Info) -> Teacher | None:
        """The person."""
        found = await info.context.loader(TeacherByIdLoader).load(self.source.teacher)
        return Teacher.of(found) if found else None

    @strawberry.field(description="学校")
    async def school(self, info: Info) -> School | None:
        """The person's school."""
        found = await info.context.loader(SchoolByCodeLoader).load(self.source.school)
        return School.of(found) if found else None

    @strawberry.field(description="向本人和学校反馈的送达情况 (R24)")
    async def feedback(self, info: Info) -> list[Delivery]:
        """The deliveries of every decision so far."""
        found = await info.context.loader(DeliveriesByEnrollmentLoader).load(self.source.id) or []
        now = info.context.deps.clock.now()
        return [Delivery.of(one, now) for one in found]

    @strawberry.field(description="最近一次决定何时已反馈到本人和学校双方；任一方未送达则为空 (R24)")
    async def fed_back_at(self, info: Info) -> datetime | None:
        """When the latest decision had reached both."""
        return fed_back_at(await info.context.loader(DeliveriesByEnrollmentLoader).load(self.source.id) or [])

    @strawberry.field(description="提示：岗位不在培训对象之内 (R20)；与另一录取项目时间重叠 (R19)")
    async def warnings(self, info: Info) -> list[Advice]:
        """What is unusual about it as things are now, in the reader's language."""
        load, one, say = info.context.loader, self.source, info.context.say
        teacher = await load(TeacherByIdLoader).load(one.teacher)
        project = await load(ProjectByIdLoader).load(one.project)
        found: list[Advice] = []
        if teacher and project and not meant_for(teacher.post, project):
            told = audience_mismatch()
            found.append(Advice(code=told.code, rule=told.rule, message=say(told.zh, told.en)))
        if one.status in ADMITTED:
            overlapping = await load(OverlapsByTeacherLoader).load(one.teacher)
            if overlapping and one.id in overlapping:
                found.append(Advice(code="OVERLAP", rule="R19", message=say(*OVERLAP)))
        return found


OVERLAP = ("与另一录取项目时间重叠", "It overlaps another acceptance of the same person")


@strawberry.type(description="批量操作中的一行")
class EnrollmentRow:
    """What became of one enrolment of a bulk command."""

    id: strawberry.ID
    ok: bool
    enrollment: Enrollment | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, row: Row, language: Language) -> Self:
        """The row in the caller's language."""
        return cls(
            id=strawberry.ID(row.id),
            ok=row.refusal is None,
            enrollment=Enrollment.of(row.enrollment) if row.enrollment else None,
            refusal=RefusalInfo.of(row.refusal, language) if row.refusal else None,
        )


async def enrollments_page(
    info: Info, selection: EnrollmentSelection, first: int, after: str | None
) -> Connection[Enrollment]:
    """A page of the enrolments that the principal may see, in the order of sign-up."""
    loader, part = info.context.loader, page_request(first, after)
    page = await connect(loader(EnrollmentPageLoader).load((selection, first, after)), part, lambda one: [one.id])
    counted = partial(loader(EnrollmentCountLoader).load, selection)
    return Connection[Enrollment].of(page, Enrollment.of, counted)
