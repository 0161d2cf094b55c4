"""How `pytest -n` shares the tests out: a worker has servers of its own, and what shares more stays together."""

import pytest
from xdist.scheduler import LoadScopeScheduling

ONE_SUITE = "tests of the whole suite"
_TIERS = ("faults", "e2e", "web", "security", "deploy", "integration")
"""The slow ones, in the order in which they begin; the rest follows and evens the workers out."""
_SHARED = {"e2e": ONE_SUITE, "security": ONE_SUITE, "faults": "drills", "web": "front ends"}
"""Tiers whose tests share one started suite, and what they are called together."""


def scope_of(nodeid: str) -> str:
    """What a test is run together with, in one worker: its file, or all that share its suite."""
    file = nodeid.partition("::")[0]
    return _SHARED.get(_tier(file), file)


def slow_first(items: list[pytest.Item]) -> None:
    """Order the tests so that no worker is left alone with a slow tier at the end."""
    items.sort(key=lambda item: _TIERS.index(tier) if (tier := _tier(item.nodeid)) in _TIERS else len(_TIERS))


def _tier(file: str) -> str:
    return file.split("/")[1]


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Shares out files, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
