"""Virtual hosts of the broker, lent to one test after another: making one costs more than most tests."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chassis.messaging.amqp import connect
from deploy.broker.definitions import ADMIN
from deploy.local.process import StartFailed
from deploy.local.rabbitmq import RabbitMQ
from tests.support.eventually import eventually

_SECONDS = 10.0
Definitions = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Vhost:
    """A virtual host as every borrower finds it: its definitions, and no message."""

    name: str
    url: str
    definitions: Definitions


class Vhosts:
    """Virtual hosts of one topology. Each has one borrower at a time and is emptied when it comes back.

    Args:
        rabbitmq: The broker.
        prepare: What a new virtual host needs besides the suite's topology, done with its URL.
    """

    def __init__(self, rabbitmq: RabbitMQ, prepare: Callable[[str], Awaitable[None]] | None = None) -> None:
        self._rabbitmq = rabbitmq
        self._prepare = prepare
        self._free: list[_Vhost] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        """The administrator's URL of a virtual host that nobody else uses; it is dropped if it does not get empty."""
        vhost = self._free.pop() if self._free else await self._create()
        try:
            yield vhost.url
        finally:
            try:
                await self._restore(vhost)
            except (AssertionError, StartFailed):
                self._rabbitmq.delete_vhost(vhost.name)
            else:
                self._free.append(vhost)

    async def _create(self) -> _Vhost:
        name = f"test-{secrets.token_hex(6)}"
        url = self._rabbitmq.add_vhost(name)
        if self._prepare:
            await self._prepare(url)
        return _Vhost(name, url, self._definitions(name))

    async def _restore(self, vhost: _Vhost) -> None:
        """Remove what a borrower has left.

        Raises:
            AssertionError: A connection stays open, a definition is gone or changed, or messages keep coming.
            StartFailed: The broker refuses to remove something.
        """
        await eventually(lambda: not self._connections(vhost.name), deadline=_SECONDS)
        for kind in ("queues", "exchanges"):
            names = {row["name"] for row in vhost.definitions[kind]}
            for row in self._definitions(vhost.name)[kind]:
                if row["name"] not in names:
                    self._rabbitmq.manage("DELETE", f"/api/{kind}/{vhost.name}/{row['name']}")
        assert self._definitions(vhost.name) == vhost.definitions
        async with await connect(vhost.url, "tests.vhosts") as connection:
            channel = await connection.channel()

            async def empty() -> bool:
                left = False
                for row in vhost.definitions["queues"]:
                    queue = await channel.declare_queue(row["name"], passive=True)
                    if queue.declaration_result.message_count or queue.declaration_result.consumer_count:
                        left = True
                        await queue.purge()
                return not left

            await eventually(empty, deadline=_SECONDS)

    def _connections(self, name: str) -> list[str]:
        """The open connections, as the broker itself tracks them and not as its statistics lag."""
        rows = self._rabbitmq.manage("GET", f"/api/connections/username/{ADMIN}")
        return [row["name"] for row in rows if row["vhost"] == name]

    def _definitions(self, name: str) -> Definitions:
        found: Definitions = self._rabbitmq.manage("GET", f"/api/definitions/{name}")
        return {kind: sorted(rows, key=json.dumps) if isinstance(rows, list) else rows for kind, rows in found.items()}
