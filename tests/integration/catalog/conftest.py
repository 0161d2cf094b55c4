"""A season per test, on a database of its own."""

import os
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from chassis.storage.vault import Vault
from services.catalog.commands import Deps
from services.catalog.migrations import MIGRATIONS
from services.catalog.store import Store
from tests.integration.catalog.season import Season


@pytest.fixture
async def season(database: Database, tmp_path: Path) -> Season:
    """The 2024 round, open, in April 2024."""
    store = Store(database)
    await migrate(database, MIGRATIONS)
    clock_file = tmp_path / "clock.json"
    vault = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))
    playing = Season(Deps(store, Clock(clock_file), vault), clock_file)
    await playing.open_round()
    return playing
