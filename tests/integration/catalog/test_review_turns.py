"""R14, R15, R16: reviews and decisions exclude each other, a batch reads once, and no review says whose it is."""

import asyncio
from typing import Any

import pytest

from chassis.principal import Principal
from chassis.storage.mongo import Session
from deploy.local.parts import Parts
from services.catalog.domain import decision, declaration
from services.catalog.domain.project import Project
from services.catalog.domain.vocabulary import DecisionOutcome
from tests.integration.catalog.season import Season
from tests.integration.catalog.test_batches import auto
from tests.integration.catalog.watching import watched
from tests.support.eventually import eventually
from tests.support.graph import Refused
from tests.unit.catalog.examples import why

REVIEWS = "query($id: ID!) { project(id: $id) { reviews { id submittedAt } } }"


async def almost_decided(season: Season) -> tuple[Principal, Any, list[Principal]]:
    """A plan whose first two reviews are in, and whose third expert has yet to judge."""
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙", "丙")]
    project = await season.submitted(base)
    await season.assign(project, *experts)
    for expert in experts[:2]:
        await season.review(expert, project)
    return base, project, experts


@pytest.mark.parametrize("end", ["decided", "withdrawn"])
async def test_a_review_that_begins_before_the_decision_does_not_land_after_it(
    season: Season, parts: Parts, end: str
) -> None:
    """R15, R16: what was decided on is all that there is."""
    _, project, experts = await almost_decided(season)
    store, now = season.deps.store, season.deps.clock.now()
    current = await store.rounds.get("2024")

    async def ended(session: Session) -> Project:
        found = await store.projects.get(project["id"], session)
        if end == "withdrawn":
            return await store.projects.save(*declaration.withdraw(found, why("重复"), now), session)
        reviews = (await store.reviews.of_projects([found.id], session))[found.id]
        outcome = DecisionOutcome.APPROVE
        made = decision.decide(found, current, reviews, outcome=outcome, reason=why("按评审意见"), now=now)
        return await store.projects.save(*made, session)

    async with watched(season, parts) as (other, operations):

        async def held(session: Session) -> "asyncio.Future[Any]":
            await ended(session)
            late = asyncio.ensure_future(other.review(experts[2], project))
            await eventually(lambda: any(command == "update" for command, _ in operations.seen))
            return late

        late = await store.transact(held)
        with pytest.raises(Refused) as refused:
            await late
    assert refused.value.code == "WRONG_STATE"
    kept = (await store.reviews.of_projects([project["id"]]))[project["id"]]
    assert sum(one.submitted_at is not None for one in kept) == 2


async def test_two_experts_who_hand_in_at_once_both_do(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙", "丙")]
    project = await season.submitted(base)
    await season.assign(project, *experts)
    done = await asyncio.gather(*(season.review(expert, project) for expert in experts))
    assert all(one["submittedAt"] for one in done)


async def test_no_reviews_id_says_whose_it_is(season: Season) -> None:
    """R15: the base and the other experts see reviews, not reviewers."""
    base, project, experts = await almost_decided(season)
    await season.decide(project, "RETURN")
    for reader in (base, experts[0]):
        found = (await season.ask(reader, REVIEWS, id=project["id"]))["project"]["reviews"]
        assert len({one["id"] for one in found}) == 2
        assert not [one for one in found for expert in experts if str(expert.person) in one["id"]]


async def test_a_batch_reads_the_experts_and_the_round_once(season: Season, parts: Parts) -> None:
    """R14: however many rows it has."""
    base = await season.register_base()
    for name in ("甲", "乙", "丙"):
        await season.register_expert(name)
    projects = [await season.submitted(base) for _ in range(3)]
    async with watched(season, parts) as (other, operations):
        rows = await auto(other, projects)
    assert all(row["ok"] for row in rows)
    assert [operations.seen.count(("find", name)) for name in ("experts", "rounds")] == [1, 1]
