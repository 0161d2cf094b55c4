"""R3, R22, R42: beside the graph too, files and accounts are given to their own tenant only."""

import json
from typing import Any

import pytest

from deploy.seed.graph_client import Client
from tests.security.rounds import LIVE
from tests.security.tenants import BASES, MINISTRY, PROVINCES, SCHOOLS, World

REFUSED = {401, 403, 404}
TENANTS = [("a", "b"), ("b", "a")]


def files_of(world: World, tenant: str) -> dict[str, set[str]]:
    """The files of a tenant, with who may have each besides the ministry."""
    ids, base, school, province = world.ids, f"base.{tenant}", f"school.{tenant}", f"province.{tenant}"
    return {
        f"/exports/projects/{ids[f'project.{tenant}']}.xlsx": {base},
        f"/exports/schools/{SCHOOLS[tenant]}.xlsx?year={LIVE}": {school, province},
        f"/exports/provinces/{PROVINCES[tenant]}.xlsx?year={LIVE}": {province},
        f"/exports/years/{LIVE}.xlsx": set(),
        f"/rosters/{ids[f'roster.{tenant}']}/result.xlsx": {school},
        f"/projects/{ids[f'taught.{tenant}']}/workbook.xlsx": {base},
        f"/projects/{ids[f'taught.{tenant}']}/sign-in.pdf?session=s1": {base},
        f"/certificates/projects/{ids[f'taught.{tenant}']}.zip": {base},
    }


@pytest.mark.parametrize("tenant", list(BASES))
async def test_a_file_is_had_by_its_own_and_by_nobody_else(world: World, tenant: str) -> None:
    for path, owners in files_of(world, tenant).items():
        answers = {name: (await client.fetch(path))[0] for name, client in world.clients.items() if name != MINISTRY}
        assert {name for name, status in answers.items() if status == 200} == owners, path
        assert {status for name, status in answers.items() if name not in owners} <= REFUSED, path


@pytest.mark.parametrize("tenant", list(BASES))
async def test_r41_a_classs_numbers_are_refused_to_another_base_and_to_every_province(
    world: World, tenant: str
) -> None:
    path = f"/exports/projects/{world.ids[f'project.{tenant}']}/numbers.xlsx"
    others = {f"base.{other}" for other in BASES if other != tenant} | {f"province.{name}" for name in BASES}
    for name in [*sorted(others), "public"]:
        found = codes(await world.clients[name].post(path, {"purpose": "核对报到证件"}))
        assert found <= {"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"}, name


@pytest.mark.parametrize(("own", "other"), TENANTS)
async def test_r29_a_classs_workbook_is_entered_by_its_own_base_alone(world: World, own: str, other: str) -> None:
    path = f"/projects/{world.ids[f'taught.{other}']}/workbook.xlsx"
    for name in (f"base.{own}", f"school.{other}", f"teacher.{other}1", f"province.{other}", MINISTRY, "public"):
        found = codes(await world.clients[name].post(path, {}))
        assert found <= {"FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"}, name


@pytest.mark.parametrize(("own", "other"), TENANTS)
async def test_a_school_manages_no_account_of_another(world: World, own: str, other: str) -> None:
    mine, theirs = world.clients[f"school.{own}"], world.clients[f"school.{other}"]
    before = await accounts(theirs)
    assert {one["person"] for one in before} >= {world.ids[f"teacher.{other}1"], world.ids[f"teacher.{other}2"]}
    assert not {one["id"] for one in await accounts(mine)} & {one["id"] for one in before}
    for one in before:
        for act in ("code", "disable"):
            assert codes(await mine.post(f"/auth/accounts/{one['id']}/{act}", {})) == {"NOT_FOUND"}
    asked = {"scope": "teacher", "person": world.ids[f"teacher.{other}1"]}
    (row,) = (await mine.post("/auth/accounts", {"accounts": [asked]}))["accounts"]
    assert (row["refusal"]["extensions"]["code"], "code" in row) == ("NOT_FOUND", False)
    assert await accounts(theirs) == before


async def test_only_the_ministry_and_schools_manage_accounts(world: World) -> None:
    (one, *_) = await accounts(world.clients["school.b"])
    for name in ("public", "base.a", "expert.a", "province.b", "teacher.b2"):
        client = world.clients[name]
        assert (await client.fetch("/auth/accounts"))[0] in REFUSED, name
        assert codes(await client.post(f"/auth/accounts/{one['id']}/disable", {})) <= {"UNAUTHENTICATED", "FORBIDDEN"}


async def accounts(client: Client) -> list[dict[str, Any]]:
    """The teachers' accounts in a school's hands."""
    status, content = await client.fetch("/auth/accounts?scope=teacher")
    assert status == 200
    found: list[dict[str, Any]] = json.loads(content)["accounts"]
    return found


def codes(answer: dict[str, Any]) -> set[str]:
    """Why it was refused; it must have been."""
    assert answer["errors"]
    return {str(error["extensions"]["code"]) for error in answer["errors"]}
