"""Input types of the graph; each makes the value that a command or the store takes."""

from datetime import date

import strawberry

from services.enrollment.commands import Decision, NewSchool, NewTeacher
from services.enrollment.graph.enums import Audience, Employment, EnrollmentDecision, EnrollmentOrder, EnrollmentStatus
from services.enrollment.store import EnrollmentSelection


@strawberry.input(description="报名筛选条件")
class EnrollmentFilter:
    """Which enrollments; a filter that is null or empty does not restrict."""

    statuses: list[EnrollmentStatus] | None = None
    project: strawberry.ID | None = None
    school: strawberry.ID | None = None
    base: strawberry.ID | None = None
    year: int | None = None
    withdrawal_requested: bool | None = strawberry.field(default=None, description="是否有待处理的退出申请 (R26)")
    escalated: bool | None = strawberry.field(default=None, description="是否已逾期上报 (R23)")

    def selection(
        self,
        *,
        search: str | None = None,
        order: EnrollmentOrder | None = None,
        project: str | None = None,
        school: str | None = None,
        teacher: str | None = None,
        province: str | None = None,
    ) -> EnrollmentSelection:
        """The selection for the store, within the object whose field was asked.

        Args:
            search: The beginning of the trainee's name.
            order: How to sort; by default as they signed up.
            project: Id of the project whose enrollments they are; it wins over the filter's.
            school: Code of the school; it wins over the filter's.
            teacher: Id of the teacher.
            province: Code of the province.
        """
        return EnrollmentSelection(
            statuses=tuple(self.statuses or ()),
            project=project or self.project,
            school=school or self.school,
            teacher=teacher,
            province=province,
            year=self.year,
            withdrawal_requested=self.withdrawal_requested,
            base=self.base,
            escalated=self.escalated,
            search=search,
            order=order or EnrollmentOrder.SIGNED_UP_AT,
        )


@strawberry.input(description="登记学校 (R3)")
class SchoolInput:
    """A school; a province may leave its own code out, the ministry writes `00` for a school of a line ministry."""

    code: strawberry.ID
    name: str
    province: strawberry.ID | None = strawberry.field(
        default=None, description="省份代码；省级登记本省学校可不填，教师工作司须填写，部委所属学校填 00"
    )

    def school(self) -> NewSchool:
        """The input of the command."""
        return NewSchool(code=self.code, name=self.name, province=self.province)


@strawberry.input(description="学校筛选条件")
class SchoolFilter:
    """Which schools; null does not restrict. Province `00` is the schools of line ministries, for the ministry."""

    province: strawberry.ID | None = None
    designated: bool | None = strawberry.field(default=None, description="是否已指定专人 (R5)")


@strawberry.input(description="专人 (R5)")
class DesignatedPersonInput:
    """The person who acts for the school; the phone number is stored encrypted."""

    name: str
    phone: str
    email: str | None = None


@strawberry.input(description="登记教师 (R22)")
class TeacherInput:
    """A teacher; ID number, mobile and mail address are stored encrypted (R41)."""

    name: str
    id_number: str
    mobile: str
    post: Audience
    employment: Employment
    title: str | None = None
    major_category: int | None = None
    email: str | None = None

    def teacher(self) -> NewTeacher:
        """The input of the command."""
        return NewTeacher(
            name=self.name,
            id_number=self.id_number,
            mobile=self.mobile,
            post=self.post,
            employment=self.employment,
            title=self.title,
            major_category=self.major_category,
            email=self.email,
        )


@strawberry.input(description="校内报名截止日 (R21)")
class InnerCutOffInput:
    """The last day of sign-ups, included. No project: for the whole year; no day: the cut-off is lifted."""

    year: int
    project_id: strawberry.ID | None = None
    closes_on: date | None = None


@strawberry.input(description="基地核准 (R23)")
class EnrollmentDecisionInput:
    """A decision on one enrollment; a rejection needs a reason, and so does every decision of the ministry."""

    id: strawberry.ID
    decision: EnrollmentDecision
    reason: str | None = None

    def as_decision(self) -> Decision:
        """The input of the command."""
        return Decision(self.id, self.decision, self.reason)
