"""R19–R26: however rows are split into transactions, each has the same result and leaves the same (ADR 23)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.clock import Clock
from chassis.commands.bulk import RowResult
from chassis.context import Act, acting
from chassis.principal import Principal
from chassis.storage.mongo import Document
from services.enrollment import commands
from services.enrollment.commands import Decision, Deps
from services.enrollment.commands.admissions import AdmissionBatch, EnrollmentRow
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.vocabulary import EnrollmentDecision
from tests.integration.enrollment.ledger import KEPT, Ledger
from tests.integration.enrollment.season import BASE, SCHOOL, SIGN_UP, SUBMIT, Season
from tests.support.lane import Recorder

PEOPLE, PROJECTS = 5, ("p1", "p2")
PERSON, PROJECT = st.integers(0, PEOPLE - 1), st.sampled_from(PROJECTS)
Ask = tuple[str, int, str, int]
"""What is asked, about whom and which project, and of which colleague."""
ASKS = st.tuples(
    st.sampled_from(["accept", "reject", "waitlist", "withdraw", "take", "substitute", "sign up", "submit", "rank"]),
    PERSON,
    PROJECT,
    PERSON,
)


class Standing(Clock):
    """A clock that stands still, so that only the split differs."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at

    def now(self) -> datetime:
        return self._at


async def ask(deps: Deps, asked: Ask, key: str, teacher: Principal, colleague: str) -> None:
    """Call the command that is asked for."""
    name, _, project, _ = asked
    match name:
        case "withdraw":
            await commands.withdraw_enrollment(deps, SCHOOL, key=key, reason="冲突")
        case "take":
            await commands.accept_offer(deps, SCHOOL, key=key)
        case "substitute":
            await commands.substitute_teacher(deps, SCHOOL, key=key, teacher_id=colleague, reason="调动")
        case "sign up":
            await commands.sign_up(deps, teacher, project_id=project)
        case "submit":
            await commands.submit_enrollments(deps, SCHOOL, keys=[key])
        case "rank":
            await commands.rank_waitlist(deps, BASE, project_id=project, keys=[key])
        case _:
            await commands.decide_enrollments(deps, BASE, [Decision(key, EnrollmentDecision(name.upper()), "条件不符")])


async def rows_of(
    deps: Deps, asks: Sequence[Ask], teachers: Sequence[Principal], keys: Mapping[tuple[int, str], str]
) -> list[EnrollmentRow]:
    """The rows by which the commands ask for it."""
    recorder = Recorder()
    recording = recorder.of(deps)
    for asked in asks:
        _, who, project, other = asked
        with acting(Act(BASE)), suppress(asyncio.CancelledError):
            await ask(recording, asked, keys[who, project], teachers[who], teachers[other].person or "")
    return recorder.rows


async def test_r22_any_split_of_rows_into_transactions_gives_the_same(season: Season) -> None:
    await season.publish("p1", capacity=2)
    await season.publish("p2", capacity=1)
    teachers = await season.teachers(PEOPLE)
    signed = {
        (who, project): str((await season.act(teacher, SIGN_UP, id=project))["id"])
        for who, teacher in enumerate(teachers)
        for project in PROJECTS
    }
    await season.act(SCHOOL, SUBMIT, ids=[key for (who, _), key in signed.items() if who])
    clock = Standing(season.deps.clock.now())
    ledger, loop = Ledger(season), asyncio.get_running_loop()
    begin = await ledger.documents()

    async def restore() -> None:
        for name in KEPT:
            await season.database[name].delete_many({})
            if begin[name]:
                await season.database[name].insert_many(begin[name])

    async def played(
        rows: Sequence[EnrollmentRow], sizes: Sequence[int]
    ) -> tuple[list[Any], dict[str, list[Document]]]:
        await restore()
        results: list[RowResult[Enrollment]] = []
        for size in (*sizes, len(rows)):
            batch = AdmissionBatch(season.deps.store, clock, season.deps.offer_time)
            results += await batch.run(rows[len(results) :][:size])
        (await ledger.picture()).is_consistent()
        answers = [(row.key, row.value, row.refusal and (row.refusal.code, row.refusal.details)) for row in results]
        return answers, {name: [_timeless(row) for row in rows] for name, rows in (await ledger.documents()).items()}

    async def compare(asks: Sequence[Ask], sizes: Sequence[int]) -> None:
        rows = await rows_of(season.deps, asks, teachers, signed)
        assert len(rows) == len(asks)
        assert await played(rows, sizes) == await played(rows, [1] * len(rows))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(asks=st.lists(ASKS, min_size=2, max_size=25), sizes=st.lists(st.integers(1, 10), max_size=5))
    def check(asks: list[Ask], sizes: list[int]) -> None:
        asyncio.run_coroutine_threadsafe(compare(asks, sizes), loop).result()

    await asyncio.to_thread(check)


def _timeless(document: Document) -> Document:
    """The document without what real time puts into it."""
    events = [{name: value for name, value in event.items() if name != "at"} for event in document.get("events", ())]
    return document | {"events": events}
