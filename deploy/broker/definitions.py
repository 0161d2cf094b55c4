"""The one definitions file of the broker, generated from the reference data (`make definitions`; notes N23–N27).

The file is committed without any password: whoever starts a broker fills in the hashes.
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
from gateway.identity import messaging as gateway
from kernel.reference import provinces
from services.assessment.messaging import tasks as assessment
from services.catalog import messaging as catalog
from services.enrollment.messaging import tasks as enrollment

FILE = Path(__file__).resolve().parent / "definitions.json"
ADMIN = "admin"
SERVICES = ("catalog", "enrollment", "assessment", "gateway")
INTERNAL_QUEUES: dict[str, tuple[str, ...]] = catalog.QUEUES | enrollment.QUEUES | assessment.QUEUES | gateway.QUEUES
"""The services' own queues and their bindings: there before anything is published, so that no first event is lost."""
PROVINCE_QUEUE_LENGTH = 200_000
_VHOST = "/"


def definitions() -> dict[str, Any]:
    """Users, permissions, exchanges and queues, as `definitions.json` has them."""
    subscribers = [_user(queue_of(code)) for code in provinces()]
    return {
        "users": [_user(ADMIN, "administrator"), *map(_user, SERVICES), *subscribers],
        "vhosts": [{"name": _VHOST}],
        "permissions": [_may(ADMIN, ".*", ".*", ".*"), *map(_service_may, SERVICES), *map(province_may, provinces())],
        "topic_permissions": [_topics(name) for name in SERVICES],
        **topology(),
    }


def text() -> str:
    """The text of the committed file."""
    return json.dumps(definitions(), ensure_ascii=False, indent=2) + "\n"


def with_passwords(password_of: Callable[[str], str]) -> dict[str, Any]:
    """The committed definitions with a fresh salted hash of each user's password, ready for a broker.

    Args:
        password_of: User to password.
    """
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    found["users"] = [user | _hash(password_of(user["name"])) for user in found["users"]]
    return found


def topology() -> dict[str, Any]:
    """Exchanges, dead letters, the services' and the provinces' queues: what any virtual host of ours holds."""
    return {
        "exchanges": [_exchange(EVENTS), _exchange(DEAD)],
        "queues": [
            _queue(DEAD, **GRAVE),
            *(_queue(name, **INTERNAL) for name in INTERNAL_QUEUES),
            *(_province_queue(code) for code in provinces()),
        ],
        "bindings": [
            _binding(DEAD, DEAD, "#"),
            *(_binding(EVENTS, name, key) for name, keys in INTERNAL_QUEUES.items() for key in keys),
        ],
    }


def declare(url: str) -> None:
    """Declare the topology on a broker that was given by its URL; its users are its operator's."""
    with ThreadPoolExecutor(1) as pool:  # a loop of its own, wherever we are called from
        pool.submit(asyncio.run, _declare(url)).result()


async def _declare(url: str) -> None:
    connection = await connect(url, "guopei-local")
    async with connection:
        channel = await connection.channel()
        await declare_topology(channel)
        for name, bindings in INTERNAL_QUEUES.items():
            await declare_queue(channel, name, bindings)
        for code in provinces():
            await channel.declare_queue(queue_of(code), durable=True, arguments=_province_queue(code)["arguments"])


def queue_of(province: str) -> str:
    """The name of a province's queue, and of the one user that may read it."""
    return f"province.{province}"


def province_may(code: str) -> dict[str, Any]:
    """A province's user reads its own queue: it declares, binds and publishes nothing (notes N26)."""
    return _may(queue_of(code), "^$", "^$", rf"^province\.{code}$")


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
    """Bounded, dropping its oldest, so that one dead subscriber never stops the nation."""
    return _queue(queue_of(code), **{"x-max-length": PROVINCE_QUEUE_LENGTH, "x-overflow": "drop-head"})


def _may(user: str, configure: str, write: str, read: str) -> dict[str, Any]:
    return {"user": user, "vhost": _VHOST, "configure": configure, "write": write, "read": read}


def _service_may(name: str) -> dict[str, Any]:
    """Its own queues and the shared exchanges; enrollment also publishes to the provinces through the default one."""
    own = rf"^({name}\..*|training\..*)$"
    writes = rf"^({name}\..*|training\..*|amq\.default)$" if name == "enrollment" else own
    return _may(name, own, writes, own)


def _topics(name: str) -> dict[str, Any]:
    """A service tells its own events and nobody else's, whatever it hears (R40)."""
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
