"""A running assessment per test, on a database and a virtual host of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.storage.mongo import Database
from tests.integration.assessment.world import World, running_world


@pytest.fixture
async def world(database: Database, amqp_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Assessment, running."""
    async with running_world(database, amqp_url, tmp_path / "clock.json") as running:
        yield running
