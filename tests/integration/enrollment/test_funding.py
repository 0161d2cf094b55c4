"""R27: what a province pays is recorded, corrected by later revisions, never overwritten, and nobody else's."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.principal import Principal
from tests.integration.enrollment.season import BASE, GUANGDONG, HUNAN, OTHER_SCHOOL, SCHOOL, Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

FUNDING = "id year revision amount yuan source item note corrects reason supersededBy school { code } project { id }"
RECORD = f"mutation($i: FundingInput!) {{ recordFunding(input: $i) {{ {FUNDING} history {{ id }} }} }}"
LIST = f"""query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Province {{
  funding(year: 2024) {{ {FUNDING} history {{ {FUNDING} }} }} progress(year: 2024) {{
    funding {{ amount yuan sources {{ source amount }} }} }} }} }} }}"""
LARGE = 30_000_000_00
"""More fen than GraphQL's Int holds."""


def payment(amount: int = LARGE, **more: Any) -> dict[str, Any]:
    return {"year": 2024, "amount": amount, "source": "PROVINCIAL", "item": "“双师型”教师培训"} | more


async def book(season: Season, who: Principal = GUANGDONG, code: str = "44") -> Any:
    return (await season.act(who, LIST, r=[{"__typename": "Province", "code": code}]))[0]


async def test_a_payment_is_recorded_with_its_event_and_counts_in_the_progress(season: Season) -> None:
    await season.publish()
    made = await season.act(GUANGDONG, RECORD, i=payment(school=SCHOOL.school, project="p1", note=" 首批 "))
    assert (made["amount"], made["yuan"], made["note"], made["revision"]) == (LARGE, "30000000.00", "首批", 1)
    assert (made["school"], made["project"]) == ({"code": SCHOOL.school}, {"id": "p1"})
    await season.act(GUANGDONG, RECORD, i=payment(50, source="SCHOOL"))
    shown = await book(season)
    assert [one["amount"] for one in shown["funding"]] == [LARGE, 50]
    assert shown["progress"]["funding"] == {
        "amount": LARGE + 50,
        "yuan": "30000000.50",
        "sources": [{"source": "PROVINCIAL", "amount": LARGE}, {"source": "SCHOOL", "amount": 50}],
    }
    (event,) = (await season.database["funding"].find_one({"_id": made["id"]}))["events"]  # type: ignore[index]
    assert (event["name"], event["province"], event["data"]["amount"]) == ("funding-recorded", "44", LARGE)
    assert event["actor"]["subject"] == GUANGDONG.subject
    assert "note" not in event["data"]


@pytest.mark.parametrize("second", [222, 111])
async def test_r27_two_payments_of_one_request_are_two_and_a_repeat_replays_both(season: Season, second: int) -> None:
    for key, field in (("k1", "b: recordFunding"), ("k2", "recordFunding")):
        season.key = key
        pays = f"a: recordFunding(input: $a) {{ id }} {field}(input: $b) {{ id }}"
        both = f"mutation($a: FundingInput!, $b: FundingInput!) {{ {pays} }}"
        made = [await season.ask(GUANGDONG, both, a=payment(111), b=payment(second)) for _ in range(2)]
        assert made[0] == made[1]
        assert len({row["id"] for row in made[0].values()}) == 2
    assert sorted(row["amount"] for row in (await book(season))["funding"]) == sorted([111, second] * 2)


async def test_r27_an_alias_of_a_used_key_with_other_input_is_refused(season: Season) -> None:
    season.key = "k1"
    pay = "mutation($i: FundingInput!) { b: recordFunding(input: $i) { id } }"
    await season.act(GUANGDONG, pay, i=payment(222))
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, pay, i=payment(223))
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_a_correction_supersedes_with_its_reason_and_the_history_stays_visible(season: Season) -> None:
    first = await season.act(GUANGDONG, RECORD, i=payment(100))
    second = await season.act(GUANGDONG, RECORD, i=payment(80, corrects=first["id"], reason="金额录错"))
    assert (second["revision"], second["corrects"], second["reason"]) == (2, first["id"], "金额录错")
    assert second["history"] == [{"id": first["id"]}]
    (shown,) = (await book(season))["funding"]
    assert (shown["id"], shown["supersededBy"]) == (second["id"], None)
    (kept,) = shown["history"]
    assert (kept["amount"], kept["supersededBy"]) == (100, second["id"])
    await season.act(GUANGDONG, RECORD, i=payment(0, corrects=second["id"], reason="重复登记"))
    shown = await book(season)
    assert [one["amount"] for one in shown["funding"][0]["history"]] == [100, 80]
    assert shown["progress"]["funding"] == {"amount": 0, "yuan": "0.00", "sources": []}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (payment(0), "INVALID_FUNDING"),
        (payment(1_000_000_000_001), "INVALID_FUNDING"),
        (payment(item=" "), "INVALID_FUNDING"),
        (payment(note="长" * 201), "INVALID_TEXT"),
        (payment(year=2019), "UNKNOWN_ROUND"),
        (payment(school="4199999999"), "NOT_FOUND"),
        (payment(school=OTHER_SCHOOL.school), "NOT_FOUND"),
        (payment(project="p9"), "NOT_FOUND"),
        (payment(corrects="nothing", reason="误"), "NOT_FOUND"),
    ],
)
async def test_what_is_wrong_is_refused_and_nothing_written(season: Season, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, RECORD, i=given)
    assert refused.value.code == code
    assert await season.database["funding"].count_documents({}) == 0


async def test_a_correction_needs_a_reason_its_year_and_the_revision_in_force(season: Season) -> None:
    first = (await season.act(GUANGDONG, RECORD, i=payment(100)))["id"]
    await season.hear("catalog.round-opened", "2025", {"year": 2025, "calendar": {}})
    await season.act(GUANGDONG, RECORD, i=payment(90, corrects=first, reason="误"))
    for more, code in (
        ({"corrects": first}, "REASON_MISSING"),
        ({"corrects": first, "reason": "误", "year": 2025}, "INVALID_FUNDING"),
        ({"corrects": first, "reason": "误"}, "FUNDING_CORRECTED"),
    ):
        with pytest.raises(Refused) as refused:
            await season.act(GUANGDONG, RECORD, i=payment(70) | more)
        assert (refused.value.code, refused.value.extensions["rule"]) == (code, "R27")
    assert await season.database["funding"].count_documents({}) == 2


@pytest.mark.parametrize("amount", [-1, 2**53, 1.5, "100"])
async def test_an_amount_is_a_whole_number_of_fen(season: Season, amount: Any) -> None:
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, RECORD, i=payment(amount))
    assert refused.value.code == "BAD_USER_INPUT"


async def test_a_repeat_under_its_key_is_recorded_once(season: Season) -> None:
    season.key = "k1"
    answers = await asyncio.gather(*(season.act(GUANGDONG, RECORD, i=payment()) for _ in range(5)))
    assert len({one["id"] for one in answers}) == 1
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, RECORD, i=payment(7))
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    season.key = "k2"
    right = payment(6, corrects=answers[0]["id"], reason="误")
    answers = await asyncio.gather(*(season.act(GUANGDONG, RECORD, i=right) for _ in range(5)))
    assert {one["revision"] for one in answers} == {2}
    assert await season.database["funding"].count_documents({}) == 2


async def test_of_corrections_at_once_one_holds(season: Season) -> None:
    first = (await season.act(GUANGDONG, RECORD, i=payment(100)))["id"]
    acts = (season.act(GUANGDONG, RECORD, i=payment(n, corrects=first, reason="误")) for n in range(1, 9))
    answers = await asyncio.gather(*acts, return_exceptions=True)
    assert [one.code for one in answers if isinstance(one, Refused)] == ["FUNDING_CORRECTED"] * 7
    assert len((await book(season))["funding"]) == 1


async def test_a_province_sees_and_corrects_its_own_only(season: Season) -> None:
    key = (await season.act(GUANGDONG, RECORD, i=payment(100)))["id"]
    assert len((await book(season, MINISTRY))["funding"]) == 1
    for who in (HUNAN, BASE, SCHOOL):
        assert await book(season, who) == {"funding": [], "progress": None}
    with pytest.raises(Refused) as refused:
        await season.act(HUNAN, RECORD, i=payment(1, corrects=key, reason="误"))
    assert refused.value.code == "NOT_FOUND"
    for who in (MINISTRY, SCHOOL, BASE, Principal("p00", GUANGDONG.scope, province="00")):
        with pytest.raises(Refused) as refused:
            await season.act(who, RECORD, i=payment(1))
        assert refused.value.code == "FORBIDDEN"


async def test_a_payment_is_told_to_its_province_and_the_ministry_and_not_to_the_school(season: Season) -> None:
    await season.act(GUANGDONG, RECORD, i=payment(school=SCHOOL.school))
    await season.feed()
    query = "query { enrollmentEvents { nodes { type data } } }"
    for who, expected in ((GUANGDONG, [LARGE]), (MINISTRY, [LARGE]), (HUNAN, []), (SCHOOL, [])):
        events = (await season.act(who, query))["nodes"]
        told = [one["data"]["amount"] for one in events if one["type"] == "enrollment.funding-recorded"]
        assert (told, bool(events)) == (expected, True)


ACT = st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3), st.sampled_from(["CENTRAL", "SCHOOL"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(ACT, min_size=1, max_size=4), min_size=1, max_size=5))
async def test_no_record_is_ever_lost_or_changed(season: Season, batches: list[list[Any]]) -> None:
    """Whatever is recorded and corrected, also at once, stays as it was answered; the rest was refused."""
    await season.database["funding"].delete_many({})
    answered: dict[str, Any] = {}
    for batch in batches:
        known = sorted(answered)
        acts = []
        for fix, which, amount, source in batch:
            wrong = {"corrects": known[which % len(known)], "reason": "误"} if fix and known else {}
            acts.append(season.act(GUANGDONG, RECORD, i=payment(amount, source=source, **wrong)))
        for answer in await asyncio.gather(*acts, return_exceptions=True):
            if isinstance(answer, Refused):
                assert answer.code in {"INVALID_FUNDING", "FUNDING_CORRECTED"}
                continue
            assert isinstance(answer, dict), answer
            answered[answer["id"]] = answer
    shown = await book(season)
    revisions = {one["id"]: one for record in shown["funding"] for one in [record, *record["history"]]}
    fields = ("amount", "source", "corrects", "reason", "revision")
    assert {key: [one[name] for name in fields] for key, one in revisions.items()} == {
        key: [one[name] for name in fields] for key, one in answered.items()
    }
    corrected = {one["corrects"] for one in answered.values()}
    in_force = [one for key, one in answered.items() if key not in corrected]
    assert {one["id"] for one in shown["funding"]} == {one["id"] for one in in_force}
    assert shown["progress"]["funding"]["amount"] == sum(one["amount"] for one in in_force)
