"""A repository of courses on a database of its own."""

import pytest

from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from deploy.broker.definitions import INTERNAL_QUEUES
from tests.integration.chassis.courses import Course, repository, topology


@pytest.fixture
async def amqp_url(amqp_url: str) -> str:
    """A virtual host where these tests' service has its queue, declared before anything is published, and no other."""
    async with topology(amqp_url) as (channel, _):
        for name in INTERNAL_QUEUES:
            await (await channel.get_queue(name)).delete(if_unused=False, if_empty=False)
    return amqp_url


@pytest.fixture
async def courses(database: Database) -> Repository[Course]:
    """The repository of courses, with its indexes."""
    prepared = repository(database)
    await prepared.prepare()
    return prepared
