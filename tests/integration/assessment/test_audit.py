"""R40: the audit log holds every event once, in order, and shows where somebody tampered with it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.events import Envelope
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.assessment.console import read_export
from services.assessment.domain.audit import GENESIS, Head, Row, verify
from services.assessment.store import AuditLog
from tests.integration.assessment.world import BASE, EXPERT, MINISTRY, PROVINCE, SCHOOL, TEACHER, World
from tests.support.eventually import eventually
from tests.support.processes import Finished, command

ROWS = 12
MINISTER: dict[str, str | None] = {
    "subject": "moe",
    "scope": "ministry",
    "organization": "教师工作司",
    "name": "处长",
}
ASK = """query($f: AuditFilter, $n: Int!, $after: String) { auditLog(filter: $f, first: $n, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { sequence eventId type subject at actor { subject organization name } data previousHash hash } } }"""


def event(number: int) -> Envelope:
    return Envelope(
        id=f"catalog/base:b{number}/1/0",
        producer="catalog",
        name="quota-adjusted" if number % 2 else "base-registered",
        subject=f"b{number}",
        version=1,
        at=datetime(2024, 5, number, 8, tzinfo=UTC),
        province="44",
        data={
            "base": f"b{number}",
            "before": 20,
            "limit": 18.5,
            "reason": "年度考核\u2028第二段\u0085",
            "nested": {"b": [1, None], "a": True},
        },
        actor={"subject": "moe", "scope": "ministry", "organization": "教师工作司", "name": "处长"}
        if number % 2
        else None,
    )


@pytest.fixture
async def log(database: Database) -> AuditLog:
    """A log of twelve rows."""
    audit_log = AuditLog(database)
    await audit_log.prepare()
    await audit_log.append([event(number) for number in range(1, 6)])
    await audit_log.append([event(number) for number in range(4, ROWS + 1)])
    return audit_log


async def rows(log: AuditLog) -> list[Row]:
    return [row async for row in log.all()]


async def faults(log: AuditLog, anchors: dict[int, str] | None = None) -> list[int]:
    return [fault.sequence for fault in verify(await rows(log), await log.head(), anchors)]


async def test_events_are_chained_once_from_the_genesis_on(log: AuditLog) -> None:
    """R40: append-only, hash-chained."""
    log_rows = await rows(log)
    assert [row.act.event for row in log_rows] == [event(number).id for number in range(1, ROWS + 1)]
    assert [row.sequence for row in log_rows] == list(range(1, ROWS + 1))
    assert log_rows[0].previous == GENESIS
    assert [row.previous for row in log_rows[1:]] == [row.hash for row in log_rows[:-1]]
    assert await faults(log) == []


async def test_concurrent_writers_make_one_chain(database: Database) -> None:
    log = AuditLog(database)
    await log.prepare()
    await asyncio.gather(*(AuditLog(database).append([event(number)]) for number in [*range(1, 13), *range(1, 13)]))
    assert len(await rows(log)) == ROWS
    assert await faults(log) == []


async def _swap(log: AuditLog) -> None:
    documents = {number: await log.rows.find_one({"_id": number}) or {} for number in (4, 8)}
    for number, other in ((4, 8), (8, 4)):
        await log.rows.delete_one({"_id": number})
        documents[other] = dict(documents[other])
    for number, other in ((4, 8), (8, 4)):
        await log.rows.insert_one(documents[other] | {"_id": number})


async def _rehash(log: AuditLog) -> None:
    row = next(row for row in await rows(log) if row.sequence == 6)
    changed = replace(row, act=replace(row.act, subject="other"))
    await log.rows.update_one({"_id": 6}, {"$set": {"act.subject": "other", "hash": changed.computed()}})


async def _cut(log: AuditLog) -> None:
    await log.rows.delete_many({"_id": {"$gt": 9}})


async def _insert(log: AuditLog) -> None:
    document = await log.rows.find_one({"_id": 12}) or {}
    document["act"]["event"] = "forged"
    await log.rows.insert_one(document | {"_id": 13})


def _set(number: int, field: str, value: Any) -> Callable[[AuditLog], Awaitable[object]]:
    return lambda log: log.rows.update_one({"_id": number}, {"$set": {field: value}})


TAMPERING: dict[str, tuple[Callable[[AuditLog], Awaitable[object]], list[int]]] = {
    "a value": (_set(7, "act.data.limit", 99), [7]),
    "a value deep inside": (_set(7, "act.data.nested.a", False), [7]),
    "the actor": (_set(5, "act.actor.name", "别人"), [5]),
    "the time": (_set(1, "act.at", "2020-01-01T00:00:00+00:00"), [1]),
    "a new field": (_set(3, "act.data.more", "x"), [3]),
    "the last row": (_set(12, "act.type", "catalog.other"), [12]),
    "the hash of a row": (_set(3, "hash", "f" * 64), [3, 4]),
    "a row and its hash": (_rehash, [7]),
    "two rows, deleted": (lambda log: log.rows.delete_many({"_id": {"$in": [5, 6]}}), [5]),
    "the first row, deleted": (lambda log: log.rows.delete_one({"_id": 1}), [1]),
    "two rows, in each other's place": (_swap, [4, 5, 8, 9]),
    "the end, cut off": (_cut, [10]),
    "everything": (lambda log: log.rows.delete_many({}), [1]),
    "a row too many": (_insert, [13]),
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampering_is_found_and_located(log: AuditLog, what: str) -> None:
    """R40: whatever is changed, cut or put in."""
    tamper, where = TAMPERING[what]
    await tamper(log)
    assert sorted(set(await faults(log)) & set(where)) == where
    assert set(await faults(log)) <= {*where, where[-1] + 1, 13}


async def test_an_anchor_shows_a_recomputed_chain_and_an_end_cut_off_with_its_head(log: AuditLog) -> None:
    anchor = {row.sequence: row.hash for row in await rows(log) if row.sequence in {8, 12}}
    assert await faults(log, anchor) == []
    await log.rows.delete_many({"_id": {"$gt": 10}})
    ten = (await rows(log))[-1]
    await log.heads.update_one({"_id": "head"}, {"$set": {"sequence": 10, "hash": ten.hash}})
    assert await faults(log) == [], "the database alone cannot tell"
    assert await faults(log, anchor) == [12]
    await log.rows.delete_many({})
    await log.heads.delete_many({})
    await log.prepare()
    await log.append([replace(event(number), subject="forged") for number in range(1, ROWS + 1)])
    assert await faults(log, anchor) == [8, 12]


async def test_r40_every_event_is_in_the_log_and_only_the_ministry_reads_it(world: World) -> None:
    """R40: every act is in it."""
    await world.start("e1")
    assert await world.attend(("e1", "s1", True)) == ["ok"]
    log = world.deps.store.audit

    async def there() -> bool:
        return "assessment.attendance-recorded" in {row.act.type for row in await rows(log)}

    await eventually(there)
    kinds = {row.act.type for row in await rows(log)}
    assert kinds >= {"catalog.project-published", "enrollment.accepted", "assessment.attendance-recorded"}
    assert await faults(log) == []
    for who in (BASE, SCHOOL, TEACHER, PROVINCE, EXPERT):
        data, codes = await world.ask(who, ASK, n=1)
        assert (data["auditLog"], codes) == (None, ["FORBIDDEN"])
    data, codes = await world.ask(MINISTRY, ASK, n=1)
    assert not codes
    assert data["auditLog"]["totalCount"] == len(await rows(log))


async def test_the_ministry_pages_and_filters_the_latest_first(world: World) -> None:
    log = world.deps.store.audit
    await log.append([event(number) for number in range(1, ROWS + 1)])
    seen: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        data, _ = await world.ask(MINISTRY, ASK, n=5, after=after)
        page = data["auditLog"]
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [row["sequence"] for row in seen] == list(range(ROWS, 0, -1))
    filters: list[tuple[dict[str, Any], int]] = [
        ({"type": "catalog.quota-adjusted"}, 6),
        ({"actor": "moe", "organization": "教师工作司"}, 6),
        ({"subject": "b3"}, 1),
        ({"province": "51"}, 0),
        ({"since": "2024-05-03T08:00:00+00:00", "until": "2024-05-05T16:00:00+08:00"}, 2),
        ({"since": "2024-05-03T16:00:00", "until": "2024-05-05T16:00:00"}, 2),
    ]
    for condition, count in filters:
        data, _ = await world.ask(MINISTRY, ASK, n=50, f=condition)
        assert (data["auditLog"]["totalCount"], len(data["auditLog"]["nodes"])) == (count, count), condition


@pytest.mark.parametrize(
    "span",
    [{"since": "0001-01-01T00:00:00"}, {"since": "0001-01-01T00:00:00+08:00"}, {"until": "9999-12-31T23:59:59-08:00"}],
)
async def test_r40_a_time_outside_the_calendar_is_refused_by_its_field(world: World, span: dict[str, str]) -> None:
    _, codes = await world.ask(MINISTRY, ASK, n=50, f=span)
    assert codes == ["BAD_USER_INPUT"]


async def test_the_command_line_verifies_and_exports(
    log: AuditLog, database: Database, parts: Parts, tmp_path: Path
) -> None:
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}

    async def run(*arguments: str) -> Finished:
        return await command("services.assessment", "audit", *arguments, environment=environment)

    head = await log.head()
    intact = await run("verify", "--anchor", f"{head.sequence}:{head.hash}")
    assert (intact.code, head.hash in intact.out) == (0, True), intact.error
    file = tmp_path / "audit.jsonl"
    file.write_text((await run("export")).out, encoding="utf-8", newline="\n")
    with file.open(encoding="utf-8") as exported:
        assert list(read_export(exported)) == [*await rows(log), head]
    assert (await run("verify", "--file", str(file))).code == 0
    lines = file.read_text().split("\n")[:-1]
    file.write_text("\n".join(line.replace("b7", "b8") for line in lines))
    assert "row 7" in (await run("verify", "--file", str(file))).error
    file.write_text("\n".join(lines[:-2]))
    assert (await run("verify", "--file", str(file))).code == 1
    stray = await log.rows.find_one({"_id": head.sequence})
    assert stray
    await log.rows.insert_one({**stray, "_id": head.sequence + 1, "act": stray["act"] | {"event": "forged"}})
    assert f"row {head.sequence + 1}" in (await run("verify")).error
    await log.rows.delete_one({"_id": head.sequence + 1})
    await log.rows.update_one({"_id": 3}, {"$set": {"act.subject": "x"}})
    broken = await run("verify")
    assert (broken.code, "row 3" in broken.error) == (1, True)


def test_an_empty_log_is_intact() -> None:
    assert list(verify([], Head())) == []
    assert json.loads(json.dumps(GENESIS)) == "0" * 64
