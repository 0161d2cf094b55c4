"""Who asks, and what waits for whoever asks (ADR 36)."""

from collections.abc import Sequence
from typing import Self

import strawberry

from chassis.graph import requires
from chassis.graph.todo import TodoFields, TodoKind, Waiting, names_caller
from chassis.principal import Principal, Scope
from services.enrollment.domain.project import Round
from services.enrollment.domain.todos import (
    Due,
    Duty,
    duties_of_base,
    duties_of_ministry,
    duties_of_school,
    rounds_at_hand,
)
from services.enrollment.graph.context import Context, Info
from services.enrollment.graph.loaders import SchoolByCodeLoader
from services.enrollment.graph.notices import boxes_of
from services.enrollment.graph.people import School
from services.enrollment.graph.projects import Project
from services.enrollment.graph.provinces import Province
from services.enrollment.store import EnrollmentSelection, Visibility

SIGNED_IN = requires(Scope.MINISTRY, Scope.EXPERT, Scope.BASE, Scope.SCHOOL, Scope.TEACHER, Scope.PROVINCE)


@strawberry.federation.type(shareable=True, description="一类待办：件数、依据和截止时间")
class Todo(TodoFields):
    """How much of a kind waits, and until when."""

    @strawberry.field(description="所涉项目；只涉及一个项目时给出")
    def project(self) -> Project | None:
        """The project, where all of it is of one."""
        return Project(id=strawberry.ID(self.waiting.project)) if self.waiting.project else None


@strawberry.federation.type(keys=["id"], description="当前登录的帐号")
class Me:
    """Whoever asks; nobody is shown anybody else's."""

    id: strawberry.ID
    scope: str = strawberry.field(description="当前身份")
    login: str | None = strawberry.field(description="登录名 (R3)")
    name: str | None = strawberry.field(description="姓名：专人或帐号持有人 (R5)")

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """The principal."""
        return cls(
            id=strawberry.ID(principal.subject),
            scope=principal.scope.value,
            login=principal.login,
            name=principal.name,
        )

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """Whoever asks; there is no other."""
        return cls.of(info.context.principal) if names_caller(info, id) else None

    @strawberry.field(description="所在学校：学校帐号和教师")
    async def school(self, info: Info) -> School | None:
        """The own school."""
        school = await info.context.loader(SchoolByCodeLoader).load(info.context.principal.school or "")
        return School.of(school) if school else None

    @strawberry.field(description="所代表的省份")
    def province(self, info: Info) -> Province | None:
        """The own province."""
        return Province.of(info.context.principal.province)

    @strawberry.field(description="未读通知数 (R24)")
    async def unread(self, info: Info) -> int:
        """How many notices nobody of the inbox has read."""
        context = info.context
        return await context.deps.store.notices.count(boxes_of(context.principal), unread=True)

    @strawberry.field(description="报名和调动方面的待办 (R5, R20–R26)；申报方面见 planTodo，培训方面见 trainingTodo")
    async def todo(self, info: Info) -> list[Todo]:
        """What waits for whoever asks, about enrollments and requests for persons; nothing that is empty."""
        context = info.context
        if context.principal.scope not in _WITH_DUTIES:
            return []
        rounds = rounds_at_hand(await context.deps.store.rounds.query({}), context.deps.clock.now())
        waiting = [
            *await _of_the_school(context),
            *await _duties(context, rounds),
            *await _transfers(context),
            *await _undelivered(context, rounds),
        ]
        return [Todo.of(entry) for entry in waiting if entry.count]


_WITH_DUTIES = frozenset({Scope.SCHOOL, Scope.BASE, Scope.PROVINCE, Scope.MINISTRY})


async def _of_the_school(context: Context) -> list[Waiting]:
    """A school without a designated person names one before anything else (R5)."""
    if context.principal.scope is not Scope.SCHOOL:
        return []
    school = await context.loader(SchoolByCodeLoader).load(context.principal.school or "")
    return [Waiting(TodoKind.DESIGNATE, 1, "R5")] if school and school.designated is None else []


async def _duties(context: Context, rounds: Sequence[Round]) -> list[Waiting]:
    """What the calendar asks for, counted by one operation."""
    decide = {
        Scope.SCHOOL: duties_of_school,
        Scope.BASE: duties_of_base,
        Scope.MINISTRY: duties_of_ministry,
    }.get(context.principal.scope)
    if decide is None:
        return []
    duties = decide(rounds, context.deps.clock.now())
    selections = [_selection(due) for due in duties]
    found = await context.deps.store.enrollments.tallies(selections, Visibility.of(context.principal))
    return [
        Waiting(
            TodoKind(due.duty.value),
            tally.count,
            due.rule,
            due.closes_at or (tally.least if due.duty is Duty.CONFIRM_OFFER else None),
            tally.only,
            due.year,
        )
        for due, tally in zip(duties, found, strict=True)
    ]


async def _transfers(context: Context) -> list[Waiting]:
    """Requests for persons that a school has to answer, or that were not answered in time (R20)."""
    scope = context.principal.scope
    if scope not in {Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY}:
        return []
    found = await context.deps.store.transfers.waiting(context.principal)
    if scope is Scope.SCHOOL:
        return [Waiting(TodoKind.ANSWER_TRANSFER, found.count, "R20", found.least)]
    return [Waiting(TodoKind.DECIDE_TRANSFER, found.count, "R20")]


async def _undelivered(context: Context, rounds: Sequence[Round]) -> list[Waiting]:
    """Feedback that no attempt will deliver any more: an address is wrong (R24); each year has a list of its own."""
    if context.principal.scope not in {Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY}:
        return []
    years = [int(current.id) for current in rounds]
    failed = await context.deps.store.deliveries.count_failed(context.principal, years)
    return [Waiting(TodoKind.UNDELIVERED, count, "R24", year=year) for year, count in sorted(failed.items())]


def _selection(due: Due) -> EnrollmentSelection:
    return EnrollmentSelection(
        statuses=(due.status,) if due.status else (),
        year=due.year,
        unranked=due.unranked,
        withdrawal_requested=due.leaving or None,
        returned=due.returned,
    )


@strawberry.type
class MeQuery:
    """The query of whoever asks."""

    @strawberry.federation.field(
        description="当前登录的帐号：身份、单位、未读通知和待办，各角色通用", requires_scopes=SIGNED_IN
    )
    def me(self, info: Info) -> Me | None:
        """Who asks."""
        principal = info.context.principal
        return Me.of(principal) if principal.scope is not Scope.PUBLIC else None
