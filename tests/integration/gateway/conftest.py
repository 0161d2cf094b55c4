"""Identity on a database of its own, and a gateway with it over HTTP."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from joserfc.jwk import ECKey, KeySet

from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from contracts.graph_files import SUPERGRAPH
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.processes import SUBGRAPHS
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.password_hashing import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore
from gateway.migrations import MIGRATIONS
from gateway.settings import GatewaySettings
from tests.support.fixtures import supergraphs_are_read_once
from tests.unit.gateway.serving import Browser, served

__all__ = ["supergraphs_are_read_once"]


@pytest.fixture(autouse=True)
def logs_apart() -> Iterator[None]:
    """A gateway in this process logs elsewhere than to the standard output of a command that runs in it as well."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    structlog.configure(**before)


@pytest.fixture
def keys() -> KeySet:
    return KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])


@pytest.fixture
async def migrated(database: Database) -> Database:
    """The test's database, as a gateway needs it."""
    await migrate(database, MIGRATIONS)
    return database


@pytest.fixture
async def deps(migrated: Database, keys: KeySet) -> Deps:
    store = IdentityStore(migrated)
    return Deps(store, Passwords(), Sessions(store, keys))


@pytest.fixture
def environment(migrated: Database, parts: Parts, amqp_url: str, keys: KeySet, tmp_path: Path) -> dict[str, str]:
    """The environment of a production gateway on this test's database; no subgraph is there."""
    file = tmp_path / "signing-keys.json"
    file.write_text(json.dumps(keys.as_dict(private=True)))
    urls = dict.fromkeys(SUBGRAPHS, "http://127.0.0.1:1/graphql")
    return {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": migrated.name,
        "AMQP_URL": amqp_url,
        "SIGNING_KEY_FILE": str(file),
        "SUPERGRAPH_FILE": str(SUPERGRAPH),
        "SUBGRAPH_URLS": json.dumps(urls),
        "SECOND_FACTOR_SCOPES": "[]",
    }


@pytest.fixture
def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> GatewaySettings:
    """The settings that a gateway reads from that environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return GatewaySettings()


@pytest.fixture
async def events_kept(database: Database) -> None:
    """No gateway sends the events away, so that they can be read where they wait: another has the relay's lease."""
    until = datetime.now(UTC) + timedelta(days=1)
    await database["leases"].insert_one({"_id": "gateway.relay", "token": 1, "until": until})


@pytest.fixture
async def browser(settings: GatewaySettings) -> AsyncIterator[Browser]:
    """A client of that gateway."""
    async with served(build(settings)) as browser:
        yield browser
