"""The request as assessment's resolvers see it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.graph.connection import PageOf, slice_of
from chassis.graph.context import BatchLoader
from services.assessment.commands.deps import Deps
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


class RecordByEnrollmentLoader(BatchLoader[Context, str, Record]):
    """Records that the principal may see; the others are not found."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Record]:
        """By the enrolment's id."""
        return await self.context.deps.store.visible_records(keys, self.context.principal)


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Assessment's view of projects, public facts only."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """By id."""
        return {one.id: one for one in await self.context.deps.store.projects.find_many(keys) if one}


class RosterByProjectLoader(BatchLoader[Context, PageOf[str], list[Record]]):
    """Pages of rosters that the principal may see, one more row than asked for in each."""

    async def fetch(self, keys: Sequence[PageOf[str]]) -> Mapping[PageOf[str], list[Record]]:
        """By project id and part."""
        lists = [(project, slice_of(first, after)) for project, first, after in keys]
        return dict(zip(keys, await self.context.deps.store.rosters(lists, self.context.principal), strict=True))


class RosterCountLoader(BatchLoader[Context, str, int]):
    """How many attendees the principal may see."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """By project id."""
        return dict(zip(keys, await self.context.deps.store.count_rosters(keys, self.context.principal), strict=True))
