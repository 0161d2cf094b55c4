"""Running processes make no index: what a suite that has worked has is what its migrations made (ADR 71)."""

import pytest

from chassis.storage.migration import Migrations, migrate, version_of
from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from deploy.local.suite import MIGRATIONS, Suite
from tests.integration.operations.test_migrations import indexes_of


@pytest.mark.parametrize("migrations", MIGRATIONS, ids=lambda each: each.service)
async def test_a_suite_that_runs_has_the_indexes_of_its_migrations(suite: Suite, migrations: Migrations) -> None:
    async with connect(suite.parts.mongodb_url(ADMIN)) as client:
        lived, fresh = client[migrations.service], client["migrated_apart"]
        assert await version_of(lived) == migrations.version
        await migrate(fresh, migrations)
        try:
            assert await indexes_of(lived) == await indexes_of(fresh)
        finally:
            await client.drop_database(fresh.name)
