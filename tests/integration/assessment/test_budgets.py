"""How many operations each command of assessment takes: as many for two hundred rows as for one (notes N41)."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database
from chassis.storage.sealed_names import seal_name
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel.dates import today
from kernel.free_text import Reason
from services.assessment import commands
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import AttendanceMark, Deps, ResultMark
from services.assessment.domain.book import Book
from services.assessment.domain.entry import AttendanceEntry, Attended
from services.assessment.domain.project import Project, Session, Training
from services.assessment.domain.record import Record, Result
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome, RevocationClass
from services.assessment.store import AttendeeName, Store
from tests.integration.assessment.test_annual_budgets import ANNUAL_BUDGETS
from tests.integration.assessment.test_inspection_budgets import INSPECTION_BUDGETS
from tests.integration.assessment.world import BASE, MINISTRY, SCHOOL, VAULT
from tests.support.certificates import new_credentials
from tests.support.operations import Budget, use_cases, watched

ROWS = [1, 200]
SESSION = Session("s1", "课", date(2024, 6, 3), 8)
FINISHED = Project("p1", 1, "b1", year=2024, days=7, phase=ProjectPhase.FINISHED, sessions=(SESSION,))
TRAINING = Training(
    code="2024-D-11-0007-03",
    title="培训",
    base="基地",
    province="11",
    category="DUAL_QUALIFIED_TEACHER",
    starts_on=date(2024, 6, 3),
    ends_on=date(2024, 6, 9),
    class_hours=56,
)
Command = Callable[[Deps, Sequence[str]], Awaitable[object]]
COMMANDS: dict[str, tuple[Command, Budget]] = {
    "record_attendance": (
        lambda deps, keys: commands.record_attendance(
            deps, BASE, project="p1", rows=[AttendanceMark(key, "s1", True, None) for key in keys]
        ),
        Budget(3, commits=1),
    ),
    "record_results": (
        lambda deps, keys: commands.record_results(
            deps, BASE, project="p1", rows=[ResultMark(key, ResultOutcome.PASSED, 88) for key in keys]
        ),
        Budget(3, commits=1),
    ),
    "publish_results": (
        lambda deps, _: commands.publish_results(deps, BASE, project="p1"),
        Budget(11, commits=1),
    ),
    "confirm_credits": (
        lambda deps, keys: commands.confirm_credits(deps, SCHOOL, enrollments=keys),
        Budget(4, commits=1),
    ),
    "revoke_credit": (
        lambda deps, keys: commands.revoke_credit(deps, MINISTRY, enrollment=keys[0], reason=Reason("抽检")),
        Budget(2, commits=1),
    ),
    "restore_credit": (
        lambda deps, keys: commands.restore_credit(deps, MINISTRY, enrollment=keys[0], reason=Reason("撤销有误")),
        Budget(2, commits=1),
    ),
    "reopen_records": (
        lambda deps, keys: commands.reopen_records(
            deps, MINISTRY, project="p1", enrollments=keys, until=today(deps.clock.now()), reason=Reason("申诉")
        ),
        Budget(3, commits=1),
    ),
}
"""In the order of a training, so that each takes effect after those before it; with an `Idempotency-Key`."""


@pytest.mark.parametrize("count", ROWS)
async def test_a_command_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, count: int
) -> None:
    store, keys = Store(database), [f"e{number}" for number in range(count)]
    await store.prepare()
    await store.projects.put(FINISHED)
    for key in keys:
        await store.records.insert(Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44"))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(
            Store(listened), Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), new_credentials()
        )
        for version, (name, (command, budget)) in enumerate(COMMANDS.items(), start=2):
            operations.clear()
            with acting(Act(MINISTRY, idempotency_key=name)):
                await command(deps, keys)
            assert operations.cost == budget, (name, operations.seen)
            assert (await store.records.get(keys[0])).version == version, f"{name} takes effect"


@pytest.mark.parametrize("count", ROWS)
async def test_certificates_take_their_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, count: int
) -> None:
    """R32: a class takes as many operations as one attendee: records, certificates, names, places, a write of each."""
    store, keys, credentials = Store(database), [f"e{number}" for number in range(count)], new_credentials()
    await store.prepare()
    now = datetime.now(UTC)
    await store.projects.put(replace(FINISHED, training=TRAINING))
    for key in keys:
        record = Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44")
        await store.records.insert(replace(record, results=(Result(ResultOutcome.PASSED, 90, 1.0, now),)))
        await store.names.put(AttendeeName(key, 1, *seal_name(credentials.names, 2024, "张三", key)))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), credentials)
        with acting(Act(BASE, idempotency_key="issue")):
            issued = await commands.issue_certificates(deps, BASE, project="p1", enrollments=keys)
        assert operations.cost == Budget(7, commits=1), operations.seen
        number = issued[0].value.id if issued[0].value else ""
        operations.clear()
        with acting(Act(MINISTRY, idempotency_key="revoke")):
            await commands.revoke_certificate(
                deps, MINISTRY, number=number, revocation=RevocationClass.FRAUD, reason=Reason("冒名")
            )
        assert operations.cost == Budget(3), operations.seen


@pytest.mark.parametrize("count", ROWS)
async def test_a_class_on_paper_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, count: int
) -> None:
    """R29, R30: a workbook of a class takes as many operations as one attendee's row; a check-in a few."""
    store, keys = Store(database), [f"e{number}" for number in range(count)]
    await store.prepare()
    clock = Clock(tmp_path / "clock.json")
    session = replace(SESSION, date=today(clock.now()))
    await store.projects.put(replace(FINISHED, phase=ProjectPhase.RUNNING, sessions=(session,)))
    for key in keys:
        await store.records.insert(Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44"))
    teacher = Principal("a6", Scope.TEACHER, person="t-e0")
    entries = [
        AttendanceEntry(enrollment=key, revision="m1" if key == "e0" else "m0", cells=[Attended("E", "s1", 4)])
        for key in keys
    ]
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), clock, load_rules(), VAULT, load_weights(), new_credentials())
        shown = await commands.open_check_in(deps, BASE, project="p1", session="s1")
        assert operations.cost == Budget(2), operations.seen
        operations.clear()
        await commands.check_in(deps, teacher, code=shown.code)
        assert operations.cost == Budget(4, commits=1), operations.seen
        operations.clear()
        followed = commands.follow_check_ins(deps, BASE, project="p1", session="s1", after=None)
        async with aclosing(followed):
            assert (await anext(followed)).attendees == count
        assert operations.cost == Budget(2), operations.seen
        operations.clear()
        await commands.class_book(deps, BASE, "p1")
        assert operations.cost == Budget(3), operations.seen
        operations.clear()
        entered = await commands.enter_workbook(deps, BASE, project="p1", entries=entries)
        assert operations.cost == Budget(3, commits=1), operations.seen
        assert all(row.is_new for row in entered)


@pytest.mark.parametrize("count", ROWS)
async def test_a_job_of_certificates_takes_its_budget_of_operations(
    database: Database, parts: Parts, tmp_path: Path, count: int
) -> None:
    """R32: a class of a year takes as many operations as one attendee, and what it has gone through is one write."""
    store, credentials = Store(database), new_credentials()
    await store.prepare()
    now = datetime.now(UTC)
    await store.projects.put(replace(FINISHED, training=TRAINING))
    for key in [f"e{number}" for number in range(count)]:
        record = Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44")
        await store.records.insert(replace(record, results=(Result(ResultOutcome.PASSED, 90, 1.0, now),)))
        await store.names.put(AttendeeName(key, 1, *seal_name(credentials.names, 2024, "张三", key)))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        deps = Deps(Store(listened), Clock(tmp_path / "clock.json"), load_rules(), VAULT, load_weights(), credentials)
        await commands.start_certificate_job(deps, MINISTRY, year=2024)
        assert operations.cost == Budget(4), operations.seen
        operations.clear()
        assert await commands.run_certificate_jobs(deps) == 1
        assert operations.cost == Budget(13, commits=1), operations.seen
    assert (await store.jobs.get("certificates-2024")).done == count


@pytest.mark.parametrize("count", ROWS)
async def test_what_is_settled_is_found_by_as_many_operations_for_many_projects(
    database: Database, parts: Parts, count: int
) -> None:
    """R30: of a hundred classes whose results are not published no record is read."""
    store, now = Store(database), datetime.now(UTC)
    await store.prepare()
    for number in range(count):
        await store.projects.put(replace(FINISHED, id=f"p{number}"))
        await store.records.insert(Record(f"e{number}", 1, f"p{number}", "b1", "t", str(SCHOOL.school), "44"))
    await store.books.insert(Book("p0", 1, "b1", published_at=now))
    async with watched(parts.mongodb_url(ADMIN), database.name) as (listened, operations):
        assert await commands.settle_projects(Store(listened)) == 1
    assert operations.cost == Budget(5), operations.seen


def test_every_command_has_a_budget() -> None:
    timed = {"settle_projects", "publish_overdue", "remind_of_results"}
    elsewhere = {*ANNUAL_BUDGETS, *INSPECTION_BUDGETS, "issue_certificates", "revoke_certificate", "issue_ballot_token"}
    elsewhere |= {"remind_evaluation"}
    on_paper = {"open_check_in", "check_in", "follow_check_ins", "class_book", "enter_workbook"}
    jobs = {"start_certificate_job", "run_certificate_jobs"}
    assert use_cases(commands) == {*COMMANDS, *timed, *elsewhere, *on_paper, *jobs}
