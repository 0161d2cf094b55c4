"""What is measured of one side: rushes on a class, bulk commands, a consumer's backlog, escalations.

Each measure prepares what it needs, waits until both suites rest, and gives a `Sample`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from bench.writes.callers import DECIDE, SUBMIT, WITHDRAW, Call, at_once
from bench.writes.side import ENROLLMENT, SECOND, Candidate, Side
from chassis.events import Envelope
from chassis.ids import new_id
from deploy.seed.world import BASES, SCHOOLS, YEAR
from services.enrollment.domain.vocabulary import EnrollmentStatus

ASSESSMENT, WORKER = "assessment", "enrollment.worker"
OFFERED = "offered"
"""Counted beside the codes: how many of those who waited have got an offer."""
_LOOK_SECONDS = 0.1
"""Between two looks at how far something is; a look at escalations costs milliseconds."""
_MOST_SECONDS = 300.0
_BULK = 100
_YEARS = 1_900
"""The first of the rounds that are only escalated."""
Rest = Callable[[], Awaitable[None]]
"""Waits until both suites rest, right before something is measured."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is done.

    Attributes:
        accepted: Single acceptances at once, on a class of `seats`.
        withdrawn: Single withdrawals at once of all who were accepted, with `waiting` on the waiting list.
        rows: Rows of one bulk command.
        events: Backlog of a consumer.
        escalated: Enrollments that no base has decided.
        seconds: Length of a mix.
    """

    accepted: int = 220
    seats: int = 40
    withdrawn: int = 80
    waiting: int = 40
    rows: int = 200
    events: int = 4_000
    escalated: int = 5_000
    seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one measure of one side came to.

    Attributes:
        values: Such as `seconds` or `rate`, by name.
        outcomes: How often each code was given, where callers were answered.
        others: The share of the machine that processes outside the bench took meanwhile.
    """

    values: dict[str, float]
    outcomes: Counter[str] = field(default_factory=Counter)
    others: float = 0.0


async def accept_at_once(side: Side, rest: Rest, load: Load, processes: Sequence[str]) -> Sample:
    """Single acceptances of one class, all at the same time (R23)."""
    project = await side.published(load.seats)
    candidates = await side.candidates(project, load.accepted, EnrollmentStatus.SUBMITTED)
    bases = cycle([side.base(process) for process in processes])
    calls: list[Call] = [(next(bases), DECIDE, {"rows": [_accept(one)]}) for one in candidates]
    async with AsyncExitStack() as stack:
        if SECOND in processes:
            await stack.enter_async_context(side.second_api())
        await rest()
        seconds, outcomes = await at_once(calls)
    return Sample({"seconds": seconds}, outcomes)


async def withdraw_at_once(side: Side, rest: Rest, load: Load, processes: Sequence[str]) -> Sample:
    """Single withdrawals from one class, all at the same time, while others wait for the seats (R25, R26)."""
    project = await side.published(load.withdrawn)
    candidates = await side.candidates(project, load.withdrawn + load.waiting, EnrollmentStatus.SUBMITTED)
    accepted, waiting = candidates[: load.withdrawn], candidates[load.withdrawn :]
    for decision, group in (("ACCEPT", accepted), ("WAITLIST", waiting)):
        for begin in range(0, len(group), _BULK):
            rows = [{"id": one.enrollment, "decision": decision} for one in group[begin : begin + _BULK]]
            await side.base().do(DECIDE, rows=rows)
    turns = cycle(processes)
    calls: list[Call] = [(side.school(one.school, next(turns)), WITHDRAW, {"id": one.enrollment}) for one in accepted]
    async with AsyncExitStack() as stack:
        if SECOND in processes:
            await stack.enter_async_context(side.second_api())
        await rest()
        seconds, outcomes = await at_once(calls)
    offers = await side.enrollment["enrollments"].count_documents(
        {"project": project, "status": EnrollmentStatus.OFFERED.value}
    )
    return Sample({"seconds": seconds}, outcomes + Counter({OFFERED: offers}))


async def decide_many(side: Side, rest: Rest, load: Load) -> Sample:
    """One bulk command that decides."""
    project = await side.published(load.rows)
    rows = [_accept(one) for one in await side.candidates(project, load.rows, EnrollmentStatus.SUBMITTED)]
    await rest()
    seconds, outcomes = await at_once([(side.base(), DECIDE, {"rows": rows})])
    return Sample({"seconds": seconds}, outcomes)


async def submit_many(side: Side, rest: Rest, load: Load) -> Sample:
    """One bulk command that submits, of one school."""
    project = await side.published(load.rows)
    candidates = await side.candidates(project, load.rows, EnrollmentStatus.SIGNED_UP, school=0)
    await rest()
    seconds, outcomes = await at_once([(side.school(0), SUBMIT, {"ids": [one.enrollment for one in candidates]})])
    return Sample({"seconds": seconds}, outcomes)


async def three_bulks(side: Side, rest: Rest, load: Load) -> Sample:
    """Three bulk commands of half the rows on one class at the same time."""
    half = load.rows // 2
    project = await side.published(3 * half)
    rows = [_accept(one) for one in await side.candidates(project, 3 * half, EnrollmentStatus.SUBMITTED)]
    await rest()
    calls: list[Call] = [(side.base(), DECIDE, {"rows": rows[begin::3]}) for begin in range(3)]
    seconds, outcomes = await at_once(calls)
    return Sample({"seconds": seconds}, outcomes)


async def backlog(side: Side, rest: Rest, load: Load) -> Sample:
    """What a consumer takes in a second when everything waits for it: assessment's, a record for each acceptance."""
    side.stop(ASSESSMENT)
    await rest()
    await side.send(f"{ASSESSMENT}.inbox", [_accepted(number) for number in range(load.events)])
    inbox = side.mongo[ASSESSMENT]["inbox"]
    before = await inbox.estimated_document_count()

    async def taken() -> int:
        return await inbox.estimated_document_count() - before

    looking = asyncio.ensure_future(_rate(taken, load.events))
    await side.launch(ASSESSMENT)
    return Sample({"rate": await looking})


async def escalation(side: Side, rest: Rest, load: Load) -> Sample:
    """What the timer escalates in a second, in a worker without a relay beside it (R23).

    The events stay behind, and are taken away at the end: to publish them is measured elsewhere.
    """
    year = _YEARS + await side.enrollment["rounds"].count_documents({})
    project = new_id()
    await side.candidates(project, load.escalated, EnrollmentStatus.SUBMITTED, year=year)
    await side.send(f"{ENROLLMENT}.inbox", [_published(project, year)])
    side.stop(ENROLLMENT)
    await side.launch(WORKER)
    await rest()
    enrollments = side.enrollment["enrollments"]
    waiting = {"year": year, "status": EnrollmentStatus.SUBMITTED.value, "escalated_at": None}

    async def escalated() -> int:
        return load.escalated - await enrollments.count_documents(waiting)

    looking = asyncio.ensure_future(_rate(escalated, load.escalated))
    await side.send(f"{ENROLLMENT}.inbox", [_missed(year)])
    rate = await looking
    side.stop(WORKER)
    await enrollments.update_many({"year": year}, {"$set": {"events": []}})
    await side.launch(ENROLLMENT)
    return Sample({"rate": rate})


async def _rate(count: Callable[[], Awaitable[int]], target: int) -> float:
    """How many a second, from the last look that found none done until one that finds all done.

    Raises:
        TimeoutError: They are not done within five minutes.
    """
    started = time.perf_counter()
    async with asyncio.timeout(_MOST_SECONDS):
        while True:
            looked, done = time.perf_counter(), await count()
            if done >= target:
                return done / (looked - started)
            started = started if done else looked
            await asyncio.sleep(_LOOK_SECONDS)


def _accept(candidate: Candidate) -> dict[str, str]:
    return {"id": candidate.enrollment, "decision": "ACCEPT"}


def _accepted(number: int) -> Envelope:
    key, school = new_id(), SCHOOLS[number % len(SCHOOLS)]
    data = {"enrollment": key, "project": "bench", "base": "bench", "teacher": new_id()}
    data |= {"school": school.code, "province": school.province}
    return _event("enrollment", "accepted", key, school.province, data)


def _published(project: str, year: int) -> Envelope:
    """A class of a round that is only escalated."""
    data = {
        "project": project,
        "code": project,
        "title": "测量",
        "base": "bench",
        "base_name": "测量基地",
        "organization": BASES[0].organization_code,
        "province": BASES[0].province,
        "year": year,
        "starts_on": f"{YEAR + 1}-07-01",
        "ends_on": f"{YEAR + 1}-07-07",
        "capacity": 50,
        "audience": ["TEACHER"],
        "category": BASES[0].category,
    }
    return _event("catalog", "project-published", project, BASES[0].province, data)


def _missed(year: int) -> Envelope:
    """A round whose bases have missed their deadline."""
    days = {"opens": f"{year}-04-01", "closes": f"{year}-05-24"}
    return _event("catalog", "round-opened", str(year), "00", {"year": year, "calendar": {"ADMIT": days}})


def _event(producer: str, name: str, subject: str, province: str, data: dict[str, Any]) -> Envelope:
    return Envelope(
        id=f"{producer}/bench:{subject}/1/0",
        producer=producer,
        name=name,
        subject=subject,
        version=1,
        at=datetime.now(UTC),
        province=province,
        data=data,
    )
