"""Courses on a database of their own."""

import pytest

from chassis.mongo import Database, Repository
from tests.integration.chassis.courses import Course, repository


@pytest.fixture
async def courses(database: Database) -> Repository[Course]:
    """Where courses are kept, with the relay's index."""
    made = repository(database)
    await made.prepare()
    return made
