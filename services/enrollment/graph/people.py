"""Types of schools and teachers; personal numbers are masked in every field (R41)."""

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.graph import MajorCategory, Person, RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from services.enrollment.domain import affiliation as affiliations
from services.enrollment.domain import school as schools
from services.enrollment.domain import teacher as teachers
from services.enrollment.domain.cut_off import CutOffs, key_of
from services.enrollment.graph.context import Context, Info, may_read_school
from services.enrollment.graph.enums import Audience, Employment, EnrollmentOrder, TeacherOrder
from services.enrollment.graph.inputs import EnrollmentFilter
from services.enrollment.graph.loaders import (
    CutOffsByKeyLoader,
    SchoolByCodeLoader,
    TeacherByIdLoader,
    TeacherCountLoader,
    TeacherPageLoader,
)
from services.enrollment.store import TeacherSelection

if TYPE_CHECKING:
    from services.enrollment.graph.enrollments import Enrollment
    from services.enrollment.graph.projects import Project
    from services.enrollment.graph.provinces import Province

EnrollmentType = Annotated["Enrollment", strawberry.lazy("services.enrollment.graph.enrollments")]
ProjectType = Annotated["Project", strawberry.lazy("services.enrollment.graph.projects")]
ProvinceType = Annotated["Province", strawberry.lazy("services.enrollment.graph.provinces")]

_READERS = requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
_SCHOOL_READERS = requires(Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY)


@strawberry.federation.type(keys=["id"], description="教师、校领导或中层干部；证件号码和手机号码一律脱敏 (R20, R41)")
class Teacher:
    """A person who may be trained; shown to the person, the school, the base of an enrollment and the ministry."""

    id: strawberry.ID
    name: str | None = strawberry.federation.field(description="姓名", requires_scopes=_READERS)
    id_number: str | None = strawberry.federation.field(description="身份证号码，脱敏 (R41)", requires_scopes=_READERS)
    mobile: str | None = strawberry.federation.field(description="手机号码，脱敏 (R41)", requires_scopes=_READERS)
    email: str | None = strawberry.federation.field(description="电子邮箱，脱敏 (R24, R41)", requires_scopes=_READERS)
    version: int
    post: Audience
    employment: Employment
    title: str | None
    major_category: MajorCategory | None
    source: strawberry.Private[teachers.Teacher]

    @classmethod
    def of(cls, source: teachers.Teacher) -> Self:
        """From the domain's teacher, numbers masked; that the principal may see them has been checked."""
        ordinal = source.major_category
        return cls(
            id=strawberry.ID(source.id),
            name=source.name,
            id_number=source.id_number.masked,
            mobile=source.mobile.masked,
            email=source.email.masked if source.email else None,
            version=source.version,
            post=source.post,
            employment=source.employment,
            title=source.title,
            major_category=None if ordinal is None else MajorCategory.of(ordinal),
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """The teacher another subgraph refers to, if the principal may see them."""
        teacher = await info.context.loader(TeacherByIdLoader).load(text_key(id))
        return cls.of(teacher) if teacher else None

    @strawberry.field(description="所在学校；兼职多校的为主要任职学校，已离校的为最后一所")
    async def school(self, info: Info) -> "School | None":
        """The teacher's school."""
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.school)
        return School.of(school) if school else None

    @strawberry.federation.field(
        description="任职经历，由先到后；学校只见本校的 (R20)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.MINISTRY),
    )
    def affiliations(self, info: Info) -> list["Affiliation"] | None:
        """Every school with the person's time there; for a school its own."""
        reader = info.context.principal
        own = reader.school if reader.scope is Scope.SCHOOL else None
        return [Affiliation.of(source) for source in self.source.schools if own in (None, source.school)]

    @strawberry.federation.field(description="本人的报名", requires_scopes=_READERS)
    async def enrollments(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[EnrollmentType] | None:
        """The teacher's enrollments that the principal may see."""
        from services.enrollment.graph.enrollments import enrollments_page

        return await enrollments_page(info, EnrollmentFilter().selection(teacher=self.source.id), first, after)


@strawberry.type(description="教师在一所学校的任职 (R20)")
class Affiliation:
    """A person's time at one school."""

    employment: Employment
    since: datetime | None = strawberry.field(description="登记任职的时间；早期登记的为空")
    until: datetime | None = strawberry.field(description="离校的时间；空为在任")
    reason: str | None = strawberry.field(description="离校的理由")
    source: strawberry.Private[affiliations.Affiliation]

    @classmethod
    def of(cls, source: affiliations.Affiliation) -> Self:
        """From the domain's affiliation."""
        return cls(
            employment=source.employment, since=source.since, until=source.until, reason=source.reason, source=source
        )

    @strawberry.field(description="任职学校")
    async def school(self, info: Info) -> "School | None":
        """The school."""
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.school)
        return School.of(school) if school else None


@strawberry.type(description="校内报名截止日，含当日；不指明项目的适用于全年 (R21)")
class InnerCutOff:
    """A school's own deadline of sign-ups."""

    project: ProjectType | None
    closes_on: date

    @classmethod
    def all_of(cls, source: CutOffs) -> list[Self]:
        """The cut-off of the year, if there is one, then those of single projects."""
        from services.enrollment.graph.projects import Project

        year = [cls(project=None, closes_on=source.closes_on)] if source.closes_on else []
        return year + [
            cls(project=Project(id=strawberry.ID(key)), closes_on=day) for key, day in sorted(source.projects.items())
        ]


@strawberry.federation.type(keys=["code"], description="职业学校 (R3)")
class School:
    """A school; everybody signed in may read its name, its other fields say who may read them."""

    code: strawberry.ID
    name: str
    source: strawberry.Private[schools.School]

    @classmethod
    def of(cls, source: schools.School) -> Self:
        """From the domain's school."""
        return cls(code=strawberry.ID(source.id), name=source.name, source=source)

    @classmethod
    async def resolve_reference(cls, info: Info, code: strawberry.ID) -> Self | None:
        """The school another subgraph refers to."""
        school = await info.context.loader(SchoolByCodeLoader).load(text_key(code))
        return cls.of(school) if school else None

    @strawberry.field(description="所在省份；部委所属学校为空")
    def province(self) -> ProvinceType | None:
        """The school's province; null for schools of line ministries."""
        from services.enrollment.graph.provinces import Province

        return Province.of(self.source.province)

    @strawberry.field(description="关闭或并入其他学校的时间；空为未关闭 (R3)")
    def closed_at(self) -> datetime | None:
        """When the school ended; null while it has not."""
        return self.source.closed.at if self.source.closed else None

    @strawberry.field(description="并入的学校；空为未并入 (R3)")
    async def merged_into(self, info: Info) -> "School | None":
        """The school that this one was merged into."""
        if self.source.closed is None or self.source.closed.into is None:
            return None
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.closed.into)
        return School.of(school) if school else None

    @strawberry.federation.field(description="专人 (R5)", requires_scopes=_SCHOOL_READERS)
    def designated_person(self, info: Info) -> Person | None:
        """The school's designated person, the phone masked (R5, R41)."""
        person = self.source.designated
        if person is None or not may_read_school(info.context.principal, self.source.id, self.source.province):
            return None
        return Person(name=person.name, phone=person.phone_masked, email=person.email)

    @strawberry.federation.field(
        description="校内报名截止日，本校和本校教师可见 (R21)", requires_scopes=requires(Scope.SCHOOL, Scope.TEACHER)
    )
    async def inner_cut_offs(self, info: Info, year: int) -> list[InnerCutOff] | None:
        """The school's own deadlines of sign-ups; for the school and its teachers."""
        if info.context.principal.school != self.source.id:
            return []
        cut_offs = await info.context.loader(CutOffsByKeyLoader).load(key_of(self.source.id, year))
        return InnerCutOff.all_of(cut_offs) if cut_offs else []

    @strawberry.federation.field(
        description="本校教师，含兼职；search 为姓名的开头 (R20)",
        requires_scopes=requires(Scope.SCHOOL, Scope.MINISTRY),
    )
    async def teachers(
        self,
        info: Info,
        search: str | None = None,
        order_by: TeacherOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[Teacher] | None:
        """The school's teachers, by default in the order of registration; for the school and the ministry."""
        principal, key = info.context.principal, self.source.id
        own = principal.scope is Scope.SCHOOL and principal.school == key
        if not own and principal.scope is not Scope.MINISTRY:
            return Connection[Teacher].empty()
        loader, part = info.context.loader, page_request(first, after)
        wanted = TeacherSelection(school=key, search=search, order=order_by or TeacherOrder.REGISTERED)
        page = await connect(loader(TeacherPageLoader).load((wanted, first, after)), part, wanted.position)
        return Connection[Teacher].of(page, Teacher.of, partial(loader(TeacherCountLoader).load, wanted))

    @strawberry.federation.field(description="本校的报名", requires_scopes=_SCHOOL_READERS)
    async def enrollments(
        self,
        info: Info,
        *,
        filter: EnrollmentFilter | None = None,
        search: str | None = None,
        order_by: EnrollmentOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[EnrollmentType] | None:
        """The school's enrollments that the principal may see."""
        from services.enrollment.graph.enrollments import enrollments_page

        selection = (filter or EnrollmentFilter()).selection(school=self.source.id, search=search, order=order_by)
        return await enrollments_page(info, selection, first, after)


@strawberry.type(description="批量登记学校中的一行 (R3)")
class SchoolRow:
    """The outcome of one row of `registerSchools`."""

    index: int
    ok: bool
    school: School | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[schools.School], context: Context) -> Self:
        """The row, a refusal in the caller's language."""
        return cls(
            index=int(result.key),
            ok=result.refusal is None,
            school=School.of(result.value) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


@strawberry.type(description="批量登记教师中的一行 (R22)")
class TeacherRow:
    """The outcome of one row of `addTeachers`."""

    index: int
    ok: bool
    teacher: Teacher | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[teachers.Teacher], context: Context) -> Self:
        """The row, a refusal in the caller's language."""
        return cls(
            index=int(result.key),
            ok=result.refusal is None,
            teacher=Teacher.of(result.value) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )
