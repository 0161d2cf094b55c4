"""R19, R23: whatever teachers, schools and bases do at once, seats, sign-ups and people's time hold together."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.principal import Principal
from services.enrollment.commands import expire_offers
from services.enrollment.domain.machine import TRANSITIONS, Enrollment
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus
from tests.integration.enrollment.season import BASE, SCHOOL, SIGN_UP, SUBMIT, TAKE, WITHDRAW, Refused, Season

ALLOWED = {"SECOND_SIGN_UP", "WRONG_STATE", "STALE_VERSION", "CLASS_FULL", "OVERLAPPING_ACCEPTANCE", "OFFER_EXPIRED"}
WEEKS = (("2024-07-08", "2024-07-14"), ("2024-07-14", "2024-07-20"), ("2024-08-01", "2024-08-05"))
PEOPLE = 3
ACT = st.tuples(
    st.sampled_from(["sign up", "submit", "accept", "accept", "waitlist", "withdraw", "take", "expire"]),
    st.integers(0, PEOPLE - 1),
    st.integers(0, len(WEEKS) - 1),
)


async def perform(season: Season, act: str, teacher: Principal, project: str) -> None:
    """One act on one person's way through one project; a refusal must be one that the rules know."""
    latest = await season.office.store.enrollments.query({"teacher": teacher.person, "project": project})
    key = latest[-1].id if latest else ""
    codes: set[str | None] = set()
    try:
        if act == "sign up":
            await season.act(teacher, SIGN_UP, id=project)
        elif key and act == "withdraw":
            await season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突")
        elif key and act == "take":
            await season.act(SCHOOL, TAKE, id=key)
        elif act == "expire":
            season.later(minutes=2)
            await expire_offers(season.office)
        elif key and act == "submit":
            codes = {row["refusal"] and row["refusal"]["code"] for row in await season.act(SCHOOL, SUBMIT, ids=[key])}
        elif key and latest[-1].submitted_at:
            refusal = (await season.decide(key, act.upper(), BASE))["refusal"]
            codes = {refusal and refusal["code"]}
    except Refused as refused:
        codes = {refused.code}
    assert codes <= ALLOWED | {None}


def meet(one: int, other: int) -> bool:
    """Whether two projects share a day."""
    return WEEKS[one][0] <= WEEKS[other][1] and WEEKS[other][0] <= WEEKS[one][1]


def consistent(found: list[Enrollment], projects: list[str]) -> None:
    """One live sign-up a person and project, no two acceptances at a time, no end without its reason."""
    live = Counter((one.teacher, one.project) for one in found if one.status in LIVE)
    assert all(count == 1 for count in live.values())
    accepted = [one for one in found if one.status is EnrollmentStatus.ACCEPTED]
    for one, other in combinations(accepted, 2):
        assert one.teacher != other.teacher or not meet(projects.index(one.project), projects.index(other.project))
    assert all(one.reason_code for one in found if one.status not in TRANSITIONS)


async def told(season: Season, project: str) -> dict[str, int]:
    """The seats as a reader of the events knows them, who keeps the count of the latest step, in whatever order."""
    rows = await season.office.store.enrollments.collection.find({"project": project}, {"events": 1}).to_list()
    counts = [event["data"]["seats"] for row in rows for event in row["events"] if event["data"].get("seats")]
    assert len({count["version"] for count in counts}) == len(counts)
    latest = max(counts, key=lambda count: count["version"], default=None)
    if latest is None:
        return await season.seats(project)
    latest.pop("version")
    return {**latest, "left": latest["capacity"] - latest["accepted"] - latest["offered"]}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(capacity=st.integers(1, 2), batches=st.lists(st.lists(ACT, min_size=1, max_size=8), min_size=2, max_size=6))
async def test_seats_sign_ups_and_peoples_time_hold_under_any_acts_at_once(
    season: Season, capacity: int, batches: list[list[tuple[str, int, int]]]
) -> None:
    season.office = replace(season.office, offer_time=timedelta(minutes=1))
    teachers = await season.teachers(PEOPLE)
    projects = [
        await season.publish(f"p{season.versions}", starts_on=first, ends_on=last, capacity=capacity)
        for first, last in WEEKS
    ]
    await asyncio.gather(*(season.submitted(one, project) for one in teachers for project in projects))
    for batch in batches:
        await asyncio.gather(*(perform(season, act, teachers[who], projects[where]) for act, who, where in batch))
        found = await season.office.store.enrollments.query({"project": {"$in": projects}})
        consistent(found, projects)
        counts = Counter((one.project, one.status) for one in found)
        for project in projects:
            seats = await season.seats(project)
            assert seats["accepted"] == counts[project, EnrollmentStatus.ACCEPTED]
            assert seats["offered"] == counts[project, EnrollmentStatus.OFFERED]
            assert seats["accepted"] + seats["offered"] <= capacity
            assert seats["waitlisted"] == counts[project, EnrollmentStatus.WAITLISTED]
            assert await told(season, project) == {**seats, "left": capacity - seats["accepted"] - seats["offered"]}
        held = season.database["persons"].find({"_id": {"$in": [one.person for one in teachers]}})
        times = {one["enrollment"] for person in await held.to_list() for one in person["accepted"]}
        assert times == {one.id for one in found if one.status is EnrollmentStatus.ACCEPTED}
