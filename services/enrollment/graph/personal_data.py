"""A person's own data, its correction, and the audited way to plain numbers (R41)."""

from datetime import datetime
from functools import partial
from typing import Any, Self, cast

import strawberry
from strawberry import UNSET

from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.commands import Corrected, Revealed
from services.enrollment.domain import reveal as revealing
from services.enrollment.domain import teacher as teachers
from services.enrollment.graph.context import Info
from services.enrollment.graph.enums import Audience, Employment, TeacherField
from services.enrollment.graph.loaders import TeacherByIdLoader
from services.enrollment.graph.people import Teacher

_CLEARABLE = frozenset({"email", "title", "major_category"})


@strawberry.input(description="本人更正联系方式；未给出的不变，email 为 null 即删除 (R41)")
class ContactInput:
    """The own mobile and mail address."""

    mobile: str | None = UNSET
    email: str | None = UNSET


@strawberry.input(description="学校更正教师登记信息；未给出的不变，email、title、majorCategory 为 null 即删除 (R41)")
class TeacherCorrectionInput:
    """What is to stand on file from now on."""

    name: str | None = UNSET
    id_number: str | None = UNSET
    mobile: str | None = UNSET
    email: str | None = UNSET
    post: Audience | None = UNSET
    employment: Employment | None = UNSET
    title: str | None = UNSET
    major_category: int | None = UNSET


def corrected(given: ContactInput | TeacherCorrectionInput) -> Corrected:
    """What an input names; null clears what may be empty, and says nothing of the rest."""
    named: dict[str, Any] = {
        name: value
        for name, value in vars(given).items()
        if value is not UNSET and (value is not None or name in _CLEARABLE)
    }
    return cast("Corrected", named)


@strawberry.type(description="一次更正：何时、何人、哪些项 (R41)")
class TeacherCorrection:
    """That something on file was corrected."""

    at: datetime
    by: str
    fields: list[TeacherField]

    @classmethod
    def of(cls, source: teachers.Correction) -> Self:
        """As the domain knows it."""
        return cls(at=source.at, by=source.by, fields=list(source.fields))


@strawberry.type(description="一次号码查看：何时、哪一方、何用途 (R41)")
class TeacherRevealRecord:
    """That somebody saw the plain numbers; the organisation is told, its staff is the audit's matter."""

    id: strawberry.ID
    at: datetime
    scope: str = strawberry.field(description="查看者角色")
    organization: str | None = strawberry.field(description="查看者单位代码")
    purpose: str

    @classmethod
    def of(cls, source: revealing.Reveal) -> Self:
        """As the domain knows it."""
        return cls(
            id=strawberry.ID(source.id),
            at=source.at,
            scope=source.scope,
            organization=source.organization,
            purpose=source.purpose,
        )


@strawberry.type(description="查看到的完整号码；本次查看已记入审计日志 (R40, R41)")
class TeacherReveal:
    """A teacher's plain numbers, and the act by which they are seen."""

    id_number: str
    mobile: str
    email: str | None
    record: TeacherRevealRecord
    teacher: Teacher

    @classmethod
    def of(cls, source: Revealed) -> Self:
        """As the command gives it."""
        return cls(
            id_number=source.id_number,
            mobile=source.mobile,
            email=source.email,
            record=TeacherRevealRecord.of(source.act),
            teacher=Teacher.of(source.teacher),
        )


@strawberry.type(
    description="本平台保存的本人数据：登记信息、报名（含经过和反馈）、更正记录和号码查看记录；"
    "通知见 myNotices，完整号码用 revealTeacher 查看 (R41)"
)
class PersonalData:
    """What is kept of the person who asks; numbers are masked here too, `revealTeacher` shows them."""

    teacher: Teacher
    corrections: list[TeacherCorrection]

    @classmethod
    def of(cls, source: teachers.Teacher) -> Self:
        """As the domain knows the person."""
        return cls(teacher=Teacher.of(source), corrections=[TeacherCorrection.of(one) for one in source.corrections])

    @strawberry.field(description="何人因何用途查看过本人号码，由近及远")
    async def reveals(self, info: Info, first: int = 20, after: str | None = None) -> Connection[TeacherRevealRecord]:
        """Who saw the person's numbers, and why."""
        reveals, key, part = info.context.deps.store.reveals, self.teacher.source.id, page_request(first, after)
        page = await connect(reveals.of(key, part), part, lambda one: [one.id])
        return Connection[TeacherRevealRecord].of(page, TeacherRevealRecord.of, partial(reveals.count, key))


@strawberry.type
class PersonalQuery:
    """What a person may read of the own data."""

    @strawberry.federation.field(
        description="本平台保存的本人数据，供查阅和复制 (R41)", requires_scopes=requires(Scope.TEACHER)
    )
    async def my_data(self, info: Info) -> PersonalData | None:
        """All that is kept of the teacher who asks."""
        found = await info.context.loader(TeacherByIdLoader).load(info.context.principal.person or "")
        return PersonalData.of(found) if found else None


@strawberry.type
class PersonalMutation:
    """What may be done with a person's data."""

    @strawberry.federation.mutation(
        description="学校更正本校教师登记信息，按 version 防止覆盖 (R41)", requires_scopes=requires(Scope.SCHOOL)
    )
    async def correct_teacher(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        version: int,
        input: TeacherCorrectionInput,  # noqa: A002 - the graph's name
    ) -> Teacher | None:
        """Correct what is on file of a teacher of the own school."""
        context, given = info.context, corrected(input)
        teacher = await commands.correct_teacher(context.deps, context.principal, key=id, version=version, given=given)
        return Teacher.of(teacher)

    @strawberry.federation.mutation(description="更正本人联系方式 (R41)", requires_scopes=requires(Scope.TEACHER))
    async def update_my_contact(
        self,
        info: Info,
        input: ContactInput,  # noqa: A002 - the graph's name
    ) -> Teacher | None:
        """Change the own mobile or mail address."""
        context = info.context
        teacher = await commands.update_my_contact(context.deps, context.principal, given=corrected(input))
        return Teacher.of(teacher)

    @strawberry.federation.mutation(
        description="查看教师完整号码，须说明用途；限本人、学校、录取的基地和教师工作司，每次记入审计日志 (R41)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def reveal_teacher(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        purpose: str,
    ) -> TeacherReveal | None:
        """Show a teacher's plain numbers, and record it."""
        context = info.context
        revealed = await commands.reveal_teacher(context.deps, context.principal, key=id, purpose=purpose)
        return TeacherReveal.of(revealed)
