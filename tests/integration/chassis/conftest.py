"""A repository of courses on a database of its own."""

import pytest

from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from deploy.broker.definitions import INTERNAL_QUEUES
from deploy.local.parts import Parts
from tests.integration.chassis.courses import Course, repository, topology
from tests.support.vhosts import Vhosts


@pytest.fixture(scope="session")
def vhosts(parts: Parts) -> Vhosts:
    """Virtual hosts where these tests' service has its queue, declared before anything is published, and no other."""

    async def prepare(url: str) -> None:
        async with topology(url) as (channel, _):
            for name in INTERNAL_QUEUES:
                await (await channel.get_queue(name)).delete(if_unused=False, if_empty=False)

    return Vhosts(parts.rabbitmq, prepare)


@pytest.fixture
async def courses(database: Database) -> Repository[Course]:
    """The repository of courses, with its indexes."""
    prepared = repository(database)
    await prepared.prepare()
    return prepared
