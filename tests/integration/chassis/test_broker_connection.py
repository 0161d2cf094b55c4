"""Which broker a process connects to, and what it says of one that does not take it (ADR 43)."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from chassis.messaging import amqp
from chassis.runtime.tasks import Role
from chassis.serving.asgi import is_known_to_broker
from tests.faults.proxy import Fault, Proxy
from tests.support.eventually import eventually


def connected(name: str) -> float | None:
    """The gauge of a connection."""
    return REGISTRY.get_sample_value("guopei_broker_connected", {"connection": name})


@pytest.fixture
def dead() -> str:
    """The address of a node that is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"amqp://guest:secret@127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture
async def link(amqp_url: str) -> AsyncIterator[Proxy]:
    """A way to the broker that can be cut."""
    proxy = Proxy(urlsplit(amqp_url).port or 5672)
    await proxy.open()
    yield proxy
    await proxy.close()


async def test_of_two_nodes_of_which_one_is_dead_the_other_is_taken_whatever_the_order(
    amqp_url: str, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.amqp.random.shuffle", lambda _: None)
    for urls in (f"{dead},{amqp_url}", f"{amqp_url}, {dead}"):
        async with await amqp.connect(urls, "test.nodes") as connection:
            await connection.channel()
            assert connected("test.nodes") == 1
        await eventually(lambda: connected("test.nodes") == 0)


async def test_a_trial_is_no_connection_that_can_be_missed(amqp_url: str) -> None:
    """A relay that waits for its lease tries the broker once and closes: nothing is wrong with it."""
    async with await amqp.connect(amqp_url, "test.trial", trial=True) as connection:
        assert connected("test.trial") is None
    await eventually(lambda: connection.is_closed)
    assert amqp.was_taken()
    assert connected("test.trial") is None


async def test_the_order_is_a_matter_of_chance(amqp_url: str, dead: str) -> None:
    """Else all clients would crowd on the first node."""
    tried_the_dead_one_first = set()
    for _ in range(40):
        with capture_logs() as lines:
            async with await amqp.connect(f"{dead},{amqp_url}", "test.chance"):
                tried_the_dead_one_first.add(bool(lines))
    assert tried_the_dead_one_first == {True, False}


async def test_a_connection_that_is_cut_goes_to_the_next_node(amqp_url: str, link: Proxy) -> None:
    """What was consumed and not acked comes again there."""
    through = re.sub(r":\d+/", f":{link.port}/", amqp_url, count=1)
    connection = await amqp.connect(through, "test.cut")
    link.reset()
    await eventually(lambda: connected("test.cut") == 0)
    await link.close()
    async with await amqp.connect(f"{through},{amqp_url}", "test.cut") as again:
        await again.channel()
    await connection.close()
    await link.open()


async def test_a_node_that_stands_still_is_left_by_its_missed_heartbeats(
    amqp_url: str, link: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers nothing and closes nothing; by the library's own heartbeat it would be left after three minutes."""
    monkeypatch.setattr("chassis.messaging.amqp.HEARTBEAT_SECONDS", 1)
    connection = await amqp.connect(re.sub(r":\d+/", f":{link.port}/", amqp_url, count=1), "test.still")
    link.set(Fault.BLACK_HOLE)
    await eventually(lambda: connected("test.still") == 0, deadline=30)
    link.set(Fault.NONE)
    await connection.close()


async def test_a_wrong_password_is_one_line_with_host_and_user_and_without_the_password(amqp_url: str) -> None:
    parts = urlsplit(amqp_url)
    wrong = parts._replace(netloc=f"{parts.username}:not-it-at-all@{parts.hostname}:{parts.port}").geturl()
    with capture_logs() as lines, pytest.raises(amqp.BROKER_ERRORS):
        await amqp.connect(wrong, "test.password")
    (line,) = lines
    assert line["log_level"] == "error"
    assert line["event"] == "the broker refuses user and password"
    assert (line["host"], line["user"]) == (f"{parts.hostname}:{parts.port}", parts.username)
    assert "not-it-at-all" not in str(line)


async def test_a_relay_and_a_worker_are_ready_once_the_broker_has_taken_them(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.amqp._taken", asyncio.Event())

    def ready() -> dict[Any, bool]:
        return {role: is_known_to_broker(role) for role in Role}

    assert ready() == {Role.ALL: True, Role.API: True, Role.RELAY: False, Role.WORKER: False}
    async with await amqp.connect(amqp_url, "test.ready"):
        assert all(ready().values())
    assert all(ready().values())
