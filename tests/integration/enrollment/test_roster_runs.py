"""R22: whatever happens beside a run, each good row is in once, and a roster that must be whole is in whole or not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.enrollment.commands import enter_rosters
from services.enrollment.store import FencedOff
from tests.integration.enrollment.lists import COMMIT, JOB, codes, committed, entered, line_of, someone, staged
from tests.integration.enrollment.season import OTHER_SCHOOL, SCHOOL, SIGN_UP, Season

VERDICTS: dict[str, list[str]] = {
    "new": [],
    "known": [],
    "signed up": [],
    "submitted": ["SECOND_SIGN_UP"],
    "foreign": ["TEACHER_EXISTS"],
    "no number": ["INVALID_ID_NUMBER"],
    "no project": ["UNKNOWN_PROJECT"],
    "suspended": ["PROJECT_NOT_OPEN"],
    "repeated": ["DUPLICATE_ROW"],
    "misnamed": ["CONFLICTING_ROWS", "DUPLICATE_ROW"],
    "same mobile": [],
}


async def a_line(season: Season, kind: str) -> dict[str, str]:
    """A row of that kind, of somebody who is in no other."""
    season.people += 1
    fresh = someone(season.people)
    match kind:
        case "no number":
            return fresh | {"身份证号码": fresh["身份证号码"][:-2] + "ZZ"}
        case "no project":
            return fresh | {"项目编号": "GP-404"}
        case "suspended":
            return fresh | {"项目编号": "GP-2"}
        case "foreign":
            return await line_of(season, (await season.teachers(1, OTHER_SCHOOL, name="外校教师"))[0])
        case "known" | "signed up" | "submitted":
            (teacher,) = await season.teachers(1, name="本校教师")
            if kind == "signed up":
                await season.act(teacher, SIGN_UP, id="p1")
            if kind == "submitted":
                await season.submitted(teacher, "p1")
            return await line_of(season, teacher)
        case _:
            return fresh


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(sorted(VERDICTS)), min_size=1, max_size=12), window=st.integers(1, 5))
async def test_any_mixture_gives_each_row_its_verdict_and_exactly_the_good_ones_go_in_once(
    season: Season, monkeypatch: pytest.MonkeyPatch, kinds: list[str], window: int
) -> None:
    monkeypatch.setattr("services.enrollment.commands.rosters._WINDOW", window)
    if not season.people:
        await season.publish()
        await season.publish("p2", code="GP-2")
        await season.hear("catalog.project-suspended", "p2", {"project": "p2"})
    kinds = ["new", *kinds]
    lines = [await a_line(season, kind) for kind in kinds]
    for place, kind in enumerate(kinds):
        if kind in {"repeated", "misnamed"}:
            lines[place] = lines[0] | ({"姓名": "另一人"} if kind == "misnamed" else {})
        elif kind == "same mobile":
            lines[place] |= {"手机号码": lines[0]["手机号码"]}
    before = await season.database["enrollments"].count_documents({"status": "SUBMITTED"})
    job = await entered(season, lines, "VALID_ROWS")
    rows = job["rows"]["nodes"]
    assert [codes(row) for row in rows] == [VERDICTS[kind] for kind in kinds]
    good = [not VERDICTS[kind] for kind in kinds]
    assert [row["state"] == "ENTERED" for row in rows] == good
    assert [(row["enrollment"] or {}).get("status") == "SUBMITTED" for row in rows] == good
    assert (job["good"], job["done"], job["entered"]) == (sum(good), len(rows), sum(good))
    assert await season.database["enrollments"].count_documents({"status": "SUBMITTED"}) == before + sum(good)
    assert await enter_rosters(season.deps, 2) == 0


def interrupted(season: Season, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Awaitable[Any]]) -> None:
    """Something happens once, after a run has read its facts and before it writes."""
    roster_facts = season.deps.store.roster_facts
    look, happened = roster_facts.of, list[bool]()

    async def late(*arguments: Any) -> Any:
        facts = await look(*arguments)
        if not happened:
            happened.append(True)
            await meanwhile()
        return facts

    monkeypatch.setattr(roster_facts, "of", late)


async def nothing_in(season: Season, key: str, row: int, code: str) -> None:
    """The whole roster is refused for one row of it, and says so."""
    job = await season.act(SCHOOL, JOB, id=key)
    assert (job["state"], job["entered"]) == ("REFUSED", 0)
    assert {one["number"]: codes(one) for one in job["rows"]["nodes"] if one["problems"]} == {row: [code]}
    assert await season.database["enrollments"].count_documents({"school": SCHOOL.school}) == 0
    assert await season.database["teachers"].count_documents({"school": SCHOOL.school}) == 0


async def test_a_whole_roster_goes_in_at_once(season: Season) -> None:
    await season.publish()
    job = await entered(season, [someone(number) for number in range(1, 301)], "ALL_OR_NOTHING")
    assert (job["state"], job["total"], job["entered"]) == ("COMMITTED", 300, 300)
    for name in ("teachers", "persons", "enrollments"):
        assert await season.database[name].count_documents({}) == 300


@pytest.mark.parametrize("when", ["before the run", "in the middle of it"])
async def test_one_row_that_breaks_meanwhile_keeps_a_whole_roster_out(
    season: Season, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    await season.publish()
    key = await committed(season, [someone(number) for number in range(1, 102)], "ALL_OR_NOTHING")

    async def meanwhile() -> None:
        await season.teachers(1, OTHER_SCHOOL, idNumber=someone(50)["身份证号码"])

    if when == "before the run":
        await meanwhile()
    else:
        interrupted(season, monkeypatch, meanwhile)
    assert await enter_rosters(season.deps, 1) == 1
    await nothing_in(season, key, 51, "TEACHER_EXISTS")


async def test_a_project_called_off_in_the_middle_of_a_run_takes_nobody_in(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2")
    key = await committed(season, [someone(1), someone(2, "GP-2"), someone(3)], "ALL_OR_NOTHING")

    async def meanwhile() -> None:
        await season.hear("catalog.project-cancelled", "p2", {"project": "p2", "reason": "基地停办"})

    interrupted(season, monkeypatch, meanwhile)
    await enter_rosters(season.deps, 1)
    await nothing_in(season, key, 3, "PROJECT_NOT_OPEN")


async def test_a_run_that_was_cut_off_goes_on_where_it_was_and_repeats_no_row(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.enrollment.commands.rosters._WINDOW", 2)
    await season.publish()
    key = await committed(season, [someone(number) for number in range(1, 8)], "VALID_ROWS")
    note, steps = season.deps.store.rosters.store_outcomes, []

    async def cut(*given: Any) -> None:
        steps.append(True)
        await note(*given)
        if len(steps) == 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(season.deps.store.rosters, "store_outcomes", cut)
    with pytest.raises(asyncio.CancelledError):
        await enter_rosters(season.deps, 1)
    job = await season.act(SCHOOL, JOB, id=key)
    assert (job["state"], job["done"], job["entered"]) == ("COMMITTING", 2, 2)
    assert await season.database["enrollments"].count_documents({}) == 2
    assert await enter_rosters(season.deps, 2) == 1
    job = await season.act(SCHOOL, JOB, id=key)
    assert (job["state"], job["done"], job["entered"]) == ("COMMITTED", 7, 7)
    events = [len(one["events"]) async for one in season.database["enrollments"].find()]
    assert events == [2] * 7


async def test_r21_ranks_of_a_roster_do_not_depend_on_its_windows(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of an earlier window are no ranks that the school has given before the roster."""
    monkeypatch.setattr("services.enrollment.commands.rosters._WINDOW", 2)
    await season.publish()
    await season.publish("p2", code="GP-2")
    first = [someone(number, 校内排序=str(8 - number)) for number in range(1, 6)]
    second = [someone(number, "GP-2", 校内排序=str(9 - number)) for number in range(6, 9)]
    job = await entered(season, [*first, *second], "VALID_ROWS")
    assert [row["enrollment"]["rank"] for row in job["rows"]["nodes"]] == [7, 6, 5, 4, 3, 3, 2, 1]
    later = [someone(number, 校内排序=str(12 - number)) for number in range(9, 12)]
    job = await entered(season, later, "VALID_ROWS")
    assert [row["enrollment"]["rank"] for row in job["rows"]["nodes"]] == [10, 9, 8]


async def test_a_worker_that_lost_its_lease_writes_nothing(season: Season) -> None:
    await season.publish()
    key = await committed(season, [someone(1)], "VALID_ROWS")
    assert await season.deps.store.rosters.take_on(key, 2)
    with pytest.raises(FencedOff):
        await enter_rosters(season.deps, 1)
    assert await season.database["enrollments"].count_documents({}) == 0


async def test_two_workers_at_once_put_each_row_in_once(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.enrollment.commands.rosters._WINDOW", 3)
    await season.publish()
    for start in (1, 21, 41):
        await committed(season, [someone(number) for number in range(start, start + 10)], "VALID_ROWS")
    runs = (enter_rosters(season.deps, token) for token in (1, 2, 3))
    done = await asyncio.gather(*runs, return_exceptions=True)
    assert all(isinstance(one, int | FencedOff) for one in done), done
    await enter_rosters(season.deps, 4)
    assert await season.database["enrollments"].count_documents({}) == 30
    assert await season.database["rosters"].count_documents({"state": "COMMITTED", "entered": 10}) == 3


async def test_a_defect_stops_its_roster_and_no_other(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    await season.publish()
    broken, sound = [await committed(season, [someone(number)], "VALID_ROWS") for number in (1, 2)]
    await season.database["roster_rows"].update_one({"roster": broken}, {"$set": {"post": "nonsense"}})
    monkeypatch.setattr("services.enrollment.commands.rosters.log.exception", lambda *_, **__: None)
    assert await enter_rosters(season.deps, 1) == 2
    states = [(await season.deps.store.rosters.get(key)).state.value for key in (broken, sound)]
    assert states == ["FAILED", "COMMITTED"]


async def test_a_roster_that_is_put_in_while_another_is_staged_keeps_its_rows(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the oldest of as many open ones as a school may have, and is put in after the look at which to drop."""
    monkeypatch.setattr("services.enrollment.commands.rosters._MOST_OPEN", 1)
    await season.publish()
    oldest = await staged(season, [someone(1)])
    query = season.deps.store.rosters.query

    async def late(*given: Any, **more: Any) -> Any:
        found = await query(*given, **more)
        with monkeypatch.context() as patch:
            patch.setattr(season.deps.store.rosters, "query", query)
            await season.act(SCHOOL, COMMIT, id=oldest.id, mode="VALID_ROWS")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(season.deps.store.rosters, "query", late)
        await staged(season, [someone(2)])
    assert await enter_rosters(season.deps, 1) == 1
    job = await season.act(SCHOOL, JOB, id=oldest.id)
    assert (job["state"], job["total"], job["entered"]) == ("COMMITTED", 1, 1)
    await staged(season, [someone(3)])
    assert await season.database["rosters"].count_documents({"state": "STAGED"}) == 1
    assert await season.database["roster_rows"].count_documents({}) == 2


@pytest.mark.parametrize("mode", ["VALID_ROWS", "ALL_OR_NOTHING"])
async def test_a_roster_whose_rows_are_missing_is_not_said_to_be_in(
    season: Season, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    await season.publish()
    key = await committed(season, [someone(number) for number in range(1, 4)], mode)
    await season.database["roster_rows"].delete_one({"roster": key})
    monkeypatch.setattr("services.enrollment.commands.rosters.log.exception", lambda *_, **__: None)
    await enter_rosters(season.deps, 1)
    job = await season.act(SCHOOL, JOB, id=key)
    assert (job["state"], job["entered"]) == ("FAILED", 0)
    assert await season.database["enrollments"].count_documents({}) == 0


async def test_an_open_roster_is_not_entered(season: Season) -> None:
    await season.publish()
    await staged(season, [someone(1)])
    assert await enter_rosters(season.deps, 1) == 0
