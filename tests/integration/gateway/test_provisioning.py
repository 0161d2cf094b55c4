"""R3, R4, R5: accounts are complete, unique, and start with a code that is shown once."""

import re
from typing import Any

import pytest

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.identity.deps import Deps
from gateway.identity.provisioning import provision, provision_all, reset
from kernel.errors import Refusal
from tests.support.signing_in import log_in

SCHOOL = "3144000011"
ROW = {"login": SCHOOL, "scope": "school", "school": SCHOOL, "organization": SCHOOL, "name": "何敏"}


async def stored(database: Database) -> int:
    return await database["accounts"].count_documents({})


async def test_r4_every_code_is_its_own_and_kept_as_a_hash(deps: Deps, database: Database) -> None:
    made = await provision_all(deps, [ROW, {"login": "p44", "scope": "province", "province": "44"}])
    codes = [row["code"] for row in made]
    assert len(set(codes)) == 2
    assert all(re.fullmatch(r"[2-9A-Z]{12}", code) for code in codes)
    kept = str([row async for row in database["accounts"].find()])
    assert not any(code in kept for code in codes)
    assert (await log_in(deps, login="p44", password=codes[1])).must_change


async def test_r3_an_account_exists_once_per_scope(deps: Deps) -> None:
    await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    await provision(deps, login=SCHOOL, scope=Scope.BASE, organization=SCHOOL, bases=("b1",))
    with pytest.raises(Refusal) as refused:
        await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    assert (refused.value.code, refused.value.rule) == ("ACCOUNT_EXISTS", "R3")


async def test_the_codes_of_the_others_are_not_lost_when_one_exists(deps: Deps) -> None:
    await provision_all(deps, [ROW])
    again = await provision_all(deps, [ROW, ROW | {"login": "designated1"}])
    assert again[0]["refusal"] == "ACCOUNT_EXISTS"
    assert again[1]["code"]


@pytest.mark.parametrize(
    "row",
    [
        ROW | {"school": None},
        ROW | {"school": "3199000011"},
        ROW | {"organization": "91440101MA9UYXKR8X"},
        ROW | {"scope": "emperor"},
        ROW | {"scope": "public"},
        ROW | {"scope": "base", "bases": []},
        ROW | {"scope": "province", "province": "99"},
        ROW | {"scope": "province", "province": "00"},
        ROW | {"scope": "teacher", "person": None},
        ROW | {"login": ""},
        ROW | {"login": "13800138000"},
        ROW | {"login": "11010519491231002X"},
        ROW | {"name": "11010519491231002X"},
        ROW | {"name": " 138 0013 8000"},
        ROW | {"password": "123456"},
        ROW | {"login": {"$ne": None}},
        "not an account",
    ],
)
async def test_r3_one_wrong_row_and_nothing_is_created(deps: Deps, database: Database, row: Any) -> None:
    with pytest.raises(Refusal) as refused:
        await provision_all(deps, [ROW | {"login": "another"}, row])
    assert refused.value.code == "INVALID_ACCOUNTS"
    assert [wrong["row"] for wrong in refused.value.details["rows"]] == [1]
    assert await stored(database) == 0


async def test_r3_a_login_name_is_read_as_people_type_it(deps: Deps) -> None:
    _, code = await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    assert (await log_in(deps, login=" ３１４４００００１１ ", password=code)).must_change


async def test_r5_tokens_name_the_designated_person(deps: Deps) -> None:
    account, _ = await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL, name="何敏")
    tokens = await deps.sessions.open(account.with_password("hash"))
    principal = deps.sessions.check(tokens.access).principal
    assert (principal.name, principal.school) == ("何敏", SCHOOL)


async def test_an_unknown_account_cannot_be_reset(deps: Deps) -> None:
    with pytest.raises(Refusal) as refused:
        await reset(deps, login="nobody", scope=Scope.EXPERT)
    assert refused.value.code == "NOT_FOUND"
