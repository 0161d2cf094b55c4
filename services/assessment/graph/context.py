"""The request as assessment's resolvers see it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.dataloader import BatchLoader
from chassis.graph import SubgraphContext
from services.assessment.commands import Assessment
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record

Context: TypeAlias = SubgraphContext[Assessment]
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
