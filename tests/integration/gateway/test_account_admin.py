"""R3–R5 over HTTP: the ministry and each school manage the accounts of their own, and nobody else's."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.identity.account import AccountState
from gateway.identity.account_admin import MOST_ROWS
from gateway.identity.deps import Deps
from gateway.identity.login_throttle import ACTS
from gateway.identity.provisioning import disable, provision, reset
from kernel.errors import Refusal
from tests.integration.gateway.test_auth_http import auth, bearing
from tests.integration.gateway.test_following import Told, hear
from tests.unit.gateway.serving import Answer, Browser

pytestmark = pytest.mark.usefixtures("events_kept")
OWN, OTHER, STRONG = "3144000011", "3151000021", "Guopei-0af3"


def added(teacher: str, school: str = OWN) -> Told:
    return "enrollment.teacher-added", {"teacher": teacher, "school": school, "province": school[2:4]}


def designated(person: str, name: str, school: str = OWN) -> Told:
    data = {"school": school, "person": person, "name": name, "province": school[2:4]}
    return "enrollment.person-designated", data


async def designate(deps: Deps, name: str, version: int = 1, school: str = OWN) -> None:
    """A school's designation, as enrollment tells it in that version of the school."""
    await hear(deps, designated(f"{name}-{version}", name, school), version=version)


async def signed_in(browser: Browser, login: str, code: str) -> str:
    """The access token of an account that has just set its password."""
    initial = await auth(browser, "login", {"login": login, "password": code})
    active = await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])
    return str(active.json["accessToken"])


async def opened(browser: Browser, deps: Deps, scope: Scope, login: str, **holder: Any) -> str:
    _, code = await provision(deps, login=login, scope=scope, **holder)
    return await signed_in(browser, login, code)


async def school(browser: Browser, deps: Deps, code: str = OWN) -> str:
    return await opened(browser, deps, Scope.SCHOOL, code, school=code, organization=code)


async def ministry(browser: Browser, deps: Deps) -> str:
    return await opened(browser, deps, Scope.MINISTRY, "moe", name="教师工作司")


async def issue(browser: Browser, token: str, *rows: Any) -> list[dict[str, Any]]:
    answer = await auth(browser, "accounts", {"accounts": list(rows)}, token)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["accounts"]
    return found


async def listed(browser: Browser, token: str, **query: str) -> Answer:
    return await browser.send("GET", "/auth/accounts", params=query, headers=bearing(token))


def codes(rows: Sequence[dict[str, Any]]) -> list[str | None]:
    return [row["refusal"]["extensions"]["code"] if "refusal" in row else None for row in rows]


async def test_r3_a_school_hands_out_the_accounts_of_its_own_teachers(browser: Browser, deps: Deps) -> None:
    token = await school(browser, deps)
    await hear(deps, added("t1"), added("t2"), added("t3", OTHER))
    rows = [{"scope": "teacher", "person": person, "name": "林志强"} for person in ("t1", "t3", "nobody")]
    made = await issue(browser, token, *rows)
    assert codes(made) == [None, "NOT_FOUND", "NOT_FOUND"]
    account = made[0]["account"]
    assert (account["school"], account["person"], account["name"]) == (OWN, "t1", "林志强")
    teacher = await signed_in(browser, account["login"], made[0]["code"])
    principal = deps.sessions.check(teacher).principal
    assert (principal.scope, principal.school, principal.person) == (Scope.TEACHER, OWN, "t1")
    assert codes(await issue(browser, token, rows[0])) == ["ACCOUNT_EXISTS"]


async def test_r5_the_designated_person_acts_for_the_school_under_the_own_name(
    browser: Browser, deps: Deps, database: Database
) -> None:
    token = await school(browser, deps)
    assert codes(await issue(browser, token, {"scope": "school"})) == ["NOT_DESIGNATED"]
    await designate(deps, "何敏")
    assert codes(await issue(browser, token, {"scope": "school", "name": "郑凯"})) == ["NOT_DESIGNATED"]
    (made,) = await issue(browser, token, {"scope": "school", "name": "何敏"})
    person = await signed_in(browser, made["account"]["login"], made["code"])
    principal = deps.sessions.check(person).principal
    assert (principal.name, principal.school, principal.organization) == ("何敏", OWN, OWN)
    assert principal.person == "何敏-1"
    (own,) = await deps.store.by_login(OWN, Scope.SCHOOL)
    assert (own.principal().name, own.principal().person) == ("何敏", None)  # what the school does, the person does
    await hear(deps, added("t1"))
    (given,) = await issue(browser, person, {"scope": "teacher", "person": "t1"})
    stored = await database["accounts"].find_one({"_id": given["account"]["id"]})
    assert stored
    assert stored["events"][-1]["name"] == "code-issued"
    actor = {"subject": made["account"]["id"], "scope": "school", "organization": OWN, "name": "何敏"}
    assert stored["events"][-1]["actor"] == actor


async def test_r5_a_school_has_one_designated_person_and_the_former_ones_sessions_end(
    browser: Browser, deps: Deps, database: Database
) -> None:
    token = await school(browser, deps)
    await designate(deps, "何敏")
    (first,) = await issue(browser, token, {"scope": "school"})
    person = await signed_in(browser, first["account"]["login"], first["code"])
    for version, name in enumerate(("郑凯", "唐静", "蒋涛"), start=2):
        await designate(deps, name, version)
    live = {"school": OWN, "login": {"$ne": OWN}, "state": {"$ne": "DISABLED"}}
    assert [row["name"] async for row in database["accounts"].find(live)] == ["蒋涛"]
    assert await database["sessions"].count_documents({"account": first["account"]["id"]}) == 0
    assert (await auth(browser, "accounts", {"accounts": [{"scope": "school"}]}, person)).code == "UNAUTHENTICATED"
    former = await auth(browser, f"accounts/{first['account']['id']}/code", {}, token)
    assert former.code == "DELEGATION_ENDED"
    stored = await database["accounts"].find_one({"login": OWN})
    assert stored
    named = [one["data"] for one in stored["events"] if one["name"] == "person-delegated"]
    assert [one["replaced"] for one in named] == [None, *(one["delegate"] for one in named[:-1])]


async def test_r5_a_designation_told_late_or_twice_changes_nothing(
    browser: Browser, deps: Deps, database: Database
) -> None:
    await school(browser, deps)
    for name, version in (("何敏", 1), ("郑凯", 2), ("何敏", 1), ("郑凯", 2)):
        await designate(deps, name, version)
    accounts = [(row["name"], row["state"]) async for row in database["accounts"].find({"login": {"$ne": OWN}})]
    assert sorted(accounts) == [("何敏", "DISABLED"), ("郑凯", "INITIAL")]


async def test_r5_two_schools_persons_of_one_name_have_an_account_each(browser: Browser, deps: Deps) -> None:
    tokens = [await school(browser, deps, code) for code in (OWN, OTHER)]
    await designate(deps, "何敏")
    await designate(deps, "何敏", 7, OTHER)
    made = [(await issue(browser, token, {"scope": "school", "name": "何敏"}))[0]["account"] for token in tokens]
    assert [account["school"] for account in made] == [OWN, OTHER]
    assert len({account["login"] for account in made}) == 2


async def test_r5_an_account_of_an_earlier_release_is_moved_to_the_person_of_its_name(
    browser: Browser, deps: Deps, database: Database
) -> None:
    """It keeps its password; the same person named once more after the school has closed it gets another code."""
    token = await school(browser, deps)
    old = {"school": OWN, "organization": OWN}
    before = await opened(browser, deps, Scope.SCHOOL, "d00000001", name="何敏", **old)
    await designate(deps, "何敏")
    (account,) = await deps.store.by_login("d00000001", Scope.SCHOOL)
    assert (account.person, account.state) == ("何敏-1", "ACTIVE")
    assert deps.sessions.check(before).principal.school == OWN
    assert codes(await issue(browser, token, {"scope": "school"})) == ["ACCOUNT_EXISTS"]
    assert (await auth(browser, f"accounts/{account.id}/disable", {}, token)).status == 200
    await hear(deps, designated("何敏-1", "何敏"), version=2)
    (given,) = await issue(browser, token, {"scope": "school"})
    assert given["account"]["id"] == account.id
    assert await database["accounts"].count_documents({"school": OWN, "login": {"$ne": OWN}}) == 1


async def test_r41_a_number_of_a_person_is_nobodys_name(browser: Browser, deps: Deps, database: Database) -> None:
    token = await school(browser, deps)
    await hear(deps, added("t1"))
    for row in ({"scope": "school"}, {"scope": "teacher", "person": "t1"}):
        for name in ("11010519491231002X", "１３８００１３８０００", "何敏13800138000"):
            assert codes(await issue(browser, token, row | {"name": name})) == ["INVALID_TEXT"]
    kept = str([row async for row in database["accounts"].find()])
    assert "11010519491231002X" not in kept
    assert "13800138000" not in kept
    assert await database["accounts"].count_documents({"login": {"$ne": OWN}, "scope": "school"}) == 0


async def test_r5_a_designated_person_names_no_other_and_leaves_the_schools_account_alone(
    browser: Browser, deps: Deps
) -> None:
    token = await school(browser, deps)
    await designate(deps, "何敏")
    (made,) = await issue(browser, token, {"scope": "school", "name": "何敏"})
    person = await signed_in(browser, made["account"]["login"], made["code"])
    assert codes(await issue(browser, person, {"scope": "school", "name": "郑凯"})) == ["FORBIDDEN"]
    (own,) = await deps.store.by_login(OWN, None)
    for manager in (token, person):
        for act in ("code", "disable"):
            assert (await auth(browser, f"accounts/{own.id}/{act}", {}, manager)).code == "NOT_FOUND"
    assert (await auth(browser, f"accounts/{made['account']['id']}/disable", {}, person)).code == "NOT_FOUND"
    assert (await auth(browser, f"accounts/{made['account']['id']}/disable", {}, token)).status == 200


async def test_r3_the_ministry_issues_experts_provinces_bases_and_schools(browser: Browser, deps: Deps) -> None:
    token = await ministry(browser, deps)
    await hear(deps, ("catalog.expert-registered", {"expert": "x1", "organization": OWN}))
    made = await issue(
        browser,
        token,
        {"scope": "expert", "person": "x1", "name": "陈明远"},
        {"scope": "province", "login": "p44", "province": "44"},
        {"scope": "base", "login": OTHER, "organization": OTHER, "bases": ["b1"]},
        {"scope": "school", "login": OWN, "organization": OWN, "school": OWN},
        {"scope": "ministry", "login": "moe2"},
        {"scope": "teacher", "login": "t9", "school": OWN, "person": "t9"},
        {"scope": "province", "province": "44"},
        {"scope": "expert", "login": "13800138000", "person": "x2"},
        {"scope": "expert", "login": "e9", "person": "x2", "name": "11010519491231002X"},
        {"scope": "expert", "password": STRONG},
        "nobody",
    )
    refused = ["FORBIDDEN", "FORBIDDEN", "INCOMPLETE_ACCOUNT", "PERSONAL_LOGIN", "INVALID_TEXT"]
    refused += ["BAD_REQUEST"] * 2
    assert codes(made) == [None] * 4 + refused
    (expert,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert (expert.id, expert.name) == (made[0]["account"]["id"], "陈明远")


async def test_r4_another_code_or_the_end_of_an_account_ends_its_sessions(browser: Browser, deps: Deps) -> None:
    token = await ministry(browser, deps)
    (made,) = await issue(browser, token, {"scope": "province", "login": "p44", "province": "44"})
    key = made["account"]["id"]
    initial = await auth(browser, "login", {"login": "p44", "password": made["code"]})
    active = await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])
    answer = await auth(browser, f"accounts/{key}/code", {}, token)
    assert answer.json["account"]["state"] == "INITIAL"
    assert (await auth(browser, "refresh", {"refreshToken": active.json["refreshToken"]})).code == "UNAUTHENTICATED"
    assert (await auth(browser, "login", {"login": "p44", "password": answer.json["code"]})).status == 200
    assert (await auth(browser, f"accounts/{key}/disable", {}, token)).json["account"]["state"] == "DISABLED"
    assert (await auth(browser, "login", {"login": "p44", "password": answer.json["code"]})).code == "ACCOUNT_DISABLED"


@pytest.mark.parametrize("kind", ["closed", "merged"])
@pytest.mark.parametrize("waiting", [True, False])
async def test_r3_the_account_of_a_school_that_has_ended_gets_no_code(
    browser: Browser, deps: Deps, kind: str, waiting: bool
) -> None:
    token = await ministry(browser, deps)
    if waiting:
        await hear(deps, ("enrollment.school-registered", {"school": OWN, "province": "44"}))
    else:
        await school(browser, deps)
    await designate(deps, "张三", 2)
    await hear(deps, (f"enrollment.school-{kind}", {"school": OWN, "into": OTHER, "province": "44"}), version=3)
    (own,) = await deps.store.by_login(OWN, Scope.SCHOOL)
    (delegate,) = await deps.store.delegates(OWN)
    refused = await auth(browser, f"accounts/{own.id}/code", {}, token)
    assert refused.code == "HOLDER_ENDED"
    told = refused.json["errors"][0]["extensions"]
    assert (told["kind"], told["rule"], told["unblock"]) == ("school", "R3", "MINISTRY")
    rows = [
        {"scope": "school", "login": OWN, "school": OWN},
        {"scope": "school", "login": "d77", "school": OWN, "person": "p77"},
        {"scope": "school", "login": delegate.login, "school": OWN, "person": delegate.person},
    ]
    assert codes(await issue(browser, token, *rows)) == ["HOLDER_ENDED"] * 3
    with pytest.raises(Refusal) as by_operator:
        await reset(deps, login=OWN, scope=Scope.SCHOOL)
    assert by_operator.value.code == "HOLDER_ENDED"
    states = {account.state for account in (*await deps.store.by_login(OWN, None), *await deps.store.delegates(OWN))}
    assert states == {AccountState.DISABLED}


async def test_r2_an_organisation_without_a_base_gets_no_code_until_it_has_another(
    browser: Browser, deps: Deps
) -> None:
    def base(key: str, kind: str = "registered") -> Told:
        return f"catalog.base-{kind}", {"base": key, "organization": OWN, "into": "b9", "province": "44"}

    token = await ministry(browser, deps)
    await hear(deps, base("b1"), base("b2"))
    await hear(deps, base("b1", "closed"), base("b2", "merged"), version=2)
    (account,) = await deps.store.by_login(OWN, Scope.BASE)
    for _ in range(2):
        refused = await auth(browser, f"accounts/{account.id}/code", {}, token)
        assert (refused.code, refused.json["errors"][0]["extensions"]["kind"]) == ("HOLDER_ENDED", "base")
        await auth(browser, f"accounts/{account.id}/disable", {}, token)
    row = {"scope": "base", "login": OWN, "organization": OWN, "bases": ["b1", "b2"]}
    assert codes(await issue(browser, token, row)) == ["HOLDER_ENDED"]
    await hear(deps, base("b3"))
    assert (await auth(browser, f"accounts/{account.id}/code", {}, token)).status == 200


async def test_r14_r20_who_has_withdrawn_or_is_nowhere_gets_no_code(browser: Browser, deps: Deps) -> None:
    token, own = await ministry(browser, deps), await school(browser, deps)
    await hear(deps, added("t1"), ("catalog.expert-registered", {"expert": "x1", "organization": OTHER}))
    left = {"teacher": "t1", "school": OWN, "main_school": None, "main_province": None}
    await hear(deps, ("catalog.expert-withdrawn", {"expert": "x1"}), ("enrollment.teacher-left", left), version=2)
    (expert,) = await deps.store.by_person("x1", Scope.EXPERT)
    (teacher,) = await deps.store.by_person("t1", Scope.TEACHER)
    for key, manager, kind in ((expert.id, token, "expert"), (teacher.id, own, "teacher")):
        refused = await auth(browser, f"accounts/{key}/code", {}, manager)
        assert (refused.code, refused.json["errors"][0]["extensions"]["kind"]) == ("HOLDER_ENDED", kind)
    assert codes(await issue(browser, own, {"scope": "teacher", "person": "t1"})) == ["HOLDER_ENDED"]
    row = {"scope": "expert", "login": expert.login, "organization": OTHER, "person": "x1"}
    assert codes(await issue(browser, token, row)) == ["HOLDER_ENDED"]


async def test_r5_a_replaced_delegate_who_had_no_code_yet_gets_none_as_a_new_account(
    browser: Browser, deps: Deps
) -> None:
    token = await ministry(browser, deps)
    await designate(deps, "张三")
    await designate(deps, "李四", 2)
    former, _ = await deps.store.delegates(OWN)
    row = {"scope": "school", "login": former.login, "school": OWN, "person": former.person}
    assert codes(await issue(browser, token, row)) == ["DELEGATION_ENDED"]


async def test_a_list_has_pages_filters_and_nothing_of_others(browser: Browser, deps: Deps) -> None:
    token = await school(browser, deps)
    await school(browser, deps, OTHER)
    await hear(deps, *(added(f"t{n}") for n in range(5)), added("foreign", OTHER))
    seen: list[str] = []
    page: dict[str, str] = {"first": "2", "scope": "teacher"}
    while True:
        answer = (await listed(browser, token, **page)).json
        seen += [one["person"] for one in answer["accounts"]]
        assert all(one["awaitsCode"] and "secret" not in one for one in answer["accounts"])
        if not answer["pageInfo"]["hasNextPage"]:
            break
        page["after"] = answer["pageInfo"]["endCursor"]
    assert sorted(seen) == [f"t{n}" for n in range(5)]
    active = (await listed(browser, token, state="ACTIVE")).json["accounts"]
    assert [(one["login"], one["scope"]) for one in active] == [(OWN, "school")]
    assert (await listed(browser, token, scope="base")).json["accounts"] == []
    assert (await listed(browser, token, login=OTHER)).json["accounts"] == []
    over = await ministry(browser, deps)
    for query in ({"home": "51"}, {"login": f" {OTHER} "}):
        found = (await listed(browser, over, **query)).json["accounts"]
        assert [(one["login"], one["home"]) for one in found] == [(OTHER, "51")]


@pytest.mark.parametrize(
    ("scope", "holder"), [("teacher", {"school": OWN, "person": "t1"}), ("base", {"bases": ("b",)})]
)
async def test_r3_nobody_else_manages_accounts(
    browser: Browser, deps: Deps, scope: str, holder: dict[str, Any]
) -> None:
    token = await opened(browser, deps, Scope(scope), "somebody", **holder)
    assert (await listed(browser, token)).code == "FORBIDDEN"
    refused = await auth(browser, "accounts", {"accounts": [{"scope": "expert"}]}, token)
    assert (refused.status, refused.code) == (403, "FORBIDDEN")
    assert (await browser.send("GET", "/auth/accounts")).code == "UNAUTHENTICATED"


async def test_a_closed_account_manages_nothing_from_that_moment_on(browser: Browser, deps: Deps) -> None:
    token = await school(browser, deps)
    await disable(deps, login=OWN, scope=Scope.SCHOOL)
    answer = await auth(browser, "accounts", {"accounts": [{"scope": "school", "name": "何敏"}]}, token)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_form_of_another_site_issues_nothing_and_bad_input_is_coded(browser: Browser, deps: Deps) -> None:
    token = await ministry(browser, deps)
    form = await browser.send(
        "POST", "/auth/accounts", data="{}", headers=bearing(token) | {"Content-Type": "text/plain"}
    )
    assert (form.status, form.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    for body, code in (
        ({}, "BAD_REQUEST"),
        ({"accounts": []}, "TOO_MANY_ROWS"),
        ({"accounts": [1] * 201}, "TOO_MANY_ROWS"),
    ):
        assert (await auth(browser, "accounts", body, token)).code == code
    for query in ({"first": "0"}, {"first": "201"}, {"first": "00001999999"}, {"first": "x"}, {"state": "GONE"}):
        assert (await listed(browser, token, **query)).code == "BAD_REQUEST"
    for after in ("", "x", "WzEsMiwzXQ", "0" * 27):
        assert (await listed(browser, token, after=after)).code == "BAD_CURSOR"
    assert (await listed(browser, token, scope="emperor")).code == "UNKNOWN_SCOPE"


async def test_r4_many_rows_count_as_many_requests(browser: Browser, deps: Deps, database: Database) -> None:
    token = await ministry(browser, deps)
    await database["attempts"].delete_many({})
    await issue(browser, token, *[{"scope": "teacher"}] * MOST_ROWS)
    (bucket,) = [row async for row in database["attempts"].find({"_id": {"$regex": f"^{ACTS.kind}/"}})]
    assert MOST_ROWS // 20 - 2 < bucket["failures"] <= MOST_ROWS // 20


async def test_r4_codes_that_are_issued_keep_no_login_waiting(deps: Deps) -> None:
    """Half of the pool is for logins, however many accounts are issued at once."""
    passwords = deps.passwords
    issuing = [asyncio.ensure_future(passwords.hash_code(f"code-{number}")) for number in range(250)]
    await asyncio.sleep(0)
    for _ in range(3):
        assert not await passwords.matches(None, "a guess")
    assert sum(one.done() for one in issuing) < 50
    for one in issuing:
        one.cancel()
    await asyncio.gather(*issuing, return_exceptions=True)


async def test_r4_who_manages_without_a_pause_is_asked_to_wait(browser: Browser, deps: Deps) -> None:
    token = await ministry(browser, deps)
    answers = [await listed(browser, token)]
    while answers[-1].status == 200 and len(answers) < 10 * ACTS.free:  # a slow machine's are half forgotten
        answers.append(await listed(browser, token))
    assert len(answers) > ACTS.free
    assert answers[-1].code == "RATE_LIMITED"
    assert int(answers[-1].headers["retry-after"]) >= 1
