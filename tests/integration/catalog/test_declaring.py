"""R1–R13 through the graph: what is refused, by which rule, and that nothing is written."""

from dataclasses import replace

import pytest

from chassis.principal import ANONYMOUS, Principal, Scope
from kernel.errors import Refusal
from tests.integration.catalog.season import DRAFT, PLAN, SUBMIT, Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

UPDATE = (
    "mutation($id: ID!, $version: Int!, $input: ProjectInput!) "
    "{ updateProject(id: $id, version: $version, input: $input) { version title days feeIncludes } }"
)

TEAM = (
    "mutation($base: ID!, $input: BaseTeamInput!) "
    "{ setBaseTeam(baseId: $base, input: $input) { team { phone email } } }"
)


async def refusal(season: Season, principal: Principal, query: str, **variables: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await season.ask(principal, query, **variables)
    return refused.value


async def test_the_round_is_the_notices(season: Season) -> None:
    data = await season.ask(
        ANONYMOUS,
        "{ round(year: 2024) { title openPhases phases { name opens closes closesAt } quotas { category limit } "
        "themes(category: PRINCIPAL) { code name } contacts { department phones } calendarUrl } }",
    )
    shown = data["round"]
    assert shown["openPhases"] == ["DECLARE", "REVIEW", "ENROL", "ADMIT"]
    assert shown["phases"][0] == {
        "name": "DECLARE",
        "opens": "2024-03-28",
        "closes": "2024-05-06",
        "closesAt": "2024-05-07T00:00:00+08:00",
    }
    assert len(shown["themes"]) == 6
    assert shown["calendarUrl"] == "/calendar/2024.ics"


async def test_a_round_is_opened_once_and_only_in_order(season: Season) -> None:
    again = await refusal(season, MINISTRY, "mutation { openRound(input: {year: 2024}) { year } }")
    assert again.code == "ROUND_EXISTS"
    phases = (
        '[{name: DECLARE, opens: "2026-03-01", closes: "2026-05-20"}, '
        '{name: REVIEW, opens: "2026-03-01", closes: "2026-05-10"}]'
    )
    bare = await refusal(season, MINISTRY, "mutation { openRound(input: {year: 2026}) { year } }")
    assert bare.code == "ROUND_INCOMPLETE"
    assert bare.extensions["missing"] == ["title", "phases", "quotas", "durationNorms", "themes", "reviewDimensions"]
    assert str(bare) == "年度轮次缺少：名称、阶段日期、项目数量、项目时长标准、主题、评审维度"
    partial = await refusal(
        season, MINISTRY, f"mutation {{ openRound(input: {{year: 2024, phases: {phases}}}) {{ year }} }}"
    )
    assert partial.code == "ROUND_INCOMPLETE"


async def test_a_round_may_be_given_whole(season: Season) -> None:
    given = {
        "year": 2025,
        "title": "2025年培训",
        "phases": [
            {"name": name, "opens": opens, "closes": closes}
            for name, opens, closes in (
                ("DECLARE", "2025-03-28", "2025-05-06"),
                ("REVIEW", "2025-03-28", "2025-05-10"),
                ("ENROL", "2025-04-01", "2025-05-20"),
                ("ADMIT", "2025-04-01", "2025-05-24"),
                ("TRAIN", "2025-05-30", "2025-11-30"),
            )
        ],
        "quotas": [
            {"category": category, "limit": 2}
            for category in ("PRINCIPAL", "DUAL_QUALIFIED_TEACHER", "ENTERPRISE_PRACTICE")
        ],
        "durationNorms": [{"kind": "TEACHING", "category": "DUAL_QUALIFIED_TEACHER", "days": 7, "least": 5, "most": 9}],
        "themes": [
            {"code": "D1", "category": "DUAL_QUALIFIED_TEACHER", "name": "立德树人"},
            {"code": "P1", "category": "PRINCIPAL", "name": "政治能力"},
            {"code": "E1", "category": "ENTERPRISE_PRACTICE", "name": "技能"},
        ],
        "reviewDimensions": [{"code": "FEE", "name": "收费标准"}],
    }
    opened = await season.act(
        MINISTRY, "mutation($input: RoundInput!) { openRound(input: $input) { year expertsPerProject } }", input=given
    )
    assert opened == {"year": 2025, "expertsPerProject": 2}
    rounds = (await season.ask(ANONYMOUS, "{ rounds { year } }"))["rounds"]
    assert rounds == [{"year": 2025}, {"year": 2024}]


@pytest.mark.parametrize(
    ("changes", "code", "rule"),
    [
        ({"organizationCode": "91440101MA5CTEST00"}, "INVALID_CREDIT_CODE", "R3"),
        ({"organizationCode": "4199000001"}, "INVALID_SCHOOL_CODE", "R3"),
        ({"category": "ENTERPRISE_PRACTICE"}, "INVALID_CREDIT_CODE", "R3"),
        ({"province": "99"}, "UNKNOWN_PROVINCE", "R2"),
        ({"majorCategories": [0]}, "INVALID_BASE", "R2"),
        ({"majorCategories": [6, 6]}, "INVALID_BASE", "R2"),
        ({"validUntil": "0001-01-01"}, "INVALID_BASE", "R2"),
        ({"province": "51"}, "PROVINCE_DIFFERS", "R2"),
    ],
)
async def test_a_base_with_wrong_codes_is_refused(
    season: Season, changes: dict[str, object], code: str, rule: str
) -> None:
    given = {
        "name": "某基地",
        "category": "PRINCIPAL",
        "organizationCode": "4144000001",
        "organizationName": "某校",
        "province": "44",
    }
    refused = await refusal(
        season,
        MINISTRY,
        "mutation($input: BaseInput!) { registerBase(input: $input) { id } }",
        input=given | changes,
    )
    assert (refused.code, refused.extensions["rule"]) == (code, rule)
    assert (await season.ask(MINISTRY, "{ bases { totalCount } }"))["bases"]["totalCount"] == 0


async def test_a_contacts_phone_is_masked_in_the_graph_and_sealed_at_rest(season: Season) -> None:
    base = await season.register_base(team=False)
    team = (await season.set_team(base))["team"]
    assert team[0] == {"name": "李老师", "phone": "138****8000", "email": "li@example.edu.cn"}
    document = await season.deps.store.bases.collection.find_one({"_id": base.bases[0]})
    assert "13800138000" not in repr(document)
    for other in (ANONYMOUS, replace(base, bases=("elsewhere",))):
        data = await season.ask(other, "query($id: ID!) { base(id: $id) { team { name } } }", id=base.bases[0])
        assert data["base"]["team"] is None


@pytest.mark.parametrize(
    ("contact", "outcome"),
    [
        ({"phone": "８６００１２３"}, ("8****23", None)),
        ({"phone": "010 6609 6194", "email": "ｌｉ@example.edu.cn"}, ("010****6194", "li@example.edu.cn")),
        ({"phone": "66094"}, "INVALID_CONTACT"),
        ({"phone": "13800138000", "email": "li@example"}, "INVALID_EMAIL"),
    ],
)
async def test_a_contacts_number_is_never_shown_whole_and_its_address_is_one(
    season: Season, contact: dict[str, str], outcome: object
) -> None:
    """R6, R41: as it is typed by whatever program."""
    base = await season.register_base(team=False)
    team = {"design": [{"name": "李老师"} | contact], "declaration": [], "delivery": []}
    if isinstance(outcome, str):
        refused = await refusal(season, base, TEAM, base=base.bases[0], input=team)
        assert refused.code == outcome
        if outcome == "INVALID_CONTACT":
            assert refused.extensions["field"] == "design.phone"
    else:
        (shown,) = (await season.act(base, TEAM, base=base.bases[0], input=team))["team"]
        assert (shown["phone"], shown["email"]) == outcome


async def test_a_plan_stays_in_its_round(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    other, same = ({"year": year, "title": "新题目"} for year in (2025, 2024))
    refused = await refusal(season, base, UPDATE, id=draft["id"], version=1, input=other)
    assert (refused.code, refused.extensions["year"]) == ("YEAR_FIXED", 2024)
    assert (await season.act(base, UPDATE, id=draft["id"], version=1, input=same))["version"] == 2


async def test_a_submission_without_a_team_or_with_an_incomplete_plan_is_refused(season: Season) -> None:
    base = await season.register_base(team=False)
    empty = await season.act(base, DRAFT, base=base.bases[0], input={})
    without_team = await refusal(season, base, SUBMIT, id=empty["id"], version=1)
    assert (without_team.code, without_team.extensions["rule"]) == ("TEAM_MISSING", "R6")
    await season.set_team(base)
    incomplete = await refusal(season, base, SUBMIT, id=empty["id"], version=1)
    assert (incomplete.code, incomplete.extensions["rule"]) == ("PLAN_INCOMPLETE", "R7")
    assert len(incomplete.extensions["missing"]) == 19
    assert incomplete.extensions["clause"]
    assert (await season.quota(base))["used"] == 0


async def test_r7_a_draft_shows_by_field_what_its_submission_refuses_all_at_once(season: Season) -> None:
    """The base reads it before it submits; once the plan is handed in there is nothing left, and experts read why."""
    base = await season.register_base()
    draft = await season.draft(base, capacity=300, needsEvidence=None)
    query = "query($id: ID!) { project(id: $id) { problems { code rule fields message } warnings { code fields } } }"
    (lacks, unexplained) = (await season.ask(base, query, id=draft["id"]))["project"]["problems"]
    assert (lacks["code"], lacks["rule"], lacks["fields"]) == ("PLAN_INCOMPLETE", "R7", ["needsEvidence"])
    assert (unexplained["code"], unexplained["fields"]) == ("JUSTIFICATION_MISSING", ["capacity"])
    refused = await refusal(season, base, SUBMIT, id=draft["id"], version=1)
    told = [(problem["code"], problem["fields"]) for problem in refused.extensions["problems"]]
    assert told == [(lacks["code"], lacks["fields"]), (unexplained["code"], unexplained["fields"])]
    assert (lacks["message"] in str(refused), unexplained["message"] in str(refused)) == (True, True)
    given = {"needsEvidence": "问卷", "justifications": [{"rule": "R7", "text": "大型报告厅，分组研讨"}]}
    await season.act(base, UPDATE, id=draft["id"], version=1, input=given)
    project = await season.submit(base, {"id": draft["id"], "version": 2})
    experts = [await season.register_expert(name) for name in ("评甲", "评乙")]
    await season.assign(project, *experts)
    shown = (await season.ask(experts[0], query, id=draft["id"]))["project"]
    assert shown == {"problems": [], "warnings": [{"code": "LARGE_CLASS", "fields": ["capacity"]}]}


async def test_r7_the_limits_of_plans_are_the_rounds(season: Season) -> None:
    base = await season.register_base()
    limits = "{ round(year: 2024) { planLimits { mostSeats usualSeats mostFee { yuan } } } }"
    shown = (await season.ask(ANONYMOUS, limits))["round"]["planLimits"]
    assert (shown["mostSeats"], shown["usualSeats"]) == (1000, 100)
    refused = await refusal(season, base, DRAFT, base=base.bases[0], input=PLAN | {"capacity": 1001})
    assert (refused.code, refused.extensions["fields"]) == ("INVALID_PLAN", ["capacity"])


async def test_an_unknown_theme_is_refused_already_in_a_draft(season: Season) -> None:
    base = await season.register_base()
    refused = await refusal(season, base, DRAFT, base=base.bases[0], input=PLAN | {"themes": ["P1"]})
    assert (refused.code, refused.extensions["rule"]) == ("UNKNOWN_THEME", "R8")


async def test_r1_a_year_without_a_round_is_refused_in_one_way_wherever_it_is_named(season: Season) -> None:
    base = await season.register_base()
    quota = 'mutation($id: ID!) { adjustQuota(baseId: $id, input: {year: 2030, limit: 9, reason: "抽检"}) { id } }'
    amend = 'mutation { amendRound(year: 2030, version: 1, input: {title: "国培"}, reason: "更正") { version } }'
    for refused in (
        await refusal(season, base, DRAFT, base=base.bases[0], input=PLAN | {"year": 2030}),
        await refusal(season, MINISTRY, quota, id=base.bases[0]),
        await refusal(season, MINISTRY, amend),
    ):
        found = refused.extensions
        assert (refused.code, found["rule"], found["unblock"], found["year"]) == (
            "UNKNOWN_ROUND",
            "R1",
            "MINISTRY",
            2030,
        )


async def test_after_the_sixth_of_may_nothing_new_goes_in(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    season.at("2024-05-06T23:59:30")
    assert (await season.submit(base, await season.draft(base)))["status"] == "SUBMITTED"
    season.at("2024-05-07T00:00")
    refused = await refusal(season, base, SUBMIT, id=draft["id"], version=1)
    assert (refused.code, refused.extensions["rule"]) == ("PHASE_CLOSED", "R13")
    await season.act(
        MINISTRY,
        "mutation($input: PhaseOverrideInput!) { extendPhase(input: $input) { openPhases } }",
        input={"year": 2024, "phase": "DECLARE", "closes": "2024-05-08", "reason": "系统故障"},
    )
    assert (await season.submit(base, draft))["status"] == "SUBMITTED"
    query = "{ round(year: 2024) { phases { name extended extensions { before closes reason by } } } }"
    extension = {"before": "2024-05-06", "closes": "2024-05-08", "reason": "系统故障"}
    for reader, extensions in (
        (ANONYMOUS, []),
        (base, [extension | {"by": None}]),
        (MINISTRY, [extension | {"by": "教师工作司"}]),
    ):
        declare = (await season.ask(reader, query))["round"]["phases"][0]
        assert declare == {"name": "DECLARE", "extended": True, "extensions": extensions}


async def test_a_foreign_base_is_forbidden_and_an_unknown_one_not_found(season: Season) -> None:
    base, other = await season.register_base(), await season.register_base()
    project = await season.draft(base)
    for query, variables in (
        (DRAFT, {"base": base.bases[0], "input": PLAN}),
        (SUBMIT, {"id": project["id"], "version": 1}),
        (UPDATE, {"id": project["id"], "version": 1, "input": {"title": "改"}}),
    ):
        refused = await refusal(season, other, query, **variables)
        assert (refused.code, refused.extensions["rule"]) == ("FORBIDDEN", "R2")
    missing = await refusal(season, base, DRAFT, base="nowhere", input=PLAN)
    assert missing.code == "NOT_FOUND"
    unchanged = await season.deps.store.projects.get(project["id"])
    assert unchanged.version == 1


async def test_a_stale_version_is_refused(season: Season) -> None:
    base = await season.register_base()
    project = await season.draft(base)
    written = await season.act(
        base, UPDATE, id=project["id"], version=1, input={"title": "新题目", "feeIncludes": None}
    )
    assert written == {"version": 2, "title": "新题目", "days": 7, "feeIncludes": None}
    for query in (UPDATE, SUBMIT):
        variables = {"input": {"title": "旧题目"}} if query == UPDATE else {}
        refused = await refusal(season, base, query, id=project["id"], version=1, **variables)
        assert refused.code == "STALE_VERSION"


@pytest.mark.parametrize("scope", [Scope.SCHOOL, Scope.TEACHER, Scope.PROVINCE, Scope.EXPERT, Scope.PUBLIC])
async def test_only_a_base_declares_and_only_the_ministry_registers(season: Season, scope: Scope) -> None:
    base = await season.register_base()
    other = Principal("someone", scope, bases=base.bases, person="x", province="44")
    assert (await refusal(season, other, DRAFT, base=base.bases[0], input=PLAN)).code == "FORBIDDEN"
    for query in (
        "mutation { openRound(input: {year: 2025}) { year } }",
        'mutation { publishProjects(ids: ["x"]) { ok } }',
        'mutation { adjustQuota(baseId: "x", input: {year: 2024, limit: 1, reason: "x"}) { id } }',
        'mutation { suspendProject(id: "x", reason: "x") { id } }',
        "{ experts { totalCount } }",
    ):
        assert (await refusal(season, other, query)).code == "FORBIDDEN"


async def test_a_further_class_shares_the_series_and_takes_its_own_quota(season: Season) -> None:
    """R11, R12: each class consumes quota."""
    base = await season.register_base()
    first = await season.submitted(base)
    given = {"startsOn": "2024-08-05", "endsOn": "2024-08-11", "capacity": 30}
    second = await season.act(
        base,
        "mutation($id: ID!, $input: ProjectClassInput!) "
        "{ addClass(projectId: $id, input: $input) { id code version status series capacity timetable { id date } } }",
        id=first["id"],
        input=given,
    )
    assert second["series"] == first["id"]
    assert second["timetable"] == [{"id": "s1", "date": "2024-08-05"}]
    assert (first["code"], second["code"]) == ("2024-DQT-001-01", "2024-DQT-001-02")
    await season.submit(base, second)
    assert (await season.quota(base))["used"] == 2


async def test_the_product_speaks_english_when_asked(season: Season) -> None:
    base = await season.register_base()
    with pytest.raises(Refusal) as refused:
        await season.deps.store.projects.get("nowhere")
    assert refused.value.message("en-US") == "Not found"
    warned = await season.draft(base, days=4)
    query = "query($id: ID!) { project(id: $id) { warnings { code rule message } } }"
    (warning,) = (await season.ask(base, query, id=warned["id"]))["project"]["warnings"]
    assert (warning["code"], warning["rule"]) == ("DURATION_OUTSIDE_NORM", "R9")
    assert "4天" in warning["message"]
