"""The front ends, built as `make run` builds them, and where they are tried."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local import node, web
from deploy.local.suite import Suite
from deploy.local.web import WEB, BuildFailed, FrontEnd
from deploy.seed.graph_client import Client, session
from deploy.seed.loading import Seed, load_once
from tests.support import chromium
from tests.web.site import SCHOOL, Site


@pytest.fixture(scope="session")
def built() -> FrontEnd:
    """The built front ends."""
    if node.command("npm") is None:
        pytest.skip("there is no Node")
    try:
        web.build(WEB)
    except BuildFailed as failure:
        if "npm ci" in str(failure):
            pytest.skip(str(failure))  # the suite runs without the npm registry too
        raise
    return WEB


@pytest.fixture(scope="session")
async def site(home: Path, built: FrontEnd) -> AsyncIterator[Site]:
    """The round of `make run`."""
    if chromium.program() is None:
        pytest.skip("there is no Chromium")
    axe = (built.work / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with Suite(home / "web") as suite:
        logins = await load_once(suite, Seed.ROUND)
        person = next(login for _, login, who in logins["logins"] if f"专人，{SCHOOL}" in who)
        async with session() as http:
            yield Site(suite, Client(suite.url, http), logins["password"], person, axe, home / "browsers")
