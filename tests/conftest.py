"""Real parts for every test that needs them: one private mongod and one RabbitMQ a run, removed at its end."""

import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chassis.storage.mongo import Database, connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.suite import ROOT, SUBGRAPHS, Suite


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The folder of this run's parts."""
    for left in (ROOT / ".local").glob("test-*"):
        if not Path("/proc", left.name.removeprefix("test-")).exists():  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
    folder = ROOT / ".local" / f"test-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def parts(home: Path, request: pytest.FixtureRequest) -> Iterator[Parts]:
    """This run's mongod and RabbitMQ."""
    with Parts(home / "parts") as running:
        # pymongo 4.20 leaves a socket to the collector when a task is cancelled while it connects.
        port = running.ports["mongod"]
        line = rf"ignore:unclosed <socket.*raddr=\('127.0.0.1', {port}\):ResourceWarning"
        request.config.addinivalue_line("filterwarnings", line)
        yield running


@pytest.fixture(scope="module")
async def module_database(parts: Parts) -> AsyncIterator[Database]:
    """The database of a module's tests, dropped afterwards."""
    client = connect(parts.mongodb_url(ADMIN))
    made = client[f"test_{secrets.token_hex(6)}"]
    yield made
    await client.drop_database(made.name)
    await client.close()


@pytest.fixture
async def database(module_database: Database) -> AsyncIterator[Database]:
    """A database without a document; its collections and indexes cost more than a test, so a module keeps them."""
    yield module_database
    await module_database.command("profile", 0)
    async for found in await module_database.list_collections():
        if found["options"]:  # a validator, or the profile
            await module_database.drop_collection(found["name"])
        else:
            await module_database[found["name"]].delete_many({})


@pytest.fixture
def amqp_url(parts: Parts) -> Iterator[str]:
    """A fresh virtual host with the suite's topology, dropped afterwards; `AMQP_URL` itself where that is set."""
    if given := os.environ.get("AMQP_URL"):
        yield given
        return
    name = f"test-{secrets.token_hex(6)}"
    yield parts.rabbitmq.add_vhost(name)
    parts.rabbitmq.delete_vhost(name)


@pytest.fixture(scope="session")
def suite(home: Path) -> Iterator[Suite]:
    """The whole suite, all processes, with data of its own; each subgraph leaves its spans in `<name>.traces`."""
    whole = Suite(home / "suite")
    whole.overrides |= {name: {"TRACES_FILE": str(whole.home / f"{name}.traces")} for name in SUBGRAPHS}
    with whole as running:
        yield running
