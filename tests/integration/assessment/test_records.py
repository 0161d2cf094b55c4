"""R29–R31 on real parts: records follow events, each role acts on its own, and every change tells the others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis import amqp
from chassis.clock import Clock
from chassis.context import Act, acting
from chassis.errors import Refusal
from chassis.events import Envelope
from chassis.graph import SubgraphContext
from chassis.mongo import Database
from chassis.principal import Principal, Scope
from services.assessment.app import load_rules
from services.assessment.commands import (
    Assessment,
    AttendanceMark,
    ResultMark,
    confirm_credits,
    record_attendance,
    record_results,
    revoke_credit,
)
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome, SessionMode
from services.assessment.graph.schema import schema
from services.assessment.messaging import tasks
from services.assessment.store import Store
from tests.eventually import eventually

BASE = Principal("a1", Scope.BASE, bases=("b1",))
FOREIGN = Principal("a2", Scope.BASE, bases=("b2",))
SCHOOL = Principal("a3", Scope.SCHOOL, school="3144000011")
OTHER_SCHOOL = Principal("a4", Scope.SCHOOL, school="3151000021")
MINISTRY = Principal("a5", Scope.MINISTRY)
TEACHER = Principal("a6", Scope.TEACHER, person="t-e1")
PROVINCE = Principal("a7", Scope.PROVINCE, province="51")


@dataclass(frozen=True)
class World:
    """A running assessment and a way to tell it events."""

    assessment: Assessment
    url: str

    async def tell(self, kind: str, subject: str, province: str = "44", **data: Any) -> None:
        producer, _, name = kind.partition(".")
        now = datetime.now(UTC)
        key = f"{kind}:{subject}/{now.timestamp()}"
        envelope = Envelope(
            id=key,
            producer=producer,
            name=name,
            subject=subject,
            version=1,
            at=now,
            province=province,
            data=data | {"province": province},
        )
        connection = await amqp.connect(self.url, "tests")
        async with connection:
            channel = await connection.channel(on_return_raises=True)
            exchange = await channel.get_exchange(amqp.EVENTS)
            await exchange.publish(amqp.to_message(envelope), envelope.routing_key, mandatory=True)

    async def record(self, key: str) -> Record | None:
        return await self.assessment.store.records.find(key)

    async def running_with(self, *enrollments: str) -> None:
        """A project that runs, with attendees of two schools."""
        sessions = [
            {"id": f"s{n}", "title": "课", "date": date(2024, 6, 2 + n).isoformat(), "hours": 8} for n in (1, 2)
        ]
        await self.tell(
            "catalog.project-published", "p1", project="p1", base="b1", year=2024, days=7, sessions=sessions
        )
        for key in enrollments:
            await self.tell(
                "enrollment.accepted",
                key,
                enrollment=key,
                project="p1",
                teacher=f"t-{key}",
                school="3144000011",
            )
        await self.tell("catalog.project-started", "p1", project="p1")
        await eventually(self._is_running)

    async def _is_running(self) -> bool:
        project = await self.assessment.store.projects.find("p1")
        return project is not None and project.phase.value == "RUNNING"

    async def attend(self, *marks: tuple[str, str, bool]) -> list[str]:
        rows = [AttendanceMark(key, session, there, SessionMode.OFFLINE) for key, session, there in marks]
        return codes(await record_attendance(self.assessment, BASE, project="p1", rows=rows))

    async def grade(self, key: str, outcome: ResultOutcome, score: int | None) -> list[str]:
        return codes(await record_results(self.assessment, BASE, project="p1", rows=[ResultMark(key, outcome, score)]))


def codes(outcomes: list[Record | Refusal]) -> list[str]:
    return [one.code if isinstance(one, Refusal) else "ok" for one in outcomes]


@pytest.fixture
async def world(database: Database, amqp_url: str, tmp_path: Path) -> AsyncIterator[World]:
    store = Store(database)
    await store.prepare()
    assessment = Assessment(store, Clock(tmp_path / "clock.json"), load_rules())
    running = [asyncio.ensure_future(task()) for task in tasks(store, database, amqp_url)]
    connection = await amqp.connect(amqp_url, "tests")
    async with connection:

        async def queue_is_there() -> bool:
            channel = await connection.channel()
            try:
                await channel.get_queue("assessment.inbox")
            except amqp.BROKER_ERRORS:
                return False
            return True

        await eventually(queue_is_there)
    yield World(assessment, amqp_url)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_r29_to_r31_from_attendance_to_a_revoked_credit(world: World) -> None:
    await world.running_with("e1")
    assert await world.attend(("e1", "s1", True), ("e1", "s2", False)) == ["ok", "ok"]
    assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    assert codes(await confirm_credits(world.assessment, SCHOOL, enrollments=["e1"])) == ["ok"]
    assert codes(await confirm_credits(world.assessment, SCHOOL, enrollments=["e1"])) == ["CREDIT_NOT_PENDING"]
    revoked = await revoke_credit(world.assessment, MINISTRY, enrollment="e1", reason="抽检")
    assert revoked.credit
    assert (revoked.credit.hours, revoked.credit.status) == (56, CreditStatus.REVOKED)
    assert revoked.result
    assert revoked.result.attendance_rate == 0.5


async def test_a_row_that_is_refused_stops_no_other_row(world: World) -> None:
    await world.running_with("e1", "e2")
    assert await world.attend(("e1", "s9", True), ("nobody", "s1", True), ("e2", "s1", True)) == [
        "UNKNOWN_SESSION",
        "NOT_FOUND",
        "ok",
    ]


async def test_a_foreign_base_and_a_foreign_school_write_nothing(world: World) -> None:
    await world.running_with("e1")
    row = AttendanceMark("e1", "s1", True, SessionMode.OFFLINE)
    with pytest.raises(Refusal) as refused:
        await record_attendance(world.assessment, FOREIGN, project="p1", rows=[row])
    assert refused.value.code == "FORBIDDEN"
    await world.attend(("e1", "s1", True))
    await world.grade("e1", ResultOutcome.PASSED, 88)
    before = await world.record("e1")
    assert codes(await confirm_credits(world.assessment, OTHER_SCHOOL, enrollments=["e1"])) == ["NOT_FOUND"]
    assert await world.record("e1") == before


async def test_marks_of_one_attendee_at_the_same_moment_are_all_kept(world: World) -> None:
    await world.running_with("e1")
    results = await asyncio.gather(*(world.attend(("e1", "s1", True)) for _ in range(3)))
    kept = await world.record("e1")
    assert kept
    assert len(kept.marks) == [code for (code,) in results].count("ok") >= 1


async def test_who_withdraws_is_no_attendee_any_more(world: World) -> None:
    await world.running_with("e1", "e2")
    await world.tell("enrollment.withdrawn", "e1", enrollment="e1", reason="生病")

    async def gone() -> bool:
        record = await world.record("e1")
        return record is not None and not record.live

    await eventually(gone)
    assert await world.attend(("e1", "s1", True), ("e2", "s1", True)) == ["NOT_AN_ATTENDEE", "ok"]


async def test_r29_the_end_of_the_training_tells_of_no_shows_and_of_every_change(world: World) -> None:
    await world.running_with("e1", "e2")
    connection = await amqp.connect(world.url, "observer")
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(amqp.EVENTS, "assessment.#")
        await world.attend(("e1", "s1", True))
        await world.tell("catalog.project-finished", "p1", project="p1")
        seen: list[Envelope] = []

        async def both() -> bool:
            message = await queue.get(fail=False, no_ack=True)
            if message:
                seen.append(amqp.from_message(message))
            return len(seen) == 2

        await eventually(both)
    assert {(one.name, one.subject, one.province) for one in seen} == {
        ("attendance-recorded", "e1", "44"),
        ("no-show-recorded", "e2", "44"),
    }


async def ask(world: World, principal: Principal, query: str, **variables: Any) -> Any:
    context = SubgraphContext(world.assessment, principal)
    with acting(Act(principal)):
        result = await schema.execute(query, variable_values=variables, context_value=context)
    assert not result.errors, result.errors
    return msgspec.to_builtins(result.data)


ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) {
  ... on Enrollment { attendanceRate result { outcome } credit { hours } } } }"""
WHO = [
    (BASE, True),
    (SCHOOL, True),
    (TEACHER, True),
    (MINISTRY, True),
    (FOREIGN, False),
    (OTHER_SCHOOL, False),
    (PROVINCE, False),
]


@pytest.mark.parametrize(("principal", "sees"), WHO, ids=lambda one: getattr(one, "subject", None))
async def test_each_role_sees_its_own_records_only(world: World, principal: Principal, *, sees: bool) -> None:
    await world.running_with("e1")
    await world.attend(("e1", "s1", True))
    representations = [{"__typename": "Enrollment", "id": "e1"}]
    (found,) = (await ask(world, principal, ENTITIES, r=representations))["_entities"]
    assert found["attendanceRate"] == (0.5 if sees else None)


async def test_a_hundred_entities_are_one_database_operation_per_kind(world: World, database: Database) -> None:
    await world.running_with("e1")
    representations = [{"__typename": "Enrollment", "id": f"e{n}"} for n in range(100)]
    await database.command("profile", 2)
    await ask(world, MINISTRY, ENTITIES, r=representations)
    await database.command("profile", 0)
    operations = await database["system.profile"].count_documents(
        {"op": "query", "ns": {"$regex": "(records|projects)$"}}
    )
    assert operations == 2
