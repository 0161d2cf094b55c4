"""Progressive `@override`: which subgraph resolves a labelled field is decided for each request.

A label `percent(5)` is active for 5 % of the requests; any other label is active if a setting names it.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from chassis.cache import Cache
from gateway.federation.model import Field, Supergraph, Type

_MOST_VARIANTS = 64


class Overrides:
    """The variants of a supergraph, one for each set of active labels.

    Args:
        supergraph: The supergraph, from `load_supergraph`.
        labels: Labels that are active for every request, besides the drawn ones.
        chance: Draws a random number in [0, 1), once per request and label.
    """

    def __init__(
        self, supergraph: Supergraph, labels: frozenset[str] = frozenset(), chance: Callable[[], float] = random.random
    ) -> None:
        self._supergraph = supergraph
        self._named = labels
        self._chance = chance
        self._labels = _labels(supergraph)
        self._known: Cache[frozenset[str], Supergraph] = Cache(_MOST_VARIANTS)

    def draw(self) -> Supergraph:
        """The variant for one request: the labels named for all requests are active, and those that chance draws."""
        if not self._labels:
            return self._supergraph
        return self._decided(frozenset(label for label in self._labels if label in self._named or self._drawn(label)))

    def plain(self) -> Supergraph:
        """The variant in which only the labels named for all requests are active, for printing plans."""
        return self._decided(self._named & set(self._labels)) if self._labels else self._supergraph

    def _decided(self, active: frozenset[str]) -> Supergraph:
        return self._known.get(active) or self._known.put(active, decide(self._supergraph, active))

    def _drawn(self, label: str) -> bool:
        percent = label.removeprefix("percent(").removesuffix(")")
        return percent != label and self._chance() * 100 < float(percent)


def decide(supergraph: Supergraph, active: frozenset[str]) -> Supergraph:
    """The variant of the supergraph in which exactly these labels are active."""
    types = {name: _decided_type(type_, active) for name, type_ in supergraph.types.items()}
    return replace(supergraph, types=types, active_labels=active)


def _labels(supergraph: Supergraph) -> tuple[str, ...]:
    fields = (field for type_ in supergraph.types.values() for field in type_.fields.values())
    return tuple(dict.fromkeys(join.label for field in fields for join in field.subgraphs.values() if join.label))


def _decided_type(type_: Type, active: frozenset[str]) -> Type:
    fields = {name: _decided_field(field, active) for name, field in type_.fields.items()}
    return replace(type_, fields=fields)


def _decided_field(field: Field, active: frozenset[str]) -> Field:
    """The overriding subgraph resolves the field if the label is active, else the overridden one does."""
    subgraphs = {
        graph: replace(join, external=True) if join.label and join.overrides != (join.label in active) else join
        for graph, join in field.subgraphs.items()
    }
    return replace(field, subgraphs=subgraphs)
