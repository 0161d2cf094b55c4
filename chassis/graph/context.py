"""The context of one GraphQL request in a subgraph."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from strawberry.dataloader import DataLoader

from chassis.principal import Principal
from kernel.language import Language

K = TypeVar("K", bound=Hashable)

V = TypeVar("V")

C = TypeVar("C")


class BatchLoader(Generic[C, K, V]):
    """Base of a service's loaders: keys asked for in one step of execution are fetched in one operation.

    A loader is named for what it loads (`ProjectByIdLoader`); a request has one of each, by `context.loader(...)`.

    Args:
        context: The request's context, for its dependencies and its principal.
    """

    def __init__(self, context: C) -> None:
        self.context = context
        self._loader: DataLoader[K, V | None] = DataLoader(load_fn=self._load)

    async def fetch(self, keys: Sequence[K]) -> Mapping[K, V]:
        """The values of distinct keys, in one database operation; a key without a value is left out."""
        raise TypeError(f"{type(self).__name__} must say how to fetch {keys!r}")

    async def load(self, key: K) -> V | None:
        """The value of a key; None where there is none."""
        return await self._loader.load(key)

    async def _load(self, keys: list[K]) -> list[Any]:
        values = await self.fetch(keys)
        return [values.get(key) for key in keys]


D = TypeVar("D")
L = TypeVar("L", bound=BatchLoader[Any, Any, Any])


class SubgraphContext(Generic[D]):
    """Who asks, in which language, and with which dependencies; its loaders live as long as the request.

    Args:
        deps: The service's dependencies, built once in its `app.py`.
        principal: Who asks, from the internal token.
        language: From `Accept-Language`, Chinese by default.
    """

    def __init__(self, deps: D, principal: Principal, language: Language = Language.ZH) -> None:
        self.deps = deps
        self.principal = principal
        self.language = language
        self._loaders: dict[type, Any] = {}

    def loader(self, kind: type[L]) -> L:
        """This request's loader of that class."""
        if kind not in self._loaders:
            self._loaders[kind] = kind(self)
        return cast("L", self._loaders[kind])

    def forget(self) -> None:
        """Drop the loaders: a subscription does so for each event, so that none is answered with older data."""
        self._loaders.clear()

    def say(self, zh: str, en: str) -> str:
        """The sentence in the caller's language."""
        return self.language.choose(zh, en)
