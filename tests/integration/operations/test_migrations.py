"""The migrations of each service: what they make is recorded, and nothing else makes an index (ADR 71).

A change of indexes needs a step of its own, whose outcome is `indexes/<service>.<version>.json`; the recordings of
versions that were released stay as they are. `python -m tests.integration.operations.test_migrations` writes them.
"""

import ast
import json
import runpy
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from chassis.runtime.tasks import Role
from chassis.storage.migration import Migrations, migrate
from chassis.storage.mongo import Database, connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.secrets import Secrets
from deploy.local.suite import MIGRATIONS, ROOT, module_of
from deploy.processes import MIGRATED
from tests.support.processes import command

RECORDED = Path(__file__).with_name("indexes")
MAKERS = {"prepare", "create_index", "create_waiting_index", "_create_clustered"}
"""Names of the functions that make indexes and collections; only a step, or another of them, calls one."""


async def indexes_of(database: Database) -> dict[str, dict[str, Any]]:
    """What each collection is made of: its options, and its indexes by name."""
    found: dict[str, dict[str, Any]] = {}
    async for collection in await database.list_collections():
        name = collection["name"]
        listed = {index["name"]: dict(index) async for index in await database[name].list_indexes()}
        for index in listed.values():
            index["key"] = [list(part) for part in index["key"].items()]
            del index["name"], index["v"]
        ordinary = {"_id_": {"key": [["_id", 1]]}}
        if listed == ordinary and not collection["options"]:
            continue  # one that the first write makes just so
        found[name] = {"options": collection["options"], "indexes": listed}
    return json.loads(json.dumps(found, sort_keys=True))  # type: ignore[no-any-return]


def recording(migrations: Migrations) -> Path:
    """The file of what a service's version is made of."""
    return RECORDED / f"{migrations.service}.{migrations.version}.json"


_LOGIN = ("--login", "somebody", "--scope", "ministry")
_OF_EVERY_PRODUCER = {
    "events republish": ("--since", "2026-11-30"),
    "events go-on": (),
    "timeline new": ("--at", "2026-11-01", "--reason", "演练"),
    "vault rotate": (),
}
_WRITING: dict[str, dict[str, tuple[str, ...]]] = {
    "catalog": _OF_EVERY_PRODUCER | {"quotas reconcile": ("--repair",)},
    "enrollment": _OF_EVERY_PRODUCER | {"feed new-epoch": ("--reason", "演练"), "schools import": ("schools.csv",)},
    "assessment": _OF_EVERY_PRODUCER,
    "ballots": {},
    "gateway": _OF_EVERY_PRODUCER
    | {
        "accounts provision": _LOGIN,
        "accounts import": ("-",),
        "accounts codes": ("--scope", "school"),
        "accounts reset": _LOGIN,
        "accounts unlock": _LOGIN,
        "accounts reset-second-factor": _LOGIN,
        "accounts disable": _LOGIN,
    },
}
"""By service, operators' commands that write to its database, with arguments."""
_OTHERS = {"vault keys", "migrate", *Role}
"""Commands that make the database what it has to be, wait until it is so, or only read."""
_READING = {
    "catalog": set[str](),
    "enrollment": set[str](),
    "assessment": {
        "audit verify",
        "audit diff",
        "audit export",
        "annual recompute",
        "certificates check",
        "ballots vote",  # asks the gateway as a voter does
    },
    "ballots": set[str](),
    "gateway": {"standalone", "plan", "documents", "operations"},
}


def commands_in(group: Any, before: str = "") -> Iterator[str]:
    """The commands of a command line, by the words that they are called with."""
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from commands_in(found, f"{before}{name} ")
        else:
            yield before + name


@pytest.mark.parametrize("service", MIGRATED)
def test_every_command_of_a_service_is_said_to_write_or_not(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[typer.Typer] = []
    monkeypatch.delitem(sys.modules, f"{module_of(service)}.__main__", raising=False)  # another test may have used it
    monkeypatch.setattr(typer.Typer, "__call__", lambda root, **_: started.append(root))
    runpy.run_module(module_of(service), run_name="__main__")
    found = set(commands_in(get_command(started[0])))
    assert _WRITING[service].keys() & _READING[service] == set()
    assert found - _OTHERS == _WRITING[service].keys() | _READING[service]


@pytest.fixture
def environment(parts: Parts, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What any service's commands need, on a database that is not migrated; beside them lies a list of schools."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schools.csv").write_text("学校标识码,学校名称,省份\n3144000011,羊城机电,广东省\n", encoding="utf-8")
    files = Secrets(tmp_path)
    return {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "AMQP_URL": parts.amqp_url(ADMIN),
        "VAULT_FILE": str(files.vault_keys),
        "NAMES_KEYS_FILE": str(files.name_keys),
        "INTERNAL_JWKS_FILE": str(files.public_keys),
        "SIGNING_KEY_FILE": str(files.signing_keys),
        "SUPERGRAPH_FILE": str(ROOT / "contracts" / "graph" / "supergraph.graphql"),
        "PORT": "1",
    }


@pytest.mark.parametrize(
    ("service", "words"), [(service, words) for service, given in _WRITING.items() for words in given]
)
async def test_a_command_that_writes_refuses_a_database_that_is_not_migrated(
    environment: dict[str, str], database: Database, service: str, words: str
) -> None:
    arguments = (*words.split(), *_WRITING[service][words])
    done = await command(module_of(service), *arguments, environment=environment, given="[]")
    assert (done.code, "run `migrate` first" in done.error) == (1, True), done.error
    assert not await database.list_collection_names()


@pytest.mark.parametrize("migrations", MIGRATIONS, ids=lambda each: each.service)
async def test_a_migrated_database_has_what_its_version_records(parts: Parts, migrations: Migrations) -> None:
    name = f"test_{secrets.token_hex(6)}"
    async with connect(parts.mongodb_url(ADMIN)) as client:
        environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": name}
        module = module_of(migrations.service)
        before = await command(module, "migrate", "--check", environment=environment)
        assert before.code == 1, before.error
        assert "pending" in before.out
        done = await command(module, "migrate", environment=environment)
        assert done.code == 0, done.error
        assert (await command(module, "migrate", "--check", environment=environment)).code == 0
        made = await indexes_of(client[name])
        for step in migrations.steps:  # whoever was killed in a step begins it anew
            await step.run(client[name])
        assert await indexes_of(client[name]) == made
        await client.drop_database(name)
    recorded = json.loads(recording(migrations).read_text(encoding="utf-8"))
    assert made == recorded, "other indexes are a new step, and its recording a new file"


def calls_in(file: Path) -> Iterator[tuple[str, str, str]]:
    """Calls of a maker: the function that calls, what is called, and the file."""
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if called in {*MAKERS, "create_indexes", "create_collection"}:
                    yield function.name, called, str(file.relative_to(ROOT))


def test_only_steps_make_indexes() -> None:
    files = [file for folder in ("chassis", "gateway", "services") for file in (ROOT / folder).rglob("*.py")]
    makers = [call for file in files for call in calls_in(file)]
    assert {maker for _, maker, _ in makers} >= MAKERS, "the names of this test are those of the code"
    at_run_time = [
        (function, called, file)
        for function, called, file in makers
        if function not in MAKERS and "/migrations/" not in file and not file.startswith("gateway/federation/")
    ]
    assert not at_run_time


async def record(url: str) -> None:
    """Write the recordings of the newest versions."""
    async with connect(url) as client:
        for migrations in MIGRATIONS:
            name = f"test_{secrets.token_hex(6)}"
            await migrate(client[name], migrations)
            made = await indexes_of(client[name])
            recording(migrations).write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            await client.drop_database(name)


if __name__ == "__main__":
    import asyncio
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as running:
        asyncio.run(record(running.mongodb_url(ADMIN)))
