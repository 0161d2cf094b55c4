"""Loaders of the catalog: all aggregates that one level of a request refers to, in one operation (notes N9)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from chassis.graph.context import BatchLoader
from services.catalog.domain.base import Base, Organization
from services.catalog.domain.project import Project
from services.catalog.domain.quota import Quota
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.graph.context import Context
from services.catalog.store import Key, ProjectPart, ProjectRows, Visibility

K = TypeVar("K", str, int)
V = TypeVar("V")


class RelatedByKeyLoader(BatchLoader[Context, Key, Any]):
    """Fetches for all the typed loaders below, so that keys of several collections go into one operation."""

    async def fetch(self, keys: Sequence[Key]) -> Mapping[Key, Any]:
        """The aggregates, by collection and id."""
        return await self.context.deps.store.projects.related(keys, Visibility.of(self.context.principal))


class _Related(BatchLoader[Context, K, V]):
    """Base of the typed loaders: one collection each; `RelatedByKeyLoader` fetches for all of them."""

    collection: ClassVar[str]

    async def load(self, key: K) -> V | None:
        related: V | None = await self.context.loader(RelatedByKeyLoader).load((self.collection, str(key)))
        return related


class RoundByYearLoader(_Related[int, Round]):
    """Rounds, which are public."""

    collection = "rounds"


class BaseByIdLoader(_Related[str, Base]):
    """Bases, which are public."""

    collection = "bases"


class QuotaByIdLoader(_Related[str, Quota]):
    """Quotas by `<base>:<year>`; the resolver has checked who asks."""

    collection = "quotas"


class ExpertByIdLoader(_Related[str, Expert]):
    """Experts; the resolver has checked who asks."""

    collection = "experts"


class ProjectByIdLoader(_Related[str, Project]):
    """Projects that the principal may see; others are absent."""

    collection = "projects"


class ReviewsByProjectLoader(_Related[str, list[Review]]):
    """All reviews of a project; the resolver decides which of them may be read (R15)."""

    collection = "reviews"


class BlankReviewsByExpertLoader(BatchLoader[Context, str, list[Review]]):
    """The reviews that experts have not handed in; the resolver has checked who asks (R14)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Review]]:
        """The reviews of each expert."""
        return await self.context.deps.store.reviews.blank_of(keys)


class OrganizationByCodeLoader(BatchLoader[Context, str, Organization]):
    """Organisations, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Organization]:
        """The organisations, by code."""
        return await self.context.deps.store.organizations.find_many(keys)


class ProjectPageLoader(BatchLoader[Context, ProjectPart, ProjectRows]):
    """Pages of projects that the principal may see, each with its counts and one row more than asked for (R17)."""

    async def fetch(self, keys: Sequence[ProjectPart]) -> Mapping[ProjectPart, ProjectRows]:
        """The page of each request."""
        pages = await self.context.deps.store.projects.pages(keys, Visibility.of(self.context.principal))
        return dict(zip(keys, pages, strict=True))
