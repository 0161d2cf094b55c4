"""What is made once a run, because making it costs more than a test that reads it."""

from collections.abc import Iterator
from functools import cache

import pytest

from contracts.graph_files import SUPERGRAPH
from gateway import app
from gateway.federation.supergraph import Supergraph, load_supergraph

_read = cache(load_supergraph)


def supergraph() -> Supergraph:
    """The supergraph of the suite; nobody changes it."""
    return _read(SUPERGRAPH.read_text(encoding="utf-8"))


@pytest.fixture(scope="session", autouse=True)
def supergraphs_are_read_once() -> Iterator[None]:
    """Every gateway that a test puts together gets the same supergraph for the same text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "load_supergraph", _read)
        yield
