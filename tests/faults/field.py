"""The suite that the drills disturb: services in roles of their own, links that can fail, provinces that listen."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.amqp import connect as connect_broker
from chassis.runtime.tasks import forever
from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN, INTERNAL_QUEUES, queue_of
from deploy.broker.management import Management
from deploy.demo import documents as d
from deploy.local.suite import GATEWAY, Suite
from deploy.processes import SUBGRAPHS
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, Refused, session
from deploy.seed.load import SeedResult, seed
from deploy.seed.plans import plan_of
from deploy.seed.world import BASES, YEAR
from tests.faults.proxy import Proxy
from tests.support.eventually import eventually

API, RELAY, WORKER = "enrollment.api", "enrollment.relay", "enrollment.worker"
PROCESSES = ("catalog", API, RELAY, WORKER, "assessment", GATEWAY)
PROVINCES = ("44", "51")
QUEUES = tuple(INTERNAL_QUEUES)
TEACHING = 1
_LIMIT = 100
_SIGN_INS = 4
_VERDICTS = ("OBJECTIVES", "CONTENT", "ORGANIZATION", "DURATION", "FEE")
Received = dict[int, str]


class Field:
    """A suite with its seed, and what a drill does to it.

    Args:
        home: Its folder.
        members: How many members the database's replica set has.
        nodes: How many nodes the broker has; all processes reach several directly, without the link `broker`.
        listens: Whether the provinces take their queues' messages.

    Attributes:
        graph: The link from the gateway to enrollment.
        broker: The link from enrollment's relay and worker to the broker.
        received: What each province's own system has taken from its queue: sequence to event id.
    """

    def __init__(self, home: Path, *, members: int = 1, nodes: int = 1, listens: bool = True) -> None:
        self.suite = Suite(home, members=members, nodes=nodes)
        ports = self.suite.parts.ports
        self.graph = Proxy(ports.port_of(API))
        self.broker = Proxy(ports["amqp"])
        self.received: dict[str, Received] = {code: {} for code in PROVINCES if listens}
        self.seeded: SeedResult
        self._projects = 0
        self._listeners: list[asyncio.Future[None]] = []

    async def open(self) -> None:
        """Start all processes, seed the round, and let the provinces listen."""
        await asyncio.gather(self.graph.open(), self.broker.open())
        suite, ports = self.suite, self.suite.parts.ports
        urls = {one: f"http://127.0.0.1:{ports[one]}/graphql" for one in SUBGRAPHS}
        urls["enrollment"] = f"http://127.0.0.1:{self.graph.port}/graphql"
        suite.overrides[GATEWAY] = {"SUBGRAPH_URLS": json.dumps(urls)}
        if len(suite.parts.rabbitmq.nodes) == 1:
            amqp = re.sub(r":\d+/", f":{self.broker.port}/", suite.parts.amqp_url("enrollment"))
            suite.overrides |= {name: {"AMQP_URL": amqp} for name in (RELAY, WORKER)}
        suite.parts.start()  # in this thread, for its children end with the thread that starts them
        suite.migrate()
        await self.launch(*PROCESSES)
        self.http = session()
        self.provisioner = AccountProvisioner(suite, self.http, f"Guopei-{secrets.token_hex(4)}")
        self.mongo: AsyncMongoClient[dict[str, Any]] = connect(suite.parts.mongodb_url(ADMIN))
        self.seeded = await seed(self.provisioner)
        more = {"year": YEAR, "limit": _LIMIT, "reason": "演练", "aboveRound": True}
        await self.seeded.ministry.do(d.ADJUST, id=self.seeded.base_ids[BASES[TEACHING].name], input=more)
        self._listeners = [asyncio.ensure_future(self._listen(code)) for code in self.received]

    async def close(self) -> None:
        """Stop everything."""
        for listener in self._listeners:
            listener.cancel()
        await asyncio.gather(*self._listeners, return_exceptions=True)
        await self.mongo.close()
        await self.http.close()
        self.suite.stop()
        await asyncio.gather(self.graph.close(), self.broker.close())

    async def launch(self, *names: str) -> None:
        """Start processes and wait until they are ready."""
        for name in names:
            self.suite.launch(name)
        await asyncio.gather(*(asyncio.to_thread(self.suite.wait_ready, name) for name in names))

    def kill(self, *names: str) -> None:
        """End processes as a crash does."""
        for name in names:
            self.suite.children.pop(name).kill()

    @contextmanager
    def stopped(self, *names: str) -> Iterator[None]:
        """The block runs while these processes are stopped, orderly."""
        for name in names:
            self.suite.children.pop(name).stop()
        yield
        for name in names:
            self.suite.launch(name)

    @asynccontextmanager
    async def spread(self, *names: str) -> AsyncIterator[None]:
        """The block runs with these processes as enrollment's replicas, known to the gateway; the first stays."""
        usual, ports = self.suite.overrides[GATEWAY], self.suite.parts.ports
        urls = json.loads(usual["SUBGRAPH_URLS"])
        urls["enrollment"] = ",".join(f"http://127.0.0.1:{ports.port_of(name)}/graphql" for name in names)
        await self.launch(*names[1:])
        try:
            await self._relaunch_gateway(usual | {"SUBGRAPH_URLS": json.dumps(urls)})
            yield
        finally:
            await self._relaunch_gateway(usual)
            for name in names[1:]:
                self.suite.children.pop(name).stop()

    async def _relaunch_gateway(self, overrides: dict[str, str]) -> None:
        self.suite.overrides[GATEWAY] = overrides
        self.suite.children.pop(GATEWAY).stop()
        await self.launch(GATEWAY)

    async def restart(self, part: Any) -> None:
        """Start a part that was stopped or killed."""
        part.start()
        await asyncio.to_thread(part.wait_ready)

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Call the broker's management interface."""
        return Management(self.suite.parts.rabbitmq.management_url).call(method, path, body)

    async def sign_in(self) -> None:
        """Sign everybody in anew: tokens live ten minutes, drills longer."""
        seeded = self.seeded
        clients = [
            seeded.ministry,
            *seeded.base_clients,
            *(client for _, client in seeded.experts),
            *seeded.provinces.values(),
        ]
        clients += [*seeded.schools.values(), *(client for _, client in seeded.teachers.values())]
        at_once = asyncio.Semaphore(_SIGN_INS)  # passwords are hashed a few at a time

        async def sign_in(login: str, scope: str) -> Client:
            async with at_once:
                return await self.provisioner.sign_in(login, scope)

        fresh = await asyncio.gather(*(sign_in(login, scope) for scope, login, _ in seeded.logins))
        for client, signed_in in zip(clients, fresh, strict=True):
            client.token, client.renewal = signed_in.token, signed_in.renewal

    async def project(self, seats: int = 10) -> str:
        """A freshly published project."""
        self._projects += 1
        base, key = self.seeded.base_clients[TEACHING], self.seeded.base_ids[BASES[TEACHING].name]
        plan = plan_of(TEACHING) | {"title": f"演练{self._projects}期", "capacity": seats}
        made = await base.do(d.DRAFT, base=key, input=plan)
        await base.do(d.SUBMIT, id=made["id"], version=made["version"])
        experts = self.seeded.experts[:2]
        await self.seeded.ministry.do(d.ASSIGN, id=made["id"], experts=[one for one, _ in experts])
        verdicts = [{"dimension": one, "verdict": "PASS", "comment": "符合要求"} for one in _VERDICTS]
        for _, client in experts:
            await client.do(d.REVIEW, id=made["id"], verdicts=verdicts)
        await self.seeded.ministry.do(d.DECIDE, id=made["id"], decision={"outcome": "APPROVE", "reason": "同意"})
        await self.seeded.ministry.do(d.PUBLISH, ids=[made["id"]])

        async def known() -> Any:
            try:
                return (await self.provisioner.public.ask(d.SEATS, id=made["id"]))["project"]["seats"]
            except Refused as refused:  # the gateway may still shun a process that was killed a moment ago
                if refused.codes != ["SUBGRAPH_UNREACHABLE"]:
                    raise
                return None

        await eventually(known)
        return str(made["id"])

    async def depth(self, queue: str) -> int:
        """How many messages a queue holds that no consumer has in hand, by the queue itself and not by statistics."""
        async with await connect_broker(self.suite.parts.amqp_url(ADMIN), queue) as connection:
            found = await (await connection.channel()).declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0

    async def _listen(self, code: str) -> None:
        """A provincial system: its own user, its own queue, acked when kept; it comes back after every failure."""

        async def listen() -> None:
            async with await connect_broker(self.suite.parts.amqp_url(queue_of(code)), queue_of(code)) as connection:
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=100)
                queue = await channel.get_queue(queue_of(code), ensure=False)
                async with queue.iterator() as messages:
                    async for message in messages:
                        headers: dict[str, Any] = dict(message.headers)
                        number, event = int(headers["cloudEvents_sequence"]), str(headers["cloudEvents_id"])
                        assert self.received[code].setdefault(number, event) == event, "a number names one event"
                        await message.ack()

        await forever(queue_of(code), listen, BROKER_ERRORS)


@asynccontextmanager
async def opened(field: Field) -> AsyncIterator[Field]:
    """The block runs with a field that is open, and closed afterwards, also where it did not open whole."""
    try:
        await field.open()
        yield field
    finally:
        await field.close()
