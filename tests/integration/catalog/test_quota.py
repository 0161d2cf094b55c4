"""R11, R39: the quota on a real replica set, under real concurrency."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chassis.principal import Principal
from chassis.storage.mongo import to_document
from services.catalog.domain.project import Project
from services.catalog.domain.quota import quota_id
from tests.integration.catalog.season import Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

REVISE = (
    "mutation($id: ID!, $given: ProjectDecisionInput!) "
    "{ reviseProjectDecision(id: $id, decision: $given) { status history { status reason } } }"
)
ADJUST = "mutation($base: ID!, $input: QuotaInput!) { adjustQuota(baseId: $base, input: $input) { id } }"
WITHDRAW = 'mutation($id: ID!) { withdrawProject(id: $id, reason: "不办了") { status } }'


async def _drafts(season: Season, base: Principal, count: int) -> list[dict[str, object]]:
    return [await season.draft(base) for _ in range(count)]


async def _answered(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer once it is not `BUSY`: on a busy machine conflicts may last; nothing is written then (ADR 23)."""
    for _ in range(20):
        try:
            return await ask()
        except Refused as refused:
            if refused.code != "BUSY":
                raise
    raise AssertionError("busy every time")


async def test_forty_at_once_against_a_limit_of_twenty_leave_exactly_twenty(season: Season) -> None:
    """R11: check and consumption are one."""
    base = await season.register_base()
    drafts = await _drafts(season, base, 40)
    answers = await asyncio.gather(
        *(_answered(partial(season.submit, base, draft)) for draft in drafts), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 20
    assert {(refusal.code, refusal.extensions["rule"], refusal.extensions["unblock"]) for refusal in refused} == {
        ("QUOTA_EXCEEDED", "R11", "MINISTRY")
    }
    assert {(refusal.extensions["used"], refusal.extensions["limit"]) for refusal in refused} == {(20, 20)}
    assert await season.quota(base) == {"limit": 20, "used": 20, "remaining": 0}
    submitted = await season.deps.store.projects.query({"base": base.bases[0], "status": "SUBMITTED"})
    assert len(submitted) == 20
    with pytest.raises(Refused, match=r"本轮次项目数量已达上限（20/20）") as another:
        await season.submitted(base)
    assert another.value.code == "QUOTA_EXCEEDED"


async def test_submissions_and_withdrawals_at_once_keep_the_count(season: Season) -> None:
    base = await season.register_base(category="PRINCIPAL")
    plan = {"themes": ["P1"], "days": 5, "audience": ["LEADER"]}
    submitted = [await season.submitted(base, **plan) for _ in range(3)]
    waiting = [await season.draft(base, **plan) for _ in range(6)]
    await asyncio.gather(
        *(season.act(base, WITHDRAW, id=project["id"]) for project in submitted),
        *(season.submit(base, project) for project in waiting),
        return_exceptions=True,
    )
    live = await season.deps.store.projects.query({"base": base.bases[0], "status": "SUBMITTED"})
    assert (await season.quota(base))["used"] == len(live) <= 3


async def test_two_bases_do_not_share(season: Season) -> None:
    """R2, R11: quota counts per base."""
    base, other = await season.register_base(), await season.register_base()
    await season.submitted(base)
    assert (await season.quota(other))["used"] == 0


async def test_the_same_submission_twice_at_once_counts_once(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    answers = await asyncio.gather(
        *(_answered(partial(season.submit, base, draft)) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"STALE_VERSION"}
    assert (await season.quota(base))["used"] == 1


async def test_a_refused_submission_writes_nothing(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    await season.act(
        MINISTRY, ADJUST, base=base.bases[0], input={"year": 2024, "limit": 0, "reason": "上一年度考核不合格"}
    )
    try:
        await season.submit(base, draft)
    except Refused as refused:
        code = refused.code
    assert code == "QUOTA_EXCEEDED"
    project = await season.deps.store.projects.get(draft["id"])
    assert (project.status, project.version) == ("DRAFT", 1)
    assert await season.quota(base) == {"limit": 0, "used": 0, "remaining": 0}


async def test_a_limit_below_what_is_used_stops_new_submissions_only(season: Season) -> None:
    """R39: nothing submitted is undone."""
    base = await season.register_base()
    submitted = [await season.submitted(base) for _ in range(3)]
    await season.act(MINISTRY, ADJUST, base=base.bases[0], input={"year": 2024, "limit": 1, "reason": "抽检整改"})
    assert await season.quota(base) == {"limit": 1, "used": 3, "remaining": 0}
    for project in submitted[:2]:
        await season.act(base, WITHDRAW, id=project["id"])
    answer = await asyncio.gather(season.submitted(base), return_exceptions=True)
    assert isinstance(answer[0], Refused)
    await season.act(base, WITHDRAW, id=submitted[2]["id"])
    assert (await season.submitted(base))["status"] == "SUBMITTED"


async def test_an_adjustment_beside_submissions_loses_none_of_them(season: Season) -> None:
    base = await season.register_base()
    drafts = await _drafts(season, base, 12)
    given = {"year": 2024, "limit": 30, "reason": "年度考核优秀", "aboveRound": True}
    await asyncio.gather(
        *(_answered(partial(season.submit, base, draft)) for draft in drafts),
        *(_answered(partial(season.act, MINISTRY, ADJUST, base=base.bases[0], input=given)) for _ in range(4)),
    )
    assert await season.quota(base) == {"limit": 30, "used": 12, "remaining": 18}
    quota = await season.deps.store.quotas.get(quota_id(base.bases[0], 2024))
    assert len(quota.adjustments) == 4


async def test_rejection_releases_and_cancellation_does_not(season: Season) -> None:
    """R11, R33: before publication quota comes back, after it never."""
    base = await season.register_base()
    published = await season.published(base)
    await season.act(
        base, 'mutation($id: ID!) { cancelProject(id: $id, reason: "生源不足") { status } }', id=published["id"]
    )
    assert (await season.quota(base))["used"] == 1
    project = await season.submitted(base)
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    await season.decide(project, "REJECT")
    assert (await season.quota(base))["used"] == 1


async def test_r11_r16_r39_a_revised_decision_moves_the_quota_both_ways_and_no_further_than_its_limit(
    season: Season,
) -> None:
    base = await season.register_base()
    project = await season.submitted(base)
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    await season.decide(project, "REJECT")

    async def revise(outcome: str) -> Any:
        given = {"outcome": outcome, "reason": "误判，已复核"}
        return await season.act(MINISTRY, REVISE, id=project["id"], given=given)

    await season.act(MINISTRY, ADJUST, base=base.bases[0], input={"year": 2024, "limit": 0, "reason": "动态调整"})
    with pytest.raises(Refused) as full:
        await revise("APPROVE")
    assert (full.value.code, full.value.extensions["unblock"]) == ("QUOTA_EXCEEDED", "MINISTRY")
    await season.act(MINISTRY, ADJUST, base=base.bases[0], input={"year": 2024, "limit": 1, "reason": "动态调整"})
    assert (await revise("APPROVE"))["status"] == "APPROVED"
    assert (await season.quota(base))["used"] == 1
    answer = await revise("REJECT")
    assert (await season.quota(base))["used"] == 0
    reasons = [(entry["status"], entry["reason"]) for entry in answer["history"]][-3:]
    assert reasons == [("REJECTED", "按评审意见"), ("APPROVED", "误判，已复核"), ("REJECTED", "误判，已复核")]
    assert (await revise("RETURN"))["status"] == "RETURNED"
    assert (await season.quota(base))["used"] == 1


QUOTA = """query($id: ID!) { base(id: $id) { quota(year: 2024) {
  limit granted used inForce { limit by reason effectiveFrom } adjustments { limit effectiveFrom }
  projects { totalCount nodes { code status } } } } }"""


async def explained(season: Season, principal: Principal, base: Principal) -> Any:
    return (await season.ask(principal, QUOTA, id=base.bases[0]))["base"]["quota"]


async def test_a_quota_says_what_uses_it_and_who_set_it_when_and_why(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    submitted = [await season.submitted(base) for _ in range(3)]
    await season.draft(base)
    await season.act(base, WITHDRAW, id=submitted[0]["id"])
    plain = await explained(season, base, base)
    assert (plain["limit"], plain["granted"], plain["inForce"], plain["adjustments"]) == (20, 20, None, [])
    for limit, since in ((18, "2024-04-20"), (25, "2024-05-01")):
        given = {"year": 2024, "limit": limit, "reason": "年度考核", "effectiveFrom": since, "aboveRound": True}
        await season.act(MINISTRY, ADJUST, base=base.bases[0], input=given)
    quota = await explained(season, base, base)
    assert (quota["limit"], quota["granted"], quota["used"]) == (18, 20, 2)
    assert quota["inForce"] == {"limit": 18, "by": "教师工作司", "reason": "年度考核", "effectiveFrom": "2024-04-20"}
    assert [change["limit"] for change in quota["adjustments"]] == [18, 25]
    assert quota["projects"] == {
        "totalCount": 2, "nodes": [{"code": f"2024-DQT-001-0{number}", "status": "SUBMITTED"} for number in (2, 3)],
    }  # fmt: skip
    assert await explained(season, MINISTRY, base) == quota
    assert await explained(season, rival, base) is None
    season.at("2024-05-01T00:00")
    assert (await explained(season, base, base))["limit"] == 25


async def test_r39_a_quota_above_the_rounds_is_meant_or_refused(season: Season) -> None:
    base = await season.register_base()
    more = {"year": 2024, "limit": 21, "reason": "年度考核优秀"}
    with pytest.raises(Refused) as refused:
        await season.act(MINISTRY, ADJUST, base=base.bases[0], input=more)
    told = refused.value.extensions
    assert (refused.value.code, told["rule"], told["field"], told["limit"]) == (
        *("QUOTA_ABOVE_ROUND", "R39", "aboveRound"),
        20,
    )
    await season.act(MINISTRY, ADJUST, base=base.bases[0], input=more | {"aboveRound": True})
    assert (await season.quota(base))["limit"] == 21


async def test_r39_a_proposal_decides_one_adjustment_of_its_own_base_and_round(season: Season) -> None:
    """What names another base or round is refused, and so is what was decided; the event and the quota name it."""
    base, rival = await season.register_base(), await season.register_base()
    proposal = f"2024/{base.bases[0]}/16"
    given = {"year": 2024, "limit": 15, "reason": "2023年度考核等次基本合格"}
    for other in (f"2024/{rival.bases[0]}/16", f"2025/{base.bases[0]}/16", f"2024/{base.bases[0]}", "", proposal + "x"):
        with pytest.raises(Refused) as refused:
            await season.act(MINISTRY, ADJUST, base=base.bases[0], input=given | {"proposalId": other})
        assert (refused.value.code, refused.value.extensions["field"]) == ("PROPOSAL_MISMATCH", "proposalId")
    assert await season.deps.store.quotas.query({}) == [], "a refused adjustment leaves no quota behind"
    await season.act(MINISTRY, ADJUST, base=base.bases[0], input=given | {"proposalId": proposal})
    with pytest.raises(Refused) as decided:
        await season.act(MINISTRY, ADJUST, base=base.bases[0], input=given | {"limit": 16, "proposalId": proposal})
    assert (decided.value.code, decided.value.extensions["state"]) == ("PROPOSAL_DECIDED", "ADAPTED")
    asked = "query($id: ID!) { base(id: $id) { quota(year: 2024) { limit adjustments { limit proposalId } } } }"
    quota = (await season.ask(base, asked, id=base.bases[0]))["base"]["quota"]
    assert quota == {"limit": 15, "adjustments": [{"limit": 15, "proposalId": proposal}]}
    (told,) = (await season.deps.store.quotas.collection.find_one({"base": base.bases[0]}) or {})["events"]
    assert (told["name"], told["data"]["proposal"]) == ("quota-adjusted", proposal)


async def test_r39_a_proposal_is_decided_once_by_two_at_once(season: Season) -> None:
    base = await season.register_base()
    given = {"year": 2024, "limit": 16, "reason": "年度考核", "proposalId": f"2024/{base.bases[0]}/16"}
    answers = await asyncio.gather(
        *(_answered(partial(season.act, MINISTRY, ADJUST, base=base.bases[0], input=given)) for _ in range(3)),
        return_exceptions=True,
    )
    codes = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert set(codes) <= {"PROPOSAL_DECIDED", "STALE_VERSION"}
    assert len(codes) == 2
    quota = await season.deps.store.quotas.get(quota_id(base.bases[0], 2024))
    assert [change.limit for change in quota.adjustments] == [16]


async def test_a_refused_adjustment_leaves_no_quota_behind(season: Season) -> None:
    base = await season.register_base()
    for given, code in (
        ({"limit": -1, "reason": "x"}, "INVALID_QUOTA"),
        ({"limit": 201, "reason": "x"}, "INVALID_QUOTA"),
        ({"limit": 2**31 - 1, "reason": "x"}, "INVALID_QUOTA"),
        ({"limit": 1, "reason": " "}, "REASON_MISSING"),
    ):
        with pytest.raises(Refused) as refused:
            await season.act(MINISTRY, ADJUST, base=base.bases[0], input={"year": 2024} | given)
        assert (refused.value.code, refused.value.extensions["rule"]) == (code, "R39")
    assert await season.deps.store.quotas.query({}) == []


async def test_a_document_reads_back_as_the_project_it_was(season: Season) -> None:
    base = await season.register_base()
    published = await season.published(base)
    project = await season.deps.store.projects.get(published["id"])
    assert isinstance(project, Project)
    assert project.published_at is not None
    assert project.published_at < datetime.now(UTC)
    assert to_document(project)["plan"]["starts_on"] == "2024-07-08"
