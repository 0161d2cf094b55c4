"""What a base, its experts and the ministry may try on a project, each by its name."""

from collections.abc import Awaitable, Callable
from typing import Any

from chassis.principal import Principal, Scope
from tests.integration.catalog.season import Season
from tests.integration.catalog.test_quota import WITHDRAW
from tests.support.graph import Refused
from tests.support.names import person_name
from tests.support.principals import MINISTRY

UPDATE = (
    "mutation($id: ID!, $version: Int!, $input: ProjectInput!) "
    "{ updateProject(id: $id, version: $version, input: $input) { id } }"
)
AMEND = (
    "mutation($id: ID!, $version: Int!, $input: ProjectAmendmentInput!) "
    "{ amendProject(id: $id, version: $version, input: $input) { id } }"
)
AUTO = "mutation($id: ID!) { autoAssignExperts(projectIds: [$id]) { refusal { code } } }"
PLAIN = {
    "withdraw": (Scope.BASE, WITHDRAW),
    "start": (Scope.BASE, "mutation($id: ID!) { startProject(id: $id) { id } }"),
    "hold": (Scope.BASE, 'mutation($id: ID!) { recordAsHeld(id: $id, reason: "漏报") { id } }'),
    "finish": (Scope.BASE, "mutation($id: ID!) { finishProject(id: $id) { id } }"),
    "cancel": (Scope.BASE, 'mutation($id: ID!) { cancelProject(id: $id, reason: "生源不足") { id } }'),
    "call off": (Scope.MINISTRY, 'mutation($id: ID!) { cancelProject(id: $id, reason: "抽检不合格") { id } }'),
    "suspend": (Scope.MINISTRY, 'mutation($id: ID!) { suspendProject(id: $id, reason: "整改") { id } }'),
    "resume": (Scope.MINISTRY, "mutation($id: ID!) { resumeProject(id: $id) { id } }"),
}

Act = Callable[[Season, Principal, dict[str, Any]], Awaitable[str | None]]


async def _submit(season: Season, base: Principal, project: dict[str, Any]) -> None:
    await season.submit(base, project)


async def _update(season: Season, base: Principal, project: dict[str, Any]) -> None:
    await season.act(base, UPDATE, **project, input={"title": f"第{project['version']}稿"})


async def _amend(season: Season, base: Principal, project: dict[str, Any]) -> None:
    faculty = [{"name": person_name(project["version"])}]
    await season.act(base, AMEND, **project, input={"reason": "换人", "faculty": faculty})


async def _assign(season: Season, _: Principal, project: dict[str, Any]) -> str | None:
    (row,) = await season.act(MINISTRY, AUTO, id=project["id"])
    return row["refusal"] and str(row["refusal"]["code"])


async def _publish(season: Season, _: Principal, project: dict[str, Any]) -> str | None:
    (row,) = await season.publish(project)
    return row["refusal"] and str(row["refusal"]["code"])


def _decided(outcome: str) -> Act:
    async def act(season: Season, _: Principal, project: dict[str, Any]) -> None:
        await season.decide(project, outcome)

    return act


_OTHERS: dict[str, Act] = {
    "submit": _submit,
    "update": _update,
    "amend": _amend,
    "assign": _assign,
    "publish": _publish,
    "approve": _decided("APPROVE"),
    "return": _decided("RETURN"),
    "reject": _decided("REJECT"),
}
ACTS = sorted({*PLAIN, *_OTHERS, "review"})


async def attempt(season: Season, base: Principal, name: str, key: str) -> str | None:
    """Try an act on a project of a base, and say the code of its refusal."""
    project = await season.deps.store.projects.get(key)
    shown = {"id": key, "version": project.version}
    try:
        if name in PLAIN:
            scope, query = PLAIN[name]
            await season.act(base if scope is Scope.BASE else MINISTRY, query, id=key)
        elif name == "review":
            for expert in project.experts:
                await season.review(Principal("expert", Scope.EXPERT, person=expert), shown)
        else:
            return await _OTHERS[name](season, base, shown)
    except Refused as refused:
        return refused.code
    return None
