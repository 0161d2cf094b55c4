"""Compile the function from an object of the answer to its representation: key and required fields."""

from collections.abc import Callable

from gateway.federation.model import Supergraph
from gateway.federation.planner.place import Place
from gateway.federation.planner.plan import Json, Represent
from gateway.federation.selection import TYPENAME, Selected, Selection

_MISSING = object()
_Read = Callable[[Json], Json]
_Part = tuple[str, str, _Read | None, bool]


def representer(
    graph: Supergraph, place: Place, fields: tuple[Selection, ...], *, typename: str, objects: str, subgraph: str
) -> Represent:
    """The function from an object to its representation; it returns None if a key or required field is missing.

    Args:
        graph: The supergraph.
        place: The place of the objects.
        fields: The selection of the key, then those of required fields.
        typename: `__typename` of the representations.
        objects: The type of the objects in the subgraph that they come from.
        subgraph: The subgraph that they are sent to; a key field that is non-null there must not be null.
    """
    keys = {selected.name for selected in fields[0].fields}
    strict = {
        name
        for name in keys
        if (join := graph.join(subgraph, typename, name)) is None or join.returns.endswith("!") or len(keys) == 1
    }
    parts: dict[str, _Part] = {}
    for selection in fields:
        for part in _parts(graph, place, objects, selection.fields):
            parts[part[0]] = (*part[:3], part[0] in strict)
    compiled = tuple(parts.values())
    if len(compiled) == 1 and compiled[0][2] is None and compiled[0][3]:
        return _by_one_key(typename, *compiled[0][:2])

    def represent(value: dict[str, Json]) -> dict[str, Json] | None:
        representation = {TYPENAME: typename}
        for name, key, read, needed in compiled:
            part = value.get(key, _MISSING)
            if part is not None and read is not None and part is not _MISSING:
                part = read(part)
            if part is _MISSING or (part is None and needed):
                return None
            representation[name] = part
        return representation

    return represent


def _by_one_key(typename: str, name: str, key: str) -> Represent:
    """The function for a key of one field without fields below, as most are."""

    def represent(value: dict[str, Json]) -> dict[str, Json] | None:
        part = value.get(key)
        return None if part is None else {TYPENAME: typename, name: part}

    return represent


def _parts(graph: Supergraph, place: Place, objects: str, fields: tuple[Selected, ...]) -> list[_Part]:
    """The fields that objects of a type have; fields of one name are read together."""
    below: dict[str, list[Selection]] = {}
    keys: dict[str, str] = {}
    possible = graph.possible(objects)
    for selected in fields:
        if possible & selected.on:
            keys[selected.name] = place.known(_known_as(objects, selected), selected.name, selected.arguments, None)
            below.setdefault(selected.name, []).extend([selected.selection] if selected.selection else [])
    return [
        (name, key, _reader(graph, place.child(key), below[name]) if below[name] else None, False)
        for name, key in keys.items()
    ]


def _known_as(objects: str, selected: Selected) -> str:
    """The type under which a field's internal key is registered: the type itself, or one of its objects."""
    return objects if objects in selected.on else min(selected.on)


def _reader(graph: Supergraph, place: Place, selections: list[Selection]) -> _Read:
    type_name = max((selection.type for selection in selections), key=lambda name: len(graph.possible(name)))
    fields = tuple(selected for selection in selections for selected in selection.fields)
    if graph.types[type_name].kind == "object":
        return _object_reader(tuple(_parts(graph, place, type_name, fields)), None)
    readers = {
        name: _object_reader(tuple(_parts(graph, place, name, fields)), name) for name in graph.possible(type_name)
    }
    return _abstract_reader(readers)


def _object_reader(parts: tuple[_Part, ...], typename: str | None) -> _Read:
    def read(value: Json) -> Json:
        if isinstance(value, list):
            return _read_items(value, read)
        if not isinstance(value, dict):
            return _MISSING
        representation = {} if typename is None else {TYPENAME: typename}
        for name, key, below, _ in parts:
            part = value.get(key, _MISSING)
            if part is not None and below is not None and part is not _MISSING:
                part = below(part)
            if part is _MISSING:
                return _MISSING
            representation[name] = part
        return representation

    return read


def _abstract_reader(readers: dict[str, _Read]) -> _Read:
    def read(value: Json) -> Json:
        if isinstance(value, list):
            return _read_items(value, read)
        typename = value.get(TYPENAME) if isinstance(value, dict) else None
        reader = readers.get(typename) if isinstance(typename, str) else None
        return _MISSING if reader is None else reader(value)

    return read


def _read_items(values: list[Json], read: _Read) -> Json:
    items = [None if value is None else read(value) for value in values]
    return _MISSING if any(item is _MISSING for item in items) else items
