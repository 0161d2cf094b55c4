"""One round, played through the gateway on all processes, and every message it put on the broker."""

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from bench.gateway.__main__ import install
from chassis.messaging.amqp import EVENTS, connect, declare_topology
from deploy.broker.definitions import ADMIN
from deploy.demo.afterwards import play_afterwards
from deploy.demo.story import Story, play_round
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import session
from tests.support.eventually import eventually

LISTENER = "tests.everything"
NODE = Path(__file__).parent / "node"
Scripts = Callable[[str], list[str]]


@pytest.fixture(scope="session")
async def scripts() -> Scripts:
    """A script's name to the command that runs it beside Hive Gateway and the official clients."""
    try:
        node, modules = await asyncio.to_thread(install, *NODE.glob("*.mjs"))
    except subprocess.CalledProcessError as failure:
        pytest.skip(f"npm ci ended with {failure.returncode}")  # the suite runs without the npm registry too
    if node is None:
        pytest.skip("there is no Node")
    return lambda name: [node, str(modules.parent / f"{name}.mjs")]


@pytest.fixture(scope="session")
async def story(suite: Suite) -> AsyncIterator[Story]:
    """A round that has been played to its end, with somebody listening to everything."""
    async with await connect(suite.parts.amqp_url(ADMIN), LISTENER) as connection:
        channel = await connection.channel()
        await declare_topology(channel)
        listener = await channel.declare_queue(LISTENER, durable=True, arguments={"x-queue-type": "quorum"})
        await listener.bind(EVENTS, "#")
    async with session() as http:
        played = Story(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"), lambda *_: None)
        await play_round(played)
        await play_afterwards(played)
        yield played


@pytest.fixture(scope="session")
async def traffic(story: Story) -> list[AbstractIncomingMessage]:
    """Every message of the round, as the broker had it; left unacked, so that another reader may look too."""
    messages: list[AbstractIncomingMessage] = []
    async with await aio_pika.connect(story.provisioner.suite.parts.amqp_url(ADMIN)) as connection:
        queue = await (await connection.channel()).get_queue(LISTENER)

        async def credited() -> bool:
            while message := await queue.get(fail=False, timeout=10):
                messages.append(message)
            return any("enrollment.credited" in str(message.routing_key) for message in messages)

        await eventually(credited)
    return messages
