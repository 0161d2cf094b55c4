"""The private mongod and RabbitMQ of a suite, really started."""

import asyncio
import socketserver
import sys
import threading
from pathlib import Path

import aio_pika
import pytest
from aio_pika.exceptions import ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused
from pymongo.errors import OperationFailure

from chassis.messaging.amqp import PROVINCES
from chassis.storage.mongo import WORK_SECONDS, connect
from deploy.broker.definitions import ADMIN, queue_of
from deploy.local.home import HomeInUse, processes_of
from deploy.local.parts import Parts
from deploy.local.suite import ROOT
from deploy.processes import MIGRATED, PRODUCERS
from kernel.reference import provinces
from tests.support.eventually import eventually

RUN = "import sys, pathlib; from deploy.local.parts import Parts; Parts(pathlib.Path(sys.argv[1])).start(); input()"


class _Stranger(socketserver.ThreadingTCPServer):
    """Somebody else's server on a port of ours; it closes what connects."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def leave(self) -> None:
        self.shutdown()
        self.server_close()


async def _keep_something(parts: Parts) -> None:
    client = connect(parts.mongodb_url("catalog"))
    await client["catalog"]["kept"].insert_one({"_id": "one"})
    await client.close()
    async with await aio_pika.connect(parts.amqp_url(ADMIN)) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(
            aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT), queue_of("44")
        )


async def _kept(parts: Parts) -> tuple[object, bytes]:
    client = connect(parts.mongodb_url("catalog"))
    document = await client["catalog"]["kept"].find_one({})
    await client.close()
    async with await aio_pika.connect(parts.amqp_url(queue_of("44"))) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(queue_of("44"), ensure=False)
        message = await eventually(lambda: queue.get(fail=False, timeout=10))
        body = message.body
        await message.reject(requeue=True)
    return document, body


async def test_a_second_start_keeps_the_data_on_new_ports_and_beside_other_parts(home: Path, parts: Parts) -> None:
    folder = home / "second"
    with Parts(folder) as first:
        assert not set(first.ports.values()) & set(parts.ports.values())
        with pytest.raises(HomeInUse):
            Parts(folder)
        await _keep_something(first)
        taken = [first.ports["mongod"], first.ports["amqp"], first.ports["epmd"]]
    assert processes_of(first.home) == []

    strangers = [_Stranger(port) for port in taken]
    with Parts(folder) as second:
        assert second.ports["mongod"] not in taken
        assert await _kept(second) == ({"_id": "one"}, b"kept")
    for stranger in strangers:
        stranger.leave()
    assert processes_of(second.home) == []


async def test_a_killed_suite_leaves_nothing_behind_and_starts_again(home: Path) -> None:
    folder = home / "killed"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, str(folder)), cwd=ROOT, stdin=asyncio.subprocess.PIPE
    )
    await eventually(lambda: len(processes_of(folder)) > 4, deadline=60)
    process.kill()
    await process.wait()
    with Parts(folder) as again:
        assert len(again.children) == 2
    assert processes_of(folder) == []


async def test_no_two_users_of_the_broker_share_a_password(parts: Parts) -> None:
    urls = {parts.rabbitmq.url(user) for user in (ADMIN, *PRODUCERS, *map(queue_of, provinces()))}
    assert len(urls) == 1 + len(PRODUCERS) + len(provinces())
    assert len({url.split("@")[0].rpartition(":")[2] for url in urls}) == len(urls)
    forged = parts.rabbitmq.url(queue_of("44")).replace(":province", ":x").replace("province.44:", "province.51:")
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(forged)


async def test_enrollment_alone_may_publish_to_the_provinces(parts: Parts) -> None:
    for user, allowed in (("enrollment", True), ("catalog", False), ("assessment", False)):
        async with await aio_pika.connect(parts.rabbitmq.url(user)) as connection:
            exchange = await (await connection.channel()).get_exchange(PROVINCES)
            message = aio_pika.Message(b"one")
            if allowed:
                assert await exchange.publish(message, queue_of("65"))
            else:
                with pytest.raises(ChannelAccessRefused):
                    await exchange.publish(message, queue_of("65"))


@pytest.mark.parametrize("name", MIGRATED)
async def test_a_service_reaches_its_own_database_only(parts: Parts, name: str) -> None:
    client = connect(parts.mongodb_url(name))
    await client[name]["probe"].insert_one({})
    await client[name]["probe"].drop()
    for other in {*MIGRATED, "admin"} - {name}:
        with pytest.raises(OperationFailure):
            await client[other]["probe"].insert_one({})
    await client.close()


async def test_a_transaction_that_a_killed_process_left_open_ends_soon_and_no_live_one_before_its_own_bound(
    parts: Parts,
) -> None:
    """N87: what it has written is locked until then, for its successor too."""
    client = connect(parts.mongodb_url(ADMIN))
    lifetime = await client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
    await client.close()
    assert WORK_SECONDS < lifetime["transactionLifetimeLimitSeconds"] <= 30
