"""ADR 45 (R3): sign in by a real OpenID Connect provider (`oidc-provider` on Node), and whom that must not let in."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from yarl import URL

from chassis.principal import Scope
from chassis.storage.mongo import Database
from deploy.local import node
from deploy.local.secrets import Secrets
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.provisioning import disable, provision
from gateway.settings import GatewaySettings
from tests.integration.gateway.test_auth_http import auth
from tests.unit.gateway.serving import Answer, Browser, served

PROVIDER = Path(__file__).parent / "provider"
INSTALLED = Path(__file__).resolve().parents[3] / ".local" / "sign-on-provider"
BACK = "http://127.0.0.1:9/console/sign-on"
STRONG = "Guopei-0af3"
SCHOOL = "3144000011"


def install() -> list[str] | None:
    """The command that runs the provider, installed below `.local/`; None without Node."""
    runtime, npm = node.command("node"), node.command("npm")
    if runtime is None or npm is None:
        return None
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for file in PROVIDER.iterdir():
        if file.is_file():
            shutil.copyfile(file, INSTALLED / file.name)
    if not (INSTALLED / "node_modules").exists():
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=INSTALLED, check=True)  # noqa: S603
    return [*runtime, str(INSTALLED / "provider.mjs")]


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    """The address of a provider that runs for this file."""
    try:
        command = await asyncio.to_thread(install)
    except subprocess.CalledProcessError as failure:
        pytest.skip(f"npm ci ended with {failure.returncode}")  # the suite runs without the npm registry too
    if command is None:
        pytest.skip("there is no Node")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *command, str(port), BACK, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout
    try:
        async with asyncio.timeout(30):
            while b"ready" not in (line := await process.stdout.readline()):
                assert line, "the provider has ended"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def rules(issuer: str) -> dict[str, Any]:
    """What `OIDC_FILE` holds."""
    return {
        "issuer": issuer,
        "clientId": "guopei",
        "clientSecret": "a secret of the tests / with signs: %",
        "redirectUris": [BACK],
        "login": "account",
        "role": {"claim": "office", "values": {"部": "ministry", "省": "province", "校": "school"}},
        "factorAmr": ["otp"],
    }


@pytest.fixture
async def browser(
    settings: GatewaySettings, rules: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Browser]:
    """A client of a gateway that uses the provider, with the second factor of a production gateway."""
    del settings
    file = tmp_path / "oidc.json"
    await asyncio.to_thread(file.write_text, json.dumps(rules))
    monkeypatch.setenv("OIDC_FILE", str(file))
    monkeypatch.setenv("VAULT_FILE", str(Secrets(tmp_path).vault_keys))
    monkeypatch.delenv("SECOND_FACTOR_SCOPES")
    async with served(build(GatewaySettings())) as browser:
        yield browser


async def active(browser: Browser, deps: Deps, login: str = SCHOOL, scope: Scope = Scope.SCHOOL) -> None:
    """An account whose holder has set a password."""
    more = {"school": login} if scope is Scope.SCHOOL else {}
    _, code = await provision(deps, login=login, scope=scope, **more)
    initial = await auth(browser, "login", {"login": login, "password": code})
    assert (await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])).status == 200


async def started(browser: Browser) -> dict[str, Any]:
    answer = await auth(browser, "oidc/start", {})
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


async def came_back(url: str, **person: str) -> dict[str, str]:
    """What a browser brings back from the provider, at which this person has signed in."""
    issuer = url.partition("/auth")[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(URL(url, encoded=True), allow_redirects=False) as page:
            place = page.headers["location"]
        async with http.get(f"{issuer}{place}", params=person, allow_redirects=False) as done:
            resumed = done.headers["location"]
        async with http.get(resumed, allow_redirects=False) as sent:
            target = sent.headers["location"]
    assert target.startswith(f"{BACK}?"), target
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


async def signed_on(browser: Browser, **person: str) -> Answer:
    """The gateway's answer to a person whom the provider has signed in."""
    start = await started(browser)
    back = await came_back(start["authorizationUrl"], **person)
    return await auth(
        browser, "oidc/callback", {"ticket": start["ticket"], "state": back["state"], "code": back["code"]}
    )


async def test_r3_who_is_signed_in_there_is_signed_in_here_by_the_claims(
    browser: Browser, deps: Deps, keys: KeySet
) -> None:
    await active(browser, deps)
    answer = await signed_on(browser, sub="u1", account="３１４４000011 ", office="校")
    assert (answer.status, answer.json["scope"]) == (200, "school"), answer.text
    assert jwt.decode(answer.json["accessToken"], keys, algorithms=["ES256"]).claims["amr"] == ["fed"]
    assert (await auth(browser, "refresh", {"refreshToken": answer.json["refreshToken"]})).status == 200


async def test_r3_a_sign_on_gives_the_cookie_where_it_is_asked_for(browser: Browser, deps: Deps) -> None:
    """ADR 76."""
    await active(browser, deps)
    start = await started(browser)
    back = await came_back(start["authorizationUrl"], sub="u1", account=SCHOOL, office="校")
    body = {"ticket": start["ticket"], "state": back["state"], "code": back["code"], "cookie": True}
    answer = await auth(browser, "oidc/callback", body)
    assert (answer.status, answer.json["refreshToken"]) == (200, None), answer.text
    sent = {"Cookie": answer.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    assert (await browser.send("POST", "/auth/refresh", json={}, headers=sent)).status == 200


@pytest.mark.parametrize(
    "person",
    [
        {"account": "nobody", "office": "校"},
        {"account": SCHOOL, "office": "省"},
        {"account": SCHOOL, "office": "root"},
        {"account": SCHOOL},
        {"office": "校"},
    ],
)
async def test_r3_whom_no_account_is_for_is_refused_and_none_is_made(
    browser: Browser, deps: Deps, database: Database, person: dict[str, str]
) -> None:
    await active(browser, deps)
    answer = await signed_on(browser, sub="u2", **person)
    assert (answer.status, answer.code) == (403, "SIGN_ON_UNKNOWN")
    assert answer.json["errors"][0]["extensions"]["unblock"] == "ADMINISTRATOR"
    assert await database["accounts"].count_documents({}) == 1


async def test_r4_neither_a_closed_account_nor_one_that_was_never_opened_is_let_in(
    browser: Browser, deps: Deps
) -> None:
    await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    person = {"sub": "u3", "account": SCHOOL, "office": "校"}
    assert (await signed_on(browser, **person)).code == "PASSWORD_CHANGE_REQUIRED"
    await disable(deps, login=SCHOOL, scope=Scope.SCHOOL)
    assert (await signed_on(browser, **person)).code == "ACCOUNT_DISABLED"


async def test_r4_the_second_factor_is_asked_for_unless_the_provider_has_seen_what_the_rules_name(
    browser: Browser, deps: Deps, keys: KeySet
) -> None:
    await active(browser, deps, "moe", Scope.MINISTRY)
    for amr in ("pwd", "pwd sms"):
        weak = await signed_on(browser, sub=f"u4 {amr}", account="moe", office="部", amr=amr)
        assert weak.json["nextStep"] == "SECOND_FACTOR_ENROLLMENT_REQUIRED"
    strong = await signed_on(browser, sub="u5", account="moe", office="部", amr="pwd otp")
    assert jwt.decode(strong.json["accessToken"], keys, algorithms=["ES256"]).claims["amr"] == ["fed", "mfa"]
    assert (await auth(browser, "refresh", {"refreshToken": strong.json["refreshToken"]})).status == 200


async def test_a_ticket_is_used_once_and_with_its_own_state_only(browser: Browser, deps: Deps) -> None:
    await active(browser, deps)
    mine, theirs = await started(browser), await started(browser)
    back = await came_back(theirs["authorizationUrl"], sub="u6", account=SCHOOL, office="校")
    forced = {"ticket": mine["ticket"], "state": back["state"], "code": back["code"]}
    assert (await auth(browser, "oidc/callback", forced)).code == "SIGN_ON_EXPIRED"  # somebody else's sign-on
    body = forced | {"ticket": theirs["ticket"]}
    assert (await auth(browser, "oidc/callback", body)).status == 200
    again = await auth(browser, "oidc/callback", body)
    assert (again.status, again.code) == (401, "SIGN_ON_EXPIRED")


async def test_a_code_is_good_for_the_sign_on_only_that_asked_for_it(browser: Browser, deps: Deps) -> None:
    """PKCE: whoever has caught a code cannot put it into a sign-on of their own."""
    await active(browser, deps)
    theirs, mine = await started(browser), await started(browser)
    caught = await came_back(theirs["authorizationUrl"], sub="u7", account=SCHOOL, office="校")
    state = parse_qs(urlsplit(mine["authorizationUrl"]).query)["state"][0]
    answer = await auth(browser, "oidc/callback", {"ticket": mine["ticket"], "state": state, "code": caught["code"]})
    assert (answer.status, answer.code) == (401, "SIGN_ON_REFUSED")


@pytest.mark.parametrize("target", ["https://evil.example/", f"{BACK}/", f"{BACK}?a=b", BACK.upper(), "//evil"])
async def test_nobody_is_sent_back_to_a_page_that_is_not_ours(browser: Browser, target: str) -> None:
    answer = await auth(browser, "oidc/start", {"redirectUri": target})
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert (await auth(browser, "oidc/start", {"redirectUri": BACK})).status == 200


async def test_what_is_stored_of_a_sign_on_gives_neither_ticket_nor_state(browser: Browser, database: Database) -> None:
    start = await started(browser)
    state = parse_qs(urlsplit(start["authorizationUrl"]).query)["state"][0]
    stored = str([row async for row in database["sign_ons"].find()])
    assert stored != "[]"
    assert start["ticket"] not in stored
    assert state not in stored


async def test_it_is_off_by_default(settings: GatewaySettings) -> None:
    async with served(build(settings)) as browser:
        for path, body in (("start", {}), ("callback", {"ticket": "t", "state": "s", "code": "c"})):
            answer = await auth(browser, f"oidc/{path}", body)
            assert (answer.status, answer.code) == (404, "SIGN_ON_NOT_OFFERED")
