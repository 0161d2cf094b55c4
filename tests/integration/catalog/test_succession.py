"""R2, R3, R14: bases and experts are renamed, corrected, merged and let go, each with a reason that is told."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.principal import Principal
from tests.integration.catalog.season import DRAFT, PLAN, SUBMIT, Season
from tests.integration.catalog.test_amending_rounds import QUOTAS, amend
from tests.integration.catalog.test_declaring import UPDATE, refusal
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

REGISTER = "mutation($input: BaseInput!) { registerBase(input: $input) { id version } }"
EXPERT = "mutation($input: ExpertInput!) { registerExpert(input: $input) { id } }"
RENAME = """mutation($id: ID!, $version: Int!, $name: String!) {
  renameBase(id: $id, version: $version, name: $name, reason: "更名批复") { name version } }"""
RENAME_ORGANIZATION = """mutation($code: ID!, $name: String!) {
  renameOrganization(code: $code, name: $name, reason: "学校升格") { code name } }"""
EXTEND = """mutation($id: ID!, $version: Int!, $until: Date) {
  extendBase(id: $id, version: $version, validUntil: $until, reason: "复核通过") { validUntil version } }"""
RECATEGORIZE = """mutation($id: ID!, $version: Int!, $category: BaseCategory!) {
  recategorizeBase(id: $id, version: $version, category: $category, reason: "登记有误") { category version } }"""
CLOSE = """mutation($id: ID!, $version: Int!) {
  closeBase(id: $id, version: $version, reason: "不再承担") { closing { reason into { id } } } }"""
MERGE = """mutation($id: ID!, $version: Int!, $into: ID!) {
  mergeBases(id: $id, version: $version, into: $into, reason: "两校合并") { closing { into { id } } } }"""
CORRECT = """mutation($id: ID!, $version: Int!, $input: ExpertCorrectionInput!) {
  correctExpert(id: $id, version: $version, input: $input) { name organization { code name } version } }"""
WITHDRAW = """mutation($id: ID!, $version: Int!) {
  withdrawExpert(id: $id, version: $version, reason: "退休") { withdrawnAt openAssignments { id } } }"""
AUTO = """mutation($ids: [ID!]!) {
  autoAssignExperts(projectIds: $ids) { ok project { experts { id } } refusal { code } } }"""
WITHDRAW_PLAN = 'mutation($id: ID!) { withdrawProject(id: $id, reason: "重复") { status } }'
SEARCH = "query($search: String!) { projects(search: $search) { totalCount } }"
GIVEN: dict[str, Any] = {
    "name": "某基地",
    "category": "PRINCIPAL",
    "organizationCode": "4144000001",
    "organizationName": "某校",
    "province": "44",
}


async def told(season: Season, collection: str) -> list[dict[str, Any]]:
    """The events that wait in a collection, of all its documents."""
    database = season.deps.store.projects.collection.database
    return [event async for document in database[collection].find() for event in document["events"]]


async def test_r3_a_code_has_one_name_whoever_is_registered_under_it(season: Season) -> None:
    await season.act(MINISTRY, REGISTER, input=GIVEN)
    other = GIVEN | {"name": "第二基地", "organizationName": "另一校名"}
    refused = await refusal(season, MINISTRY, REGISTER, input=other)
    assert (refused.code, refused.extensions["rule"]) == ("ORGANIZATION_NAME_DIFFERS", "R3")
    assert (refused.extensions["registered"], refused.extensions["field"]) == ("某校", "organizationName")
    assert "某校" in str(refused)
    expert = {"name": "评甲", "organizationCode": "4144000001", "organizationName": "另一校名", "fields": [6]}
    assert (await refusal(season, MINISTRY, EXPERT, input=expert)).code == "ORGANIZATION_NAME_DIFFERS"
    assert (await season.act(MINISTRY, REGISTER, input=other | {"organizationName": "某 校"}))["version"] == 1


async def test_r2_a_base_outside_the_province_of_its_code_needs_a_reason(season: Season) -> None:
    elsewhere = GIVEN | {"province": "51"}
    refused = await refusal(season, MINISTRY, REGISTER, input=elsewhere)
    assert (refused.code, refused.extensions["fields"]) == ("PROVINCE_DIFFERS", ["province", "provinceReason"])
    base = await season.act(MINISTRY, REGISTER, input=elsewhere | {"provinceReason": "异地办学"})
    shown = await season.ask(MINISTRY, "query($id: ID!) { base(id: $id) { provinceReason } }", id=base["id"])
    assert shown["base"]["provinceReason"] == "异地办学"


async def test_r2_a_renamed_base_is_found_by_its_new_name_only(season: Season) -> None:
    base = await season.register_base()
    await season.published(base)
    refused = await refusal(season, MINISTRY, RENAME, id=base.bases[0], version=1, name="岭表师资基地")
    assert refused.code == "STALE_VERSION"
    renamed = await season.act(MINISTRY, RENAME, id=base.bases[0], version=2, name="岭表师资基地")
    assert renamed == {"name": "岭表师资基地", "version": 3}
    found = [
        (await season.ask(MINISTRY, SEARCH, search=text))["projects"]["totalCount"] for text in ("岭表师资", "职教基地")
    ]
    assert found == [1, 0]
    (event,) = [event for event in await told(season, "bases") if event["name"] == "base-renamed"]
    assert (event["data"]["former"], event["data"]["reason"]) == ("示范大学职教基地", "更名批复")
    refused = await refusal(season, MINISTRY, RENAME, id=base.bases[0], version=3, name="岭表师资基地")
    assert (refused.code, refused.extensions["field"]) == ("NOTHING_CHANGED", "name")


async def test_r3_an_organisation_is_renamed_wherever_it_is_on_file(season: Season) -> None:
    first = await season.act(MINISTRY, REGISTER, input=GIVEN)
    second = await season.act(MINISTRY, REGISTER, input=GIVEN | {"name": "第二基地"})
    expert = {"name": "评甲", "organizationCode": "4144000001", "organizationName": "某校", "fields": [6]}
    await season.act(MINISTRY, EXPERT, input=expert)
    renamed = await season.act(MINISTRY, RENAME_ORGANIZATION, code="4144000001", name="某大学")
    assert renamed == {"code": "4144000001", "name": "某大学"}
    data = await season.ask(
        MINISTRY, "{ bases { nodes { organization { name } } } experts { nodes { organization { name } } } }"
    )
    names = [node["organization"]["name"] for kind in ("bases", "experts") for node in data[kind]["nodes"]]
    assert names == ["某大学"] * 3
    (event,) = [event for event in await told(season, "bases") if event["name"] == "organization-renamed"]
    assert set(event["data"]["bases"]) == {first["id"], second["id"]}
    assert (await refusal(season, MINISTRY, RENAME_ORGANIZATION, code="4144000009", name="无")).code == "NOT_FOUND"


async def test_r3_an_organisation_that_only_sends_experts_is_renamed_too(season: Season) -> None:
    await season.register_expert("评甲")
    await season.act(MINISTRY, RENAME_ORGANIZATION, code="4131000001", name="外国语学校")
    (event,) = [event for event in await told(season, "experts") if event["name"] == "organization-renamed"]
    assert event["data"]["former"] == "外校"


async def test_r2_the_validity_of_a_base_is_extended_and_never_shortened(season: Season) -> None:
    base = await season.act(MINISTRY, REGISTER, input=GIVEN | {"validUntil": "2024-06-30"})
    for until in ("2024-06-30", "2024-05-01", "9999-12-31"):
        refused = await refusal(season, MINISTRY, EXTEND, id=base["id"], version=1, until=until)
        assert (refused.code, refused.extensions["fields"]) == ("INVALID_BASE", ["validUntil"])
    longer = await season.act(MINISTRY, EXTEND, id=base["id"], version=1, until="2027-06-30")
    assert longer == {"validUntil": "2027-06-30", "version": 2}
    assert (await season.act(MINISTRY, EXTEND, id=base["id"], version=2))["validUntil"] is None
    assert (await refusal(season, MINISTRY, EXTEND, id=base["id"], version=3)).code == "INVALID_BASE"


async def test_r2_a_wrong_category_is_set_right_until_something_depends_on_it(season: Season) -> None:
    base = await season.register_base(category="PRINCIPAL", team=False)
    given = {"id": base.bases[0], "version": 1, "category": "DUAL_QUALIFIED_TEACHER"}
    assert (await season.act(MINISTRY, RECATEGORIZE, **given))["category"] == "DUAL_QUALIFIED_TEACHER"
    await season.draft(base)
    refused = await refusal(season, MINISTRY, RECATEGORIZE, **given | {"version": 2, "category": "PRINCIPAL"})
    assert (refused.code, refused.extensions["rule"]) == ("CATEGORY_FIXED", "R2")
    other = await season.register_base(team=False)
    enterprise = {"id": other.bases[0], "version": 1, "category": "ENTERPRISE_PRACTICE"}
    assert (await refusal(season, MINISTRY, RECATEGORIZE, **enterprise)).code == "INVALID_CREDIT_CODE"


async def test_r2_a_base_with_projects_in_hand_is_not_closed_and_a_closed_one_plans_nothing(season: Season) -> None:
    base = await season.register_base()
    left, project = await season.draft(base), await season.submitted(base)
    refused = await refusal(season, MINISTRY, CLOSE, id=base.bases[0], version=2)
    assert (refused.code, refused.extensions["count"]) == ("BASE_IN_USE", 1)
    assert refused.extensions["projects"] == {"SUBMITTED": 1}
    await season.act(base, WITHDRAW_PLAN, id=project["id"])
    closed = await season.act(MINISTRY, CLOSE, id=base.bases[0], version=2)
    assert closed["closing"] == {"reason": "不再承担", "into": None}
    for who, query, variables in (
        (base, DRAFT, {"base": base.bases[0], "input": PLAN}),
        (base, SUBMIT, {"id": left["id"], "version": 1}),
        (MINISTRY, RENAME, {"id": base.bases[0], "version": 3, "name": "新名"}),
        (MINISTRY, CLOSE, {"id": base.bases[0], "version": 3}),
        (
            MINISTRY,
            "mutation($id: ID!, $input: QuotaInput!) { adjustQuota(baseId: $id, input: $input) { id } }",
            {"id": base.bases[0], "input": {"year": 2024, "limit": 9, "reason": "扩容"}},
        ),
    ):
        assert (await refusal(season, who, query, **variables)).code == "BASE_CLOSED"
    (event,) = [event for event in await told(season, "bases") if event["name"] == "base-closed"]
    assert (event["data"]["organization"], event["data"]["reason"]) == (base.organization, "不再承担")


async def test_r2_a_merged_base_keeps_its_projects_and_its_successor_acts_for_them(season: Season) -> None:
    ended, into = [await season.register_base() for _ in range(2)]
    returned = await _returned(season, ended)
    principals = await season.register_base(category="PRINCIPAL", team=False)
    for other in (ended, principals):
        refused = await refusal(season, MINISTRY, MERGE, id=ended.bases[0], version=2, into=other.bases[0])
        assert (refused.code, refused.extensions["rule"]) == ("INVALID_MERGER", "R2")
    merged = await season.act(MINISTRY, MERGE, id=ended.bases[0], version=2, into=into.bases[0])
    assert merged["closing"] == {"into": {"id": into.bases[0]}}
    both = replace(into, bases=(*into.bases, *ended.bases))
    mended = await season.act(
        both, UPDATE, id=returned["id"], version=returned["version"], input={"feeIncludes": "培训费"}
    )
    again = await season.act(both, SUBMIT, id=returned["id"], version=mended["version"])
    assert again["status"] == "SUBMITTED"
    refused = await refusal(season, MINISTRY, CLOSE, id=into.bases[0], version=2)
    assert (refused.code, refused.extensions["projects"]) == ("BASE_IN_USE", {"SUBMITTED": 1})
    assert (await refusal(season, both, DRAFT, base=ended.bases[0], input=PLAN)).code == "BASE_CLOSED"
    (event,) = [event for event in await told(season, "bases") if event["name"] == "base-merged"]
    assert (event["data"]["into"], event["data"]["into_organization"]) == (into.bases[0], into.organization)


async def _returned(season: Season, base: Principal) -> Any:
    project = await season.submitted(base)
    experts = [await season.register_expert(name) for name in ("评甲", "评乙")]
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    return await season.decide(project, "RETURN")


async def test_r2_a_merged_base_is_extended_and_only_those_concerned_read_why_it_ended(season: Season) -> None:
    ended = GIVEN | {"organizationCode": "4144000777", "category": "DUAL_QUALIFIED_TEACHER", "validUntil": "2024-12-31"}
    base = await season.act(MINISTRY, REGISTER, input=ended)
    into, stranger = [await season.register_base() for _ in range(2)]
    await season.act(MINISTRY, MERGE, id=base["id"], version=1, into=into.bases[0])
    longer = await season.act(MINISTRY, EXTEND, id=base["id"], version=2, until="2025-06-30")
    assert longer["validUntil"] == "2025-06-30"
    own = replace(into, bases=(base["id"],))
    for who, reads in ((MINISTRY, True), (into, True), (own, True), (stranger, False)):
        shown = await season.ask(who, "query($id: ID!) { base(id: $id) { closing { reason } } }", id=base["id"])
        assert bool(shown["base"]["closing"]["reason"]) is reads


async def test_r14_an_expert_who_withdraws_leaves_the_unwritten_to_others(season: Season) -> None:
    base = await season.register_base()
    leaving, writing, spare = [await season.register_expert(name) for name in ("评甲", "评乙", "评丙")]
    project = await season.submitted(base)
    await season.assign(project, leaving, writing)
    await season.review(writing, project)
    left = await season.act(MINISTRY, WITHDRAW, id=leaving.person, version=1)
    assert (left["openAssignments"], bool(left["withdrawnAt"])) == ([{"id": project["id"]}], True)
    assert (await refusal(season, MINISTRY, WITHDRAW, id=leaving.person, version=2)).code == "EXPERT_WITHDRAWN"
    (row,) = await season.act(MINISTRY, AUTO, ids=[project["id"]])
    assert {expert["id"] for expert in row["project"]["experts"]} == {writing.person, spare.person}
    (again,) = await season.act(MINISTRY, AUTO, ids=[project["id"]])
    assert again["refusal"]["code"] == "WRONG_STATE"
    shown = await season.ask(MINISTRY, "{ experts { nodes { name withdrawalReason openAssignments { id } } } }")
    assert shown["experts"]["nodes"][0] == {"name": "评甲", "withdrawalReason": "退休", "openAssignments": []}
    other = await season.submitted(base)
    with pytest.raises(Exception, match="退出"):
        await season.assign(other, leaving, writing)
    await season.review(spare, project)
    assert (await season.decide(project, "APPROVE"))["status"] == "APPROVED"


async def test_r14_a_withdrawn_expert_reviews_nothing_with_the_token_that_still_lasts(season: Season) -> None:
    base = await season.register_base()
    leaving, other = [await season.register_expert(name) for name in ("评甲", "评乙")]
    project = await season.submitted(base)
    await season.assign(project, leaving, other)
    await season.act(MINISTRY, WITHDRAW, id=leaving.person, version=1)
    with pytest.raises(Refused) as refused:
        await season.review(leaving, project)
    assert (refused.value.code, refused.value.extensions["rule"]) == ("EXPERT_WITHDRAWN", "R14")
    await season.review(other, project)


async def test_r14_a_withdrawn_expert_whose_review_is_in_stays_with_the_project(season: Season) -> None:
    base = await season.register_base()
    leaving, other = [await season.register_expert(name) for name in ("评甲", "评乙")]
    project = await season.submitted(base)
    await season.assign(project, leaving, other)
    await season.review(leaving, project)
    assert (await season.act(MINISTRY, WITHDRAW, id=leaving.person, version=1))["openAssignments"] == []
    await season.review(other, project)
    assert (await season.decide(project, "APPROVE"))["status"] == "APPROVED"


async def test_r14_an_expert_whose_review_is_in_is_not_corrected_to_the_holder_either(season: Season) -> None:
    base = await season.register_base()
    expert, other = [await season.register_expert(name) for name in ("评甲", "评乙")]
    project = await season.submitted(base)
    await season.assign(project, expert, other)
    await season.review(expert, project)
    own = {"reason": "单位有误", "organizationCode": base.organization, "organizationName": "示范大学"}
    refused = await refusal(season, MINISTRY, CORRECT, id=expert.person, version=1, input=own)
    assert (refused.code, refused.extensions["projects"]) == ("EXPERT_CONFLICT", [project["id"]])


async def test_r14_an_expert_is_corrected_unless_that_makes_a_conflict(season: Season) -> None:
    base = await season.register_base()
    expert, other = [await season.register_expert(name) for name in ("评甲", "评乙")]
    await season.assign(await season.submitted(base), expert, other)
    own = {"reason": "单位有误", "organizationCode": base.organization, "organizationName": "示范大学"}
    refused = await refusal(season, MINISTRY, CORRECT, id=expert.person, version=1, input=own)
    assert (refused.code, len(refused.extensions["projects"])) == ("EXPERT_CONFLICT", 1)
    half = {"reason": "单位有误", "organizationCode": "4131000002"}
    assert (await refusal(season, MINISTRY, CORRECT, id=expert.person, version=1, input=half)).code == "INVALID_EXPERT"
    right = half | {"name": "甲某", "organizationName": "沪上学院"}
    corrected = await season.act(MINISTRY, CORRECT, id=expert.person, version=1, input=right)
    assert corrected == {"name": "甲某", "organization": {"code": "4131000002", "name": "沪上学院"}, "version": 2}
    (event,) = [event for event in await told(season, "experts") if event["name"] == "expert-corrected"]
    assert (event["data"]["changed"], event["data"]["reason"]) == (["name", "organization"], "单位有误")
    assert "甲" not in str(event["data"])


REOPEN = """mutation($id: ID!, $version: Int!) {
  reopenBase(id: $id, version: $version, reason: "误关") { version closing { reason } } }"""
AMEND_BASE = """mutation($id: ID!, $version: Int!, $input: BaseAmendmentInput!) {
  amendBase(id: $id, version: $version, input: $input) {
    version province { code } provinceReason majorCategories { ordinal } validFrom } }"""
REINSTATE = """mutation($id: ID!, $version: Int!) {
  reinstateExpert(id: $id, version: $version, reason: "误退") { version withdrawnAt openAssignments { id } } }"""


async def test_r2_r11_a_base_that_was_closed_by_mistake_is_opened_again_and_its_quota_counts(season: Season) -> None:
    """Also where its round has other quotas meanwhile; a submission is possible again."""
    base = await season.register_base()
    project = await season.draft(base)
    key = base.bases[0]
    assert (await refusal(season, MINISTRY, REOPEN, id=key, version=2)).code == "NOTHING_CHANGED"
    await season.act(MINISTRY, CLOSE, id=key, version=2)
    assert (await refusal(season, base, SUBMIT, id=project["id"], version=project["version"])).code == "BASE_CLOSED"
    assert (await refusal(season, MINISTRY, REOPEN, id=key, version=2)).code == "STALE_VERSION"
    await amend(season, 1, "扩容", quotas=QUOTAS)
    assert await season.act(MINISTRY, REOPEN, id=key, version=3) == {"version": 4, "closing": None}
    quota = await season.deps.store.quotas.get(f"{key}:2024")
    assert (quota.frozen, quota.limit) == (False, 25)
    (event,) = [event for event in await told(season, "bases") if event["name"] == "base-reopened"]
    assert event["data"] == {"base": key, "organization": base.organization, "reason": "误关", "province": "44"}
    assert (await season.submit(base, project))["status"] == "SUBMITTED"


async def test_r2_a_merged_base_stays_with_its_successor(season: Season) -> None:
    base, other = await season.register_base(), await season.register_base()
    await season.act(MINISTRY, MERGE, id=base.bases[0], version=2, into=other.bases[0])
    refused = await refusal(season, MINISTRY, REOPEN, id=base.bases[0], version=3)
    assert (refused.code, refused.extensions["into"]) == ("BASE_CLOSED", other.bases[0])


async def test_r2_r3_what_is_on_file_of_a_base_is_set_right_and_what_is_unpublished_follows(season: Season) -> None:
    base = await season.register_base()
    project, key = await season.draft(base), base.bases[0]
    stranger = {"reason": "登记有误", "province": "45"}
    refused = await refusal(season, MINISTRY, AMEND_BASE, id=key, version=2, input=stranger)
    assert (refused.code, refused.extensions["registered"]) == ("PROVINCE_DIFFERS", "44")
    for wrong, code in (
        ({"majorCategories": [20]}, "INVALID_BASE"),
        ({"validFrom": "1999-12-31"}, "INVALID_BASE"),
        ({"province": "99"}, "UNKNOWN_PROVINCE"),
        ({}, "NOTHING_CHANGED"),
        ({"majorCategories": [7], "reason": " "}, "REASON_MISSING"),
    ):
        given: dict[str, Any] = {"reason": "登记有误"} | wrong
        assert (await refusal(season, MINISTRY, AMEND_BASE, id=key, version=2, input=given)).code == code, wrong
    assert (await refusal(season, base, AMEND_BASE, id=key, version=2, input=stranger)).code == "FORBIDDEN"
    right = stranger | {"provinceReason": "异地办学", "majorCategories": [7], "validFrom": "2023-01-01"}
    assert await season.act(MINISTRY, AMEND_BASE, id=key, version=2, input=right) == {
        "version": 3,
        "province": {"code": "45"},
        "provinceReason": "异地办学",
        "majorCategories": [{"ordinal": 7}],
        "validFrom": "2023-01-01",
    }
    store = season.deps.store
    assert (await store.projects.get(project["id"])).province == "45"
    assert (await store.quotas.get(f"{key}:2024")).province == "45"
    (event,) = [event for event in await told(season, "bases") if event["name"] == "base-amended"]
    assert event["data"]["changed"] == ["majorCategories", "province", "provinceReason", "validFrom"]
    assert (event["data"]["former_province"], event["data"]["province"]) == ("44", "45")
    back = await season.act(MINISTRY, AMEND_BASE, id=key, version=3, input={"reason": "迁回", "province": "44"})
    assert (back["province"], back["provinceReason"]) == ({"code": "44"}, None)


async def test_r2_a_base_that_has_published_is_amended_forward_only(season: Season) -> None:
    base = await season.register_base()
    published, key = await season.published(base), base.bases[0]
    majors = list((await season.deps.store.bases.get(key)).major_categories)
    for less, field in (({"majorCategories": []}, "majorCategories"), ({"validFrom": "2024-06-01"}, "validFrom")):
        given: dict[str, Any] = {"reason": "更正"} | less
        refused = await refusal(season, MINISTRY, AMEND_BASE, id=key, version=2, input=given)
        assert (refused.code, refused.extensions["fields"]) == ("BASE_FORWARD_ONLY", [field])
    more = {"reason": "更正", "majorCategories": [*majors, 19], "province": "45", "provinceReason": "迁址"}
    assert (await season.act(MINISTRY, AMEND_BASE, id=key, version=2, input=more))["version"] == 3
    assert (await season.deps.store.projects.get(published["id"])).province == "44", "what was published stays there"


async def test_r14_an_expert_who_was_let_go_by_mistake_is_back_and_keeps_what_nobody_took(season: Season) -> None:
    base = await season.register_base()
    expert, other = [await season.register_expert(name) for name in ("评甲", "评乙")]
    project = await season.submitted(base)
    await season.assign(project, expert, other)
    assert (await refusal(season, MINISTRY, REINSTATE, id=expert.person, version=1)).code == "NOTHING_CHANGED"
    await season.act(MINISTRY, WITHDRAW, id=expert.person, version=1)
    assert (await refusal(season, MINISTRY, REINSTATE, id=expert.person, version=1)).code == "STALE_VERSION"
    back = await season.act(MINISTRY, REINSTATE, id=expert.person, version=2)
    assert back == {"version": 3, "withdrawnAt": None, "openAssignments": [{"id": project["id"]}]}
    (event,) = [event for event in await told(season, "experts") if event["name"] == "expert-reinstated"]
    assert (event["data"]["expert"], event["data"]["reason"]) == (expert.person, "误退")
    await season.review(expert, project)


async def test_r14_the_fields_of_an_expert_are_corrected(season: Season) -> None:
    expert = await season.register_expert("评甲")
    correct = """mutation($id: ID!, $version: Int!, $input: ExpertCorrectionInput!) {
      correctExpert(id: $id, version: $version, input: $input) { name fields { ordinal } version } }"""
    for fields in ([0], [20], [6, 6]):
        given = {"reason": "登记有误", "fields": fields}
        refused = await refusal(season, MINISTRY, correct, id=expert.person, version=1, input=given)
        assert (refused.code, refused.extensions["fields"]) == ("INVALID_EXPERT", ["fields"])
    given = {"reason": "登记有误", "fields": [7, 12]}
    corrected = await season.act(MINISTRY, correct, id=expert.person, version=1, input=given)
    assert corrected == {"name": "评甲", "fields": [{"ordinal": 7}, {"ordinal": 12}], "version": 2}
    (event,) = [event for event in await told(season, "experts") if event["name"] == "expert-corrected"]
    assert event["data"]["changed"] == ["fields"]
