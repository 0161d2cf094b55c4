"""Trusted documents: asked by id, required where production says so, checked before the first request."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner

from contracts.graph_files import SUPERGRAPH
from gateway.app import build
from gateway.console import commands
from gateway.federation.engine import Engine
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.operations import Operations
from gateway.http.responses import guarded
from gateway.http.transport import HttpTransport
from gateway.protection import Limits
from gateway.protection.trusted_documents import Trust, TrustedDocuments, manifest, read_manifest
from gateway.settings import GatewaySettings
from tests.support.fixtures import supergraph
from tests.unit.gateway.serving import served

TEXT = "query Hello { __typename }"
ID = hashlib.sha256(TEXT.encode()).hexdigest()


def app(trust: Trust, texts: Mapping[str, str]) -> Starlette:
    engine = Engine(supergraph(), HttpTransport({}, None))
    operations = Operations(engine, None, documents=TrustedDocuments(texts, trust))
    endpoint = GraphQLEndpoint(operations, Limits(), get_queries=True)

    async def graphql(request: Request) -> Response:
        return await endpoint(request)

    return Starlette(routes=[Route("/graphql", guarded(graphql), methods=["GET", "POST"])])


def by_hash(value: str) -> dict[str, Any]:
    """As Apollo's clients ask."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": value}}}


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": ID},
        {"documentId": f"sha256:{ID}"},
        by_hash(ID),
        {"query": TEXT},
    ],
)
@pytest.mark.parametrize("trust", Trust)
async def test_a_trusted_document_is_answered_by_id_and_by_text(trust: Trust, asked: dict[str, Any]) -> None:
    async with served(app(trust, manifest([TEXT]))) as browser:
        answer = await browser.send("POST", "/graphql", json=asked)
        assert answer.json == {"data": {"__typename": "Query"}}


async def test_a_trusted_query_may_come_by_get() -> None:
    async with served(app(Trust.REQUIRE, manifest([TEXT]))) as browser:
        assert (await browser.send("GET", "/graphql", params={"documentId": ID})).status == 200


@pytest.mark.parametrize(
    ("trust", "asked", "code"),
    [
        (Trust.REQUIRE, {"query": "{ __typename }"}, "DOCUMENT_NOT_TRUSTED"),
        (Trust.REQUIRE, {"query": "{ __typename }", "documentId": ID}, "DOCUMENT_NOT_TRUSTED"),
        (Trust.REQUIRE, {"documentId": "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
        (Trust.PREFER, {"documentId": "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
        (Trust.PREFER, {"documentId": 7}, "BAD_REQUEST"),
        (Trust.PREFER, {"extensions": {"persistedQuery": 7}}, "BAD_REQUEST"),
        (Trust.REQUIRE, {}, "BAD_REQUEST"),
        (
            Trust.PREFER,
            {"query": "{ __typename }", "extensions": {"persistedQuery": {"sha256Hash": ID}}},
            "BAD_REQUEST",
        ),
        (Trust.REQUIRE, {"query": TEXT, "extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}}, "BAD_REQUEST"),
    ],
)
async def test_what_is_not_trusted_is_refused(trust: Trust, asked: dict[str, Any], code: str) -> None:
    async with served(app(trust, manifest([TEXT]))) as browser:
        assert (await browser.send("POST", "/graphql", json=asked)).code == code


async def test_a_text_with_an_unknown_hash_is_never_registered() -> None:
    async with served(app(Trust.PREFER, {})) as browser:
        assert (await browser.send("POST", "/graphql", json={"query": TEXT, **by_hash(ID)})).status == 200
        assert (await browser.send("POST", "/graphql", json=by_hash(ID))).code == "PERSISTED_QUERY_NOT_FOUND"


def test_both_formats_of_a_manifest_are_read() -> None:
    apollo = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": ID, "name": "Hello", "type": "query", "body": TEXT}],
    }
    assert read_manifest(orjson.dumps(apollo)) == read_manifest(orjson.dumps({f"sha256:{ID}": TEXT})) == {ID: TEXT}


@pytest.mark.parametrize("content", [b"[]", b'{"a": 1}', b"nonsense"])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_manifest(content)


def test_the_command_makes_a_manifest_of_files(tmp_path: Path) -> None:
    file = tmp_path / "hello.graphql"
    file.write_text(TEXT, encoding="utf-8")
    result = CliRunner().invoke(commands, ["documents", str(file)])
    assert read_manifest(result.stdout.encode()) == {ID: TEXT}


def settings(tmp_path: Path, **more: Any) -> GatewaySettings:
    keys = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    file = tmp_path / "keys.json"
    file.write_text(orjson.dumps(keys.as_dict(private=True)).decode(), encoding="utf-8")
    url = "mongodb://127.0.0.1:1"
    more["second_factor_scopes"] = frozenset()
    return GatewaySettings(mongodb_url=url, amqp_url=url, signing_key_file=file, supergraph_file=SUPERGRAPH, **more)


def test_a_manifest_with_a_document_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text('{"bad": "{ nonsense }"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"trusted document bad: .*nonsense"):
        build(settings(tmp_path, trusted_documents_file=(file,)))


def test_requiring_documents_needs_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="TRUSTED_DOCUMENTS_FILE"):
        settings(tmp_path, trusted_documents="require")
