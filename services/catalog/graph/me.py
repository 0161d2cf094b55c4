"""What the catalog adds to whoever asks: the own bases, and what waits about plans and projects (ADR 36)."""

import asyncio
from datetime import date, datetime, time
from typing import Self

import strawberry

from chassis.graph.todo import TodoFields, TodoKind, Waiting, names_caller
from chassis.principal import Scope
from chassis.storage.paging import Tally
from kernel.dates import SHANGHAI
from services.catalog.domain import base as bases
from services.catalog.domain.todos import Due, duties_of_base, duties_of_ministry
from services.catalog.domain.vocabulary import PhaseName
from services.catalog.graph.bases import Base
from services.catalog.graph.context import Context, Info
from services.catalog.graph.loaders import BaseByIdLoader, ProjectByIdLoader
from services.catalog.graph.projects import Project


@strawberry.federation.type(shareable=True, description="一类待办：件数、依据和截止时间")
class Todo(TodoFields):
    """How much of a kind waits, and until when."""

    @strawberry.field(description="所涉项目；只涉及一个项目时给出")
    async def project(self, info: Info) -> Project | None:
        """The project, where all of it is of one."""
        if self.waiting.project is None:
            return None
        project = await info.context.loader(ProjectByIdLoader).load(self.waiting.project)
        return Project.of(project, info.context) if project else None


@strawberry.federation.type(keys=["id"])
class Me:
    """Whoever asks; nobody is shown anybody else's."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """Whoever asks; there is no other."""
        return cls(id=id) if names_caller(info, id) else None

    @strawberry.field(description="本单位的国培基地 (R2)")
    async def bases(self, info: Info) -> list[Base] | None:
        """The own bases; none for other roles."""
        if info.context.principal.scope is not Scope.BASE:
            return []
        return [Base.of(base, info.context) for base in await _own_bases(info.context)]

    @strawberry.field(description="申报、评审和开班方面的待办 (R7, R13–R17, R28)")
    async def plan_todo(self, info: Info) -> list[Todo] | None:
        """What waits for whoever asks, about plans and projects; nothing that is empty."""
        return [Todo.of(entry) for entry in await _waiting(info.context) if entry.count]


async def _waiting(context: Context) -> list[Waiting]:
    principal, store, now = context.principal, context.deps.store, context.deps.clock.now()
    rounds = [] if principal.scope not in _WITH_DUTIES else await store.rounds.query({})
    match principal.scope:
        case Scope.EXPERT if principal.person:
            reviewing = {current.year: current.phase(PhaseName.REVIEW).until_instant for current in rounds}
            tallies = await store.reviews.blank_by_year(principal.person)
            return [
                Waiting(TodoKind.REVIEW, tally.count, "R15", reviewing.get(year), tally.only)
                for year, tally in tallies.items()
            ]
        case Scope.BASE:
            return await _counted(context, duties_of_base(rounds, await _own_bases(context), now))
        case Scope.MINISTRY:
            return await _counted(context, duties_of_ministry(rounds, now))
        case _:
            return []


_WITH_DUTIES = frozenset({Scope.EXPERT, Scope.BASE, Scope.MINISTRY})


async def _own_bases(context: Context) -> list[bases.Base]:
    """The bases that the caller acts for."""
    loader = context.loader(BaseByIdLoader)
    found = await asyncio.gather(*(loader.load(key) for key in context.principal.bases))
    return [base for base in found if base]


async def _counted(context: Context, duties: list[Due]) -> list[Waiting]:
    """The duties with how many projects each is about, counted by one operation."""
    found = await context.deps.store.projects.tallies(duties)
    return [
        Waiting(TodoKind(due.duty.value), tally.count, due.rule, due.closes_at or _finishes_at(tally), tally.only)
        for due, tally in zip(duties, found, strict=True)
    ]


def _finishes_at(tally: Tally) -> datetime | None:
    """When the first of the projects is finished by itself (R28, ADR 67); None where that is told of none."""
    return datetime.combine(date.fromisoformat(tally.least), time(), SHANGHAI) if tally.least else None
