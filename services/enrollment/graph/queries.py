"""Enrolment's queries; each says who may ask."""

import asyncio
from functools import partial

import strawberry

from chassis.events import NATIONWIDE
from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from kernel.reference import provinces
from kernel.refusals import FORBIDDEN
from services.enrollment.domain.project import ADMIT, is_past
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.graph.context import Info, may_read_province, may_read_school
from services.enrollment.graph.deliveries import FeedbackQuery
from services.enrollment.graph.enrollments import Enrollment, enrollments_page
from services.enrollment.graph.events import EVENT_READERS, EnrollmentEvent, log_slice, reading_of
from services.enrollment.graph.inputs import EnrollmentFilter, SchoolFilter
from services.enrollment.graph.loaders import (
    EnrollmentByIdLoader,
    ProgressByProvinceLoader,
    SchoolByCodeLoader,
    TeacherByIdLoader,
)
from services.enrollment.graph.notices import Notice, boxes_of
from services.enrollment.graph.people import School, Teacher
from services.enrollment.graph.personal_data import PersonalQuery
from services.enrollment.graph.progress import ProvinceProgress
from services.enrollment.graph.provinces import Province
from services.enrollment.graph.rosters import RosterQuery
from services.enrollment.store import EnrollmentSelection, SchoolSelection

_SIGNED_IN = requires(Scope.MINISTRY, Scope.EXPERT, Scope.BASE, Scope.SCHOOL, Scope.TEACHER, Scope.PROVINCE)


@strawberry.type
class Query(FeedbackQuery, PersonalQuery, RosterQuery):
    """What may be read."""

    @strawberry.federation.field(description="本校", requires_scopes=requires(Scope.SCHOOL, Scope.TEACHER))
    async def my_school(self, info: Info) -> School | None:
        """The principal's school."""
        found = await info.context.loader(SchoolByCodeLoader).load(info.context.principal.school or "")
        return School.of(found) if found else None

    @strawberry.federation.field(
        description="某学校：本校、所在省份和教师工作司",
        requires_scopes=requires(Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def school(self, info: Info, code: strawberry.ID) -> School | None:
        """A school that the principal may see."""
        found = await info.context.loader(SchoolByCodeLoader).load(code)
        if found is None or not may_read_school(info.context.principal, found.id, found.province):
            return None
        return School.of(found)

    @strawberry.federation.field(
        description="学校，按代码排列：省份为本省的，教师工作司为全部；search 为名称的一部分或代码的开头 (R3, R27)",
        requires_scopes=requires(Scope.PROVINCE, Scope.MINISTRY),
    )
    async def schools(
        self,
        info: Info,
        filter: SchoolFilter | None = None,  # noqa: A002 - the graph's name
        search: str | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[School] | None:
        """The schools on file that the principal may see."""
        wanted = filter or SchoolFilter()
        selection = SchoolSelection(province=wanted.province, designated=wanted.designated, search=search)
        known, reader, part = info.context.deps.store.school_list, info.context.principal, page_request(first, after)
        page = await connect(known.page(selection, reader, part), part, lambda one: [one.id])
        return Connection[School].of(page, School.of, partial(known.count, selection, reader))

    @strawberry.federation.field(description="本省", requires_scopes=requires(Scope.PROVINCE))
    def my_province(self, info: Info) -> Province | None:
        """The principal's province."""
        return Province.of(info.context.principal.province)

    @strawberry.federation.field(
        description="各省某年度的报名进展，末行为部委所属院校 (R27, R42)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def province_progress(self, info: Info, year: int) -> list[ProvinceProgress] | None:
        """How far every province is, and the schools that belong to none."""
        if not may_read_province(info.context.principal, NATIONWIDE):
            raise FORBIDDEN(rule="R27")
        load = info.context.loader(ProgressByProvinceLoader).load
        found = await asyncio.gather(*(load((code, year)) for code in (*provinces(), NATIONWIDE)))
        return [ProvinceProgress.of(one) for one in found if one]

    @strawberry.federation.field(
        description="我的报名：教师为本人，学校为本校，基地为已提交到本基地的",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE),
    )
    async def my_enrollments(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[Enrollment] | None:
        """The principal's own enrolments."""
        return await enrollments_page(info, EnrollmentFilter().selection(), first, after)

    @strawberry.federation.field(
        description="某报名：本人、学校、基地、省份和教师工作司",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def enrollment(self, info: Info, id: strawberry.ID) -> Enrollment | None:  # noqa: A002 - the graph's name
        """An enrolment that the principal may see."""
        found = await info.context.loader(EnrollmentByIdLoader).load(id)
        return Enrollment.of(found) if found else None

    @strawberry.federation.field(
        description="某教师：本人、学校、报名所到基地和教师工作司",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def teacher(self, info: Info, id: strawberry.ID) -> Teacher | None:  # noqa: A002 - the graph's name
        """A teacher whom the principal may see."""
        found = await info.context.loader(TeacherByIdLoader).load(id)
        return Teacher.of(found) if found else None

    @strawberry.federation.field(
        description="我的通知，由近及远；unread 为真则只有未读的 (R24)", requires_scopes=_SIGNED_IN
    )
    async def my_notices(
        self, info: Info, first: int = 20, after: str | None = None, *, unread: bool = False
    ) -> Connection[Notice] | None:
        """The principal's inbox."""
        context, boxes, part = info.context, boxes_of(info.context.principal), page_request(first, after)
        store = context.deps.store
        page = await connect(store.list_notices(boxes, part, unread=unread), part, lambda one: [one.id])
        counted = partial(store.count_notices, boxes, unread=unread)
        return Connection[Notice].of(page, lambda one: Notice.of(one, context), counted)

    @strawberry.federation.field(
        description="基地逾期未决、上报教师工作司的报名 (R23)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def escalations(
        self, info: Info, year: int, first: int = 20, after: str | None = None
    ) -> Connection[Enrollment] | None:
        """What the bases left undecided when admission closed: the ministry's to decide, for nothing else does."""
        deps = info.context.deps
        calendar = await deps.store.rounds.find(str(year))
        if not is_past(calendar, ADMIT, deps.clock.now()):
            return Connection[Enrollment].empty()
        undecided = EnrollmentSelection(statuses=(EnrollmentStatus.SUBMITTED,), year=year)
        return await enrollments_page(info, undecided, first, after)

    @strawberry.federation.field(
        description="事件日志，按序号；省份为本省（序号连续无缺），教师工作司为全国，学校、基地为本单位的 (R27)",
        requires_scopes=EVENT_READERS,
    )
    async def enrollment_events(
        self, info: Info, after: str | None = None, first: int = 100
    ) -> Connection[EnrollmentEvent] | None:
        """The principal's log, from a cursor on."""
        reading, feed = reading_of(info.context.principal), info.context.deps.store.feed
        part = log_slice(first, after)
        page = await connect(feed.read(reading, part), part, lambda one: [one.sequence])
        return Connection[EnrollmentEvent].of(page, EnrollmentEvent.of, partial(feed.count, reading))
