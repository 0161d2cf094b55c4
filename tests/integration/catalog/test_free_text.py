"""R41: whatever text of a mutation holds a personal number is refused, and the number is stored nowhere."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from chassis.principal import Principal
from kernel.reference import round_data
from services.catalog.graph.schema import schema
from tests.integration.catalog.season import PLAN, Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

NUMBERS = ("13800138000", "+86 138-0013-8000", "110101199003077758", "１１０１０１１９９００３０７７７５８")
NUMBERS_BY_NATURE = {
    "openRound.input.contacts.phones",
    "amendRound.input.contacts.phones",
    "setBaseTeam.input.design.phone",
    "setBaseTeam.input.declaration.phone",
    "setBaseTeam.input.delivery.phone",
}
"""Help lines are public (R43); a contact's phone is sealed before it is stored (R6)."""
FREE = {"INVALID_TEXT", "INVALID_REASON", "INVALID_PURPOSE"}
CHECKED_OTHERWISE = {
    "NOT_FOUND", "UNKNOWN_PROVINCE", "INVALID_EMAIL", "INVALID_SCHOOL_CODE", "INVALID_CREDIT_CODE",
    "PROPOSAL_MISMATCH",
}  # fmt: skip
"""Of ids, codes and addresses, which are no free text."""

Path = tuple[str | int, ...]


def camel(value: Any) -> Any:
    """Reference data as the graph spells it."""
    if isinstance(value, dict):
        return {re.sub(r"_(.)", lambda match: match[1].upper(), key): camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list | tuple) else value


def inputs(project: str, assigned: str, base: str) -> dict[str, dict[str, Any]]:
    """Arguments of every mutation that has texts, each text given."""
    contact = {"name": "李老师", "phone": "020-12345678", "email": "li@example.edu.cn"}
    team = {"design": [contact], "declaration": [contact], "delivery": [contact]}
    venue = {"province": "44", "address": "广州市"}
    session = PLAN["timetable"][0] | {"id": "s1", "mode": "OFFLINE"}
    member = {"name": "王教授", "title": "教授", "organization": "示范大学"}
    plan = PLAN | {
        "timetable": [session], "faculty": [member], "justifications": [{"rule": "R9", "text": "分段实施"}],
    }  # fmt: skip
    contacts = [{"department": "教师工作司", "phones": ["010-66090000"], "note": "工作日"}]
    data = round_data(2024)
    new_round = {name: data[name] for name in ("title", "phases", "quotas", "themes")}
    new_round |= {name: data[name] for name in ("duration_norms", "review_dimensions", "experts_per_project")}
    amended = {name: new_round[name] for name in new_round if name != "phases"} | {"contacts": contacts}
    new_round["steps"] = [
        {"code": name, "name": "步骤", "nameEn": "step", "guard": name, "opens": opens, "closes": closes}
        for name, opens, closes in (phase.values() for phase in data["phases"])
    ]
    amended["steps"] = new_round["steps"]
    amended["phases"] = data["phases"]
    codes = [dimension["code"] for dimension in data["review_dimensions"]]
    verdicts = [{"dimension": code, "verdict": "PASS", "comment": "可行"} for code in codes]
    decision = {"outcome": "APPROVE", "reason": "可行"}
    return {
        "openRound": {"input": camel(new_round) | {"year": 2024, "contacts": contacts}},
        "amendRound": {"year": 2024, "version": 1, "reason": "更正", "input": camel(amended)},
        "extendPhase": {"input": {"year": 2024, "phase": "DECLARE", "closes": "2024-05-08", "reason": "故障"}},
        "registerBase": {
            "input": {
                "name": "新基地", "category": "PRINCIPAL", "organizationCode": "4144000999",
                "organizationName": "某大学", "province": "44", "provinceReason": "异地办学",
            }
        },
        "renameBase": {"id": base, "version": 2, "name": "新名称", "reason": "更名"},
        "renameOrganization": {"code": "4144000999", "name": "新校名", "reason": "更名"},
        "extendBase": {"id": base, "version": 2, "reason": "复核"},
        "recategorizeBase": {"id": base, "version": 2, "category": "PRINCIPAL", "reason": "有误"},
        "closeBase": {"id": base, "version": 2, "reason": "停办"},
        "reopenBase": {"id": base, "version": 2, "reason": "误关"},
        "amendBase": {
            "id": base, "version": 2, "input": {"reason": "有误", "province": "45", "provinceReason": "异地办学"},
        },
        "mergeBases": {"id": base, "version": 2, "into": base, "reason": "合并"},
        "correctExpert": {
            "id": "nobody", "version": 1,
            "input": {
                "reason": "有误", "name": "评甲", "organizationCode": "4131000001", "organizationName": "外校",
            },
        },
        "withdrawExpert": {"id": "nobody", "version": 1, "reason": "退休"},
        "reinstateExpert": {"id": "nobody", "version": 1, "reason": "误退"},
        "registerExpert": {
            "input": {"name": "专家", "organizationCode": "4131000001", "organizationName": "外校", "fields": [6]}
        },
        "assignExperts": {"projectId": project, "experts": ["nobody"]},
        "autoAssignExperts": {"projectIds": [project]},
        "decideProject": {"id": project, "decision": decision},
        "reviseProjectDecision": {"id": project, "decision": decision},
        "decideProjects": {"decisions": [decision | {"id": project}]},
        "publishProjects": {"ids": [project], "override": {"reason": "补发"}},
        "suspendProject": {"id": project, "reason": "整改"},
        "resumeProject": {"id": project},
        "extendProject": {"id": project, "input": {"until": "2024-12-05", "reason": "补训"}},
        "adjustQuota": {
            "baseId": base,
            "input": {"year": 2024, "limit": 10, "reason": "动态调整", "proposalId": f"2024/{base}/10"},
        },
        "setBaseTeam": {"baseId": base, "input": team},
        "revealBaseTeam": {"baseId": base, "purpose": "联系报到事宜"},
        "draftProject": {"baseId": base, "input": plan},
        "updateProject": {"id": project, "version": 1, "input": plan},
        "submitProject": {"id": project, "version": 1},
        "withdrawProject": {"id": project, "reason": "重复"},
        "addClass": {
            "projectId": project,
            "input": {"startsOn": "2024-08-05", "endsOn": "2024-08-11", "venue": venue, "timetable": [session]},
        },
        "amendProject": {
            "id": assigned, "version": 3,
            "input": {
                "reason": "调课", "venue": venue, "faculty": [member],
                "sessionDates": [{"id": "s1", "date": "2024-07-09"}],
                "sessionTeachers": [{"id": "s1", "teacher": "王教授"}],
            },
        },
        "startProject": {"id": project, "reason": "场地"},
        "recordAsHeld": {"id": project, "reason": "漏报"},
        "recordAsNotHeld": {"id": project, "reason": "未办"},
        "finishProject": {"id": project},
        "cancelProject": {"id": project, "reason": "不办了"},
        "submitReview": {"projectId": assigned, "verdicts": verdicts},
    }  # fmt: skip


def texts(given: GraphQLInputType, path: Path) -> Iterator[Path]:
    """The paths of all strings and ids inside an argument; of a list, in its first item."""
    kind: Any = given
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        path = (*path, 0) if isinstance(kind, GraphQLList) else path
        kind = kind.of_type
    if isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield from texts(field.type, (*path, name))
    elif kind.name in {"String", "ID"}:
        yield path


def mutations() -> dict[str, GraphQLField]:
    kind = schema._schema.mutation_type
    assert kind is not None
    return dict(kind.fields)


def places() -> list[tuple[str, Path]]:
    """Every text of every mutation."""
    return [
        (name, path)
        for name, field in mutations().items()
        for argument, given in field.args.items()
        for path in texts(given.type, (argument,))
    ]


def spelled(mutation: str, path: Path) -> str:
    return ".".join([mutation, *(step for step in path if isinstance(step, str))])


def query(name: str) -> str:
    field = mutations()[name]
    declared = ", ".join(f"${argument}: {given.type}" for argument, given in field.args.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in field.args)
    shown = "refusal { code message details }" if get_named_type(field.type).name == "ProjectRow" else "__typename"
    return f"mutation({declared}) {{ {name}({passed}) {{ {shown} }} }}"


async def refusal(season: Season, principal: Principal, mutation: str, variables: dict[str, Any]) -> tuple[str, str]:
    """The code that a mutation is refused with, and everything that the answer says."""
    try:
        answer = await season.act(principal, query(mutation), **variables)
    except Refused as refused:
        return refused.code, str(refused) + json.dumps(refused.extensions, ensure_ascii=False)
    (row,) = answer if isinstance(answer, list) else ({"refusal": None},)
    code = row["refusal"]["code"] if row["refusal"] else "nothing"
    return code, json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("number", NUMBERS)
async def test_r41_no_text_of_any_mutation_takes_a_personal_number(season: Season, number: str) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    draft = await season.draft(base)
    assigned = await season.submitted(base)
    await season.assign(assigned, *experts)
    published = await season.published(base)
    templates = inputs(draft["id"], assigned["id"], base.bases[0])
    templates["amendProject"] |= {"id": published["id"], "version": published["version"]}
    free = 0
    for mutation, path in places():
        name = spelled(mutation, path)
        if name in NUMBERS_BY_NATURE:
            continue
        variables = copy.deepcopy(templates[mutation])
        place: Any = variables
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]], name
        place[path[-1]] = number
        code, answer = await refusal(season, actor(mutation, base, experts[0]), mutation, variables)
        assert code in FREE | CHECKED_OTHERWISE, (name, code, answer)
        assert number not in answer, (name, answer)
        free += code in FREE
    assert free > 50
    for collection in await season.deps.store.projects.collection.database.list_collection_names():
        async for document in season.deps.store.projects.collection.database[collection].find():
            assert number not in json.dumps(document, ensure_ascii=False, default=str), collection


def actor(mutation: str, base: Principal, expert: Principal) -> Principal:
    """Who may call a mutation."""
    scopes = {
        "setBaseTeam", "draftProject", "updateProject", "submitProject", "withdrawProject", "addClass",
        "amendProject", "startProject", "recordAsHeld", "recordAsNotHeld", "finishProject",
    }  # fmt: skip
    if mutation == "submitReview":
        return expert
    return base if mutation in scopes else MINISTRY


async def test_r41_a_plan_that_is_older_than_the_check_is_read_and_refused_when_it_is_handed_in(
    season: Season,
) -> None:
    base = await season.register_base()
    draft = await season.draft(base)
    old = {"plan.objectives": "联系人13800138000"}
    await season.deps.store.projects.collection.update_one({"_id": draft["id"]}, {"$set": old})
    shown = await season.ask(base, "query($id: ID!) { project(id: $id) { objectives } }", id=draft["id"])
    assert shown["project"]["objectives"] == "联系人13800138000"
    with pytest.raises(Refused) as refused:
        await season.submit(base, draft)
    assert (refused.value.code, refused.value.extensions["field"]) == ("INVALID_TEXT", "objectives")


async def test_texts_are_stored_normalized(season: Season) -> None:
    base = await season.register_base()
    draft = await season.draft(base, title="  智能制造\u200b ", faculty=[{"name": "王 教授"}])
    stored = await season.deps.store.projects.get(draft["id"])
    assert (stored.plan.title, stored.plan.faculty[0].name) == ("智能制造", "王教授")
