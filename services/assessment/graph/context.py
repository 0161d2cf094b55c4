"""The context of a request, and the loaders of assessment's resolvers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.graph.connection import PageOf, page_request
from chassis.graph.context import BatchLoader
from services.assessment.commands.deps import Deps
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


class RecordByEnrollmentLoader(BatchLoader[Context, str, Record]):
    """The records that the principal may see; for all others there is none."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Record]:
        """By the enrollment's id."""
        return await self.context.deps.store.records.visible(keys, self.context.principal)


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Assessment's view of projects; what it holds is public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """By the project's id."""
        return {project.id: project for project in await self.context.deps.store.projects.find_many(keys) if project}


class RosterByProjectLoader(BatchLoader[Context, PageOf[str], list[Record]]):
    """Pages of rosters, as far as the principal may see them; each with one row more than asked for."""

    async def fetch(self, keys: Sequence[PageOf[str]]) -> Mapping[PageOf[str], list[Record]]:
        """By the project's id and the page's arguments."""
        lists = [(project, page_request(first, after)) for project, first, after in keys]
        rosters = await self.context.deps.store.records.rosters(lists, self.context.principal)
        return dict(zip(keys, rosters, strict=True))


class RosterCountLoader(BatchLoader[Context, str, int]):
    """How many attendees of a project the principal may see."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """By the project's id."""
        counts = await self.context.deps.store.records.count_rosters(keys, self.context.principal)
        return dict(zip(keys, counts, strict=True))
