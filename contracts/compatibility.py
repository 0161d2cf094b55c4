"""Compatibility of events with the last release: within a version an event may gain properties, and nothing else.

A new enum value or a wider type breaks too, because a consumer's model may not accept it. A breaking change is made by
a new event: a class `AcceptedV2` is `accepted-v2` on the wire, sent beside the old one until its consumers have moved.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts import registry

FOLDER = Path(__file__).resolve().parent / "released"
_ANNOTATIONS = {"title", "description", "default", "examples", "$schema"}


def released() -> Path:
    """The folder of the last release's schemas."""
    return max(FOLDER.iterdir(), key=lambda folder: int(folder.name))


def files(release: int) -> Iterator[tuple[Path, str]]:
    """The schemas as the code generates them, under the paths of a release.

    Args:
        release: The number of the release.
    """
    for path, text in registry.files():
        if path.name.endswith(".schema.json"):
            yield FOLDER / str(release) / path.relative_to(registry.FOLDER), text


def broken() -> list[str]:
    """How the schemas as the code generates them break those of the last release."""
    current = {path.relative_to(registry.FOLDER): json.loads(text) for path, text in registry.files()}
    changes: list[str] = []
    for path in sorted(released().rglob("*.schema.json")):
        name = path.relative_to(released())
        old = json.loads(path.read_text(encoding="utf-8"))
        changes += breaking(old, current[name]) if name in current else [f"{old['title']}: gone"]
    return changes


def breaking(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """How a new schema of an event breaks the old one; empty where every reader of the old one can read the new.

    Args:
        old: The released JSON Schema.
        new: The JSON Schema as the code generates it.
    """
    return list(_breaking(_Place(old["title"], old, new), old, new))


class _Place:
    """A position in two schema documents that are compared."""

    def __init__(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.name = name
        self._roots = (old, new)

    def resolve(self, schemas: tuple[Mapping[str, Any], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        resolved_schemas = []
        for root, schema in zip(self._roots, schemas, strict=True):
            resolved = schema
            while "$ref" in resolved:
                resolved = root["$defs"][resolved["$ref"].rpartition("/")[2]]
            resolved_schemas.append(resolved)
        return resolved_schemas

    def at(self, step: str) -> "_Place":
        return _Place(f"{self.name}.{step}", *self._roots)


def _breaking(place: _Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    old, new = place.resolve((old, new))
    for name, schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{place.name}.{name}: removed"
        else:
            yield from _breaking(place.at(name), schema, new["properties"][name])
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        yield f"{place.name}.{name}: no longer always there"
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
            yield from _breaking(place.at(keyword), old[keyword], new[keyword])
    yield from _alternatives(place, old, new)
    for keyword in _plain_keywords(old) | _plain_keywords(new):
        if old.get(keyword) != new.get(keyword):
            yield f"{place.name}: {keyword} was {old.get(keyword)!r}, is {new.get(keyword)!r}"


def _alternatives(place: _Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = old.get("anyOf", []), new.get("anyOf", [])
    if len(before) != len(after):
        yield f"{place.name}: had {len(before)} alternatives, has {len(after)}"
        return
    for index, (left, right) in enumerate(zip(before, after, strict=True)):
        yield from _breaking(place.at(str(index)), left, right)


def _plain_keywords(schema: Mapping[str, Any]) -> set[str]:
    """The keywords of a schema whose values are compared for equality."""
    inner = {"properties", "required", "anyOf", "$defs", "$ref"} | _ANNOTATIONS
    return {keyword for keyword, value in schema.items() if keyword not in inner and not isinstance(value, dict)}
