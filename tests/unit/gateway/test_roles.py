"""`python -m gateway api|relay|worker|all|standalone`: what each command builds, and which settings it needs."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from typer.testing import CliRunner

from chassis.runtime.tasks import Role
from chassis.storage.mongo import connect
from contracts.graph_files import SUPERGRAPH
from gateway import __main__ as entry
from gateway.federation.supergraph import load_supergraph
from gateway.identity.messaging import tasks
from gateway.identity.store import IdentityStore

PROBES = {"/livez", "/readyz"}
AWAY = "mongodb://127.0.0.1:1"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Starlette]:
    """The applications that a command would serve; the environment is that of a relay."""
    apps: list[Starlette] = []

    def serve(app: Starlette, host: str, port: int, *settings: Any, **options: Any) -> None:
        del host, port, settings, options
        apps.append(app)

    monkeypatch.setattr(entry, "serve", serve)
    monkeypatch.setattr(entry, "_observe", lambda: None)
    for name in ("ROLE", "SIGNING_KEY_FILE", "SUPERGRAPH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MONGODB_URL", AWAY)
    monkeypatch.setenv("AMQP_URL", "amqp://127.0.0.1:1")
    return apps


@pytest.fixture
def keys_and_supergraph(served: list[Starlette], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the environment of a process that serves the graph has besides."""
    del served  # it clears the environment first
    keys = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    file = tmp_path / "keys.json"
    file.write_bytes(orjson.dumps(keys.as_dict(private=True)))
    monkeypatch.setenv("SIGNING_KEY_FILE", str(file))
    monkeypatch.setenv("SUPERGRAPH_FILE", str(SUPERGRAPH))
    monkeypatch.setenv("SECOND_FACTOR_SCOPES", "[]")


def run(*arguments: str) -> int:
    return CliRunner().invoke(entry.root, arguments).exit_code


def paths(app: Starlette) -> set[str]:
    return {str(getattr(route, "path", "")) for route in app.routes}


@pytest.mark.parametrize("role", ["relay", "worker"])
def test_relay_and_worker_answer_probes_only_and_need_neither_keys_nor_supergraph(
    served: list[Starlette], role: str
) -> None:
    assert run(role) == 0
    (app,) = served
    assert paths(app) == PROBES


@pytest.mark.usefixtures("keys_and_supergraph")
@pytest.mark.parametrize("arguments", [["api"], ["all"], []])
def test_api_and_all_serve_the_graph_and_identity_and_all_is_the_default(
    served: list[Starlette], arguments: list[str]
) -> None:
    assert run(*arguments) == 0
    (app,) = served
    assert paths(app) >= PROBES | {"/graphql", "/auth/login", "/auth/accounts", "/rosters"}


def test_an_api_without_a_supergraph_does_not_start(served: list[Starlette]) -> None:
    assert run("api") != 0
    assert served == []


def test_the_setting_names_the_role_and_the_command_line_has_precedence(
    served: list[Starlette], keys_and_supergraph: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del keys_and_supergraph
    monkeypatch.setenv("ROLE", "relay")
    assert [run(), run("api")] == [0, 0]
    assert ["/graphql" in paths(app) for app in served] == [False, True]


@pytest.mark.parametrize("arguments", [["standalone", str(SUPERGRAPH)], ["--supergraph", str(SUPERGRAPH), "--no-auth"]])
def test_the_router_alone_serves_a_graph_and_no_identity(served: list[Starlette], arguments: list[str]) -> None:
    assert run(*arguments) == 0
    (app,) = served
    assert "/graphql" in paths(app)
    assert not any(path.startswith("/auth") for path in paths(app))


def test_the_router_alone_says_where_it_serves_and_which_hosts_do_not_resolve(
    served: list[Starlette], monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {"catalog": "http://127.0.0.1:1/graphql", "ENROLLMENT": "http://enrollment.invalid/graphql"}
    monkeypatch.setenv("SUBGRAPH_URLS", json.dumps(urls))
    said = CliRunner().invoke(entry.root, ["standalone", str(SUPERGRAPH), "--port", "4010", "--host", "::1"]).output
    where, missing = said.splitlines()
    assert "http://[::1]:4010/graphql" in where
    assert "enrollment.invalid" in missing
    assert "127.0.0.1:1" not in missing
    assert "SUBGRAPH_URLS" in missing
    assert len(served) == 1


def test_the_router_alone_says_nothing_of_hosts_where_each_resolves(
    served: list[Starlette], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [subgraph.name for subgraph in load_supergraph(SUPERGRAPH.read_text("utf-8")).subgraphs.values()]
    monkeypatch.setenv("SUBGRAPH_URLS", json.dumps(dict.fromkeys(names, "http://127.0.0.1:1,http://127.0.0.2:1")))
    said = CliRunner().invoke(entry.root, ["standalone", str(SUPERGRAPH), "--port", "4010"]).output
    assert said.splitlines() == ["图接口 graph http://127.0.0.1:4010/graphql"]
    assert len(served) == 1


@pytest.mark.parametrize("arguments", [["--supergraph", str(SUPERGRAPH)], ["--no-auth"]])
def test_a_supergraph_without_logins_has_to_be_asked_for_by_both_options(
    served: list[Starlette], arguments: list[str]
) -> None:
    assert run(*arguments) == 2
    assert served == []


async def test_a_role_runs_its_own_tasks_and_all_runs_every_one() -> None:
    async with connect(AWAY) as client:
        database = client["gateway"]
        parts = tasks(IdentityStore(database), database, "amqp://127.0.0.1:1")
    counts = {role: len([*parts.of(role)]) for role in Role}
    assert counts == {Role.ALL: 3, Role.API: 0, Role.RELAY: 1, Role.WORKER: 2}
