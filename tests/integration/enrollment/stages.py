"""Enrollments, offers and rosters that are equally far, for tests of single commands."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chassis.ids import new_id
from chassis.principal import Principal
from chassis.storage.mongo import Session
from kernel.free_text import Reason
from services.enrollment import commands
from services.enrollment.commands import Decision, NewFunding
from services.enrollment.domain import transfer as transfers
from services.enrollment.domain.notifications import Notice, NoticeKind, notice_of, order_of, school_box
from services.enrollment.domain.project import amended
from services.enrollment.domain.transfer import TransferRequest
from services.enrollment.domain.vocabulary import (
    Employment,
    EnrollmentDecision,
    FundingSource,
    ProjectState,
    RosterMode,
    TransferKind,
)
from tests.integration.enrollment.lists import line_of, someone, staged
from tests.integration.enrollment.season import BASE, CALENDAR, GUANGDONG, OTHER_BASE, OTHER_SCHOOL, SCHOOL, Season
from tests.support.principals import MINISTRY

BOX = school_box("4144100001")
PAYMENT = NewFunding(
    year=2024, amount=100, source=FundingSource.CENTRAL, item="培训", school=SCHOOL.school, project="p1"
)
_MOST_ROWS = 200


@dataclass(frozen=True)
class Stage:
    """What a command finds.

    Attributes:
        season: Where it is.
        count: How many rows the command is to have.
        keys: Ids of what it is about: enrollments, teachers, rosters, notices or payments.
        teachers: As principals.
    """

    season: Season
    count: int
    keys: Sequence[str] = ()
    teachers: Sequence[Principal] = ()

    @property
    def key(self) -> str:
        """The first id."""
        return self.keys[0]


Prepare = Callable[[Season, int], Awaitable[Stage]]


async def published(season: Season, count: int = 1) -> Stage:
    """A project with seats for everybody; nobody is on file."""
    await season.publish(capacity=1_000)
    return Stage(season, count)


async def closed_school(season: Season, count: int = 1) -> Stage:
    """The first school is closed, and everybody has left it."""
    stage = await published(season, count)
    await commands.close_school(season.deps, MINISTRY, code=str(SCHOOL.school), reason="误关")
    await commands.settle_schools(season.deps)
    return stage


async def on_file(season: Season, count: int = 1) -> Stage:
    await published(season)
    teachers: list[Principal] = []
    for start in range(0, count, _MOST_ROWS):
        teachers += await season.teachers(min(count - start, _MOST_ROWS), name="教师甲")
    return Stage(season, count, [str(teacher.person) for teacher in teachers], teachers)


async def requested(season: Season, count: int = 1) -> Stage:
    """The other school requests every teacher; the keys are the requests'."""
    stage, store = await on_file(season, count), season.deps.store
    asked = TransferRequest(
        kind=TransferKind.TRANSFER, employment=Employment.FULL_TIME, reason=Reason.of("人才引进", "R20")
    )
    there, now, time = (str(OTHER_SCHOOL.school), "43"), season.deps.clock.now(), season.deps.transfer_time
    keys = []
    for teacher in await store.teachers.find_many(stage.keys):
        assert teacher
        step = transfers.request(new_id(), teacher, asked, now, at=there, by="赵主任", time=time)
        keys.append((await store.transfers.insert(*step)).id)
    return replace(stage, keys=keys)


async def requested_long_ago(season: Season, count: int = 1) -> Stage:
    stage = await requested(season, count)
    season.later(days=10)
    return stage


async def merged(season: Season, count: int = 1) -> Stage:
    """The first school, whose teachers have signed up, is merged into the other one."""
    stage = await signed_up(season, count)
    code, into = SCHOOL.school or "", OTHER_SCHOOL.school or ""
    await commands.merge_school(season.deps, MINISTRY, code=code, into=into, reason="布局调整")
    return stage


async def refused(season: Season, count: int = 1) -> Stage:
    stage = await requested(season, count)
    await commands.answer_transfer(season.deps, SCHOOL, key=stage.key, confirm=False, reason="聘期未满")
    return stage


async def signed_up(season: Season, count: int = 1) -> Stage:
    return await _signed_up(await on_file(season, count), "p1")


async def to_be_confirmed(season: Season, count: int = 1) -> Stage:
    """Sign-ups in a round in which schools confirm who is eligible (R22)."""
    await _with_step(season, "ELIGIBILITY")
    return await signed_up(season, count)


async def to_be_checked_again(season: Season, count: int = 1) -> Stage:
    """Submissions in a round in which bases check eligibility again (R23)."""
    await _with_step(season, "RECHECK")
    return await submitted(season, count)


async def submitted(season: Season, count: int = 1) -> Stage:
    return await _submitted(await signed_up(season, count))


async def accepted(season: Season, count: int = 1) -> Stage:
    return await _decided(await submitted(season, count), EnrollmentDecision.ACCEPT)


async def rejected(season: Season, count: int = 1) -> Stage:
    return await _decided(await submitted(season, count), EnrollmentDecision.REJECT)


async def waiting(season: Season, count: int = 1) -> Stage:
    return await _decided(await submitted(season, count), EnrollmentDecision.WAITLIST)


async def accepted_before_a_line(season: Season, count: int = 1) -> Stage:
    """Accepted, while others wait; the last teacher is a colleague without an enrollment."""
    await waiting(season)
    colleagues = await on_file(season)
    stage = await accepted(season, count)
    return replace(stage, teachers=[*stage.teachers, *colleagues.teachers])


async def withdrawn(season: Season, count: int = 1) -> Stage:
    """Accepted, then withdrawn by the school; the seats are free."""
    return await _withdrawn(await accepted(season, count))


async def withdrawn_undecided(season: Season, count: int = 1) -> Stage:
    """Ranked by the school and submitted, then withdrawn; others are ranked."""
    stage = await submitted(season, count + 1)
    await commands.rank_sign_ups(season.deps, SCHOOL, project_id="p1", keys=stage.keys)
    return await _withdrawn(replace(stage, keys=stage.keys[:count]))


async def _withdrawn(stage: Stage) -> Stage:
    for key in stage.keys:
        await commands.withdraw_enrollment(stage.season.deps, SCHOOL, key=key, reason="误点")
    return stage


async def asking_to_leave(season: Season, count: int = 1) -> Stage:
    """Accepted, while others wait, and asking the school to be withdrawn."""
    stage = await accepted_before_a_line(season, count)
    for key, teacher in zip(stage.keys, stage.teachers, strict=False):
        await commands.request_withdrawal(season.deps, teacher, key=key, reason="身体原因")
    return stage


async def offered(season: Season, count: int = 1) -> Stage:
    stage = await waiting(season, count)
    assert await commands.offer_after_suspension(season.deps, "p1") == count
    return stage


async def offered_too_long_ago(season: Season, count: int = 1) -> Stage:
    stage = await offered(season, count)
    season.later(hours=49)
    return stage


async def undecided(season: Season, count: int = 1) -> Stage:
    """Submitted, and not decided when admission closed."""
    stage = await submitted(season, count)
    season.at("2024-05-25T09:00")
    return stage


async def shortly_before_the_deadline(season: Season, count: int = 1) -> Stage:
    """Submitted, and to be decided within two days."""
    stage = await submitted(season, count)
    season.at("2024-05-24T09:00")
    await season.database["milestones"].delete_many({})
    return stage


async def with_a_digest_due(season: Season, count: int = 1) -> Stage:
    """Unread notices of teachers who have an address, on the morning of a day without a digest."""
    people = await season.teachers(count, name="教师甲", email="wang@example.cn")
    stage = Stage(season, count, teachers=people)
    now = season.deps.clock.now()
    await season.deps.store.notices.put(
        [
            Notice(
                id=f"{order_of(now)}:{teacher.person}",
                to=f"teacher:{teacher.person}",
                kind=NoticeKind.STARTED,
                reason=None,
                at=now,
            )
            for teacher in people
        ]
    )
    await season.database["milestones"].delete_many({})
    return stage


async def escalated(season: Season, count: int = 1) -> Stage:
    stage = await undecided(season, count)
    await commands.escalate_undecided(season.deps)
    return stage


async def waiting_when_admission_closed(season: Season, count: int = 1) -> Stage:
    stage = await waiting(season, count)
    season.at("2024-05-25T09:00")
    return stage


async def waiting_at_the_planned_start(season: Season, count: int = 1) -> Stage:
    stage = await waiting(season, count)
    season.at("2024-07-08T09:00")
    return stage


async def new_dates_alone(season: Season) -> None:
    """What the consumer commits first, before it looks at who lapsed."""
    store = season.deps.store
    before = await store.projects.get("p1")
    days, now = (date(2024, 7, 22), date(2024, 7, 28)), season.deps.clock.now()
    after = amended(before, before.version + 1, days, "场地故障", now)

    async def work(session: Session) -> None:
        await store.projects.put(after, session)
        await store.seating.touch_all(after, session)

    await store.transact(work)


async def lapsed_on_a_day_that_was_put_off(season: Season, count: int = 1) -> Stage:
    """Nobody has looked at who may come back."""
    stage = await waiting_at_the_planned_start(season, count)
    await commands.lapse_at_start(season.deps)
    await new_dates_alone(season)
    return stage


async def asking_to_leave_at_the_planned_start(season: Season, count: int = 1) -> Stage:
    """Accepted, and asking the school to be withdrawn, which nobody has answered."""
    stage = await accepted(season, count)
    for key, teacher in zip(stage.keys, stage.teachers, strict=True):
        await commands.request_withdrawal(season.deps, teacher, key=key, reason="身体原因")
    season.at("2024-07-08T09:00")
    return stage


def of_a_project_that_is(state: ProjectState, prepare: Prepare) -> Prepare:
    """The same, before anything has followed from the project's new state."""

    async def prepared(season: Season, count: int = 1) -> Stage:
        stage, projects = await prepare(season, count), season.deps.store.projects
        await projects.put(replace(await projects.get("p1"), state=state, reason="整改"))
        return stage

    return prepared


async def overlapping(season: Season, count: int = 1) -> Stage:
    """Accepted here and elsewhere, with dates that overlap since an amendment."""
    stage = await accepted(season, count)
    await season.publish("p2", base="base-2", starts_on="2024-08-01", ends_on="2024-08-05", capacity=1_000)
    await _decided(await _submitted(await _signed_up(stage, "p2")), EnrollmentDecision.ACCEPT, OTHER_BASE)
    amended = {"project": "p1", "starts_on": "2024-08-04", "ends_on": "2024-08-10", "reason": "场地调整"}
    await season.hear("catalog.project-amended", "p1", amended)
    return stage


async def to_be_delivered(season: Season, count: int = 1) -> Stage:
    """As many deliveries as rows, one an enrollment."""
    stage = await accepted(season, count)
    await season.deps.store.deliveries.collection.delete_many({"to": BOX})
    return stage


async def notified(season: Season, count: int = 1) -> Stage:
    """Notices in the school's inbox."""
    stage, store, now = await accepted(season, count), season.deps.store, season.deps.clock.now()
    deliveries = (await store.deliveries.by_enrollment(stage.keys)).values()
    notices = [notice_of(delivery, now) for both in deliveries for delivery in both if delivery.to == BOX]
    await store.notices.put(notices)
    return Stage(season, count, [notice.id for notice in notices])


async def paid(season: Season, count: int = 1) -> Stage:
    """A payment on record."""
    await published(season, count)
    return Stage(season, count, [(await commands.record_funding(season.deps, GUANGDONG, entry=PAYMENT)).id])


async def roster_of_strangers(season: Season, count: int = 1) -> Stage:
    await published(season)
    return Stage(season, count, [(await staged(season, strangers(season, count))).id])


async def roster_of_signed_up(season: Season, count: int = 1) -> Stage:
    stage = await signed_up(season, count)
    lines = [await line_of(season, teacher) for teacher in stage.teachers]
    return Stage(season, count, [(await staged(season, lines)).id])


def committed(mode: RosterMode, prepare: Prepare) -> Prepare:
    """The roster, waiting for the worker."""

    async def prepared(season: Season, count: int = 1) -> Stage:
        stage = await prepare(season, count)
        await commands.commit_roster(season.deps, SCHOOL, key=stage.key, mode=mode)
        return stage

    return prepared


def strangers(season: Season, count: int) -> list[dict[str, str]]:
    """Rows of a roster for people who are not on file."""
    season.people += count
    return [someone(season.people - number) for number in range(count)]


async def _with_step(season: Season, code: str) -> None:
    """Let the round have one of the steps that enrollment holds (ADR 33)."""
    step = {"code": code, "name": "资格", "guard": None, "opens": "2024-04-01", "closes": "2024-05-24"}
    await season.hear("catalog.round-amended", "2024", {"year": 2024, "calendar": CALENDAR, "steps": [step]})


async def _signed_up(stage: Stage, project: str) -> Stage:
    signed = await asyncio.gather(
        *(commands.sign_up(stage.season.deps, teacher, project_id=project) for teacher in stage.teachers)
    )
    return replace(stage, keys=[enrollment.id for enrollment in signed])


async def _submitted(stage: Stage) -> Stage:
    for keys in _windows(stage.keys):
        results = await commands.submit_enrollments(stage.season.deps, SCHOOL, keys=keys)
        assert all(result.value for result in results), results
    return stage


async def _decided(stage: Stage, decision: EnrollmentDecision, base: Principal = BASE) -> Stage:
    for keys in _windows(stage.keys):
        decisions = [Decision(key, decision, "条件所限") for key in keys]
        results = await commands.decide_enrollments(stage.season.deps, base, decisions)
        assert all(result.value for result in results), results
    return stage


def _windows(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + _MOST_ROWS] for start in range(0, len(keys), _MOST_ROWS)]
