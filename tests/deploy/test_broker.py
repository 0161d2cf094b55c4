"""The broker's definitions, and what they let a service do (R40, ADR 68) and a province (R27): hardly anything."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue
from aio_pika.exceptions import AMQPConnectionError
from aiormq.exceptions import AMQPError, ChannelAccessRefused, ChannelNotFoundEntity
from structlog.testing import capture_logs

from chassis.messaging.amqp import DEAD, EVENTS, PROVINCES, find_queue
from chassis.messaging.generation import GENERATION, generation_of
from deploy.broker.definitions import ADMIN, FILE, INTERNAL_QUEUES, queue_of, text, with_passwords
from deploy.broker.loading import TooFewNodesError, load, read_passwords, wait_for_nodes
from deploy.broker.management import Management, ManagementError
from deploy.broker.revocation import exchange_password, readmit, revoke
from deploy.local.parts import Parts
from deploy.local.suite import ROOT
from deploy.processes import PRODUCERS
from kernel.reference import provinces
from tests.support.eventually import eventually

OWN, FOREIGN = queue_of("44"), queue_of("51")
ANYWHERE = (OWN, FOREIGN, EVENTS, DEAD, "enrollment.inbox")


@pytest.fixture
async def guangdong(parts: Parts) -> AsyncIterator[AbstractConnection]:
    """A connection of the province 44."""
    connection = await aio_pika.connect(parts.rabbitmq.url(OWN))
    async with connection:
        yield connection


async def own_queue(connection: AbstractConnection) -> AbstractQueue:
    return await (await connection.channel()).get_queue(OWN, ensure=False)


async def publish(parts: Parts, body: bytes, queue: str = OWN) -> None:
    async with await aio_pika.connect(parts.rabbitmq.url("enrollment")) as connection:
        exchange = await (await connection.channel()).get_exchange(PROVINCES)
        await exchange.publish(aio_pika.Message(body), queue)


Attempt = Callable[[AbstractChannel], Awaitable[object]]


def _publish(exchange: str, key: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> object:
        where = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        return await where.publish(aio_pika.Message(b"forged"), key)

    return attempt


def _queue(name: str, act: Callable[[AbstractQueue], Awaitable[object]]) -> Attempt:
    async def attempt(channel: AbstractChannel) -> object:
        return await act(await channel.get_queue(name, ensure=False))

    return attempt


async def _ignore(_: object) -> None:
    return None


REFUSED: dict[str, Attempt] = {
    "declare a queue": lambda channel: channel.declare_queue("mine"),
    "declare a queue that the broker names": lambda channel: channel.declare_queue(exclusive=True),
    "declare its own queue anew": lambda channel: channel.declare_queue(OWN, durable=True),
    "declare an exchange": lambda channel: channel.declare_exchange("mine"),
    "delete the exchange": lambda channel: channel.exchange_delete(EVENTS),
    "bind its queue to all events": _queue(OWN, lambda queue: queue.bind(EVENTS, "#")),
    "bind its queue to its own events": _queue(OWN, lambda queue: queue.bind(EVENTS, "enrollment.*.44")),
    "unbind its queue": _queue(OWN, lambda queue: queue.unbind(EVENTS, "#")),
    "delete its queue": lambda channel: channel.queue_delete(OWN),
    "publish by the default exchange to its queue": _publish("", OWN),
    "publish by the default exchange to a service": _publish("", "enrollment.inbox"),
    "publish an event": _publish(EVENTS, "enrollment.accepted.44"),
    "publish to the dead": _publish(DEAD, "enrollment.inbox"),
    "publish to its queue": _publish(PROVINCES, OWN),
    "unbind its queue from its events": _queue(OWN, lambda queue: queue.unbind(PROVINCES, OWN)),
    "publish a service's mark": _publish(GENERATION, generation_of("catalog")),
    **{f"get from {name}": _queue(name, lambda queue: queue.get(fail=False)) for name in (FOREIGN, DEAD)},
    **{f"consume {name}": _queue(name, lambda queue: queue.consume(_ignore)) for name in (FOREIGN, DEAD)},
    **{f"purge {name}": _queue(name, lambda queue: queue.purge()) for name in (FOREIGN, DEAD)},
    **{f"delete {name}": _queue(name, lambda queue: queue.delete(if_unused=False)) for name in (FOREIGN, DEAD)},
}


@pytest.mark.parametrize("verb", REFUSED)
async def test_r27_a_province_is_refused(guangdong: AbstractConnection, verb: str) -> None:
    channel = await guangdong.channel(publisher_confirms=True)
    with pytest.raises(ChannelAccessRefused):
        await REFUSED[verb](channel)


def own_of(service: str) -> str:
    return next(queue for queue in INTERNAL_QUEUES if queue.startswith(f"{service}."))


def _refused(service: str) -> dict[str, Attempt]:
    """What no service may do, as that service would try it."""
    own, other = own_of(service), PRODUCERS[PRODUCERS.index(service) - 1]
    foreign, key = own_of(other), INTERNAL_QUEUES[own_of(service)][0]
    acts: dict[str, Attempt] = {
        "publish another's event": _publish(EVENTS, f"{other}.tests-told.00"),
        "publish another's mark": _publish(GENERATION, generation_of(other)),
        "publish by the default exchange to its own queue": _publish("", own),
        "publish by the default exchange to another's queue": _publish("", foreign),
        "publish by the default exchange to a province": _publish("", FOREIGN),
        "publish by the broker's own exchange": _publish("amq.topic", f"{service}.tests-told.00"),
        "publish to the dead": _publish(DEAD, foreign),
        "declare a queue": lambda channel: channel.declare_queue(f"{service}.more", durable=True),
        "declare a queue that the broker names": lambda channel: channel.declare_queue(exclusive=True),
        "declare an exchange": lambda channel: channel.declare_exchange(f"{service}.more"),
        "declare the exchange of events": lambda channel: channel.declare_exchange(EVENTS, "topic", durable=True),
        "bind its queue to more": _queue(own, lambda queue: queue.bind(EVENTS, "#")),
        "unbind its queue": _queue(own, lambda queue: queue.unbind(EVENTS, key)),
        "unbind its mark": _queue(generation_of(service), lambda queue: queue.unbind(GENERATION, queue.name)),
        "unbind another's queue": _queue(foreign, lambda queue: queue.unbind(EVENTS, INTERNAL_QUEUES[foreign][0])),
        **{
            f"{verb} {name}": _queue(name, act)
            for name in (foreign, FOREIGN, DEAD, generation_of(other))
            for verb, act in _READS.items()
        },
        **{f"delete {name}": partial(_delete_queue, name) for name in (own, foreign, FOREIGN, DEAD)},
        **{f"delete the exchange {name}": partial(_delete_exchange, name) for name in (EVENTS, PROVINCES, DEAD)},
    }
    if service != "enrollment":
        acts["publish to a province"] = _publish(PROVINCES, FOREIGN)
    return acts


_READS: dict[str, Callable[[AbstractQueue], Awaitable[object]]] = {
    "get from": lambda queue: queue.get(fail=False),
    "consume": lambda queue: queue.consume(_ignore),
    "purge": lambda queue: queue.purge(),
}


async def _delete_queue(name: str, channel: AbstractChannel) -> object:
    return await channel.queue_delete(name, if_unused=False, if_empty=False)


async def _delete_exchange(name: str, channel: AbstractChannel) -> object:
    return await channel.exchange_delete(name)


@pytest.mark.parametrize(("service", "verb"), [(name, verb) for name in PRODUCERS for verb in _refused(name)])
async def test_r40_a_service_is_refused(parts: Parts, service: str, verb: str) -> None:
    """A service that was taken over tells nothing in another's name and takes nothing from anybody (ADR 68)."""
    async with await aio_pika.connect(parts.rabbitmq.url(service)) as connection:
        channel = await connection.channel(publisher_confirms=True)
        with pytest.raises(ChannelAccessRefused):
            await _refused(service)[verb](channel)


@pytest.mark.parametrize("name", PRODUCERS)
async def test_a_service_tells_its_own_events_and_reads_its_own_queues(parts: Parts, name: str) -> None:
    async with await aio_pika.connect(parts.rabbitmq.url(name)) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        events = await channel.get_exchange(EVENTS)
        await events.publish(aio_pika.Message(b"{}"), f"{name}.tests-told.00", mandatory=True)
        for own in (queue for queue in INTERNAL_QUEUES if queue.startswith(f"{name}.")):
            await (await find_queue(channel, own)).consume(_ignore)
        marks = await channel.get_exchange(GENERATION)
        await marks.publish(aio_pika.Message(b"mark"), generation_of(name), mandatory=True)
        mark = await channel.get_queue(generation_of(name))
        await eventually(lambda: mark.get(fail=False, no_ack=True))


async def test_a_running_broker_is_brought_to_the_definitions_without_a_moment_without_a_queue(parts: Parts) -> None:
    """A former release's rights and bindings stay until the operator takes them away, in this order (ADR 68)."""
    broker, url = Management(parts.rabbitmq.management_url), f"--url={parts.rabbitmq.management_url}"
    queue, key = "gateway.inbox", "enrollment.teacher-added.*"
    former = {"configure": "^$", "write": r"^(enrollment\..*|training\..*|amq\.default)$", "read": ".*"}
    broker.call("PUT", "/api/permissions/%2F/enrollment", former)
    broker.call("POST", f"/api/bindings/%2F/e/{EVENTS}/q/{queue}", {"routing_key": key})
    broker.call("DELETE", f"/api/exchanges/%2F/{PROVINCES}")
    assert f"{EVENTS} → {queue} ({key})" in _run("topology", url)
    assert "unbound" not in _run("topology", url), "once is enough"
    assert key not in {row["routing_key"] for row in broker.call("GET", f"/api/queues/%2F/{queue}/bindings")}
    for attempt, refusal in ((None, False), ("permissions", True)):
        if attempt:
            _run(attempt, url)
        async with await aio_pika.connect(parts.rabbitmq.url("enrollment")) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            provinces_ = await channel.get_exchange(PROVINCES)
            assert await provinces_.publish(aio_pika.Message(b"new"), queue_of("65"), mandatory=True)
            with pytest.raises(ChannelAccessRefused) if refusal else nullcontext():
                await channel.default_exchange.publish(aio_pika.Message(b"former"), queue_of("65"))


async def test_a_queue_that_the_broker_lacks_is_named_in_the_log(parts: Parts) -> None:
    async with await aio_pika.connect(parts.rabbitmq.url("catalog")) as connection:
        channel = await connection.channel()
        with capture_logs() as lines, pytest.raises(ChannelNotFoundEntity):
            await find_queue(channel, "catalog.more")
    assert [line["queue"] for line in lines] == ["catalog.more"]


async def test_r27_a_province_gets_from_and_consumes_its_own_queue(parts: Parts, guangdong: AbstractConnection) -> None:
    queue = await own_queue(guangdong)
    await publish(parts, b"one")
    message = await eventually(lambda: queue.get(fail=False, timeout=10))
    assert message.body == b"one"
    await message.ack()
    heard: list[bytes] = []
    await queue.consume(partial(_keep, heard))
    await publish(parts, b"two")
    await eventually(lambda: heard == [b"two"])


async def _keep(heard: list[bytes], message: aio_pika.abc.AbstractIncomingMessage) -> None:
    heard.append(message.body)
    await message.ack()


async def test_a_revoked_consumer_is_cut_off_and_stays_out_until_it_is_restored(
    parts: Parts, guangdong: AbstractConnection
) -> None:
    broker = Management(parts.rabbitmq.management_url)
    heard: list[bytes] = []
    cut_off = asyncio.Event()
    guangdong.close_callbacks.add(lambda *_: cut_off.set())
    await (await own_queue(guangdong)).consume(partial(_keep, heard))
    async with await aio_pika.connect(parts.rabbitmq.url(FOREIGN)) as bystander:
        try:
            assert await asyncio.to_thread(revoke, broker, "44") == 1
            await asyncio.wait_for(cut_off.wait(), 30)
            await publish(parts, b"while revoked")
            for _ in ("at once", "after the definitions were loaded again, as at a restart"):
                with pytest.raises((AMQPConnectionError, AMQPError)):
                    await aio_pika.connect(parts.rabbitmq.url(OWN))
                broker.call("POST", "/api/definitions", with_passwords(_password_of(parts)))
            assert await (await bystander.channel()).get_queue(FOREIGN, ensure=False)
            assert heard == []
        finally:
            await asyncio.to_thread(readmit, broker, "44")
    async with await aio_pika.connect(parts.rabbitmq.url(OWN)) as again:
        await (await own_queue(again)).consume(partial(_keep, heard))
        await eventually(lambda: heard == [b"while revoked"])
        with pytest.raises(ChannelAccessRefused):
            await (await again.channel()).declare_queue("mine")


def test_only_a_province_that_exists_is_revoked(parts: Parts) -> None:
    for act in (revoke, readmit, partial(exchange_password, password="x")):
        with pytest.raises(ValueError, match="99"):
            act(Management(parts.rabbitmq.management_url), "99")


def test_the_command_line_revokes_and_readmits(parts: Parts) -> None:
    url = f"--url={parts.rabbitmq.management_url}"
    try:
        assert "province.63" in _run("revoke", "63", url)
    finally:
        assert "province.63" in _run("readmit", "63", url)


async def test_a_province_gets_another_password_and_keeps_its_rights(parts: Parts, tmp_path: Path) -> None:
    queue, file, url = queue_of("62"), tmp_path / "passwords.json", f"--url={parts.rabbitmq.management_url}"
    old, new = _password_of(parts)(queue), "of-Gansu-0af3"
    try:
        file.write_text(json.dumps({queue: new}))
        assert queue in await asyncio.to_thread(_run, "password", "62", str(file), url)
        with pytest.raises((AMQPConnectionError, AMQPError)):
            await aio_pika.connect(parts.rabbitmq.url(queue))
        async with await aio_pika.connect(parts.rabbitmq.url(queue).replace(old, new)) as connection:
            await (await (await connection.channel()).get_queue(queue, ensure=False)).get(fail=False)
    finally:
        file.write_text(json.dumps({queue: old}))
        await asyncio.to_thread(_run, "password", "62", str(file), url)


def test_the_committed_definitions_are_what_the_reference_data_says_and_hold_no_password() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `make definitions`"
    definitions = json.loads(text())
    assert {key for user in definitions["users"] for key in user} == {"name", "tags"}
    names = {user["name"] for user in definitions["users"]}
    assert names == {row["user"] for row in definitions["permissions"]}
    assert {queue_of(code) for code in provinces()} <= names
    assert len(provinces()) == 32
    (dead,) = [queue for queue in definitions["queues"] if queue["name"] == DEAD]
    assert dead["arguments"]["x-delivery-limit"] > 100_000, "every look at a letter is a delivery of it"


def test_filling_in_gives_every_user_the_hash_of_its_password(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({user["name"]: "x" * 20 for user in json.loads(text())["users"]}))
    filled = json.loads(_run("fill", str(passwords)))
    hashes = [user["password_hash"] for user in filled["users"]]
    assert len(set(hashes)) == len(hashes), "each has a salt of its own"


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", "deploy.broker", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


def _password_of(parts: Parts) -> Callable[[str], str]:
    return lambda user: parts.secrets.password(f"amqp.{user}")


class NewBroker(Management):
    """A broker whose nodes come one after the other, and which knows nobody."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.looks = 0
        self.loaded: list[dict[str, Any]] = []

    def call(self, method: str, path: str, body: Any = None) -> Any:
        if (method, path) == ("GET", "/api/nodes"):
            self.looks += 1
            if self.looks == 1:
                raise ManagementError("away")
            return [{"name": f"rabbit@{number}", "running": number < self.looks} for number in range(1, 4)]
        if (method, path) == ("GET", "/api/users"):
            return [{"name": "default_user"}]
        assert (method, path) == ("POST", "/api/definitions")
        self.loaded.append(body)
        return None


def passwords_in(folder: Path) -> Path:
    for user in json.loads(FILE.read_text(encoding="utf-8"))["users"]:
        (folder / user["name"]).write_text(f"password of {user['name']}\n", encoding="utf-8")
    return folder


def test_a_new_broker_gets_everything_when_all_its_nodes_are_there(tmp_path: Path) -> None:
    """ADR 78: a queue that is declared before a node comes has no member on it, for ever."""
    broker, waits = NewBroker(), list[float]()
    with pytest.raises(TooFewNodesError, match="1 of 3"):
        wait_for_nodes(broker, 3, 5.0, waits.append)
    wait_for_nodes(broker, 3, 60.0, waits.append)
    assert broker.looks == 4
    assert load(broker, read_passwords(passwords_in(tmp_path)))
    (loaded,) = broker.loaded
    assert {user["name"] for user in loaded["users"]} == {ADMIN, *PRODUCERS, *map(queue_of, provinces())}
    assert all(user["password_hash"] for user in loaded["users"])


def test_a_user_without_a_password_is_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    (passwords_in(tmp_path) / OWN).write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^{OWN}$"):
        read_passwords(tmp_path)


def test_a_province_that_was_revoked_stays_out_when_a_running_broker_is_loaded(parts: Parts, tmp_path: Path) -> None:
    """R27: of a broker that knows our users only exchanges, queues and bindings are loaded, and no password."""
    broker = Management(parts.rabbitmq.management_url)
    before = broker.call("GET", f"/api/users/{OWN}")
    revoke(broker, "44")
    try:
        assert not load(broker, read_passwords(passwords_in(tmp_path)))
        assert broker.call("GET", f"/api/users/{OWN}/permissions") == []
        assert broker.call("GET", f"/api/users/{OWN}")["password_hash"] == before["password_hash"]
    finally:
        readmit(broker, "44")
    assert len(broker.call("GET", f"/api/users/{OWN}/permissions")) == 1
