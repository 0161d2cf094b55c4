"""The tree of the answer while it grows: finding objects in it, merging fetched parts into it."""

from collections.abc import Iterator
from typing import Any

from gateway.federation.planner.plan import Path
from gateway.federation.selection import TYPENAME

Json = Any
Place = tuple[str | int, ...]


def collect(data: Json, path: Path) -> list[dict[str, Json]]:
    """The objects at a path: lists are looked through, nulls and other types left out."""
    found: list[dict[str, Json]] = [data]
    for step in path:
        if isinstance(step, str):
            below: list[dict[str, Json]] = []
            for one in found:
                value = one.get(step)
                if type(value) is dict:
                    below.append(value)
                elif type(value) is list:
                    _flatten(value, below)
            found = below
        else:
            found = [one for one in found if is_one_of(one, step)]
    return found


def is_one_of(value: dict[str, Json], types: frozenset[str]) -> bool:
    """Whether an object says that it is of one of these types."""
    typename = value.get(TYPENAME)
    return type(typename) is str and typename in types


def _flatten(values: list[Json], into: list[dict[str, Json]]) -> None:
    for value in values:
        if type(value) is dict:
            into.append(value)
        elif type(value) is list:
            _flatten(value, into)


def locate(data: Json, path: Path) -> dict[int, list[Place]]:
    """Where each object of `collect` is, by identity; only needed when something went wrong."""
    found: list[tuple[Place, Json]] = [((), data)]
    for step in path:
        if isinstance(step, str):
            found = [below for place, one in found for below in _spread((*place, step), one.get(step))]
        else:
            found = [(place, one) for place, one in found if is_one_of(one, step)]
    places: dict[int, list[Place]] = {}
    for place, one in found:
        places.setdefault(id(one), []).append(place)
    return places


def _spread(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, dict):
        yield place, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _spread((*place, index), one)


def merge(into: dict[str, Json], part: dict[str, Json]) -> None:
    """Merge a fetched object into one of the tree; what is there and not null stays unless it can grow."""
    for key, value in part.items():
        known = into.get(key)
        if known is None:
            if value is not None or key not in into:
                into[key] = value
        elif type(known) is dict and type(value) is dict:
            merge(known, value)
        elif type(known) is list and type(value) is list:
            _merge_lists(known, value)


def _merge_lists(into: list[Json], part: list[Json]) -> None:
    for index, value in enumerate(part[: len(into)]):
        known = into[index]
        if type(known) is dict and type(value) is dict:
            merge(known, value)
        elif type(known) is list and type(value) is list:
            _merge_lists(known, value)
        elif known is None:
            into[index] = value
