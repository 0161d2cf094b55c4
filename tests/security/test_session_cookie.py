"""R3, R4: what a page of another site can do with the cookie of somebody signed in at a running suite: nothing."""

import hashlib
import secrets
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from contracts.client_schema import FILE
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner

ELSEWHERE = "https://elsewhere.example"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def browser(suite: Suite) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser, in which an expert has signed in by cookie."""
    login, password = f"cookie-{secrets.token_hex(4)}", f"Guopei-{secrets.token_hex(4)}"
    async with aiohttp.ClientSession(suite.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        provisioner = AccountProvisioner(suite, http, password)
        await provisioner.open({"login": login, "scope": "expert", "name": "试"})
        async with http.post("/auth/login", json={"login": login, "password": password, "cookie": True}) as answer:
            assert (await answer.json())["refreshToken"] is None
        yield http


async def refreshed(browser: aiohttp.ClientSession, **headers: str) -> tuple[int, str]:
    """Status and code of a refresh by the browser's cookie."""
    async with browser.post("/auth/refresh", json={}, headers=headers) as answer:
        content = await answer.json()
        return answer.status, content["errors"][0]["extensions"]["code"] if "errors" in content else ""


async def test_r4_a_browser_gives_the_cookie_to_auth_and_to_nothing_else(
    browser: aiohttp.ClientSession, suite: Suite
) -> None:
    def sent_to(path: str) -> int:
        return len(browser.cookie_jar.filter_cookies(URL(suite.url + path)))

    assert sent_to("/auth/refresh") == 1
    assert [
        path for path in ("/", "/graphql", "/ballots", "/exports/provinces.xlsx", "/console") if sent_to(path)
    ] == []


async def test_r4_no_page_of_another_site_refreshes_or_ends_a_session(browser: aiohttp.ClientSession) -> None:
    for headers in (
        {"Origin": ELSEWHERE},
        {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ):
        assert await refreshed(browser, **headers) == (403, "NOT_SAME_ORIGIN"), headers
        async with browser.post("/auth/logout", json={}, headers=headers) as answer:
            assert answer.status == 403, headers
    preflight = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    async with browser.options("/auth/refresh", headers=preflight) as answer:
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert await refreshed(browser, **OURS) == (200, "")


async def test_r3_the_cookie_alone_is_nobody_at_the_graph(browser: aiohttp.ClientSession, suite: Suite) -> None:
    (cookie,) = browser.cookie_jar.filter_cookies(URL(f"{suite.url}/auth")).values()
    forced = {"Cookie": f"{cookie.key}={cookie.value}", **OURS}
    async with browser.post("/graphql", json={"query": "{ me { id } }"}, headers=forced) as answer:
        (error,) = (await answer.json())["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    async with browser.post("/ballots", json={}, headers=forced) as answer:
        assert (await answer.json())["errors"][0]["extensions"]["code"] == "IDENTITY_NOT_WANTED"


async def test_the_running_suite_names_the_schema_that_front_ends_are_built_from(
    browser: aiohttp.ClientSession,
) -> None:
    async with browser.post("/graphql", json={"query": "{ __typename }"}) as answer:
        assert answer.headers["Guopei-Schema"] == hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]
