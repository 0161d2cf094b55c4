"""R13–R18, R28 and the edges after publication, through the graph; and who sees what on the way."""

from typing import Any

import pytest

from chassis.principal import ANONYMOUS, Principal, Scope
from services.catalog.commands import lapse_overdue
from tests.integration.catalog.season import PLAN, SUBMIT, Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

SEEN = "query($id: ID!) { project(id: $id) { id title } }"
INSIDE = (
    "query($id: ID!) { project(id: $id) { needsEvidence justifications { rule } decision { outcome reason } "
    "history { version status by } reviews { cycle submittedAt verdicts { dimension verdict } expert { name } } "
    "experts { name } warnings { rule } } }"
)


async def refusal(season: Season, principal: Principal, query: str, **variables: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await season.ask(principal, query, **variables)
    return refused.value


async def inside(season: Season, principal: Principal, project: Any) -> Any:
    return (await season.ask(principal, INSIDE, id=project["id"]))["project"]


async def test_a_plan_goes_from_draft_to_the_public(season: Season) -> None:
    base = await season.register_base()
    first, second = await season.register_expert("甲"), await season.register_expert("乙")
    project = await season.submitted(base)
    assert (await season.assign(project, first, second))["status"] == "UNDER_REVIEW"
    reviews = await season.ask(first, "{ myReviews { totalCount nodes { submittedAt project { title } } } }")
    assert reviews["myReviews"] == {
        "totalCount": 1,
        "nodes": [{"submittedAt": None, "project": {"title": PLAN["title"]}}],
    }
    await season.review(first, project)
    await season.review(second, project)
    assert (await season.decide(project, "APPROVE"))["status"] == "APPROVED"
    assert (await season.ask(ANONYMOUS, SEEN, id=project["id"]))["project"] is None
    (row,) = await season.publish(project)
    assert (row["ok"], row["project"]["status"], row["refusal"]) == (True, "PUBLISHED", None)
    seen = await season.ask(ANONYMOUS, SEEN, id=project["id"])
    assert seen["project"]["title"] == PLAN["title"]


async def test_before_publication_only_the_base_its_experts_and_the_ministry_see_a_project(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙", "丙")]
    project = await season.submitted(base)
    await season.assign(project, *experts[:2])
    people = {
        "ministry": MINISTRY,
        "base": base,
        "expert": experts[0],
        "rival": rival,
        "other expert": experts[2],
        "teacher": Principal("t", Scope.TEACHER, person="t"),
        "anybody": ANONYMOUS,
    }
    for query in (SEEN, "query($id: ID!) { projects(filter: {base: $id}) { nodes { id } } }"):
        key = base.bases[0] if "projects" in query else project["id"]
        answers = {name: await season.ask(principal, query, id=key) for name, principal in people.items()}
        seeing = {name for name, data in answers.items() if project["id"] in repr(data)}
        assert seeing == {"ministry", "base", "expert"}


async def test_review_is_blind_until_ones_own_is_in_and_nameless_for_experts_and_base(season: Season) -> None:
    """R15: in the graph as in the domain."""
    base = await season.register_base()
    first, second = await season.register_expert("甲"), await season.register_expert("乙")
    project = await season.submitted(base)
    await season.assign(project, first, second)
    await season.review(first, project)
    assert [review["submittedAt"] for review in (await inside(season, second, project))["reviews"]] == [None]
    assert (await inside(season, base, project))["reviews"] == []
    await season.review(second, project)
    seen = (await inside(season, second, project))["reviews"]
    assert sorted(str(review["expert"]) for review in seen) == ["None", "{'name': '乙'}"]
    await season.decide(project, "RETURN")
    for_base = await inside(season, base, project)
    assert [review["expert"] for review in for_base["reviews"]] == [None, None]
    assert for_base["experts"] == []
    assert for_base["decision"] == {"outcome": "RETURN", "reason": "按评审意见"}
    for_ministry = await inside(season, MINISTRY, project)
    assert {review["expert"]["name"] for review in for_ministry["reviews"]} == {"甲", "乙"}


async def test_what_is_internal_stays_internal_after_publication(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    project = await season.published(base)
    assert (await inside(season, base, project))["needsEvidence"] == PLAN["needsEvidence"]
    for other in (rival, ANONYMOUS, Principal("s", Scope.SCHOOL, school="4144000001")):
        assert not any((await inside(season, other, project)).values())


async def test_who_was_not_asked_does_not_review_and_nobody_twice(season: Season) -> None:
    base = await season.register_base()
    first, second, third = [await season.register_expert(name) for name in ("甲", "乙", "丙")]
    project = await season.submitted(base)
    await season.assign(project, first, second)
    await season.review(first, project)
    for expert, code in ((third, "NOT_ASSIGNED"), (first, "REVIEW_SUBMITTED")):
        with pytest.raises(Refused) as refused:
            await season.review(expert, project)
        assert (refused.value.code, refused.value.extensions["rule"]) == (code, "R15")
    with pytest.raises(Refused) as early:
        await season.decide(project, "APPROVE")
    assert early.value.code == "REVIEWS_MISSING"


async def test_the_bases_own_people_and_strangers_are_no_experts(season: Season) -> None:
    base = await season.register_base()
    project = await season.submitted(base)
    own = await season.register_expert("自家", code=str(base.organization))
    other = await season.register_expert("外来")
    for experts, code in (
        ([other], "EXPERTS_TOO_FEW"),
        ([other, own], "EXPERT_CONFLICT"),
        ([other, Principal("x", Scope.EXPERT, person="nobody")], "NOT_FOUND"),
    ):
        with pytest.raises(Refused) as refused:
            await season.assign(project, *experts)
        assert refused.value.code == code


async def test_a_returned_plan_comes_back_and_needs_new_reviews(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await season.submitted(base)
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    season.at("2024-05-08T09:00")
    returned = await season.decide(project, "RETURN")
    assert (await season.quota(base))["used"] == 1
    again = await season.submit(base, returned)
    assert (again["status"], (await season.quota(base))["used"]) == ("SUBMITTED", 1)
    await season.assign(again, *experts)
    with pytest.raises(Refused) as early:
        await season.decide(again, "APPROVE")
    assert early.value.code == "REVIEWS_MISSING"


async def test_a_returned_plan_lapses_and_frees_its_quota_when_review_closes(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    returned = []
    for _ in range(2):
        project = await season.submitted(base)
        await season.assign(project, *experts)
        for expert in experts:
            await season.review(expert, project)
        returned.append(await season.decide(project, "RETURN"))
    assert await lapse_overdue(season.deps) == 0
    season.at("2024-05-11T00:00")
    refused = await refusal(season, base, SUBMIT, id=returned[0]["id"], version=returned[0]["version"])
    assert (refused.code, refused.extensions["rule"]) == ("PHASE_CLOSED", "R13")
    assert (await season.quota(base))["used"] == 2
    assert await lapse_overdue(season.deps) == 2
    assert (await season.quota(base))["used"] == 0
    history = "query($id: ID!) { project(id: $id) { status history { by reason } } }"
    lapsed = (await season.ask(base, history, id=returned[0]["id"]))["project"]
    assert (lapsed["status"], lapsed["history"][-1]) == ("LAPSED", {"by": "system", "reason": "评审结束前未重新提交"})


async def test_publication_answers_per_row_and_is_an_override_after_its_date(season: Season) -> None:
    """R17: many at once, late ones with a reason."""
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await season.submitted(base)
    draft = await season.draft(base)
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    await season.decide(project, "APPROVE")
    season.at("2024-05-11T00:00")
    rows = await season.publish(project, draft, {"id": "nowhere"})
    assert [row["refusal"]["code"] for row in rows] == ["PUBLICATION_LATE", "WRONG_STATE", "NOT_FOUND"]
    (row,) = await season.publish(project, reason="系统故障补发")
    assert row["ok"]
    query = "query($id: ID!) { project(id: $id) { publishedLate history { status reason by } } }"
    seen = [(await season.ask(reader, query, id=project["id"]))["project"] for reader in (ANONYMOUS, base)]
    assert [project["publishedLate"] for project in seen] == [True, True]
    assert seen[0]["history"] == []
    assert seen[1]["history"][-1] == {"status": "PUBLISHED", "reason": "系统故障补发", "by": "ministry"}


async def test_a_published_project_changes_only_in_venue_dates_and_faculty(season: Season) -> None:
    """R18: the fee never."""
    base = await season.register_base()
    project = await season.published(base)
    amend = (
        "mutation($id: ID!, $version: Int!, $input: ProjectAmendmentInput!) { amendProject(id: $id, version: $version, "
        "input: $input) { version startsOn endsOn venue { province { name } } "
        "history { fields { name before after } } } }"
    )
    given = {"reason": "台风", "startsOn": "2024-07-15", "venue": {"province": "45", "address": "南宁市"}}
    published = await refusal(season, base, amend, id=project["id"], version=project["version"] - 1, input=given)
    by_ministry = {"subject": None, "scope": "ministry", "organization": None, "name": None}
    assert published.extensions["changedBy"] == by_ministry
    amended = await season.act(base, amend, id=project["id"], version=project["version"], input=given)
    assert (amended["startsOn"], amended["endsOn"]) == ("2024-07-15", "2024-07-21")
    assert amended["venue"]["province"]["name"].startswith("广西")
    moved = {"name": "startsOn", "before": "2024年7月8日", "after": "2024年7月15日"}
    assert moved in amended["history"][-1]["fields"]
    stale = await refusal(season, base, amend, id=project["id"], version=project["version"], input=given)
    assert stale.code == "STALE_VERSION"
    assert stale.extensions["version"] == amended["version"]
    changed = stale.extensions["changedBy"]
    assert (changed["scope"], changed["organization"]) == ("base", base.organization)
    fee = await refusal(season, base, amend, id=project["id"], version=9, input=given | {"feeFen": 1})
    assert fee.code == "BAD_USER_INPUT"


async def test_a_project_runs_is_suspended_resumes_and_ends(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    start = "mutation($id: ID!) { startProject(id: $id) { status } }"
    finish = "mutation($id: ID!) { finishProject(id: $id) { status } }"
    early = await refusal(season, base, start, id=project["id"])
    assert (early.code, early.extensions["rule"]) == ("TOO_EARLY", "R28")
    season.at("2024-07-08T08:00")
    assert (await season.act(base, start, id=project["id"]))["status"] == "RUNNING"
    suspend = 'mutation($id: ID!) { suspendProject(id: $id, reason: "抽检整改") { status } }'
    assert (await season.act(MINISTRY, suspend, id=project["id"]))["status"] == "SUSPENDED"
    assert (await refusal(season, base, finish, id=project["id"])).code == "WRONG_STATE"
    resume = "mutation($id: ID!) { resumeProject(id: $id) { status } }"
    assert (await season.act(MINISTRY, resume, id=project["id"]))["status"] == "RUNNING"
    season.at("2024-12-01T08:00")
    (warning,) = (await inside(season, base, project))["warnings"]
    assert warning["rule"] == "R28"
    extend = (
        'mutation($id: ID!) { extendProject(id: $id, input: {until: "2024-12-05", reason: "补训"}) { extendedUntil } }'
    )
    assert (await season.act(MINISTRY, extend, id=project["id"]))["extendedUntil"] == "2024-12-05"
    assert (await inside(season, base, project))["warnings"] == []
    assert (await season.act(base, finish, id=project["id"]))["status"] == "FINISHED"


async def test_the_ministry_may_cancel_what_a_stranger_may_not(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    project = await season.published(base)
    cancel = 'mutation($id: ID!) { cancelProject(id: $id, reason: "生源不足") { status } }'
    assert (await refusal(season, rival, cancel, id=project["id"])).code == "FORBIDDEN"
    assert (await season.act(MINISTRY, cancel, id=project["id"]))["status"] == "CANCELLED"
    document = await season.deps.store.projects.collection.find_one({"_id": project["id"]})
    assert document
    event = document["events"][-1]
    assert (event["name"], event["data"]["by"], event["data"]["reason"]) == (
        "project-cancelled",
        "ministry",
        "生源不足",
    )
    assert (await refusal(season, base, cancel, id=project["id"])).code == "WRONG_STATE"


async def test_a_project_that_ends_past_its_window_stays_flagged(season: Season) -> None:
    base = await season.register_base()
    project = await season.published(base)
    season.at("2024-07-08T08:00")
    await season.act(base, "mutation($id: ID!) { startProject(id: $id) { id } }", id=project["id"])
    season.at("2024-12-01T08:00")
    await season.act(base, "mutation($id: ID!) { finishProject(id: $id) { id } }", id=project["id"])
    (warning,) = (await inside(season, MINISTRY, project))["warnings"]
    assert warning["rule"] == "R28"
