"""The migrations of each service: what they make is recorded, and nothing else makes an index (ADR 71).

A change of indexes needs a step of its own, whose outcome is `indexes/<service>.<version>.json`; the recordings of
versions that were released stay as they are. `python -m tests.integration.operations.test_migrations` writes them.
"""

import ast
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.storage.migration import Migrations, migrate
from chassis.storage.mongo import Database, connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.secrets import Secrets
from deploy.local.suite import MIGRATIONS, ROOT, module_of
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


_WRITING = [
    ("services.catalog", "timeline", "new", "--at", "2026-11-01", "--reason", "演练"),
    ("services.enrollment", "feed", "new-epoch", "--reason", "演练"),
    ("services.assessment", "events", "republish", "--since", "2026-11-30"),
    ("gateway", "events", "go-on"),
    ("services.enrollment", "vault", "rotate"),
    ("gateway", "vault", "rotate"),
    ("services.catalog", "quotas", "reconcile", "--repair"),
]
"""Operators' commands of a service that write to its database."""


@pytest.mark.parametrize("words", _WRITING, ids=" ".join)
async def test_a_command_that_writes_refuses_a_database_that_is_not_migrated(
    parts: Parts, database: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    module, *arguments = words
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}
    environment |= {"AMQP_URL": parts.amqp_url(ADMIN), "VAULT_FILE": str(Secrets(tmp_path).vault_keys)}
    done = await command(module, *arguments, environment=environment)
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
