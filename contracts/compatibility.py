"""What a released event has promised stays: within a version an event may gain properties, and nothing else.

A new enum value or a wider type is breaking too, for a consumer's own model may not know it. What must break becomes
a new event: a class `AcceptedV2` is `accepted-v2` on the wire, beside the old one until its consumers have moved.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts import registry

FOLDER = Path(__file__).resolve().parent / "released"
_WORDS = {"title", "description", "default", "examples", "$schema"}


def released() -> Path:
    """The folder of the last release's schemas."""
    return max(FOLDER.iterdir(), key=lambda folder: int(folder.name))


def files(release: int) -> Iterator[tuple[Path, str]]:
    """The schemas of today as a release keeps them."""
    for path, text in registry.files():
        if path.name.endswith(".schema.json"):
            yield FOLDER / str(release) / path.relative_to(registry.FOLDER), text


def broken() -> list[str]:
    """Every promise of the last release that the schemas of today do not keep."""
    now = {path.relative_to(registry.FOLDER): json.loads(text) for path, text in registry.files()}
    found: list[str] = []
    for path in sorted(released().rglob("*.schema.json")):
        name = path.relative_to(released())
        old = json.loads(path.read_text(encoding="utf-8"))
        found += breaking(old, now[name]) if name in now else [f"{old['title']}: gone"]
    return found


def breaking(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """How a new schema of an event breaks the old one; empty when every reader of the old can read the new."""
    return list(_breaking(_Place(old["title"], old, new), old, new))


class _Place:
    """Where in the two documents a comparison is."""

    def __init__(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.name = name
        self._roots = (old, new)

    def resolve(self, schemas: tuple[Mapping[str, Any], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        found = []
        for root, schema in zip(self._roots, schemas, strict=True):
            resolved = schema
            while "$ref" in resolved:
                resolved = root["$defs"][resolved["$ref"].rpartition("/")[2]]
            found.append(resolved)
        return found

    def at(self, step: str) -> "_Place":
        return _Place(f"{self.name}.{step}", *self._roots)


def _breaking(place: _Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    one, other = place.resolve((old, new))
    for name, schema in one.get("properties", {}).items():
        if name not in other.get("properties", {}):
            yield f"{place.name}.{name}: removed"
        else:
            yield from _breaking(place.at(name), schema, other["properties"][name])
    for name in set(one.get("required", ())) - set(other.get("required", ())):
        yield f"{place.name}.{name}: no longer always there"
    for word in ("items", "additionalProperties"):
        if isinstance(one.get(word), dict) and isinstance(other.get(word), dict):
            yield from _breaking(place.at(word), one[word], other[word])
    yield from _alternatives(place, one, other)
    for word in _plain(one) | _plain(other):
        if one.get(word) != other.get(word):
            yield f"{place.name}: {word} was {one.get(word)!r}, is {other.get(word)!r}"


def _alternatives(place: _Place, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    before, after = one.get("anyOf", []), other.get("anyOf", [])
    if len(before) != len(after):
        yield f"{place.name}: had {len(before)} alternatives, has {len(after)}"
        return
    for index, (left, right) in enumerate(zip(before, after, strict=True)):
        yield from _breaking(place.at(str(index)), left, right)


def _plain(schema: Mapping[str, Any]) -> set[str]:
    """The words of a schema that are compared as they are."""
    inner = {"properties", "required", "anyOf", "$defs", "$ref"} | _WORDS
    return {word for word, value in schema.items() if word not in inner and not isinstance(value, dict)}
