"""The registry of events: producer, class, JSON Schema and golden example of each (docs/events.md)."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from chassis.events import event_name
from gateway.identity import messaging as gateway
from services.assessment.messaging import tasks as assessment
from services.catalog import messaging as catalog
from services.enrollment.messaging import tasks as enrollment

FOLDER = Path(__file__).resolve().parent / "events"
VERSION = "v1"
_PRODUCERS = (catalog, enrollment, assessment, gateway)
_EXAMPLES: dict[type, Any] = {
    str: "example",
    int: 1,
    float: 0.5,
    bool: True,
    date: date(2024, 6, 3),
    datetime: datetime.fromisoformat("2024-05-20T09:00:00+08:00"),
    type(None): None,
}
_BY_NAME = {
    "account": "018f3b2c4d5e0a1b2c3d4e5f6077",
    "base": "018f3b2c4d5e0a1b2c3d4e5f6071",
    "base_name": "南方师范大学双师型教师培训基地",
    "before": 20,
    "capacity": 50,
    "class_hours": 56,
    "code": "2024-DT-0001",
    "days": 7,
    "decided": "REJECTED",
    "enrollment": "018f6a1b2c3d0a1b2c3d4e5f6073",
    "expert": "018f3b2c4d5e0a1b2c3d4e5f6075",
    "fee": 260_000,
    "hours": 8,
    "finding": "018f8c3d4e5f0a1b2c3d4e5f6078",
    "id": "s1",
    "inspection": "2024-1",
    "limit": 18,
    "login": "3144000011",
    "major_category": 6,
    "organization": "4144000001",
    "organization_name": "南方师范大学",
    "override": "基地逾期未决",
    "project": "018f4c3d5e6f0a1b2c3d4e5f6072",
    "province": "44",
    "reason": "工作安排调整",
    "review": "018f4c3d5e6f0a1b2c3d4e5f6076",
    "roster": "018f7b2c3d4e0a1b2c3d4e5f6077",
    "revised": "ACCEPTED",
    "rule": "national-2024-1",
    "school": "3144000011",
    "score": 88,
    "series": "018f4c3d5e6f0a1b2c3d4e5f6072",
    "session": "s1",
    "state": "COMMITTED",
    "status": "RUNNING",
    "teacher": "018f5d4e6f700a1b2c3d4e5f6074",
    "title": "智能制造专业教学能力提升",
    "used": 12,
    "venue_province": "44",
    "year": 2024,
}
"""The value of a field in golden examples, by the field's name."""


def events() -> Iterator[tuple[str, type]]:
    """Every event as `(producer, class)`."""
    for producer in _PRODUCERS:
        for kind in producer.EMITTED:
            yield producer.SERVICE, kind


def files() -> Iterator[tuple[Path, str]]:
    """The JSON Schema and the golden example of every event, as files and their texts."""
    for producer, kind in events():
        stem = FOLDER / producer / f"{event_name(kind)}.{VERSION}"
        yield stem.with_name(f"{stem.name}.schema.json"), _text(schema(producer, kind))
        yield stem.with_name(f"{stem.name}.example.json"), _text(msgspec.to_builtins(example(kind)))


def schema(producer: str, kind: type) -> dict[str, Any]:
    """The JSON Schema of an event's payload; further properties are allowed, for an event may gain some.

    Args:
        producer: The service that sends it.
        kind: The event's class.
    """
    body = msgspec.json.schema(kind)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{producer}.{event_name(kind)}"}
    return head | body


def example(kind: Any) -> Any:
    """A value of a type, the same at every call: the golden example that consumers are tested with.

    Raises:
        TypeError: There is no example for such a type.
    """
    if kind in _EXAMPLES:
        return _EXAMPLES[kind]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = {field.name: _field(field.name, hints[field.name]) for field in dataclasses.fields(kind)}
        return typing.cast("Any", kind)(**fields)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return _generic(kind)


def _field(name: str, kind: Any) -> Any:
    named = _BY_NAME.get(name)
    if named is None or (isinstance(kind, type) and issubclass(kind, Enum) and named not in kind.__members__):
        return example(kind)
    return named


def _generic(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return example(arguments[0])
    if origin is dict:
        return {example(arguments[0]): example(arguments[1])}
    if origin in (tuple, list):
        return origin([example(arguments[0])])
    raise TypeError(f"no example for {kind!r}")


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
