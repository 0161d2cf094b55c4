"""R11: a quota whose count is wrong is found, named and repaired, beside whatever goes on."""

import asyncio

from chassis.principal import Principal
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands.quotas import reconcile_quotas
from services.catalog.domain.quota import Difference, quota_id
from tests.integration.catalog.season import Season
from tests.integration.catalog.test_quota import WITHDRAW
from tests.support.processes import Finished, command


async def spoil(season: Season, base: Principal, by: int) -> None:
    """Make a quota's count wrong, behind everybody's back."""
    key = quota_id(base.bases[0], 2024)
    await season.deps.store.quotas.collection.update_one({"_id": key}, {"$inc": {"used": by}})


async def test_what_is_right_has_no_difference(season: Season) -> None:
    base = await season.register_base()
    await season.submitted(base)
    await season.draft(base)
    assert await reconcile_quotas(season.deps.store) == []


async def test_a_difference_is_named_and_repaired_with_an_event(season: Season) -> None:
    base, other = await season.register_base(), await season.register_base()
    project = await season.submitted(base)
    await season.submitted(other)
    await spoil(season, base, 2)
    wanted = Difference(base=base.bases[0], year=2024, used=3, projects=(project["code"],))
    assert await reconcile_quotas(season.deps.store) == [wanted]
    assert await reconcile_quotas(season.deps.store, year=2023, repair=True) == []
    assert (await season.quota(base))["used"] == 3
    assert await reconcile_quotas(season.deps.store, year=2024, repair=True) == [wanted]
    assert (await season.quota(base))["used"] == 1
    assert await reconcile_quotas(season.deps.store) == []
    document = await season.deps.store.quotas.collection.find_one({"_id": quota_id(base.bases[0], 2024)})
    assert document
    (event,) = document["events"]
    assert (event["name"], event["data"]["before"], event["data"]["used"]) == ("quota-reconciled", 3, 1)


async def test_a_quota_that_is_gone_is_named_and_stays_wrong(season: Season) -> None:
    base = await season.register_base()
    project = await season.submitted(base)
    await season.deps.store.quotas.collection.delete_one({"_id": quota_id(base.bases[0], 2024)})
    wanted = [Difference(base=base.bases[0], year=2024, used=None, projects=(project["code"],))]
    assert await reconcile_quotas(season.deps.store, repair=True) == wanted
    assert await reconcile_quotas(season.deps.store) == wanted


async def test_beside_submissions_and_withdrawals_nothing_is_taken_for_wrong_and_a_repair_loses_none(
    season: Season,
) -> None:
    base = await season.register_base()
    submitted = [await season.submitted(base) for _ in range(6)]
    waiting = [await season.draft(base) for _ in range(6)]
    traffic = [season.submit(base, project) for project in waiting]
    traffic += [season.act(base, WITHDRAW, id=project["id"]) for project in submitted]
    *_, first, second, third = await asyncio.gather(*traffic, *(reconcile_quotas(season.deps.store) for _ in range(3)))
    assert first == second == third == []
    await spoil(season, base, 5)
    again = [await season.draft(base) for _ in range(6)]
    await asyncio.gather(
        *(season.submit(base, project) for project in again),
        *(reconcile_quotas(season.deps.store, repair=True) for _ in range(3)),
    )
    assert (await season.quota(base))["used"] == 12
    assert await reconcile_quotas(season.deps.store) == []


async def test_the_command_line_names_differences_and_repairs_them(
    season: Season, database: Database, parts: Parts
) -> None:
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}

    async def run(*arguments: str) -> Finished:
        return await command("services.catalog", "quotas", "reconcile", *arguments, environment=environment)

    base = await season.register_base()
    project = await season.submitted(base)
    right = await run()
    assert (right.code, right.out.split()[0]) == (0, "一致"), right.error
    await spoil(season, base, 1)
    wrong = await run("--year", "2024")
    assert wrong.code == 1
    for part in ("2024 示范大学职教基地", base.bases[0], "used 2", "counted 1", project["code"]):
        assert part in wrong.error, wrong.error
    repaired = await run("--repair", "--as", "值班员")
    assert (repaired.code, "repaired" in repaired.error) == (0, True)
    document = await season.deps.store.quotas.collection.find_one({"_id": quota_id(base.bases[0], 2024)})
    assert document
    assert document["events"][-1]["actor"]["subject"] == "operator:值班员"  # R40: every act has an actor
    assert (await run()).code == 0
    environment["MONGODB_URL"] = "mongodb://127.0.0.1:1/"
    away = await run()
    assert (away.code, "does not answer" in away.error) == (2, True), away.error


async def test_a_quota_that_cannot_be_read_is_said_and_the_others_are_repaired(
    season: Season, database: Database, parts: Parts
) -> None:
    base, other = await season.register_base(), await season.register_base()
    for principal in (base, other):
        await season.submitted(principal)
        await spoil(season, principal, 1)
    broken = {"_id": quota_id(base.bases[0], 2024)}
    await season.deps.store.quotas.collection.update_one(broken, {"$set": {"limit": "twenty"}})
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}
    done = await command("services.catalog", "quotas", "reconcile", "--repair", environment=environment)
    assert (done.code, "INTERNAL" in done.error) == (1, True), done.error
    assert (await season.quota(other))["used"] == 1
