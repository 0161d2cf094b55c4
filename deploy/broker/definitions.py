"""The broker's definitions, generated from reference data and the services' queues (notes N23–N27).

`make definitions` writes `definitions.json`, which holds no passwords: their hashes are added where a broker starts.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aio_pika import ExchangeType

from chassis.messaging.amqp import DEAD, EVENTS, GRAVE, INTERNAL, PROVINCES, connect, declare_queue, declare_topology
from chassis.messaging.generation import GENERATION, declare_generation, generation_of
from deploy.processes import PRODUCERS
from gateway.identity import messaging as gateway
from kernel.reference import provinces
from services.assessment.messaging import tasks as assessment
from services.catalog import messaging as catalog
from services.enrollment.messaging import tasks as enrollment

FILE = Path(__file__).resolve().parent / "definitions.json"
ADMIN = "admin"
INTERNAL_QUEUES: dict[str, tuple[str, ...]] = catalog.QUEUES | enrollment.QUEUES | assessment.QUEUES | gateway.QUEUES
"""Queue to binding keys of every service: declared before anything is published, so that no event is lost (ADR 4)."""
PROVINCE_QUEUE_LENGTH = 200_000
"""Messages."""
_VHOST = "/"


def definitions() -> dict[str, Any]:
    """The content of `definitions.json`: users, permissions, exchanges, queues and bindings."""
    subscribers = [_user(queue_of(code)) for code in provinces()]
    return {
        "users": [_user(ADMIN, "administrator"), *map(_user, PRODUCERS), *subscribers],
        "vhosts": [{"name": _VHOST}],
        "permissions": [
            _permission(ADMIN, ".*", ".*", ".*"),
            *map(_service_permission, PRODUCERS),
            *map(province_permission, provinces()),
        ],
        "topic_permissions": [row for name in PRODUCERS for row in _topics(name)],
        **topology(),
    }


def text() -> str:
    """The text of `definitions.json`."""
    return json.dumps(definitions(), ensure_ascii=False, indent=2) + "\n"


def with_passwords(password_of: Callable[[str], str]) -> dict[str, Any]:
    """The definitions of the file, with a newly salted hash of each user's password.

    Args:
        password_of: A user's password, by the user's name.
    """
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    content["users"] = [user | _hash(password_of(user["name"])) for user in content["users"]]
    return content


def topology() -> dict[str, Any]:
    """The exchanges, queues and bindings that every virtual host of ours has."""
    return {
        "exchanges": [
            *(_exchange(name, ExchangeType.TOPIC) for name in (EVENTS, DEAD, GENERATION)),
            _exchange(PROVINCES, ExchangeType.DIRECT),
        ],
        "queues": [
            _queue(DEAD, **GRAVE),
            *(_queue(name, **INTERNAL) for name in INTERNAL_QUEUES),
            *(_queue(generation_of(service), **GRAVE) for service in PRODUCERS),
            *(_province_queue(code) for code in provinces()),
        ],
        "bindings": [
            _binding(DEAD, DEAD, "#"),
            *(_binding(EVENTS, name, key) for name, keys in INTERNAL_QUEUES.items() for key in keys),
            *(_binding(GENERATION, generation_of(service), generation_of(service)) for service in PRODUCERS),
            *(_binding(PROVINCES, queue_of(code), queue_of(code)) for code in provinces()),
        ],
    }


def declare(url: str) -> None:
    """Declare the topology on a broker that is not ours to configure (`AMQP_URL`); users are its operator's matter."""
    with ThreadPoolExecutor(1) as pool:  # an event loop of its own, for the caller may be inside one
        pool.submit(asyncio.run, _declare(url)).result()


async def _declare(url: str) -> None:
    connection = await connect(url, "guopei-local")
    async with connection:
        channel = await connection.channel()
        await declare_topology(channel)
        for service in PRODUCERS:
            await declare_generation(channel, service)
        for name, bindings in INTERNAL_QUEUES.items():
            await declare_queue(channel, name, bindings)
        exchange = await channel.declare_exchange(PROVINCES, ExchangeType.DIRECT, durable=True)
        for code in provinces():
            arguments = _province_queue(code)["arguments"]
            queue = await channel.declare_queue(queue_of(code), durable=True, arguments=arguments)
            await queue.bind(exchange, queue.name)


def queue_of(province: str) -> str:
    """The name of a province's queue, and of the one user that may read it."""
    return f"province.{province}"


def province_permission(code: str) -> dict[str, Any]:
    """A province's user may read its own queue, and neither declare, bind nor publish anything (notes N26)."""
    return _permission(queue_of(code), "^$", "^$", rf"^province\.{code}$")


def _exchange(name: str, kind: ExchangeType) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": _VHOST,
        "type": kind.value,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _binding(exchange: str, queue: str, key: str) -> dict[str, Any]:
    return {
        "source": exchange,
        "vhost": _VHOST,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }


def _queue(name: str, **arguments: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": _VHOST,
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": "quorum"} | arguments,
    }


def _province_queue(code: str) -> dict[str, Any]:
    """Bounded, and its oldest messages are dropped: a subscriber that is away must not fill the broker's disk (R27)."""
    return _queue(queue_of(code), **{"x-max-length": PROVINCE_QUEUE_LENGTH, "x-overflow": "drop-head"})


def _permission(user: str, configure: str, write: str, read: str) -> dict[str, Any]:
    return {"user": user, "vhost": _VHOST, "configure": configure, "write": write, "read": read}


def _service_permission(name: str) -> dict[str, Any]:
    """It reads its own queues and publishes to the exchanges that it needs, nothing else (ADR 68).

    Who could write to a queue could unbind it, who could read an exchange could bind it, and who could write to the
    default exchange could reach every queue.
    """
    exchanges = (EVENTS, GENERATION, PROVINCES) if name == "enrollment" else (EVENTS, GENERATION)
    writes = "|".join(map(re.escape, exchanges))
    return _permission(name, "^$", f"^({writes})$", rf"^{name}\.")


def _topics(name: str) -> list[dict[str, Any]]:
    """A service may publish its own events and its own mark only (R40, ADR 66)."""
    rights = {"write": rf"^{name}\.", "read": "^$"}
    return [{"user": name, "vhost": _VHOST, "exchange": exchange, **rights} for exchange in (EVENTS, GENERATION)]


def _user(name: str, *tags: str) -> dict[str, Any]:
    return {"name": name, "tags": list(tags)}


def _hash(password: str) -> dict[str, str]:
    salt = os.urandom(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
    }
