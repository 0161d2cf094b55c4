"""A session by cookie (ADR 76): no script reads it, no other site uses it, and it ends with the browser or by rest."""

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.provisioning import provision
from gateway.settings import GatewaySettings
from tests.integration.gateway.test_auth_http import LOGIN, STRONG, auth, bearing, opened
from tests.unit.gateway.serving import Answer, Browser, served

pytestmark = pytest.mark.usefixtures("events_kept")
OURS = {"Sec-Fetch-Site": "same-origin"}
BY_TLS = {"X-Forwarded-Proto": "https"}
TEACHER = "t00000001"
FORTNIGHT = 14 * 24 * 3600


def set_cookie(answer: Answer) -> Morsel[str]:
    """The one cookie that an answer sets."""
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel


async def by_cookie(
    browser: Browser, path: str, token: str, headers: dict[str, str] | None = None, *, name: str = "gp_refresh"
) -> Answer:
    """What a page of ours gets that sends no token but the cookie."""
    sent = {"Cookie": f"{name}={token}", **(OURS if headers is None else headers)}
    return await browser.send("POST", f"/auth/{path}", json={}, headers=sent)


async def signed_in(browser: Browser, deps: Deps, **how: Any) -> Answer:
    """The answer to an office's login by cookie."""
    await opened(browser, deps)
    return await auth(browser, "login", {"login": LOGIN, "password": STRONG, "cookie": True, **how})


async def teacher(browser: Browser, deps: Deps) -> None:
    """A teacher who has set a password."""
    holder = {"school": "3144000011", "person": "p1"}
    _, code = await provision(deps, login=TEACHER, scope=Scope.TEACHER, **holder)
    initial = await auth(browser, "login", {"login": TEACHER, "password": code})
    await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])


async def test_r4_the_refresh_token_is_in_the_cookie_alone_and_the_cookie_goes_to_auth_alone(
    browser: Browser, deps: Deps
) -> None:
    answer = await signed_in(browser, deps)
    assert (answer.status, answer.json["refreshToken"], answer.json["mustChangePassword"]) == (200, None, False)
    cookie = set_cookie(answer)
    assert cookie.key == "gp_refresh"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("/auth", True, "strict", "")
    assert not cookie["secure"]
    assert not cookie["domain"]
    refreshed = await by_cookie(browser, "refresh", cookie.value)
    assert (refreshed.status, refreshed.json["refreshToken"]) == (200, None)
    assert set_cookie(refreshed).value not in ("", cookie.value)
    token = refreshed.json["accessToken"]
    assert (await browser.graphql("{ __typename }", headers=bearing(token))).status == 200


async def test_behind_tls_the_cookie_is_one_that_no_page_without_tls_can_set(browser: Browser, deps: Deps) -> None:
    await opened(browser, deps)
    body = {"login": LOGIN, "password": STRONG, "cookie": True}
    answer = await browser.send("POST", "/auth/login", json=body, headers=BY_TLS)
    cookie = set_cookie(answer)
    assert (cookie.key, cookie["secure"]) == ("__Secure-gp_refresh", True)
    planted = await by_cookie(browser, "refresh", cookie.value, OURS | BY_TLS)
    assert (planted.status, planted.code) == (401, "UNAUTHENTICATED")
    refreshed = await by_cookie(browser, "refresh", cookie.value, OURS | BY_TLS, name="__Secure-gp_refresh")
    assert (refreshed.status, set_cookie(refreshed).key) == (200, "__Secure-gp_refresh")


async def test_a_client_that_asks_for_no_cookie_gets_none_and_keeps_its_token(browser: Browser, deps: Deps) -> None:
    tokens = await opened(browser, deps)
    for body in ({}, {"cookie": False}, {"cookie": None, "keep": None}):
        answer = await auth(browser, "login", {"login": LOGIN, "password": STRONG, **body})
        assert answer.json["refreshToken"]
        assert "set-cookie" not in answer.headers
    answer = await auth(browser, "refresh", {"refreshToken": tokens["refreshToken"]})
    assert (answer.status, "set-cookie" in answer.headers) == (200, False)
    nothing = await auth(browser, "refresh", {})
    assert (nothing.status, nothing.code) == (401, "UNAUTHENTICATED")
    assert (await auth(browser, "refresh", {"refreshToken": ["x"]})).code == "BAD_REQUEST"


@pytest.mark.parametrize("path", ["refresh", "logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "cross-site", "Origin": "OURS"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "OURS.elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {},
    ],
)
async def test_r4_what_no_page_of_ours_sends_is_refused_and_changes_nothing(
    browser: Browser, deps: Deps, path: str, headers: dict[str, str]
) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    forged = {name: value.replace("OURS", browser.url) for name, value in headers.items()}
    answer = await by_cookie(browser, path, cookie.value, forged)
    assert (answer.status, answer.code) == (403, "NOT_SAME_ORIGIN")
    assert "set-cookie" not in answer.headers
    assert (await by_cookie(browser, "refresh", cookie.value)).status == 200


async def test_an_old_browser_that_names_no_site_is_told_by_its_origin(browser: Browser, deps: Deps) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    answer = await by_cookie(browser, "refresh", cookie.value, {"Origin": browser.url})
    assert answer.status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_cannot_use_the_cookie(browser: Browser, deps: Deps, kind: str) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    headers = {"Cookie": f"gp_refresh={cookie.value}", "Content-Type": kind, **OURS}
    for path in ("refresh", "logout"):
        answer = await browser.send("POST", f"/auth/{path}", data=b"{}", headers=headers)
        assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_the_cookie_opens_nothing_but_refresh_and_logout(browser: Browser, deps: Deps) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    sent = {"Cookie": f"gp_refresh={cookie.value}", **OURS}
    answer = await browser.graphql("{ me { id } }", headers=sent)
    assert answer.json["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    for method, path in (("GET", "/auth/sessions"), ("DELETE", "/auth/sessions"), ("GET", "/auth/accounts")):
        assert (await browser.send(method, path, headers=sent)).code == "UNAUTHENTICATED"


async def test_signing_out_ends_the_session_and_the_cookie(browser: Browser, deps: Deps) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    answer = await by_cookie(browser, "logout", cookie.value)
    ended = set_cookie(answer)
    assert (answer.status, ended.value, ended["max-age"], ended["path"]) == (200, "", "0", "/auth")
    again = await by_cookie(browser, "refresh", cookie.value)
    assert (again.status, again.code) == (401, "UNAUTHENTICATED")
    assert set_cookie(again)["max-age"] == "0", "a cookie that is over is taken away"
    assert (await auth(browser, "logout", {})).status == 200


async def test_two_tabs_that_refresh_at_once_get_one_successor_and_both_go_on(browser: Browser, deps: Deps) -> None:
    cookie = set_cookie(await signed_in(browser, deps))
    answers = await asyncio.gather(*(by_cookie(browser, "refresh", cookie.value) for _ in range(2)))
    assert [answer.status for answer in answers] == [200, 200]
    (successor,) = {set_cookie(answer).value for answer in answers}
    assert (await by_cookie(browser, "refresh", successor)).status == 200


async def test_a_session_that_rests_ends_at_the_server_and_use_puts_that_off(
    settings: GatewaySettings, deps: Deps, database: Database
) -> None:
    """The idle time runs from the last refresh, whatever the page does; fourteen days after the login it is over."""
    rows = database["sessions"]
    async with served(build(settings.model_copy(update={"session_idle_seconds": 120}))) as browser:
        cookie = set_cookie(await signed_in(browser, deps))
        (family, *_) = cookie.value.split(".")

        async def until() -> datetime:
            row = await rows.find_one({"_id": family})
            assert row
            found: datetime = row["expires_at"]
            return found

        now = datetime.now(UTC)
        assert now + timedelta(seconds=100) < await until() <= now + timedelta(seconds=121)
        await rows.update_one({"_id": family}, {"$set": {"expires_at": now + timedelta(seconds=30)}})
        cookie = set_cookie(await by_cookie(browser, "refresh", cookie.value))
        assert await until() > now + timedelta(seconds=100), "who works is not signed out"
        renewed = await by_cookie(browser, "refresh", cookie.value)
        cookie = set_cookie(renewed)
        assert renewed.json["idleSeconds"] == 120, "the page is told, so that it warns in time"
        almost = now - timedelta(days=14) + timedelta(seconds=60)
        await rows.update_one({"_id": family}, {"$set": {"opened_at": almost}})
        cookie = set_cookie(await by_cookie(browser, "refresh", cookie.value))
        assert await until() <= now + timedelta(seconds=61), "nobody stays longer than fourteen days"
        await rows.update_one({"_id": family}, {"$set": {"expires_at": now - timedelta(milliseconds=1)}})
        answer = await by_cookie(browser, "refresh", cookie.value)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_clients_own_token_is_not_ended_by_rest(
    settings: GatewaySettings, deps: Deps, database: Database
) -> None:
    async with served(build(settings.model_copy(update={"session_idle_seconds": 1}))) as browser:
        tokens = await opened(browser, deps)
        await auth(browser, "refresh", {"refreshToken": tokens["refreshToken"]})
        row = await database["sessions"].find_one({"_id": tokens["refreshToken"].split(".")[0]})
        assert row
        assert row["expires_at"] > datetime.now(UTC) + timedelta(days=13)
        assert tokens["idleSeconds"] is None


async def test_r4_a_teacher_may_stay_signed_in_for_fourteen_days_and_no_office_may(
    browser: Browser, deps: Deps
) -> None:
    await teacher(browser, deps)
    body = {"login": TEACHER, "password": STRONG, "cookie": True, "keep": True}
    answer = await auth(browser, "login", body)
    assert FORTNIGHT - 60 < int(set_cookie(answer)["max-age"]) <= FORTNIGHT
    refreshed = await by_cookie(browser, "refresh", set_cookie(answer).value)
    assert FORTNIGHT - 60 < int(set_cookie(refreshed)["max-age"]) <= FORTNIGHT
    assert answer.json["idleSeconds"] is refreshed.json["idleSeconds"] is None
    unkept = await auth(browser, "login", body | {"keep": False})
    assert unkept.json["idleSeconds"] == 1_800
    assert set_cookie(unkept)["max-age"] == ""
    office = await signed_in(browser, deps, keep=True)
    assert (office.status, office.code) == (400, "KEEP_NOT_OFFERED")
    assert "set-cookie" not in office.headers


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"cookie": "yes"}, "cookie"),
        ({"cookie": 1}, "cookie"),
        ({"cookie": True, "keep": "no"}, "keep"),
        ({"keep": True}, "keep"),
        ({"cookie": False, "keep": True}, "keep"),
    ],
)
async def test_a_malformed_wish_is_coded_before_the_password_is_looked_at(
    browser: Browser, how: dict[str, Any], field: str
) -> None:
    answer = await auth(browser, "login", {"login": LOGIN, "password": "x", **how})
    (error,) = answer.json["errors"]
    assert (answer.status, error["extensions"]["code"], error["extensions"]["field"]) == (400, "BAD_REQUEST", field)


async def test_r4_the_first_password_opens_a_session_by_cookie_and_the_code_alone_opens_none(
    browser: Browser, deps: Deps
) -> None:
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    initial = await auth(browser, "login", {"login": LOGIN, "password": code, "cookie": True})
    assert initial.json["mustChangePassword"] is True
    assert "set-cookie" not in initial.headers
    wanted = {"newPassword": STRONG, "cookie": True}
    refused = await auth(browser, "password", wanted | {"keep": True}, initial.json["accessToken"])
    assert refused.code == "KEEP_NOT_OFFERED"
    answer = await auth(browser, "password", wanted, initial.json["accessToken"])
    assert (answer.status, answer.json["refreshToken"]) == (200, None)
    assert (await by_cookie(browser, "refresh", set_cookie(answer).value)).status == 200
