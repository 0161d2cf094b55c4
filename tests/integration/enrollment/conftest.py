"""An enrollment season per test, on a database of its own."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from chassis.clock import Clock
from chassis.commands import combining
from chassis.principal import TokenVerifier
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys, new_key
from services.enrollment.commands import Deps
from services.enrollment.http.exports import Exports
from services.enrollment.http.reveals import RevealFiles
from services.enrollment.http.rosters import RosterFiles
from services.enrollment.migrations import MIGRATIONS
from services.enrollment.store import Store
from tests.integration.enrollment.season import Season
from tests.integration.enrollment.workbooks import KEYS, FileClient
from tests.unit.gateway.serving import served

NAME_KEYS = YearlyKeys({"names-2024-1": new_key("names", 2024)})
"""Assessment's keys, private halves included, so that a test can open what was sealed (ADR 52)."""


@pytest.fixture(autouse=True)
def patient_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the lane's door must not close for a wait that only the neighbours cause."""
    monkeypatch.setattr(combining, "_OLDEST_SECONDS", 60.0)


@pytest.fixture
async def season(database: Database, tmp_path: Path) -> Season:
    """The 2024 round as enrollment knows it, in the middle of May; two schools with their designated persons."""
    store = Store(database)
    await migrate(database, MIGRATIONS)
    clock_file = tmp_path / "clock.json"
    vault = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))
    playing = Season(Deps(store, Clock(clock_file), vault, name_keys=NAME_KEYS), database, clock_file)
    await playing.begin()
    return playing


@pytest.fixture
async def files(season: Season) -> AsyncIterator[FileClient]:
    """The season's endpoints of files, on a port of their own."""
    verifier, routes = TokenVerifier(KEYS, "enrollment"), []
    for endpoints in (Exports(), RevealFiles(), RosterFiles()):
        endpoints.deps = season.deps
        routes += endpoints.routes(verifier)
    async with served(Starlette(routes=routes)) as browser:
        yield FileClient(browser)
