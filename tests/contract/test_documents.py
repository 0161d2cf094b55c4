"""What the seed and the demo send is valid in the graph that front ends see, so that no change of it breaks them."""

from types import ModuleType

import pytest
from graphql import parse, validate

from deploy.demo import documents as demo
from deploy.demo import roster
from deploy.seed import load
from deploy.seed.round import documents as round_in_progress
from gateway.federation.client_schema import client_schema
from tests.contract.reading import ROOT

MODULES = (load, round_in_progress, demo, roster)
_BEGINNINGS = ("query", "mutation", "subscription", "{")


def documents_of(module: ModuleType) -> dict[str, str]:
    """The GraphQL documents that a module itself holds, by name."""
    return {
        name: text
        for name, text in vars(module).items()
        if name.isupper() and isinstance(text, str) and text.lstrip().startswith(_BEGINNINGS)
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_document_is_valid_for_clients(module: ModuleType) -> None:
    schema = client_schema(parse((ROOT / "contracts/graph/supergraph.graphql").read_text("utf-8")))
    errors = {name: validate(schema, parse(text)) for name, text in documents_of(module).items()}
    assert errors
    assert {name: found for name, found in errors.items() if found} == {}
