"""One database operation for all that a level of a request refers to, whatever its kinds (notes N9)."""

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
    """What the typed loaders below ask for, together."""

    async def fetch(self, keys: Sequence[Key]) -> Mapping[Key, Any]:
        """By collection and id."""
        return await self.context.deps.store.projects.related(keys, Visibility.of(self.context.principal))


class _Related(BatchLoader[Context, K, V]):
    """A typed face of the one loader that fetches."""

    collection: ClassVar[str]

    async def load(self, key: K) -> V | None:
        found: V | None = await self.context.loader(RelatedByKeyLoader).load((self.collection, str(key)))
        return found


class RoundByYearLoader(_Related[int, Round]):
    """Rounds, which are public."""

    collection = "rounds"


class BaseByIdLoader(_Related[str, Base]):
    """Bases, which are public."""

    collection = "bases"


class QuotaByIdLoader(_Related[str, Quota]):
    """Quotas, by `<base>:<year>`; who asks has been checked by the field."""

    collection = "quotas"


class ExpertByIdLoader(_Related[str, Expert]):
    """Experts; who asks has been checked by the field."""

    collection = "experts"


class ProjectByIdLoader(_Related[str, Project]):
    """Projects that the principal may see; the others are not found."""

    collection = "projects"


class ReviewsByProjectLoader(_Related[str, list[Review]]):
    """All reviews of projects; what of them may be read is decided by the field (R15)."""

    collection = "reviews"


class OrganizationByCodeLoader(BatchLoader[Context, str, Organization]):
    """Organisations, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Organization]:
        """By code."""
        return await self.context.deps.store.organizations.find_many(keys)


class ProjectPageLoader(BatchLoader[Context, ProjectPart, ProjectRows]):
    """Pages of projects that the principal may see, one more row than asked for in each, with their counts (R17)."""

    async def fetch(self, keys: Sequence[ProjectPart]) -> Mapping[ProjectPart, ProjectRows]:
        """By what is asked for."""
        found = await self.context.deps.store.projects.pages(keys, Visibility.of(self.context.principal))
        return dict(zip(keys, found, strict=True))
