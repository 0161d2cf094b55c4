"""The front ends, built as `make run` builds them."""

import pytest

from deploy.local import node, web
from deploy.local.web import WEB, BuildFailed, FrontEnd


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
