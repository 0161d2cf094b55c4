"""The context of one GraphQL request in a subgraph."""

from typing import Any, Generic, TypeVar, cast

from chassis.dataloader import BatchLoader
from chassis.principal import Principal

D = TypeVar("D")
L = TypeVar("L", bound=BatchLoader[Any, Any, Any])


class SubgraphContext(Generic[D]):
    """Who asks, in which language, with which dependencies; loaders live as long as the request.

    Args:
        deps: The service's dependencies, built once in its `app.py`.
        principal: From the internal token.
        language: From `Accept-Language`, `zh-CN` by default.
    """

    def __init__(self, deps: D, principal: Principal, language: str = "zh-CN") -> None:
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
        """Drop the loaders: what one event of a subscription has loaded is stale for the next."""
        self._loaders.clear()

    def say(self, zh: str, en: str) -> str:
        """The sentence in the caller's language."""
        return en if self.language.lower().startswith("en") else zh
