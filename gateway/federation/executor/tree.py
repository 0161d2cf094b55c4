"""The tree of the answer: find objects in it, merge fetched parts into it."""

from collections.abc import Iterator
from typing import Any

from gateway.federation.planner.plan import Path
from gateway.federation.selection import TYPENAME

Json = Any
Place = tuple[str | int, ...]


def collect(data: Json, path: Path) -> list[dict[str, Json]]:
    """The objects at a path; lists are flattened, nulls and objects of other types left out."""
    objects: list[dict[str, Json]] = [data]
    for step in path:
        if isinstance(step, str):
            below: list[dict[str, Json]] = []
            for object_ in objects:
                value = object_.get(step)
                if type(value) is dict:
                    below.append(value)
                elif type(value) is list:
                    _flatten(value, below)
            objects = below
        else:
            objects = [object_ for object_ in objects if is_one_of(object_, step)]
    return objects


def is_one_of(value: dict[str, Json], types: frozenset[str]) -> bool:
    """Whether an object's `__typename` is one of these types."""
    typename = value.get(TYPENAME)
    return type(typename) is str and typename in types


def _flatten(values: list[Json], into: list[dict[str, Json]]) -> None:
    for value in values:
        if type(value) is dict:
            into.append(value)
        elif type(value) is list:
            _flatten(value, into)


def locate(data: Json, path: Path) -> dict[int, list[Place]]:
    """The places of each object that `collect` finds, by `id()` of the object; needed for the paths of errors."""
    located: list[tuple[Place, Json]] = [((), data)]
    for step in path:
        if isinstance(step, str):
            located = [below for place, object_ in located for below in _spread((*place, step), object_.get(step))]
        else:
            located = [(place, object_) for place, object_ in located if is_one_of(object_, step)]
    places: dict[int, list[Place]] = {}
    for place, object_ in located:
        places.setdefault(id(object_), []).append(place)
    return places


def _spread(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, dict):
        yield place, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _spread((*place, index), item)


def merge(into: dict[str, Json], part: dict[str, Json], apart: list[Place], at: Place = ()) -> None:
    """Merge a fetched object into one of the tree: objects and lists recursively; other non-null values stay.

    Args:
        into: The object of the tree.
        part: The fetched one.
        apart: Gets the places, from `into`, of what is there already and is not the same: lists of another length,
            objects of another type, what is neither. Of them nothing is merged.
        at: The place of `into`.
    """
    if into.keys().isdisjoint(part):  # most often so
        into.update(part)
        return
    for key, value in part.items():
        present = into.get(key)
        if present is None:
            if value is not None or key not in into:
                into[key] = value
        elif type(present) is dict or type(present) is list:
            _merge_below(present, value, apart, (*at, key))


def copied(value: Json) -> Json:
    """A value whose objects and lists are its own."""
    if type(value) is dict:
        return {key: copied(below) for key, below in value.items()}
    return [copied(item) for item in value] if type(value) is list else value


def _merge_below(present: Json, value: Json, apart: list[Place], at: Place) -> None:
    if type(present) is dict and type(value) is dict:
        if _are_of_two_types(present, value):
            apart.append(at)
        else:
            merge(present, value, apart, at)
    elif type(present) is list and type(value) is list:
        if len(present) != len(value):
            apart.append(at)
        else:
            _merge_items(present, value, apart, at)
    elif value is not None and (type(present) is dict or type(present) is list):
        apart.append(at)


def _merge_items(into: list[Json], part: list[Json], apart: list[Place], at: Place) -> None:
    for index, value in enumerate(part):
        if into[index] is None:
            into[index] = value
        else:
            _merge_below(into[index], value, apart, (*at, index))


def _are_of_two_types(first: dict[str, Json], second: dict[str, Json]) -> bool:
    typename = first.get(TYPENAME)
    return typename is not None and second.get(TYPENAME, typename) != typename
