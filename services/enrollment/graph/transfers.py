"""Types and queries of requests for persons (R20)."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry

from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Principal, Scope
from services.enrollment.commands import WantedTeacher
from services.enrollment.domain import transfer as transfers
from services.enrollment.graph.context import Info
from services.enrollment.graph.enums import Employment, TransferKind, TransferState
from services.enrollment.graph.loaders import NameOfTeacherLoader, SchoolByCodeLoader, TeacherByIdLoader
from services.enrollment.graph.people import School, Teacher

_READERS = requires(Scope.TEACHER, Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY)


@strawberry.input(description="申请调入他校教师，或聘为本校兼职；身份证号码与姓名须相符 (R20)")
class TransferInput:
    """The person whom the own school requests; ID number and name together prove that it knows the person."""

    id_number: str
    name: str
    employment: Employment
    reason: str
    kind: TransferKind = strawberry.field(description="TRANSFER 为调入，PART_TIME 为兼职，原学校保留")

    def wanted(self) -> WantedTeacher:
        """The input of the command."""
        return WantedTeacher(
            id_number=self.id_number,
            name=self.name,
            employment=self.employment,
            reason=self.reason,
            kind=self.kind,
        )


@strawberry.type(description="调动申请的一步 (R20)")
class TransferChange:
    """One entry of a request's history."""

    state: TransferState
    at: datetime
    by: str | None = strawberry.field(description="何人所为：角色，或学校专人的姓名，后者限该校和教师工作司可见 (R5)")
    reason: str | None

    @classmethod
    def of(cls, source: transfers.TransferChange, transfer: transfers.Transfer, reader: Principal) -> Self:
        """From the domain's record; who acted for a school is known to that school and to the ministry."""
        school = {
            TransferState.REQUESTED: transfer.school,
            TransferState.WITHDRAWN: transfer.school,
            TransferState.CONFIRMED: transfer.former,
            TransferState.REFUSED: transfer.former,
        }.get(source.state)
        named = source.by == transfers.SYSTEM or school in (None, reader.school) or reader.scope is Scope.MINISTRY
        return cls(state=source.state, at=source.at, by=source.by if named else None, reason=source.reason)


@strawberry.type(description="一所学校对他校教师的调动或兼职申请 (R20)")
class Transfer:
    """A request for a person; both schools, their provinces, the ministry and the person may see it."""

    id: strawberry.ID
    kind: TransferKind
    employment: Employment
    state: TransferState
    reason: str
    requested_at: datetime
    due_at: datetime = strawberry.field(description="原学校答复的期限，逾期由教师工作司或同省的省级教育行政部门决定")
    source: strawberry.Private[transfers.Transfer]

    @classmethod
    def of(cls, source: transfers.Transfer) -> Self:
        """From the domain's request; that the principal may see it has been checked."""
        return cls(
            id=strawberry.ID(source.id),
            kind=source.kind,
            employment=source.employment,
            state=source.state,
            reason=source.reason,
            requested_at=source.requested_at,
            due_at=source.due,
            source=source,
        )

    @strawberry.field(description="经过，由先到后")
    def history(self, info: Info) -> list[TransferChange]:
        """Every step so far."""
        reader = info.context.principal
        return [TransferChange.of(change, self.source, reader) for change in self.source.history]

    @strawberry.federation.field(
        description="教师姓名；省级教育行政部门不可见 (R41)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.MINISTRY),
    )
    async def person_name(self, info: Info) -> str | None:
        """The person's name as it is on file now; a province reads no names, here as anywhere."""
        if info.context.principal.scope is Scope.PROVINCE:
            return None
        return await info.context.loader(NameOfTeacherLoader).load(self.source.teacher)

    @strawberry.field(description="教师；本校的或本人可见")
    async def teacher(self, info: Info) -> Teacher | None:
        """The person, if the principal may see more than the name."""
        teacher = await info.context.loader(TeacherByIdLoader).load(self.source.teacher)
        return Teacher.of(teacher) if teacher else None

    @strawberry.field(description="申请的学校")
    async def school(self, info: Info) -> School | None:
        """The school that requests the person."""
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.school)
        return School.of(school) if school else None

    @strawberry.field(description="原学校；申请时不在任何学校任职的为空")
    async def former_school(self, info: Info) -> School | None:
        """The school that is asked."""
        if self.source.former is None:
            return None
        school = await info.context.loader(SchoolByCodeLoader).load(self.source.former)
        return School.of(school) if school else None


@strawberry.type
class TransferQuery:
    """Queries of requests for persons."""

    @strawberry.federation.field(
        description="调动申请，由早到晚：学校为本校申请的和向本校申请的，省份为涉及本省学校的，"
        "教师为本人的，教师工作司为全部 (R20, R27)",
        requires_scopes=_READERS,
    )
    async def transfers(
        self, info: Info, states: list[TransferState] | None = None, first: int = 20, after: str | None = None
    ) -> Connection[Transfer] | None:
        """The requests that the principal may see, the oldest first."""
        store, reader, part = info.context.deps.store.transfers, info.context.principal, page_request(first, after)
        wanted = tuple(states or ())
        page = await connect(store.page(wanted, reader, part), part, lambda transfer: [transfer.id])
        return Connection[Transfer].of(page, Transfer.of, partial(store.count, wanted, reader))
