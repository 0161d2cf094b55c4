"""Batch loading: what a request asks for one by one is fetched at once (notes N9)."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
C = TypeVar("C")


class BatchLoader(Generic[C, K, V]):
    """Base of a service's loaders, named `ProjectByIdLoader`; one instance a request, by `context.loader(...)`.

    Args:
        context: The request's context, for its dependencies and its principal.
    """

    def __init__(self, context: C) -> None:
        self.context = context
        self._loader: DataLoader[K, V | None] = DataLoader(load_fn=self._load)

    async def fetch(self, keys: Sequence[K]) -> Mapping[K, V]:
        """The values of distinct `keys`, in one database operation; what is absent is left out."""
        raise TypeError(f"{type(self).__name__} must say how to fetch {keys!r}")

    async def load(self, key: K) -> V | None:
        """The value of `key`, None where there is none."""
        return await self._loader.load(key)

    async def _load(self, keys: list[K]) -> list[Any]:
        found = await self.fetch(keys)
        return [found.get(key) for key in keys]
