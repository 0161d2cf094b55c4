"""Progressive `@override`: which subgraph resolves a labelled field, decided anew for each request.

A label `percent(5)` holds for 5 % of the requests; any other label holds where a setting names it.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from chassis.cache import Cache
from gateway.federation.model import Field, Supergraph, Type

_MOST_VARIANTS = 64


class Overrides:
    """The supergraph under every set of labels that requests bring up.

    Args:
        supergraph: As it was read.
        labels: Labels that hold for every request, beside the drawn ones.
        chance: A number from 0 up to 1, drawn once a request and label.
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
        """The supergraph for one request."""
        if not self._labels:
            return self._supergraph
        return self._decided(frozenset(one for one in self._labels if one in self._named or self._drawn(one)))

    def plain(self) -> Supergraph:
        """The supergraph for people: nothing is drawn, only the labels of every request hold."""
        return self._decided(self._named & set(self._labels)) if self._labels else self._supergraph

    def _decided(self, active: frozenset[str]) -> Supergraph:
        return self._known.get(active) or self._known.put(active, decide(self._supergraph, active))

    def _drawn(self, label: str) -> bool:
        percent = label.removeprefix("percent(").removesuffix(")")
        return percent != label and self._chance() * 100 < float(percent)


def decide(supergraph: Supergraph, active: frozenset[str]) -> Supergraph:
    """The supergraph in which these labels hold, and no others."""
    types = {name: _decided_type(one, active) for name, one in supergraph.types.items()}
    return replace(supergraph, types=types, active_labels=active)


def _labels(supergraph: Supergraph) -> tuple[str, ...]:
    fields = (field for one in supergraph.types.values() for field in one.fields.values())
    return tuple(dict.fromkeys(join.label for field in fields for join in field.subgraphs.values() if join.label))


def _decided_type(one: Type, active: frozenset[str]) -> Type:
    fields = {name: _decided_field(field, active) for name, field in one.fields.items()}
    return replace(one, fields=fields)


def _decided_field(field: Field, active: frozenset[str]) -> Field:
    """Of the two sides of a label, the overriding one resolves the field where the label holds, else the other."""
    subgraphs = {
        graph: replace(join, external=True) if join.label and join.overrides != (join.label in active) else join
        for graph, join in field.subgraphs.items()
    }
    return replace(field, subgraphs=subgraphs)
