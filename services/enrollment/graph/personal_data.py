"""Types of personal data: what is stored of a person, corrections, and reveals of plain numbers (R41)."""

from datetime import datetime
from functools import partial
from typing import Any, Self, cast

import strawberry
from strawberry import UNSET

from chassis.commands.bulk import RowResult
from chassis.graph import RefusalInfo, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.enrollment.commands import Corrections, Revealed, RevealedContact
from services.enrollment.domain import reveal as reveals
from services.enrollment.domain import teacher as teachers
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.enums import Audience, Employment, TeacherField
from services.enrollment.graph.loaders import TeacherByIdLoader
from services.enrollment.graph.people import Teacher

_CLEARABLE = frozenset({"email", "title", "major_category"})


@strawberry.input(description="本人更正联系方式；未给出的不变，email 为 null 即删除 (R41)")
class ContactInput:
    """The own mobile number and mail address; a field that is left out stays as it is."""

    mobile: str | None = UNSET
    email: str | None = UNSET


@strawberry.input(description="学校更正教师登记信息；未给出的不变，email、title、majorCategory 为 null 即删除 (R41)")
class TeacherCorrectionInput:
    """The values that shall be on file; a field that is left out stays as it is."""

    name: str | None = UNSET
    id_number: str | None = UNSET
    mobile: str | None = UNSET
    email: str | None = UNSET
    post: Audience | None = UNSET
    employment: Employment | None = UNSET
    title: str | None = UNSET
    major_category: int | None = UNSET


def corrected(fields: ContactInput | TeacherCorrectionInput) -> Corrections:
    """The fields that an input names: null clears a field that may be empty, and is ignored for any other."""
    named: dict[str, Any] = {
        name: value
        for name, value in vars(fields).items()
        if value is not UNSET and (value is not None or name in _CLEARABLE)
    }
    return cast("Corrections", named)


@strawberry.type(description="一次更正：何时、何人、哪些项 (R41)")
class TeacherCorrection:
    """One correction of what is on file: when, by whom, which fields; not the values."""

    at: datetime
    by: str
    fields: list[TeacherField]

    @classmethod
    def of(cls, source: teachers.Correction) -> Self:
        """From the domain's record."""
        return cls(at=source.at, by=source.by, fields=list(source.fields))


@strawberry.type(description="一次号码查看：何时、哪一方、何用途 (R41)")
class TeacherRevealRecord:
    """The record of one reveal of plain numbers; it names the organisation, the audit log names the person."""

    id: strawberry.ID
    at: datetime
    scope: str = strawberry.field(description="查看者角色")
    organization: str | None = strawberry.field(description="查看者单位代码")
    purpose: str

    @classmethod
    def of(cls, source: reveals.Reveal) -> Self:
        """From the domain's record."""
        return cls(
            id=strawberry.ID(source.id),
            at=source.at,
            scope=source.scope,
            organization=source.organization,
            purpose=source.purpose,
        )


@strawberry.type(description="查看到的完整号码；本次查看已记入审计日志 (R40, R41)")
class TeacherReveal:
    """A teacher's plain numbers, and the record of this reveal."""

    id_number: str
    mobile: str
    email: str | None
    record: TeacherRevealRecord
    teacher: Teacher

    @classmethod
    def of(cls, source: Revealed) -> Self:
        """From the command's outcome."""
        return cls(
            id_number=source.id_number,
            mobile=source.mobile,
            email=source.email,
            record=TeacherRevealRecord.of(source.act),
            teacher=Teacher.of(source.teacher),
        )


@strawberry.type(description="批量查看号码中的一行 (R41)")
class TeacherRevealRow:
    """One teacher of `revealTeachers`."""

    id: strawberry.ID
    ok: bool
    reveal: TeacherReveal | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[Revealed], context: Context) -> Self:
        """The row, a refusal in the caller's language."""
        return cls(
            id=strawberry.ID(result.key),
            ok=result.refusal is None,
            reveal=TeacherReveal.of(result.value) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


@strawberry.type(description="学校专人及其完整电话；本次查看已记入审计日志 (R5, R41)")
class ContactReveal:
    """A school's designated person with the phone in plain."""

    name: str
    phone: str
    email: str | None

    @classmethod
    def of(cls, source: RevealedContact) -> Self:
        """From the command's outcome."""
        return cls(name=source.name, phone=source.phone, email=source.email)


@strawberry.type(description="查看学校专人电话中的一行 (R5, R41)")
class ContactRevealRow:
    """One school of `revealContacts`."""

    code: strawberry.ID
    ok: bool
    contact: ContactReveal | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[RevealedContact], context: Context) -> Self:
        """The row, a refusal in the caller's language."""
        return cls(
            code=strawberry.ID(result.key),
            ok=result.refusal is None,
            contact=ContactReveal.of(result.value) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


@strawberry.type(
    description="本平台保存的本人数据：登记信息、报名（含经过和反馈）、更正记录和号码查看记录；"
    "通知见 myNotices，完整号码用 revealTeacher 查看 (R41)"
)
class PersonalData:
    """What is stored of the person who asks, numbers masked; `revealTeacher` shows them in plain."""

    teacher: Teacher
    corrections: list[TeacherCorrection]

    @classmethod
    def of(cls, source: teachers.Teacher) -> Self:
        """From the domain's teacher."""
        corrections = [TeacherCorrection.of(correction) for correction in source.corrections]
        return cls(teacher=Teacher.of(source), corrections=corrections)

    @strawberry.field(description="何人因何用途查看过本人号码，由近及远")
    async def reveals(self, info: Info, first: int = 20, after: str | None = None) -> Connection[TeacherRevealRecord]:
        """Who saw the person's numbers and for what purpose, the latest first."""
        store, key, part = info.context.deps.store.reveals, self.teacher.source.id, page_request(first, after)
        page = await connect(store.of(key, part), part, lambda record: [record.id])
        return Connection[TeacherRevealRecord].of(page, TeacherRevealRecord.of, partial(store.count, key))


@strawberry.type
class PersonalQuery:
    """Queries of a person's own data."""

    @strawberry.federation.field(
        description="本平台保存的本人数据，供查阅和复制 (R41)", requires_scopes=requires(Scope.TEACHER)
    )
    async def my_data(self, info: Info) -> PersonalData | None:
        """What is stored of the teacher who asks."""
        teacher = await info.context.loader(TeacherByIdLoader).load(info.context.principal.person or "")
        return PersonalData.of(teacher) if teacher else None
