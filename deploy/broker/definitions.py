"""The broker's definitions, generated from reference data and the services' queues (notes N23–N27).

`make definitions` writes `definitions.json`, which holds no passwords: their hashes are added where a broker starts.
"""

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chassis.messaging.amqp import DEAD, EVENTS, GRAVE, INTERNAL, connect, declare_queue, declare_topology
from chassis.messaging.generation import declare_generation, generation_of
from gateway.identity import messaging as gateway
from kernel.reference import provinces
from services.assessment.messaging import tasks as assessment
from services.catalog import messaging as catalog
from services.enrollment.messaging import tasks as enrollment

FILE = Path(__file__).resolve().parent / "definitions.json"
ADMIN = "admin"
SERVICES = ("catalog", "enrollment", "assessment", "gateway")
INTERNAL_QUEUES: dict[str, tuple[str, ...]] = catalog.QUEUES | enrollment.QUEUES | assessment.QUEUES | gateway.QUEUES
"""Queue to binding keys of every service: declared before anything is published, so that no event is lost (ADR 4)."""
_GENERATIONS = tuple(map(generation_of, SERVICES))
PROVINCE_QUEUE_LENGTH = 200_000
"""Messages."""
_VHOST = "/"


def definitions() -> dict[str, Any]:
    """The content of `definitions.json`: users, permissions, exchanges, queues and bindings."""
    subscribers = [_user(queue_of(code)) for code in provinces()]
    return {
        "users": [_user(ADMIN, "administrator"), *map(_user, SERVICES), *subscribers],
        "vhosts": [{"name": _VHOST}],
        "permissions": [
            _permission(ADMIN, ".*", ".*", ".*"),
            *map(_service_permission, SERVICES),
            *map(province_permission, provinces()),
        ],
        "topic_permissions": [_topics(name) for name in SERVICES],
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
        "exchanges": [_exchange(EVENTS), _exchange(DEAD), *map(_exchange, _GENERATIONS)],
        "queues": [
            _queue(DEAD, **GRAVE),
            *(_queue(name, **INTERNAL) for name in INTERNAL_QUEUES),
            *(_queue(name, **GRAVE) for name in _GENERATIONS),
            *(_province_queue(code) for code in provinces()),
        ],
        "bindings": [
            _binding(DEAD, DEAD, "#"),
            *(_binding(EVENTS, name, key) for name, keys in INTERNAL_QUEUES.items() for key in keys),
            *(_binding(name, name, "#") for name in _GENERATIONS),
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
        for service in SERVICES:
            await declare_generation(channel, service)
        for name, bindings in INTERNAL_QUEUES.items():
            await declare_queue(channel, name, bindings)
        for code in provinces():
            await channel.declare_queue(queue_of(code), durable=True, arguments=_province_queue(code)["arguments"])


def queue_of(province: str) -> str:
    """The name of a province's queue, and of the one user that may read it."""
    return f"province.{province}"


def province_permission(code: str) -> dict[str, Any]:
    """A province's user may read its own queue, and neither declare, bind nor publish anything (notes N26)."""
    return _permission(queue_of(code), "^$", "^$", rf"^province\.{code}$")


def _exchange(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": _VHOST,
        "type": "topic",
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
    """Its own queues and the shared exchanges, to read, write and bind; it declares and deletes nothing (ADR 43).

    Enrollment also publishes to provinces' queues, by `amq.default`.
    """
    own = rf"^({name}\..*|training\..*)$"
    writes = rf"^({name}\..*|training\..*|amq\.default)$" if name == "enrollment" else own
    return _permission(name, "^$", writes, own)


def _topics(name: str) -> dict[str, Any]:
    """A service may publish its own events only, and read all (R40)."""
    return {"user": name, "vhost": _VHOST, "exchange": EVENTS, "write": rf"^{name}\.", "read": ".*"}


def _user(name: str, *tags: str) -> dict[str, Any]:
    return {"name": name, "tags": list(tags)}


def _hash(password: str) -> dict[str, str]:
    salt = os.urandom(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
    }
