"""Enrollment's queries; each field names the scopes that may ask."""

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
from services.enrollment.graph.enums import EnrollmentOrder, SchoolOrder
from services.enrollment.graph.events import (
    EVENT_READERS,
    EnrollmentEvent,
    EnrollmentEventConnection,
    FeedEpoch,
    log_slice,
    reading_of,
)
from services.enrollment.graph.inputs import EnrollmentFilter, SchoolFilter
from services.enrollment.graph.loaders import (
    EnrollmentByIdLoader,
    ProgressByProvinceLoader,
    SchoolByCodeLoader,
    TeacherByIdLoader,
)
from services.enrollment.graph.me import SIGNED_IN, MeQuery
from services.enrollment.graph.notices import Notice, boxes_of
from services.enrollment.graph.people import School, Teacher
from services.enrollment.graph.personal_data import PersonalQuery
from services.enrollment.graph.progress import ProvinceProgress
from services.enrollment.graph.provinces import Province
from services.enrollment.graph.rosters import RosterQuery
from services.enrollment.graph.transfers import TransferQuery
from services.enrollment.store import EnrollmentSelection, SchoolSelection


@strawberry.type
class Query(FeedbackQuery, MeQuery, PersonalQuery, RosterQuery, TransferQuery):
    """The queries of enrollment."""

    @strawberry.federation.field(description="本校", requires_scopes=requires(Scope.SCHOOL, Scope.TEACHER))
    async def my_school(self, info: Info) -> School | None:
        """The principal's own school."""
        school = await info.context.loader(SchoolByCodeLoader).load(info.context.principal.school or "")
        return School.of(school) if school else None

    @strawberry.federation.field(
        description="某学校：本校、所在省份和教师工作司",
        requires_scopes=requires(Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def school(self, info: Info, code: strawberry.ID) -> School | None:
        """A school that the principal may see."""
        school = await info.context.loader(SchoolByCodeLoader).load(code)
        if school is None or not may_read_school(info.context.principal, school.id, school.province):
            return None
        return School.of(school)

    @strawberry.federation.field(
        description="学校，按代码排列：省份为本省的，教师工作司为全部；search 为名称的一部分或代码的开头 (R3, R27)",
        requires_scopes=requires(Scope.PROVINCE, Scope.MINISTRY),
    )
    async def schools(
        self,
        info: Info,
        *,
        filter: SchoolFilter | None = None,
        search: str | None = None,
        order_by: SchoolOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[School] | None:
        """The schools on file that the principal may see, by default by code."""
        wanted = filter or SchoolFilter()
        selection = SchoolSelection(
            province=wanted.province,
            designated=wanted.designated,
            search=search,
            order=order_by or SchoolOrder.CODE,
        )
        store, reader, part = info.context.deps.store.schools, info.context.principal, page_request(first, after)
        page = await connect(store.page(selection, reader, part), part, selection.position)
        return Connection[School].of(page, School.of, partial(store.count, selection, reader))

    @strawberry.federation.field(description="本省", requires_scopes=requires(Scope.PROVINCE))
    def my_province(self, info: Info) -> Province | None:
        """The principal's own province."""
        return Province.of(info.context.principal.province)

    @strawberry.federation.field(
        description="各省某年度的报名进展，末行为部委所属院校 (R27, R42)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def province_progress(self, info: Info, year: int) -> list[ProvinceProgress] | None:
        """The progress of every province, and of the schools that belong to none."""
        if not may_read_province(info.context.principal, NATIONWIDE):
            raise FORBIDDEN(rule="R27")
        load = info.context.loader(ProgressByProvinceLoader).load
        counted = await asyncio.gather(*(load((code, year)) for code in (*provinces(), NATIONWIDE)))
        return [ProvinceProgress.of(progress) for progress in counted if progress]

    @strawberry.federation.field(
        description="我的报名：教师为本人，学校为本校，基地为已提交到本基地的；search 为姓名的开头",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE),
    )
    async def my_enrollments(
        self,
        info: Info,
        *,
        filter: EnrollmentFilter | None = None,
        search: str | None = None,
        order_by: EnrollmentOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[Enrollment] | None:
        """The principal's own enrollments; `search` is the beginning of a trainee's name."""
        selection = (filter or EnrollmentFilter()).selection(search=search, order=order_by)
        return await enrollments_page(info, selection, first, after)

    @strawberry.federation.field(
        description="某报名：本人、学校、基地、省份和教师工作司",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def enrollment(self, info: Info, id: strawberry.ID) -> Enrollment | None:
        """An enrollment that the principal may see."""
        enrollment = await info.context.loader(EnrollmentByIdLoader).load(id)
        return Enrollment.of(enrollment) if enrollment else None

    @strawberry.federation.field(
        description="某教师：本人、学校、报名所到基地和教师工作司",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def teacher(self, info: Info, id: strawberry.ID) -> Teacher | None:
        """A teacher whom the principal may see."""
        teacher = await info.context.loader(TeacherByIdLoader).load(id)
        return Teacher.of(teacher) if teacher else None

    @strawberry.federation.field(
        description="我的通知，由近及远；unread 为真则只有未读的 (R24)", requires_scopes=SIGNED_IN
    )
    async def my_notices(
        self, info: Info, first: int = 20, after: str | None = None, *, unread: bool = False
    ) -> Connection[Notice] | None:
        """The notices of the principal's inboxes, the latest first."""
        boxes, part = boxes_of(info.context.principal), page_request(first, after)
        store = info.context.deps.store.notices
        page = await connect(store.page(boxes, part, unread=unread), part, lambda notice: [notice.id])
        counted = partial(store.count, boxes, unread=unread)
        return Connection[Notice].of(page, Notice.of, counted)

    @strawberry.federation.field(
        description="基地逾期未决、上报教师工作司的报名 (R23)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def escalations(
        self, info: Info, year: int, first: int = 20, after: str | None = None
    ) -> Connection[Enrollment] | None:
        """What the bases had not decided when admission closed; the ministry decides it."""
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
    ) -> EnrollmentEventConnection | None:
        """A page of the principal's part of the log, by sequence number."""
        reading, feed = reading_of(info.context.principal), info.context.deps.store.feed
        epochs = await feed.epochs()
        part, epoch = log_slice(first, after, reading, epochs), epochs.current
        page = await connect(feed.read(reading, part), part, lambda entry: epoch.position(entry.sequence))
        of = partial(EnrollmentEvent.of, reader=info.context.principal, epoch=epoch)
        connection = EnrollmentEventConnection.of(page, of, partial(feed.count, reading))
        connection.feed = FeedEpoch.of(epoch, reading.province)
        return connection
