"""A running assessment service, with the events of the other services published by the test."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from aio_pika.abc import AbstractQueue

from chassis.clock import Clock
from chassis.commands.bulk import RowResult
from chassis.context import Act
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.principal import Principal, Scope
from chassis.runtime.tasks import Role
from chassis.storage.mongo import Database
from chassis.storage.vault import Vault
from kernel.dates import today
from kernel.errors import Refusal
from services.assessment.app import load_rules, load_weights
from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.commands.books import publish_results
from services.assessment.commands.deps import Deps
from services.assessment.commands.results import ResultMark, record_results
from services.assessment.domain.book import Book
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome
from services.assessment.graph.schema import schema
from services.assessment.messaging.tasks import tasks
from services.assessment.store import Store
from tests.support.certificates import new_credentials
from tests.support.eventually import eventually
from tests.support.graph import execute
from tests.support.processes import running

BASE = Principal("a1", Scope.BASE, bases=("b1",))
FOREIGN = Principal("a2", Scope.BASE, bases=("b2",))
SCHOOL = Principal("a3", Scope.SCHOOL, school="3144000011")
OTHER_SCHOOL = Principal("a4", Scope.SCHOOL, school="3151000021")
MINISTRY = Principal("a5", Scope.MINISTRY)
TEACHER = Principal("a6", Scope.TEACHER, person="t-e1")
OTHER_TEACHER = Principal("a7", Scope.TEACHER, person="t-e2")
PROVINCE = Principal("a8", Scope.PROVINCE, province="44")
OTHER_PROVINCE = Principal("a9", Scope.PROVINCE, province="51")
EXPERT = Principal("a10", Scope.EXPERT)
VAULT = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))


@dataclass
class World:
    """Assessment on a real database and broker.

    Attributes:
        deps: Its dependencies.
        channel: Publishes the events of the other services.
        everything: A queue bound to every event.
    """

    deps: Deps
    channel: Any
    everything: AbstractQueue
    _numbers: Any = field(default_factory=lambda: count(1))

    async def tell(self, kind: str, subject: str, province: str = "44", version: int = 1, **data: Any) -> None:
        """Publish an event of another service."""
        producer, _, name = kind.partition(".")
        envelope = Envelope(
            id=f"{producer}/{name}:{subject}/{next(self._numbers)}/0",
            producer=producer,
            name=name,
            subject=subject,
            version=version,
            at=datetime.now(UTC),
            province=province,
            data=data | {"province": province},
        )
        exchange = await self.channel.get_exchange(amqp.EVENTS)
        await exchange.publish(amqp.to_message(envelope), envelope.routing_key, mandatory=True)

    async def heard(self, wanted: int) -> list[Envelope]:
        """The next events that assessment itself publishes; `wanted` is how many."""
        seen: list[Envelope] = []

        async def enough() -> bool:
            message = await self.everything.get(fail=False, no_ack=True)
            if message:
                envelope = amqp.from_message(message)
                seen.extend([envelope] if envelope.producer == "assessment" else [])
            return len(seen) == wanted

        await eventually(enough, every=0.005)
        return seen

    async def record(self, key: str) -> Record:
        """A record as it is stored."""
        return await self.deps.store.records.get(key)

    async def publish(self, *enrollments: str, project: str = "p1") -> None:
        """Publish a project with two sessions, and acceptances for it."""
        await self.tell(
            "catalog.project-published",
            project,
            project=project,
            base="b1",
            year=2024,
            days=7,
            mode="OFFLINE",
            class_hours=16,
            ends_on=date(2024, 6, 4).isoformat(),
            sessions=sessions(2),
        )
        for key in enrollments:
            await self.tell("enrollment.accepted", key, **attendee(key, project))

    async def start(self, *enrollments: str, project: str = "p1") -> None:
        """Publish and start a project with attendees, and wait until it runs."""
        await self.publish(*enrollments, project=project)
        await self.tell("catalog.project-started", project, project=project)
        await self.until_phase(ProjectPhase.RUNNING, project)

    async def finish(self, project: str = "p1", version: int = 2, *, afterwards: bool = False) -> None:
        """Let a project end today, and wait until assessment knows."""
        day = today(self.deps.clock.now()).isoformat()
        told: dict[str, Any] = {"overrun": False, "recorded_afterwards": afterwards, "finished_on": day}
        await self.tell("catalog.project-finished", project, version=version, project=project, **told)
        await self.until_phase(ProjectPhase.FINISHED, project)

    async def until_phase(self, phase: ProjectPhase, project: str = "p1") -> None:
        """Wait until the project is in a phase."""

        async def arrived() -> bool:
            stored = await self.deps.store.projects.find(project)
            return stored is not None and stored.phase is phase

        await eventually(arrived)

    async def attend(
        self, *marks: tuple[str, str, bool], by: Principal = BASE, reason: str | None = None, hours: int | None = None
    ) -> list[str]:
        """Record attendance as the base; returns the code of each row, or `ok`."""
        rows = [AttendanceMark(key, session, there, None, hours, reason) for key, session, there in marks]
        return codes(await record_attendance(self.deps, by, project="p1", rows=rows))

    async def grade(
        self,
        key: str,
        outcome: ResultOutcome,
        score: int | None,
        *,
        by: Principal = BASE,
        project: str = "p1",
        reason: str | None = None,
    ) -> list[str]:
        """Draft or correct a result as the base; returns its code, or `ok`."""
        rows = [ResultMark(key, outcome, score, reason)]
        return codes(await record_results(self.deps, by, project=project, rows=rows))

    async def close(self, project: str = "p1", by: Principal = BASE) -> Book:
        """Publish the results of a class as the base."""
        return await publish_results(self.deps, by, project=project)

    async def passes(self, *keys: str) -> None:
        """Let a class whose attendees have come to both sessions end, and publish that they pass with 88."""
        await self.attend(*((key, session, True) for key in keys for session in ("s1", "s2")))
        await self.finish()
        for key in keys:
            assert await self.grade(key, ResultOutcome.PASSED, 88) == ["ok"]
        await self.close()

    async def ask(self, principal: Principal, query: str, **variables: Any) -> tuple[Any, list[str]]:
        """Execute on the subgraph; the data and the codes of its refusals."""
        result = await execute(schema, self.deps, Act(principal), query, **variables)
        causes = [error.original_error for error in result.errors or ()]
        return result.data, [cause.code if isinstance(cause, Refusal) else repr(cause) for cause in causes]


def sessions(number: int) -> list[dict[str, Any]]:
    """A timetable as the catalog's events have it."""
    return [
        {"id": f"s{n}", "title": "课", "date": date(2024, 6, 2 + n).isoformat(), "hours": 8}
        for n in range(1, number + 1)
    ]


def attendee(key: str, project: str = "p1") -> dict[str, Any]:
    """The fields of an enrollment event."""
    return {"enrollment": key, "project": project, "base": "b1", "teacher": f"t-{key}", "school": "3144000011"}


def codes(results: Sequence[RowResult[Record]]) -> list[str]:
    """The code of each row's refusal, or `ok`."""
    return [result.refusal.code if result.refusal else "ok" for result in results]


@asynccontextmanager
async def running_world(database: Database, amqp_url: str, clock_file: Path) -> AsyncIterator[World]:
    """Assessment with relay and consumer, on a virtual host of its own."""
    store = Store(database)
    await store.prepare()
    deps = Deps(store, Clock(clock_file), load_rules(), VAULT, load_weights(), new_credentials())
    connection = await amqp.connect(amqp_url, "tests")
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        everything = await channel.declare_queue("everything")
        await everything.bind(amqp.EVENTS, "#")
        async with running(*tasks(deps, database, amqp_url).of(Role.ALL)):
            yield World(deps, channel, everything)
