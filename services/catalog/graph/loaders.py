"""One database operation for what a request asks of each kind (facts 9)."""

from collections.abc import Mapping, Sequence

from chassis.dataloader import BatchLoader
from services.catalog.domain.base import Base, Organization
from services.catalog.domain.project import Project
from services.catalog.domain.quota import Quota
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.graph.context import Context
from services.catalog.store import Visibility


class RoundByYearLoader(BatchLoader[Context, int, Round]):
    """Rounds, which are public."""

    async def fetch(self, keys: Sequence[int]) -> Mapping[int, Round]:
        """By year."""
        found = await self.context.deps.store.rounds.find_many([str(year) for year in keys])
        return {one.year: one for one in found if one}


class BaseByIdLoader(BatchLoader[Context, str, Base]):
    """Bases, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Base]:
        """By id."""
        return {one.id: one for one in await self.context.deps.store.bases.find_many(keys) if one}


class OrganizationByCodeLoader(BatchLoader[Context, str, Organization]):
    """Organisations, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Organization]:
        """By code."""
        return await self.context.deps.store.organizations(keys)


class QuotaByIdLoader(BatchLoader[Context, str, Quota]):
    """Quotas; who asks has been checked by the field."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Quota]:
        """By `<base>:<year>`."""
        return {one.id: one for one in await self.context.deps.store.quotas.find_many(keys) if one}


class ExpertByIdLoader(BatchLoader[Context, str, Expert]):
    """Experts; who asks has been checked by the field."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Expert]:
        """By id."""
        return {one.id: one for one in await self.context.deps.store.experts.find_many(keys) if one}


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Projects that the principal may see; the others are not found."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """By id."""
        return await self.context.deps.store.visible_projects(keys, Visibility.of(self.context.principal))


class ReviewsByProjectLoader(BatchLoader[Context, str, list[Review]]):
    """All reviews of projects; what of them may be read is decided by the field (R15)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Review]]:
        """By project id."""
        return await self.context.deps.store.reviews_of(keys)
