"""A holder sees the sessions of the own account and ends them; what ends them otherwise is told too (R4, R40)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.identity.deps import Deps
from gateway.identity.provisioning import disable, provision
from gateway.identity.sessions import ACCESS_SECONDS
from tests.integration.gateway.test_auth_http import LOGIN, STRONG, auth, bearing, opened
from tests.unit.gateway.serving import Answer, Browser

pytestmark = pytest.mark.usefixtures("events_kept")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


async def again(browser: Browser, agent: str = FIREFOX) -> dict[str, Any]:
    """The tokens of another login."""
    body = {"login": LOGIN, "password": STRONG}
    answer = await browser.send("POST", "/auth/login", json=body, headers={"User-Agent": agent})
    tokens: dict[str, Any] = answer.json
    return tokens


async def listed(browser: Browser, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await browser.send("GET", "/auth/sessions", headers=bearing(tokens["accessToken"]))
    found: list[dict[str, Any]] = answer.json["sessions"]
    return found


async def end(browser: Browser, tokens: dict[str, Any], which: str) -> Answer:
    return await browser.send("DELETE", f"/auth/sessions{which}", headers=bearing(tokens["accessToken"]))


async def lives(browser: Browser, tokens: dict[str, Any]) -> bool:
    return (await auth(browser, "refresh", {"refreshToken": tokens["refreshToken"]})).status == 200


def family(tokens: dict[str, Any]) -> str:
    return str(tokens["refreshToken"].partition(".")[0])


async def told(database: Database) -> list[tuple[Any, ...]]:
    found = await database["accounts"].find_one({"login": LOGIN})
    assert found
    mine = [one for one in found["events"] if one["name"] == "sessions-revoked"]
    return [(one["data"]["sessions"], one["data"]["reused"], (one["actor"] or {}).get("scope")) for one in mine]


async def test_sessions_are_listed_with_their_client_and_no_address(
    browser: Browser, deps: Deps, database: Database
) -> None:
    first = await opened(browser, deps)
    second = await again(browser)
    found = await listed(browser, first)
    assert [one["id"] for one in found] == [family(second), family(first)]
    assert [one["client"] for one in found] == ["Firefox, Linux", None]
    assert datetime.fromisoformat(found[0]["openedAt"]) <= datetime.now(UTC)
    stored = str([row async for row in database["sessions"].find()])
    assert "127.0.0.1" not in stored
    assert "Gecko" not in stored


async def test_one_session_is_ended_and_the_others_go_on(browser: Browser, deps: Deps, database: Database) -> None:
    first = await opened(browser, deps)
    second = await again(browser)
    answer = await end(browser, first, f"/{family(second)}")
    assert (answer.status, answer.json) == (200, {"revoked": 1})
    assert not await lives(browser, second)
    assert await lives(browser, first)
    assert (await end(browser, first, f"/{family(second)}")).code == "NOT_FOUND"
    assert await told(database) == [(1, False, "school")]


async def test_all_others_are_ended_at_once(browser: Browser, deps: Deps, database: Database) -> None:
    first = await opened(browser, deps)
    others = [await again(browser) for _ in range(3)]
    assert (await end(browser, first, f"?except={family(first)}")).json == {"revoked": 3}
    assert await lives(browser, first)
    assert not any([await lives(browser, one) for one in others])
    assert await told(database) == [(3, False, "school")]


@pytest.mark.parametrize("unknown", ["", "typo", "x" * 500])
async def test_r4_all_but_an_unknown_session_ends_none(browser: Browser, deps: Deps, unknown: str) -> None:
    first = await opened(browser, deps)
    second = await again(browser)
    answer = await end(browser, first, f"?except={unknown}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert await lives(browser, first)
    assert await lives(browser, second)


async def test_nobody_sees_or_ends_the_sessions_of_others(browser: Browser, deps: Deps) -> None:
    mine = await opened(browser, deps)
    _, code = await provision(deps, login="p44", scope=Scope.PROVINCE, province="44")
    initial = await auth(browser, "login", {"login": "p44", "password": code})
    refused = await browser.send("GET", "/auth/sessions", headers=bearing(initial.json["accessToken"]))
    assert refused.code == "PASSWORD_CHANGE_REQUIRED"
    other = await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])
    assert [one["id"] for one in await listed(browser, other.json)] == [family(other.json)]
    assert (await end(browser, other.json, f"/{family(mine)}")).code == "NOT_FOUND"
    assert (await end(browser, other.json, f"?except={family(mine)}")).code == "NOT_FOUND"
    assert await lives(browser, mine)
    assert (await browser.send("GET", "/auth/sessions")).code == "UNAUTHENTICATED"


async def test_a_stolen_refresh_token_used_again_is_told(browser: Browser, deps: Deps, database: Database) -> None:
    first = await opened(browser, deps)
    assert await lives(browser, first)
    long_ago = {"$set": {"rotated_at": datetime.now(UTC) - timedelta(minutes=1)}}
    await database["sessions"].update_many({}, long_ago)
    assert not await lives(browser, first)
    assert not await lives(browser, first)
    assert await told(database) == [(1, True, None)]


async def test_a_closed_account_does_nothing_beyond_the_life_of_one_token(browser: Browser, deps: Deps) -> None:
    """Streams end with their token, as tests/unit/gateway has it (`TOKEN_EXPIRED`), and no other token comes."""
    tokens = await opened(browser, deps)
    await disable(deps, login=LOGIN, scope=Scope.SCHOOL)
    assert deps.sessions.check(tokens["accessToken"]).expires <= time.time() + ACCESS_SECONDS
    assert not await lives(browser, tokens)
    assert (await again(browser)).get("accessToken") is None
    assert (await end(browser, tokens, "")).code == "UNAUTHENTICATED"
