"""`contracts/asyncapi.yaml`: the events as an AsyncAPI 3.0 document, generated from the registry (notes N29)."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from chassis.events import event_name
from chassis.messaging.amqp import EVENTS
from contracts import registry
from kernel.reference import provinces
from services.enrollment.messaging.feed_publisher import NOT_FOR_PROVINCES

FILE = Path(__file__).resolve().parent / "asyncapi.yaml"
_TEXT = {"type": "string"}
_HEADERS: dict[str, dict[str, Any]] = {
    "specversion": {"const": "1.0"},
    "id": {"description": "Same on every republish", **_TEXT},
    "source": {"description": "/<producer>", **_TEXT},
    "type": {"description": "<producer>.<event>", **_TEXT},
    "subject": {"description": "The aggregate's id", **_TEXT},
    "time": {"format": "date-time", **_TEXT},
    "province": {"description": "Two digits; 00 where there is none", "pattern": "^[0-9]{2}$", **_TEXT},
    "aggregateversion": {"type": "integer", "minimum": 1},
    "traceparent": {"description": "W3C Trace Context", **_TEXT},
    "requestid": {"description": "Id of the request, where a proxy gave one", **_TEXT},
    "actor": {"description": "Who acted, as JSON; not in a province's queue", **_TEXT},
    "timeline": {
        "description": "Where the producer's database was restored from an older copy: in which of its pasts it was "
        "written; without it in the first",
        "type": "integer",
        "minimum": 1,
    },
    "restoredto": {
        "description": "Up to when that copy reached; with `timeline` only",
        "format": "date-time",
        **_TEXT,
    },
    "sequence": {
        "description": "In a province's queue only: 1, 2, 3 … without a gap",
        "type": "integer",
        "minimum": 1,
    },
    "cursor": {"description": "In a province's queue only: what to replay after", **_TEXT},
    "epoch": {
        "description": "In a province's queue only: what the number belongs to, since a restore; without it 0",
        "type": "integer",
        "minimum": 1,
    },
    "epochbase": {
        "description": "With `epoch` only: the last number of the epochs before that was kept",
        "type": "integer",
        "minimum": 0,
    },
}
_REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "province", "aggregateversion")


def files() -> Iterator[tuple[Path, str]]:
    """The document's file and its text."""
    yield FILE, yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def document() -> dict[str, Any]:
    """The document as an object, ready for YAML."""
    names = {f"{producer}.{event_name(kind)}": (producer, kind) for producer, kind in registry.events()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guopei Graph events",
            "version": registry.VERSION.removeprefix("v"),
            "description": "CloudEvents 1.0 over AMQP 0-9-1, binary mode. See docs/events.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _event_channel(name) for name in names} | {"province": _province_channel(list(names))},
        "operations": {f"send.{name}": _operation("send", name, [name]) for name in names}
        | {"receive.province": _operation("receive", "province", _for_provinces(list(names)))},
        "components": {
            "messages": {name: _message(*event) for name, event in names.items()},
            "messageTraits": {"cloudEvent": {"headers": _headers(_HEADERS, _REQUIRED)}},
            "parameters": {"province": {"description": "Two digits", "enum": ["00", *provinces()]}},
        },
    }


def _event_channel(name: str) -> dict[str, Any]:
    exchange = {"name": EVENTS, "type": "topic", "durable": True}
    return {
        "address": f"{name}.{{province}}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {"province": {"$ref": "#/components/parameters/province"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _province_channel(names: list[str]) -> dict[str, Any]:
    queue = {"name": "province.{province}", "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": "province.{province}",
        "description": "A province's own queue: it may be read, nothing else",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _for_provinces(names)},
        "parameters": {"province": {"$ref": "#/components/parameters/province"}},
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": "0.3.0"}},
    }


def _message(producer: str, kind: type) -> dict[str, Any]:
    name = event_name(kind)
    return {
        "name": f"{producer}.{name}",
        "summary": summary(kind),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"./events/{producer}/{name}.{registry.VERSION}.schema.json"},
    }


def summary(kind: type) -> str:
    """The first line of an event's docstring."""
    return (inspect.getdoc(kind) or "").splitlines()[0]


def _operation(action: str, channel: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def _headers(fields: dict[str, dict[str, Any]], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [f"cloudEvents_{name}" for name in required],
        "properties": {f"cloudEvents_{name}": schema for name, schema in fields.items()},
    }


def _for_provinces(names: list[str]) -> list[str]:
    return [name for name in names if name not in NOT_FOR_PROVINCES]
