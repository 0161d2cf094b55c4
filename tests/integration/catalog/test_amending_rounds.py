"""R1, R11, R14, R39: an open round is corrected, with its reason; and 2025 is opened beside 2024 from data alone."""

from typing import Any

import pytest

from chassis.principal import Scope
from services.catalog.commands.quotas import ensure_quota
from tests.integration.catalog.season import Season
from tests.support.graph import Refused
from tests.support.principals import ANYBODY, MINISTRY

AMEND = """mutation($version: Int!, $input: RoundAmendmentInput!, $why: String!) {
  amendRound(year: 2024, version: $version, input: $input, reason: $why) {
    version title experts: expertsPerProject amendments { changed reason by } } }"""
QUOTAS = [
    {"category": "PRINCIPAL", "limit": 3},
    {"category": "DUAL_QUALIFIED_TEACHER", "limit": 25},
    {"category": "ENTERPRISE_PRACTICE", "limit": 15},
]


async def amend(season: Season, version: int, why: str = "更正", **given: Any) -> Any:
    return await season.act(MINISTRY, AMEND, version=version, input=given, why=why)


async def test_r11_r39_more_quota_reaches_the_bases_that_have_one_and_leaves_an_adjusted_one(season: Season) -> None:
    base, adjusted, principal = (
        await season.register_base(), await season.register_base(), await season.register_base(category="PRINCIPAL")
    )  # fmt: skip
    await season.submitted(base)
    await season.act(
        MINISTRY,
        'mutation($id: ID!) { adjustQuota(baseId: $id, input: {year: 2024, limit: 9, reason: "抽检"}) { id } }',
        id=adjusted.bases[0],
    )
    shown = await amend(season, 1, "中央财政追加", quotas=QUOTAS)
    assert shown["amendments"] == [{"changed": ["quotas"], "reason": "中央财政追加", "by": "教师工作司"}]
    assert await season.quota(base) == {"limit": 25, "used": 1, "remaining": 24}
    assert (await season.quota(adjusted))["limit"] == 9
    assert (await season.quota(principal))["limit"] == 3
    document = await season.deps.store.rounds.collection.find_one({"_id": "2024"})
    assert document
    event = document["events"][-1]
    assert (event["name"], event["data"]["changed"], event["data"]["reason"]) == (
        "round-amended", ["quotas"], "中央财政追加"
    )  # fmt: skip
    assert '"limit":20' in event["data"]["parts_before"]["quotas"]
    assert '"limit":25' in event["data"]["parts_after"]["quotas"]
    assert event["data"]["quotas"] == {"PRINCIPAL": 3, "DUAL_QUALIFIED_TEACHER": 25, "ENTERPRISE_PRACTICE": 15}
    told = await season.deps.store.quotas.collection.find_one({"_id": f"{base.bases[0]}:2024"})
    assert told
    assert told["events"][-1]["name"] == "quota-adjusted"
    fewer = [quota | {"limit": 1} for quota in QUOTAS]
    with pytest.raises(Refused) as refused:
        await amend(season, shown["version"], quotas=fewer)
    assert (refused.value.code, refused.value.extensions["fields"]) == ("ROUND_IN_USE", ["quotas"])


async def test_r11_a_quota_that_is_created_from_a_round_read_before_its_amendment_has_the_new_limit(
    season: Season,
) -> None:
    base = await season.register_base()
    stored, read_before = await season.deps.store.bases.get(base.bases[0]), await season.deps.store.rounds.get("2024")
    await amend(season, 1, quotas=QUOTAS)
    await ensure_quota(season.deps, stored, read_before)
    assert (await season.quota(base))["limit"] == 25


async def test_r11_a_quota_that_is_created_while_an_amendment_is_under_way_is_raised_with_the_others(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = await season.register_base()
    stored, current = await season.deps.store.bases.get(base.bases[0]), await season.deps.store.rounds.get("2024")
    use_of, crossed = season.deps.store.projects.use_of, list[bool]()

    async def late(*arguments: Any) -> Any:
        used = await use_of(*arguments)
        if not crossed:
            crossed.append(True)
            await ensure_quota(season.deps, stored, current)
        return used

    monkeypatch.setattr(season.deps.store.projects, "use_of", late)
    await amend(season, 1, quotas=QUOTAS)
    document = await season.deps.store.quotas.get(f"{stored.id}:2024")
    assert (crossed, document.limit) == ([True], 25)


async def test_r14_the_number_of_experts_is_mended_so_that_they_can_be_assigned(season: Season) -> None:
    """The round was opened for 99 by an earlier release; `autoAssignExperts` refused for ever."""
    await season.deps.store.rounds.collection.update_one({"_id": "2024"}, {"$set": {"experts_per_project": 99}})
    base = await season.register_base()
    project = await season.submitted(base)
    for name in ("甲", "乙"):
        await season.register_expert(name)
    auto = "mutation($id: ID!) { autoAssignExperts(projectIds: [$id]) { ok refusal { code } } }"
    (row,) = await season.act(MINISTRY, auto, id=project["id"])
    assert row["refusal"]["code"] == "EXPERTS_TOO_FEW"
    with pytest.raises(Refused) as refused:
        await amend(season, 1, expertsPerProject=1)
    assert refused.value.code == "INVALID_ROUND"
    assert (await amend(season, 1, expertsPerProject=2))["experts"] == 2
    (row,) = await season.act(MINISTRY, auto, id=project["id"])
    assert row["ok"]
    with pytest.raises(Refused) as busy:
        await amend(season, 2, expertsPerProject=3, reviewDimensions=[{"code": "FEE", "name": "收费"}])
    assert (busy.value.code, busy.value.extensions["fields"]) == (
        "ROUND_IN_USE", ["reviewDimensions", "expertsPerProject"]
    )  # fmt: skip


async def test_r1_an_amendment_names_the_version_and_the_reason_and_is_the_ministrys(season: Season) -> None:
    for version, why, code in ((7, "更正", "STALE_VERSION"), (1, " ", "REASON_MISSING"), (1, "", "REASON_MISSING")):
        with pytest.raises(Refused) as refused:
            await amend(season, version, why, title="2024年国培")
        assert refused.value.code == code
    base = await season.register_base()
    with pytest.raises(Refused) as foreign:
        await season.act(base, AMEND, version=1, input={"title": "冒充"}, why="更正")
    assert foreign.value.code == "FORBIDDEN"
    assert base.scope is Scope.BASE
    assert (await amend(season, 1, title="2024年国培"))["title"] == "2024年国培"
    shown = await season.ask(ANYBODY, "{ round(year: 2024) { title version amendments { changed } } }")
    assert shown["round"] == {"title": "2024年国培", "version": 2, "amendments": []}


async def test_r1_the_2025_round_opens_beside_2024_with_its_own_steps(season: Season) -> None:
    """参训资格审核 and 学员资格复核 are in its calendar and its countdowns; 2024 has the steps of its phases."""
    await season.act(MINISTRY, "mutation { openRound(input: {year: 2025}) { year } }")
    season.at("2025-05-10T12:00")
    shown = await season.ask(
        ANYBODY,
        "{ rounds { year openPhases steps { code name nameZh nameEn guard opens closes open secondsToClosing } } }",
    )
    latest, before = shown["rounds"]
    assert (latest["year"], before["year"]) == (2025, 2024)
    assert [step["guard"] for step in before["steps"]] == ["DECLARE", "REVIEW", "ENROL", "ADMIT", "TRAIN"]
    announced = {step["name"]: step for step in latest["steps"] if step["guard"] is None}
    assert list(announced) == ["参训资格审核", "学员资格复核"]
    assert announced["学员资格复核"]["open"]
    names = [(step["nameZh"], step["nameEn"]) for step in announced.values()]
    assert names == [
        ("参训资格审核", "Schools confirm who is eligible"),
        ("学员资格复核", "Bases check eligibility again"),
    ]
    assert announced["学员资格复核"]["secondsToClosing"] == 14 * 86400 + 12 * 3600
    assert latest["openPhases"] == ["REVIEW", "ENROL", "ADMIT"]
    base = await season.register_base()
    with pytest.raises(Refused) as late:
        await season.submitted(base, year=2025, startsOn="2025-07-08", endsOn="2025-07-14", timetable=[
            {"title": "数字化教学设计", "teacher": "王教授", "date": "2025-07-08", "hours": 8},
        ])  # fmt: skip
    assert (late.value.code, late.value.extensions["closes"]) == ("PHASE_CLOSED", "2025-05-06")


async def test_r8_r9_an_amendment_of_themes_or_norms_names_the_bases_that_stand_and_others_none(season: Season) -> None:
    base, ended = await season.register_base(), await season.register_base()
    await season.act(
        MINISTRY,
        'mutation($id: ID!) { closeBase(id: $id, version: 2, reason: "不再承担") { id } }',
        id=ended.bases[0],
    )
    current = await season.deps.store.rounds.get("2024")
    themes = [{"code": theme.code, "name": theme.name, "category": theme.category.value} for theme in current.themes]
    shown = await amend(season, 1, themes=[*themes, {"code": "T99", "name": "人工智能", "category": "PRINCIPAL"}])
    await amend(season, shown["version"], title="2024年国培项目")
    document = await season.deps.store.rounds.collection.find_one({"_id": "2024"})
    assert document
    of_themes, of_title = (event["data"] for event in document["events"][-2:])
    assert (list(of_themes["bases"]), list(of_title["bases"])) == ([base.bases[0]], [])


async def test_r1_r7_r28_a_calendar_and_limits_are_amended_around_what_is_planned(season: Season) -> None:
    """A withdrawn plan plans nothing; limits that are not named stay."""
    current = await season.deps.store.rounds.get("2024")
    phases = [
        {"name": phase.name.value, "opens": phase.opens.isoformat(), "closes": phase.closes.isoformat()}
        for phase in current.phases
    ]
    base = await season.register_base()
    limits = "{ round(year: 2024) { planLimits { mostSeats usualSeats } } }"
    await amend(season, 1, planLimits={"mostSeats": 500})
    shown = await season.ask(ANYBODY, limits)
    assert shown["round"]["planLimits"] == {"mostSeats": 500, "usualSeats": 100}
    project = await season.submitted(base)
    phases[-1] |= {"opens": "2024-07-09", "closes": "2024-11-30"}
    for given, field in (({"phases": phases}, "phases"), ({"planLimits": {"usualSeats": 50}}, "planLimits")):
        with pytest.raises(Refused) as refused:
            await amend(season, 2, **given)
        assert (refused.value.code, refused.value.extensions["fields"]) == ("ROUND_IN_USE", [field])
    phases[-1] |= {"opens": "2024-07-08", "closes": "2024-07-13"}
    with pytest.raises(Refused) as short:
        await amend(season, 2, phases=phases)
    assert short.value.extensions["fields"] == ["phases"]
    phases[-1] |= {"closes": "2024-07-14"}
    assert (await amend(season, 2, phases=phases))["amendments"][-1]["changed"] == ["phases"]
    await season.act(base, 'mutation($id: ID!) { withdrawProject(id: $id, reason: "不办了") { id } }', id=project["id"])
    phases[-1] |= {"opens": "2024-08-01", "closes": "2024-08-31"}
    await amend(season, 3, phases=phases)
    document = await season.deps.store.rounds.collection.find_one({"_id": "2024"})
    assert document
    event = document["events"][-1]["data"]
    assert event["calendar"]["TRAIN"] == {"opens": "2024-08-01", "closes": "2024-08-31"}
    assert list(event["bases"]) == [base.bases[0]]
