"""Tenants in the suite, for every test of who may see or do what of whose."""

import secrets
from collections.abc import AsyncIterator

import pytest

from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import session
from tests.security.annual import assess
from tests.security.holdings import keep
from tests.security.inspections import inspect
from tests.security.tenants import World, build


@pytest.fixture(scope="session")
async def world(suite: Suite) -> AsyncIterator[World]:
    """Two tenants of every kind and a line ministry's school, with data; beside whatever else the suite plays."""
    async with session() as http:
        built = await build(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"))
        await inspect(built)
        await assess(built)
        await keep(built)
        yield built
