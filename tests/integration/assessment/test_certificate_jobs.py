"""R32: a year's certificates are issued by the worker, class after class, and a kill costs nothing."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractQueue

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.principal import Principal
from chassis.storage.mongo import Database
from chassis.storage.sealed_names import seal_name
from kernel.errors import Refusal
from services.assessment import commands
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import certificate_jobs, run_certificate_jobs, start_certificate_job
from services.assessment.commands.deps import Deps
from services.assessment.domain.job import CertificateJob
from services.assessment.domain.record import Record, Result
from services.assessment.domain.vocabulary import JobState, ProjectPhase, ResultOutcome
from services.assessment.store import AttendeeName, Store
from tests.integration.assessment.test_budgets import FINISHED, TRAINING
from tests.integration.assessment.test_certificates import refused
from tests.integration.assessment.world import BASE, MINISTRY, SCHOOL, TEACHER, VAULT, World
from tests.support.certificates import new_credentials
from tests.support.eventually import eventually

YEAR = FINISHED.year
START = "mutation { startCertificateJob(year: 2024) { id state total done refused } }"
PROGRESS = """{ certificateJob(year: 2024) { state total done refused finishedAt
  refusals { projectId enrollment { id } refusal { code } } } }"""


@pytest.fixture
async def idle(database: Database, tmp_path: Path) -> World:
    """Assessment without a worker."""
    store = Store(database)
    await store.prepare()
    deps = Deps(store, Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), new_credentials())
    return World(deps, None, cast("AbstractQueue", None))


async def classes(world: World, *sizes: int, title: str = TRAINING.title) -> None:
    """Finished classes `c0`, `c1` … with so many who have passed, by name."""
    store, names, now = world.deps.store, world.deps.credentials.names, world.deps.clock.now()
    for place, size in enumerate(sizes):
        key = f"c{place}"
        await store.projects.put(replace(FINISHED, id=key, training=replace(TRAINING, title=title)))
        for number in range(size):
            enrollment = f"{key}-{number}"
            record = Record(enrollment, 1, key, "b1", f"t-{enrollment}", str(SCHOOL.school), "44")
            await store.records.insert(replace(record, results=(Result(ResultOutcome.PASSED, 90, 1.0, now),)))
            await store.names.put(AttendeeName(enrollment, 1, *seal_name(names, 2024, "张三", enrollment)))


async def job(world: World) -> CertificateJob:
    return await world.deps.store.jobs.get(CertificateJob.key(YEAR))


async def issued(world: World) -> list[str]:
    found = world.deps.store.certificates.collection.find({}, {"enrollment": 1})
    return sorted([document["enrollment"] async for document in found])


async def done(world: World) -> CertificateJob:
    """The job, once the world's own worker has done it."""

    async def over() -> bool:
        return (await job(world)).state is JobState.DONE

    await eventually(over)
    return await job(world)


async def test_r32_the_worker_issues_a_years_certificates_and_tells_how_far_it_is(world: World) -> None:
    await classes(world, 2, 0, 3)
    await world.deps.store.names.collection.delete_one({"_id": "c2-1"})
    data, codes = await world.ask(MINISTRY, START)
    assert (codes, data["startCertificateJob"]["total"]) == ([], 5)
    await done(world)
    data, codes = await world.ask(MINISTRY, PROGRESS)
    shown = data["certificateJob"]
    assert (shown["state"], shown["total"], shown["done"], shown["refused"]) == ("DONE", 5, 4, 1)
    assert shown["refusals"] == [
        {"projectId": "c2", "enrollment": {"id": "c2-1"}, "refusal": {"code": "NAME_NOT_ON_FILE"}}
    ]
    assert await issued(world) == ["c0-0", "c0-1", "c2-0", "c2-2"]
    told: list[Any] = []
    while len(told) < 4:  # timers tell of the class, too
        told += [event for event in await world.heard(1) if event.name == "certificate-issued"]
    assert {event.actor and event.actor["subject"] for event in told} == {MINISTRY.subject}


async def test_r32_r40_each_start_is_told_with_who_has_started_it_and_for_how_many(idle: World) -> None:
    """A start that finds the job under way starts nothing, and nothing is told of it."""
    await classes(idle, 2)
    with acting(Act(MINISTRY)):
        await start_certificate_job(idle.deps, MINISTRY, year=YEAR)
        await start_certificate_job(idle.deps, MINISTRY, year=YEAR)
        await rest(idle)
        await classes(idle, 0, 1)
        await start_certificate_job(idle.deps, MINISTRY, year=YEAR)
    stored = await idle.deps.store.jobs.collection.find_one({})
    told = [(event["name"], event["data"], event["actor"]["subject"]) for event in (stored or {})["events"]]
    started = [{"year": YEAR, "run": run, "attendees": most, "province": "00"} for run, most in ((1, 2), (2, 3))]
    assert told == [("certificate-job-started", data, MINISTRY.subject) for data in started]


async def test_r32_a_start_while_the_job_is_under_way_answers_with_it_and_a_later_one_issues_what_is_new(
    idle: World,
) -> None:
    world = idle
    await classes(world, 1)
    first = await start_certificate_job(world.deps, MINISTRY, year=YEAR)
    assert (await start_certificate_job(world.deps, MINISTRY, year=YEAR)).run == first.run == 1
    await rest(world)
    await classes(world, 0, 2)
    again = await start_certificate_job(world.deps, MINISTRY, year=YEAR)
    assert (again.run, again.total, again.state) == (2, 3, JobState.WAITING)
    finished = await rest(world)
    assert (finished.done, finished.refused) == (3, 0)
    assert await issued(world) == ["c0-0", "c1-0", "c1-1"], "nobody has two"


async def rest(world: World) -> CertificateJob:
    """The job, once it is gone through by this process."""
    await run_certificate_jobs(world.deps)
    return await job(world)


class KilledError(BaseException):
    """The process ends here."""


async def test_r32_a_job_that_was_killed_goes_on_where_it_was_left(
    idle: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed twice after a class was issued and before it was counted."""
    world = idle
    await classes(world, 2, 2, 2)
    total = 6
    deps, job_id = world.deps, CertificateJob.key(YEAR)
    await deps.store.jobs.insert(CertificateJob.new(YEAR, total, MINISTRY.subject, deps.clock.now()))
    seen: list[str] = []
    real = commands.issue_certificates

    async def killed_after(deps: Any, principal: Principal, *, project: str, **more: Any) -> Any:
        seen.append(project)
        results = await real(deps, principal, project=project, **more)
        if len(seen) in {2, 3}:
            raise KilledError
        return results

    monkeypatch.setattr(certificate_jobs, "issue_certificates", killed_after)
    for _ in range(2):
        with pytest.raises(KilledError):
            await run_certificate_jobs(deps)
    stopped = await deps.store.jobs.get(job_id)
    assert (stopped.state, stopped.cursor, stopped.done) == (JobState.RUNNING, "c0", 2)
    await run_certificate_jobs(deps)
    finished = await deps.store.jobs.get(job_id)
    assert (finished.state, finished.total, finished.done, finished.refused) == (JobState.DONE, 6, 6, 0)
    assert seen == ["c0", "c1", "c1", "c1", "c2"]
    assert await issued(world) == ["c0-0", "c0-1", "c1-0", "c1-1", "c2-0", "c2-1"], "one each"


async def test_r32_two_workers_at_once_issue_one_certificate_each(idle: World) -> None:
    """One has lost its lease and does not know it."""
    await classes(idle, 2, 2)
    await start_certificate_job(idle.deps, MINISTRY, year=YEAR)
    await asyncio.gather(run_certificate_jobs(idle.deps), run_certificate_jobs(idle.deps))
    finished = await rest(idle)
    assert (finished.state, finished.done, len(await issued(idle))) == (JobState.DONE, 4, 4)


async def test_r32_a_title_that_no_font_can_print_is_refused_when_issuing_is_asked(idle: World) -> None:
    """By the character, and before anything is drawn: a certificate is not issued that cannot be printed."""
    await classes(idle, 1, title="国培\ue1f5项目")
    (result,) = await commands.issue_certificates(idle.deps, BASE, project="c0")
    assert isinstance(result.refusal, Refusal)
    assert (result.refusal.code, result.refusal.details["characters"]) == ("TITLE_NOT_PRINTABLE", "U+E1F5")
    assert await issued(idle) == []


async def test_r32_a_job_is_the_ministrys_and_needs_something_to_issue(idle: World) -> None:
    assert await refused(start_certificate_job(idle.deps, MINISTRY, year=YEAR)) == "NOTHING_TO_ISSUE"
    await classes(idle, 1)
    for by in (BASE, SCHOOL, TEACHER):
        assert await refused(start_certificate_job(idle.deps, by, year=YEAR)) == "FORBIDDEN"
        assert await idle.ask(by, PROGRESS) == ({"certificateJob": None}, ["FORBIDDEN"])
    assert await idle.ask(MINISTRY, PROGRESS) == ({"certificateJob": None}, [])
    await idle.deps.store.projects.put(replace(FINISHED, id="c0", phase=ProjectPhase.RUNNING))
    assert await refused(start_certificate_job(idle.deps, MINISTRY, year=YEAR)) == "NOTHING_TO_ISSUE"
