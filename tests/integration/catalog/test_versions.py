"""R12, R13, R18: the versions of a plan and the classes of a design through the graph, by who may see them."""

from typing import Any

import pytest

from chassis.principal import ANONYMOUS, Principal
from tests.integration.catalog.season import Season
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

VERSIONS = (
    "query($id: ID!) { project(id: $id) { planVersions { version by status reason changes { name before after } } } }"
)
CHANGES = (
    "query($id: ID!, $from: Int!, $to: Int!) "
    "{ project(id: $id) { planChanges(from: $from, to: $to) { name label before after } } }"
)
CLASSES = "query($id: ID!) { project(id: $id) { classes { totalCount nodes { code status } } } }"
UPDATE = (
    "mutation($id: ID!, $version: Int!, $input: ProjectInput!) "
    "{ updateProject(id: $id, version: $version, input: $input) { id version } }"
)
AMEND = (
    "mutation($id: ID!, $version: Int!, $input: ProjectAmendmentInput!) "
    "{ amendProject(id: $id, version: $version, input: $input) { id version } }"
)
ADD_CLASS = "mutation($id: ID!, $input: ProjectClassInput!) { addClass(projectId: $id, input: $input) { id version } }"


async def versions(season: Season, principal: Principal, project: Any) -> Any:
    return (await season.ask(principal, VERSIONS, id=project["id"]))["project"]["planVersions"]


async def reviewed(season: Season, project: Any, experts: list[Principal], outcome: str) -> Any:
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    return await season.decide(project, outcome)


async def test_a_returned_plan_and_its_amendments_can_be_listed_and_compared(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await reviewed(season, await season.submitted(base), experts, "RETURN")
    given = {"title": "新题目", "feeFen": 0, "themes": ["D3"]}
    project = await season.act(base, UPDATE, id=project["id"], version=project["version"], input=given)
    project = await reviewed(season, await season.submit(base, project), experts, "APPROVE")
    before = await versions(season, experts[0], project)
    assert [(one["status"], len(one["changes"])) for one in before] == [
        ("SUBMITTED", 0),
        ("RETURNED", 3),
        ("SUBMITTED", 0),
    ]
    assert before == await versions(season, base, project) == await versions(season, MINISTRY, project)
    (row,) = await season.publish(project)
    amended = {"reason": "台风", "startsOn": "2024-07-15"}
    await season.act(base, AMEND, id=project["id"], version=row["project"]["version"], input=amended)
    inside = await versions(season, base, project)
    public = await versions(season, ANONYMOUS, project)
    assert [one["version"] for one in public] == [one["version"] for one in inside][-2:]
    assert public[0]["changes"] == []
    assert public[1]["reason"] == "台风"
    assert public[1]["changes"][0] == {"name": "startsOn", "before": "2024年7月8日", "after": "2024年7月15日"}
    first, last = inside[0]["version"], inside[-1]["version"]
    changes = (await season.ask(base, CHANGES, **{"id": project["id"], "from": first, "to": last}))["project"]
    assert {"name": "feeFen", "label": "收费标准", "before": "2800.00元", "after": "0.00元"} in changes["planChanges"]
    assert [one["name"] for one in changes["planChanges"]] == [
        "title", "themes", "startsOn", "endsOn", "feeFen", "timetable",
    ]  # fmt: skip


async def test_what_was_handed_in_before_publication_is_not_the_publics_to_compare(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await reviewed(season, await season.submitted(base), experts, "RETURN")
    given = {"needsEvidence": "内部依据", "capacity": 60}
    project = await season.act(base, UPDATE, id=project["id"], version=project["version"], input=given)
    project = await reviewed(season, await season.submit(base, project), experts, "APPROVE")
    await season.publish(project)
    first, *_, last = [one["version"] for one in await versions(season, base, project)]
    for stranger in (ANONYMOUS, rival):
        assert [one["version"] for one in await versions(season, stranger, project)] == [last]
        with pytest.raises(Refused) as refused:
            await season.ask(stranger, CHANGES, **{"id": project["id"], "from": first, "to": last})
        assert refused.value.code == "NOT_FOUND"


async def test_the_classes_of_a_design_are_listed_from_any_of_them(season: Season) -> None:
    base = await season.register_base()
    first = await season.published(base)
    given = {"startsOn": "2024-08-05", "endsOn": "2024-08-11"}
    second = await season.act(base, ADD_CLASS, id=first["id"], input=given)
    third = await season.act(base, ADD_CLASS, id=second["id"], input=given)
    other = await season.draft(base)
    seen = [(await season.ask(base, CLASSES, id=one["id"]))["project"]["classes"] for one in (first, second, third)]
    codes = [f"2024-DQT-001-0{number}" for number in (1, 2, 3)]
    assert [node["code"] for node in seen[0]["nodes"]] == codes
    assert seen[0] == seen[1] == seen[2]
    assert (await season.ask(base, CLASSES, id=other["id"]))["project"]["classes"]["totalCount"] == 1
    public = (await season.ask(ANONYMOUS, CLASSES, id=first["id"]))["project"]["classes"]
    assert public == {"totalCount": 1, "nodes": [{"code": codes[0], "status": "PUBLISHED"}]}
