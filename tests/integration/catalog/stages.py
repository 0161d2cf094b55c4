"""Projects of one base on the way from draft to the end, for tests of single commands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chassis.principal import Principal, Scope
from services.catalog import commands
from services.catalog.commands import tell_missed_finishes
from tests.integration.catalog.season import Season
from tests.support.principals import MINISTRY

SUSPEND = 'mutation($id: ID!) { suspendProject(id: $id, reason: "整改") { id } }'
SCHOOL = Principal("school-1", Scope.SCHOOL, organization="4144100001", school="4144100001")
FINISH = "mutation($id: ID!) { finishProject(id: $id) { id } }"
START = "mutation($id: ID!) { startProject(id: $id) { id } }"


@dataclass(frozen=True)
class Stage:
    """Projects that are equally far, with two experts on file.

    Attributes:
        season: Where they are.
        base: Who holds them.
        experts: Ids of the experts.
        projects: Id and version of each project.
    """

    season: Season
    base: Principal
    experts: tuple[str, ...]
    projects: tuple[dict[str, Any], ...]

    @property
    def keys(self) -> list[str]:
        """The projects' ids."""
        return [project["id"] for project in self.projects]

    @property
    def key(self) -> str:
        """The first project's id."""
        return self.keys[0]


Prepare = Callable[[Season, int], Awaitable[Stage]]


async def before_the_round(season: Season, count: int = 0) -> Stage:
    """No round, and no project."""
    del count
    await season.deps.store.rounds.collection.delete_many({})
    return Stage(season, MINISTRY, (), ())


async def limited(season: Season, count: int = 1) -> Stage:
    """A base valid to the year's end, without projects; in their place another base of its category."""
    del count
    base, other = await season.register_base(team=False), await season.register_base(team=False)
    await season.deps.store.bases.collection.update_one({"_id": base.bases[0]}, {"$set": {"valid_until": "2024-12-31"}})
    return Stage(season, base, (), ({"id": other.bases[0]},))


async def drafted(season: Season, count: int = 1) -> Stage:
    base = await season.register_base()
    experts = [str((await season.register_expert(name)).person) for name in ("甲", "乙")]
    projects = [await season.draft(base) for _ in range(count)]
    return Stage(season, base, tuple(experts), tuple(projects))


async def closed_base(season: Season, count: int = 1) -> Stage:
    """A base was closed that has a draft, and so a quota."""
    stage = await drafted(season, count)
    key = stage.base.bases[0]
    await commands.close_base(season.deps, MINISTRY, key=key, version=2, reason="误关")
    return stage


async def withdrawn(season: Season, count: int = 1) -> Stage:
    """The first expert has withdrawn."""
    stage = await drafted(season, count)
    await commands.withdraw_expert(season.deps, MINISTRY, key=stage.experts[0], version=1, reason="误退")
    return stage


async def worked_with(season: Season, count: int = 1) -> Stage:
    """A school has submitted to the base, and so the event has told."""
    stage = await drafted(season, count)
    await season.school_submits(SCHOOL, stage.base)
    return stage


async def submitted(season: Season, count: int = 1) -> Stage:
    stage = await drafted(season, count)
    for project in stage.projects:
        await season.submit(stage.base, project)
    return stage


async def miscounted(season: Season, count: int = 1) -> Stage:
    """Handed in, by a base whose quota counts one too many."""
    stage = await submitted(season, count)
    await season.deps.store.quotas.collection.update_one({}, {"$inc": {"used": 1}})
    return stage


async def assigned(season: Season, count: int = 1) -> Stage:
    stage = await submitted(season, count)
    for project in stage.projects:
        await season.assign(project, *map(expert, stage.experts))
    return stage


async def reviewed(season: Season, count: int = 1) -> Stage:
    stage = await assigned(season, count)
    for project in stage.projects:
        for person in stage.experts:
            await season.review(expert(person), project)
    return stage


async def approved(season: Season, count: int = 1) -> Stage:
    return await decided(season, count, "APPROVE")


async def rejected(season: Season, count: int = 1) -> Stage:
    return await decided(season, count, "REJECT")


async def overdue(season: Season, count: int = 1) -> Stage:
    """Returned, and not handed in again when review closed."""
    stage = await decided(season, count, "RETURN")
    season.at("2024-05-11T00:00")
    return stage


async def decided(season: Season, count: int, outcome: str) -> Stage:
    stage = await reviewed(season, count)
    for project in stage.projects:
        await season.decide(project, outcome)
    return stage


async def published(season: Season, count: int = 1) -> Stage:
    stage = await approved(season, count)
    await season.publish(*stage.projects)
    season.at("2024-07-08T09:00")
    return stage


async def unstarted(season: Season, count: int = 1) -> Stage:
    """Published, and never started; the last day is over."""
    stage = await published(season, count)
    for project in stage.projects:
        await season.accept(project)
    season.at("2024-07-15T09:00")
    return stage


async def finished(season: Season, count: int = 1) -> Stage:
    """Finished, and the round's days for results and credits are over."""
    stage = await running(season, count)
    for key in stage.keys:
        await season.act(stage.base, FINISH, id=key)
    season.at("2024-12-30T09:00")
    return stage


async def running(season: Season, count: int = 1) -> Stage:
    stage = await published(season, count)
    for key in stage.keys:
        await season.act(stage.base, START, id=key)
    season.at("2024-07-14T09:00")
    return stage


async def forgotten(season: Season, count: int = 1) -> Stage:
    """Running, and the last day is over."""
    stage = await running(season, count)
    season.at("2024-07-15T09:00")
    return stage


async def overdue_to_finish(season: Season, count: int = 1) -> Stage:
    """Running, and the day has come on which they are finished by themselves."""
    stage = await forgotten(season, count)
    await tell_missed_finishes(season.deps)
    season.at("2024-07-22T09:00")
    return stage


async def suspended(season: Season, count: int = 1) -> Stage:
    stage = await published(season, count)
    for key in stage.keys:
        await season.act(MINISTRY, SUSPEND, id=key)
    return stage


def expert(person: str) -> Principal:
    """An expert as principal."""
    return Principal(f"expert-{person}", Scope.EXPERT, person=person)
