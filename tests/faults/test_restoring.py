"""A database is restored from an older copy, and everybody goes on (ADR 69, ADR 70)."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chassis.messaging.amqp import DEAD
from deploy.broker.definitions import ADMIN
from deploy.demo import documents as d
from deploy.processes import PRODUCERS
from services.enrollment.store import Feed
from tests.faults.checker import left_over
from tests.faults.drill import FULL, Outcome, lasting
from tests.faults.field import API, RELAY, WORKER, Field, opened
from tests.faults.load import under_load
from tests.support.eventually import eventually
from tests.support.processes import command
from tests.support.province import started, stored_events

_CODE = "44"
_SUSPEND = 'mutation($id: ID!) { suspendProject(id: $id, reason: "演练") { id } }'
_CANCEL = 'mutation($id: ID!) { cancelProject(id: $id, reason: "演练") { id } }'
_BOUND = 120.0


@pytest.fixture(scope="module")
async def field(home: Path) -> AsyncIterator[Field]:
    """A suite whose provinces listen with the documented consumer only."""
    async with opened(Field(home / "restoring", listens=False)) as running:
        yield running


@asynccontextmanager
async def supervised(field: Field, file: Path, ends: list[str]) -> AsyncIterator[None]:
    """The documented consumer, started again whenever it has ended; what it said then is noted."""

    async def supervise() -> None:
        while True:
            process = await started(field.provisioner, file, _CODE, quiet=True)
            try:
                _, said = await process.communicate()
                ends.append(said.decode())
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    supervisor = asyncio.ensure_future(supervise())
    try:
        yield
    finally:
        supervisor.cancel()
        await asyncio.wait([supervisor])


async def dumped(field: Field, service: str, folder: Path) -> Path:
    """A backup of a service's database, taken while it works."""
    key = str(field.suite.parts.secrets.backup_key)
    admin = field.suite.parts.mongodb_url(ADMIN)
    environment = field.suite.settings(service)
    arguments = ("dump", service, str(folder), "--key", key, "--admin", admin)
    done = await command("deploy.backup", *arguments, environment=environment)
    assert done.code == 0, done.error
    return Path(done.out.strip())


async def restored(field: Field, service: str, file: Path, *processes: str) -> list[dict[str, Any]]:
    """Put a backup back while the service's processes are stopped; what the audit knows and the copy does not."""
    environments = file.with_suffix(".json")
    environments.write_text(json.dumps({"environments": {name: field.suite.settings(name) for name in PRODUCERS}}))
    arguments = ["restore", service, str(file), "--key", str(field.suite.parts.secrets.backup_key)]
    arguments += ["--environments", str(environments), "--reason", "盘损坏", "--as", "李工"]
    running = await command("deploy.backup", *arguments, "--replace")
    assert running.code == 1, "refused beside a process of the service"
    with field.stopped(*processes):
        full = await command("deploy.backup", *arguments)
        assert full.code == 1, "refused where the database holds documents"
        done = await command("deploy.backup", *arguments, "--replace")
        assert done.code == 0, done.error
    await asyncio.gather(*(asyncio.to_thread(field.suite.wait_ready, name) for name in processes))
    return [json.loads(line) for line in done.out.splitlines()]


async def settled(field: Field) -> bool:
    """Whether nothing is on its way any more, dead letters apart."""
    for _ in range(2):
        if [left async for left in left_over(field) if "the audit" not in left and DEAD not in left]:
            return False
    return True


async def keeps_up(field: Field, file: Path) -> bool:
    """Whether the province has its whole log, every event of it once, and nothing else."""
    rows = await field.mongo["enrollment"]["feed"].find({"province": _CODE}, sort=[("sequence", 1)]).to_list()
    return stored_events(file) == [(row["sequence"], row["event"]["id"]) for row in rows]


async def test_enrollment_goes_back_to_an_older_copy(field: Field, outcomes: list[Outcome], tmp_path: Path) -> None:
    """A provincial consumer goes on, what is undone is listed, and what is new reaches every consumer."""
    file, ends = tmp_path / "events.db", list[str]()
    async with supervised(field, file, ends):
        async with under_load(field, 1) as before:
            await lasting(10 if FULL else 2)
            copy = await dumped(field, "enrollment", tmp_path)
            await lasting(10 if FULL else 2)
        published = await field.project()
        await eventually(partial(settled, field), deadline=_BOUND)
        await eventually(partial(keeps_up, field, file), deadline=_BOUND)
        logged = dict(stored_events(file))
        undone = await restored(field, "enrollment", copy, API, RELAY, WORKER)
        async with under_load(field, 2) as after:
            await lasting(10 if FULL else 2)
        await eventually(partial(settled, field), deadline=_BOUND)
        await eventually(partial(keeps_up, field, file), deadline=_BOUND)
    assert not [said for said in ends if "another platform" in said]
    epoch, *_ = (await Feed(field.mongo["enrollment"]).epochs()).begun
    base = epoch.base_of(_CODE)
    assert 0 < base < max(logged), "something was undone"
    kept = dict(stored_events(file))
    assert {number: kept[number] for number in range(1, base + 1)} == {n: logged[n] for n in range(1, base + 1)}
    assert stored_events(file, "withdrawn") == [(n, key) for n, key in logged.items() if n > base]
    lost = {key for number, key in logged.items() if number > base} - {*kept.values()}
    assert {key for _, key in stored_events(file, "undone")} == lost
    assert len({*kept.values()}) == len(kept), "no event twice"
    assert {act["event"] for act in undone} >= {key for key in lost if key.startswith("enrollment/")}
    seats = (await field.provisioner.public.ask(d.SEATS, id=published))["project"]["seats"]
    assert seats, "what others told in the lost time was told again"
    await _heard_everywhere(field, [promise.subject for promise in after.promises if promise.event == _ACCEPTED])
    outcomes.append(Outcome("enrollment restored", len(before.promises) + len(after.promises), 0, 0.0, _BOUND))


_ACCEPTED = "enrollment.accepted"


async def _heard_everywhere(field: Field, accepted: Sequence[str]) -> None:
    """Whoever was accepted after the restore has a record, and the catalog has counted the seats."""
    assert accepted
    mongo = field.mongo
    for key in accepted:
        assert await mongo["assessment"]["records"].find_one({"_id": key, "live": True}), "assessment did not hear"
    enrollment = await mongo["enrollment"]["enrollments"].find_one({"_id": accepted[0]}) or {}
    seats = await mongo["enrollment"]["seats"].find_one({"_id": enrollment["project"]}) or {}
    shown = await mongo["catalog"]["projects"].find_one({"_id": enrollment["project"]}, {"seats": 1}) or {}
    assert shown["seats"]["held"] == seats["accepted"] + seats["offered"]


async def test_the_catalog_goes_back_to_an_older_copy(field: Field, outcomes: list[Outcome], tmp_path: Path) -> None:
    """An event that has the place of one of the lost time takes effect, and that one is listed."""
    await field.sign_in()
    project, ministry = await field.project(), field.seeded.ministry
    await eventually(partial(settled, field), deadline=_BOUND)
    copy = await dumped(field, "catalog", tmp_path)
    await ministry.do(_SUSPEND, id=project)
    await eventually(partial(_is, field, project, "SUSPENDED"))
    await eventually(partial(settled, field), deadline=_BOUND)
    undone = await restored(field, "catalog", copy, "catalog")
    assert [(act["type"], act["subject"]) for act in undone] == [("catalog.project-suspended", project)]
    await ministry.do(_CANCEL, id=project)
    await eventually(partial(_is, field, project, "CANCELLED"))
    outcomes.append(Outcome("catalog restored", 2, 0, 0.0, _BOUND))


async def _is(field: Field, project: str, status: str) -> bool:
    """Whether enrollment and assessment know a project in a state."""
    stored = [await field.mongo[name]["projects"].find_one({"_id": project}) for name in ("enrollment", "assessment")]
    return [row and row.get("state", row.get("phase")) for row in stored] == [status, status]
