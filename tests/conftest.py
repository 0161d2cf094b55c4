"""Real parts for every test that needs them: one private mongod and one RabbitMQ a run, removed at its end."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chassis.storage.mongo import Database, connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.suite import GATEWAY, ROOT, Suite
from deploy.processes import MIGRATED
from tests.support.otlp import Collector, collecting
from tests.support.scheduling import Scheduling, slow_first
from tests.support.vhosts import Vhosts

# How long an example takes is the machine's affair: two workers, servers and a compiler may share it.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker of `pytest -n`, the slow tiers come first."""
    if hasattr(config, "workerinput"):
        slow_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Share the tests out by files, in the workers' order."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Log as by default, but for rich's tracebacks with all local variables: 0.3 s each where a test wants failures."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    default = structlog.get_config()["processors"]
    structlog.configure(processors=[*default[:-1], renderer])


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


@pytest.fixture(scope="session")
def vhosts(parts: Parts) -> Vhosts:
    """The broker's virtual hosts for tests."""
    return Vhosts(parts.rabbitmq)


@pytest.fixture
async def amqp_url(vhosts: Vhosts) -> AsyncIterator[str]:
    """An empty virtual host with the suite's topology; `AMQP_URL` itself where that is set."""
    if given := os.environ.get("AMQP_URL"):
        yield given
        return
    async with vhosts.lend() as url:
        yield url


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """The collector of the suite's spans."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def suite(home: Path, collector: Collector) -> Iterator[Suite]:
    """The whole suite, all processes, with data of its own; their spans go to the collector."""
    whole = Suite(home / "suite")
    whole.overrides |= dict.fromkeys(MIGRATED, collector.environment)
    spending = {"principal": 10**9, "address": 10**9}  # tests ask thousands of dear queries in a minute
    whole.overrides[GATEWAY] = {**collector.environment, "SPENDING": json.dumps(spending)}
    with whole as running:
        yield running
