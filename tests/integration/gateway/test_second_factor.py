"""ADR 44 (R4) on a real MongoDB, over HTTP: sign in with a code, and every way that must not lead in."""

import asyncio
import json
import re
from base64 import b32decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import KeySet
from structlog.testing import CapturingLogger

from chassis.principal import Scope
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from contracts import registry
from deploy.local.secrets import Secrets
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.login_throttle import CODE, CODE_FROM_HERE
from gateway.identity.provisioning import provision, unlock
from gateway.identity.second_factor import STEP_SECONDS, code_at
from gateway.identity.second_step import reset_factor
from gateway.identity.sessions import Sessions
from gateway.migrations import MIGRATIONS
from gateway.settings import GatewaySettings
from kernel.errors import Refusal
from tests.integration.gateway.test_auth_http import auth
from tests.integration.gateway.test_console import accounts
from tests.support.processes import command
from tests.unit.gateway.serving import Answer, Browser, served

STRONG = "Guopei-0af3"
MOE, PROVINCE, SCHOOL = "moe", "province44", "3144000011"


@pytest.fixture
def environment(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a production gateway that has its default."""
    without = {name: value for name, value in environment.items() if name != "SECOND_FACTOR_SCOPES"}
    return without | {"VAULT_FILE": str(Secrets(tmp_path).vault_keys)}


@pytest.fixture
async def browser(
    environment: dict[str, str], settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Browser]:
    del environment
    monkeypatch.delenv("SECOND_FACTOR_SCOPES", raising=False)
    async with served(build(settings)) as browser:
        yield browser


def code_of(secret: str, away: int = 1) -> str:
    """The code of a device that is a step early; it stays good when a step ends meanwhile.

    Enrollments take the code of the present step, so that this one is still to be used.
    """
    return code_at(b32decode(secret), int(datetime.now(UTC).timestamp()) // STEP_SECONDS + away)


async def activated(browser: Browser, deps: Deps, login: str = MOE, scope: Scope = Scope.MINISTRY) -> Answer:
    """The answer to the first password of a new account."""
    more = {"province": "44"} if scope is Scope.PROVINCE else {"school": login} if scope is Scope.SCHOOL else {}
    _, code = await provision(deps, login=login, scope=scope, **more)
    initial = await auth(browser, "login", {"login": login, "password": code})
    assert initial.json["mustChangePassword"]
    return await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])


async def enrolled(
    browser: Browser, deps: Deps, login: str = MOE, scope: Scope = Scope.MINISTRY
) -> tuple[str, dict[str, Any]]:
    """The secret of the device of a new account, and the reply to its enrollment."""
    step = (await activated(browser, deps, login, scope)).json
    assert step["nextStep"] == "SECOND_FACTOR_ENROLLMENT_REQUIRED"
    device = (await auth(browser, "second-factor/enrollment", {"challenge": step["challenge"]})).json
    body = {"challenge": device["challenge"], "code": code_of(device["secret"], 0)}
    reply = await auth(browser, "second-factor/enrollment/confirm", body)
    assert reply.status == 200, reply.text
    return device["secret"], reply.json


async def challenged(browser: Browser, login: str = MOE) -> str:
    """The challenge of a login of somebody who has a device."""
    answer = await auth(browser, "login", {"login": login, "password": STRONG})
    assert (answer.status, answer.json["nextStep"]) == (200, "SECOND_FACTOR_REQUIRED"), answer.text
    assert "accessToken" not in answer.json
    return str(answer.json["challenge"])


async def given(browser: Browser, challenge: str, code: str) -> Answer:
    return await auth(browser, "second-factor", {"challenge": challenge, "code": code})


async def acts_of(database: Database, login: str = MOE) -> list[dict[str, Any]]:
    document = await database["accounts"].find_one({"login": login})
    assert document
    return [event for event in document["events"] if re.search("factor|recovery", event["name"])]


@pytest.mark.usefixtures("events_kept")
async def test_r4_the_ministry_enrols_a_device_and_then_signs_in_with_its_code(
    browser: Browser, deps: Deps, keys: KeySet, database: Database
) -> None:
    secret, first = await enrolled(browser, deps)
    assert len(first["recoveryCodes"]) == 10
    second = await given(browser, await challenged(browser), code_of(secret))
    assert second.status == 200
    assert datetime.fromisoformat(second.json["lastLogin"]["at"]) < datetime.now(UTC)
    assert first["lastLogin"] is None
    assert jwt.decode(second.json["accessToken"], keys, algorithms=["ES256"]).claims["amr"] == ["pwd", "otp", "mfa"]
    refreshed = await auth(browser, "refresh", {"refreshToken": second.json["refreshToken"]})
    assert refreshed.status == 200
    assert jwt.decode(refreshed.json["accessToken"], keys, algorithms=["ES256"]).claims["amr"][-1] == "mfa"
    (told,) = await acts_of(database)
    assert (told["name"], told["data"]["replaced"]) == ("second-factor-enrolled", False)
    folder = registry.FOLDER / "gateway"
    schema = json.loads((folder / f"second-factor-enrolled.{registry.VERSION}.schema.json").read_text())
    assert set(told["data"]) == set(schema["$defs"]["SecondFactorEnrolled"]["properties"])


async def test_r4_both_last_steps_of_a_login_give_the_cookie_where_they_are_asked_for_it(
    browser: Browser, deps: Deps
) -> None:
    """ADR 76: each step says for itself how the holder stays signed in; the first opens no session and sets none."""
    challenge = (await activated(browser, deps)).json["challenge"]
    device = (await auth(browser, "second-factor/enrollment", {"challenge": challenge})).json
    body = {"challenge": device["challenge"], "code": code_of(device["secret"], 0), "cookie": True}
    assert (await auth(browser, "second-factor/enrollment/confirm", body | {"keep": True})).code == "KEEP_NOT_OFFERED"
    first = await auth(browser, "second-factor/enrollment/confirm", body)
    assert (first.status, first.json["refreshToken"], len(first.json["recoveryCodes"])) == (200, None, 10)
    assert first.headers["set-cookie"].startswith("gp_refresh=")
    login = await auth(browser, "login", {"login": MOE, "password": STRONG, "cookie": True})
    assert "set-cookie" not in login.headers
    body = {"challenge": login.json["challenge"], "code": code_of(device["secret"]), "cookie": True}
    second = await auth(browser, "second-factor", body)
    assert (second.status, second.json["refreshToken"]) == (200, None)
    sent = {"Cookie": second.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    assert (await browser.send("POST", "/auth/refresh", json={}, headers=sent)).status == 200


async def test_r4_a_school_signs_in_as_before(browser: Browser, deps: Deps, keys: KeySet) -> None:
    active = await activated(browser, deps, SCHOOL, Scope.SCHOOL)
    assert jwt.decode(active.json["accessToken"], keys, algorithms=["ES256"]).claims["amr"] == ["pwd"]


async def test_r4_a_code_is_good_once_however_many_ask_at_once(browser: Browser, deps: Deps) -> None:
    """RFC 6238, section 5.2."""
    secret, _ = await enrolled(browser, deps)
    challenges = [await challenged(browser) for _ in range(4)]
    code = code_of(secret)
    answers = await asyncio.gather(*(given(browser, challenge, code) for challenge in challenges))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]
    assert {answer.code for answer in answers if answer.status == 401} == {"INVALID_CREDENTIALS"}
    earlier = await given(browser, await challenged(browser), code_of(secret, 0))
    assert earlier.code == "INVALID_CREDENTIALS"


async def test_r4_a_challenge_is_used_once_and_is_good_for_its_purpose_and_account_only(
    browser: Browser, deps: Deps
) -> None:
    secret, reply = await enrolled(browser, deps)
    theirs, _ = await enrolled(browser, deps, PROVINCE, Scope.PROVINCE)
    challenge = await challenged(browser)
    foreign = await given(browser, challenge, code_of(theirs))
    assert foreign.code == "INVALID_CREDENTIALS"
    for path in ("enrollment", "enrollment/confirm"):
        body = {"challenge": challenge, "code": code_of(secret)}
        assert (await auth(browser, f"second-factor/{path}", body)).code == "CHALLENGE_EXPIRED"
    assert (await given(browser, challenge, code_of(secret))).status == 200
    again = await given(browser, challenge, reply["recoveryCodes"][0])
    assert (again.status, again.code) == (401, "CHALLENGE_EXPIRED")


async def test_r4_two_requests_with_one_challenge_open_one_session(browser: Browser, deps: Deps) -> None:
    _, reply = await enrolled(browser, deps)
    challenge = await challenged(browser)
    answers = await asyncio.gather(*(given(browser, challenge, code) for code in reply["recoveryCodes"][:4]))
    assert [answer.status for answer in answers].count(200) == 1


async def test_r4_a_challenge_ends_with_its_time_and_with_the_password(
    browser: Browser, deps: Deps, database: Database
) -> None:
    secret, reply = await enrolled(browser, deps)
    challenge = await challenged(browser)
    body = {"currentPassword": STRONG, "newPassword": "Another-0af3"}
    assert (await auth(browser, "password", body, reply["accessToken"])).json["refreshToken"]
    assert (await given(browser, challenge, code_of(secret))).code == "CHALLENGE_EXPIRED"
    answer = await auth(browser, "login", {"login": MOE, "password": "Another-0af3"})
    past = datetime.now(UTC) - timedelta(seconds=1)
    await database["challenges"].update_many({}, {"$set": {"expires_at": past}})
    assert (await given(browser, answer.json["challenge"], code_of(secret))).code == "CHALLENGE_EXPIRED"


async def test_r4_codes_cannot_be_guessed_and_a_right_password_forgives_no_wrong_code(
    browser: Browser, deps: Deps, database: Database
) -> None:
    secret, reply = await enrolled(browser, deps)
    for _ in range(CODE_FROM_HERE.free):
        answer = await given(browser, await challenged(browser), "000000")
        assert answer.code == "INVALID_CREDENTIALS"
        assert answer.json["errors"][0]["message"] == "验证码错误或已使用过（每个只能用一次）"
    waits = []
    for code in ("000000", code_of(secret), reply["recoveryCodes"][0]):
        answer = await given(browser, await challenged(browser), code)
        assert (answer.status, answer.code) == (429, "RATE_LIMITED")
        waits.append(int(answer.headers["retry-after"]))
    assert min(waits) >= 1
    counted = {row["_id"].partition("/")[0] async for row in database["code_attempts"].find()}
    assert counted == {"code-here", "code", "address"}
    await unlock(deps, login=MOE, scope=Scope.MINISTRY)
    assert (await given(browser, await challenged(browser), code_of(secret))).status == 200


async def test_r4_many_addresses_together_guess_no_more_than_one(deps: Deps, database: Database) -> None:
    throttle = deps.store.code_throttle
    for number in range(CODE.free):
        await throttle.begin(MOE, f"192.0.2.{number}")
    hours, tried = 0.0, 0
    while hours < 24:  # whoever tries again each time that the wait is over
        try:
            await throttle.begin(MOE, f"198.51.100.{tried}")
            tried += 1
        except Refusal as refusal:
            await moved(database, refusal.details["retryAfter"])
            hours += refusal.details["retryAfter"] / 3600
    assert tried < 60


async def moved(database: Database, seconds: float) -> None:
    """Let time pass for the codes that have been counted."""
    step = [{"$set": {name: {"$subtract": [f"${name}", int(seconds * 1000)]} for name in ("last", "until")}}]
    await database["code_attempts"].update_many({"until": {"$type": "date"}}, step)


@pytest.mark.usefixtures("events_kept")
async def test_r4_a_recovery_code_is_good_once_and_told(browser: Browser, deps: Deps, database: Database) -> None:
    _, reply = await enrolled(browser, deps)
    code = reply["recoveryCodes"][3].lower().replace("-", " ")
    assert (await given(browser, await challenged(browser), code)).status == 200
    assert (await given(browser, await challenged(browser), code)).code == "INVALID_CREDENTIALS"
    assert [(act["name"], act["data"].get("left")) for act in await acts_of(database)][1:] == [
        ("recovery-code-used", 9)
    ]


@pytest.mark.usefixtures("events_kept")
async def test_r4_other_recovery_codes_want_a_present_code_and_end_those_before(
    browser: Browser, deps: Deps, database: Database
) -> None:
    secret, reply = await enrolled(browser, deps)
    token = reply["accessToken"]
    wrong = await auth(browser, "second-factor/recovery-codes", {"code": "000000"}, token)
    assert wrong.code == "INVALID_CREDENTIALS"
    fresh = await auth(browser, "second-factor/recovery-codes", {"code": code_of(secret)}, token)
    assert len(set(fresh.json["recoveryCodes"]) | set(reply["recoveryCodes"])) == 20
    assert (await given(browser, await challenged(browser), reply["recoveryCodes"][0])).code == "INVALID_CREDENTIALS"
    assert (await given(browser, await challenged(browser), fresh.json["recoveryCodes"][0])).status == 200
    assert [act["name"] for act in await acts_of(database)][1:] == ["recovery-codes-issued", "recovery-code-used"]


async def test_r4_a_device_is_replaced_with_a_present_code_and_other_sessions_end(browser: Browser, deps: Deps) -> None:
    secret, reply = await enrolled(browser, deps)
    assert (await auth(browser, "second-factor/replacement", {"code": "000000"}, reply["accessToken"])).status == 401
    device = await auth(browser, "second-factor/replacement", {"code": code_of(secret)}, reply["accessToken"])
    body = {"challenge": device.json["challenge"], "code": code_of(device.json["secret"], 0)}
    confirmed = await auth(browser, "second-factor/enrollment/confirm", body)
    assert confirmed.status == 200
    assert (await auth(browser, "refresh", {"refreshToken": reply["refreshToken"]})).status == 401
    assert (await given(browser, await challenged(browser), code_of(secret))).code == "INVALID_CREDENTIALS"
    assert (await given(browser, await challenged(browser), code_of(device.json["secret"]))).status == 200


@pytest.mark.parametrize("proven", [("pwd", "otp", "mfa"), ("fed", "otp", "mfa"), ("fed", "mfa")])
async def test_r4_the_session_of_a_replaced_device_says_how_its_holder_had_signed_in(
    browser: Browser, deps: Deps, keys: KeySet, proven: tuple[str, ...]
) -> None:
    secret, _ = await enrolled(browser, deps)
    (account,) = await deps.store.by_login(MOE, Scope.MINISTRY)
    token = (await deps.sessions.open(account, amr=proven)).access
    device = (await auth(browser, "second-factor/replacement", {"code": code_of(secret)}, token)).json
    body = {"challenge": device["challenge"], "code": code_of(device["secret"], 0)}
    confirmed = await auth(browser, "second-factor/enrollment/confirm", body)
    claims = jwt.decode(confirmed.json["accessToken"], keys, algorithms=["ES256"]).claims
    assert claims["amr"] == [proven[0], "otp", "mfa"]


async def refused_password(browser: Browser, token: str) -> str | None:
    """The code that refuses a new password, with the present one right."""
    body = {"currentPassword": STRONG, "newPassword": "Another-0af3"}
    return (await auth(browser, "password", body, token)).code


async def test_r4_a_token_from_before_another_device_or_a_reset_opens_and_ends_no_session(
    browser: Browser, deps: Deps
) -> None:
    """ADR 44: what was proven with a device does not outlive it."""
    secret, first = await enrolled(browser, deps)
    device = await auth(browser, "second-factor/replacement", {"code": code_of(secret)}, first["accessToken"])
    body = {"challenge": device.json["challenge"], "code": code_of(device.json["secret"], 0)}
    second = (await auth(browser, "second-factor/enrollment/confirm", body)).json
    assert await refused_password(browser, first["accessToken"]) == "UNAUTHENTICATED"
    bearing = {"Authorization": f"Bearer {first['accessToken']}"}
    assert (await browser.send("DELETE", "/auth/sessions", headers=bearing)).code == "UNAUTHENTICATED"
    second = (await auth(browser, "refresh", {"refreshToken": second["refreshToken"]})).json
    assert second["accessToken"], "the holder's own session goes on"
    (account,) = await deps.store.by_login(MOE, Scope.MINISTRY)
    await reset_factor(deps, account)
    assert await refused_password(browser, second["accessToken"]) == "UNAUTHENTICATED"
    assert await deps.store.sessions(account.id) == []


async def test_r4_of_two_enrolments_that_are_under_way_the_first_one_counts(browser: Browser, deps: Deps) -> None:
    """Whoever has the password enrols no device beside the holder's."""
    challenges = [(await activated(browser, deps)).json["challenge"]]
    challenges += [(await auth(browser, "login", {"login": MOE, "password": STRONG})).json["challenge"]]
    devices = [(await auth(browser, "second-factor/enrollment", {"challenge": one})).json for one in challenges]
    bodies = [{"challenge": one["challenge"], "code": code_of(one["secret"], 0)} for one in devices]
    answers = await asyncio.gather(*(auth(browser, "second-factor/enrollment/confirm", body) for body in bodies))
    assert [answer.status for answer in answers].count(200) == 1
    again = await auth(browser, "second-factor/enrollment/confirm", bodies[0])
    assert again.code == "CHALLENGE_EXPIRED"


@pytest.mark.usefixtures("events_kept")
async def test_r3_the_ministry_resets_a_provinces_factor_and_nobody_a_foreign_one(
    browser: Browser, deps: Deps, database: Database
) -> None:
    _, moe = await enrolled(browser, deps)
    _, province = await enrolled(browser, deps, PROVINCE, Scope.PROVINCE)
    (account,) = await deps.store.by_login(PROVINCE, Scope.PROVINCE)
    path = f"accounts/{account.id}/second-factor/reset"
    assert (await auth(browser, path, {}, province["accessToken"])).code == "FORBIDDEN"
    done = await auth(browser, path, {}, moe["accessToken"])
    assert (done.status, done.json["account"]["login"]) == (200, PROVINCE)
    assert (await auth(browser, path, {}, moe["accessToken"])).code == "NOT_FOUND"
    assert (await auth(browser, "refresh", {"refreshToken": province["refreshToken"]})).status == 401
    answer = await auth(browser, "login", {"login": PROVINCE, "password": STRONG})
    assert answer.json["nextStep"] == "SECOND_FACTOR_ENROLLMENT_REQUIRED"
    reset = (await acts_of(database, PROVINCE))[-1]
    assert (reset["name"], reset["actor"]["scope"]) == ("second-factor-reset", "ministry")


async def test_r4_an_operator_resets_the_ministrys_own(
    browser: Browser, deps: Deps, environment: dict[str, str]
) -> None:
    await enrolled(browser, deps)
    one = ("--login", MOE, "--scope", "ministry")
    assert (await accounts(environment, "reset-second-factor", *one))[0] == 0
    answer = await auth(browser, "login", {"login": MOE, "password": STRONG})
    assert answer.json["nextStep"] == "SECOND_FACTOR_ENROLLMENT_REQUIRED"
    status, _, error = await accounts(environment, "reset-second-factor", *one)
    assert (status, "NOT_FOUND" in error) == (1, True)


async def test_r4_a_session_from_before_its_role_needed_a_code_is_refreshed_no_more(deps: Deps, keys: KeySet) -> None:
    _, code = await provision(deps, login=MOE, scope=Scope.MINISTRY)
    (account,) = await deps.store.by_login(MOE, None)
    account = await deps.store.accounts.save(account.with_password(await deps.passwords.hash(code)))
    before = await deps.sessions.open(account)
    strict = replace(deps, sessions=Sessions(deps.store, keys, {Scope.MINISTRY}))
    with pytest.raises(Refusal) as refused:
        await strict.sessions.refresh(str(before.refresh))
    assert refused.value.code == "UNAUTHENTICATED"


async def test_r4_an_unknown_login_and_a_wrong_password_are_refused_alike(browser: Browser, deps: Deps) -> None:
    await enrolled(browser, deps)
    answers = [await auth(browser, "login", {"login": login, "password": "wrong"}) for login in (MOE, "nobody")]
    assert answers[0].text == answers[1].text
    assert answers[0].code == "INVALID_CREDENTIALS"


async def test_r41_no_secret_and_no_code_is_stored_told_or_logged(
    browser: Browser, deps: Deps, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = CapturingLogger()
    structlog.configure(logger_factory=lambda *_: logger)
    secret, reply = await enrolled(browser, deps)
    challenge, code = await challenged(browser), code_of(secret)
    await given(browser, challenge, reply["recoveryCodes"][0])
    await given(browser, challenge, code)
    stored = [str([row async for row in database[name].find()]) for name in await database.list_collection_names()]
    texts = [*stored, str(logger.calls), *capfd.readouterr()]
    raw = b32decode(secret)
    hidden = [secret, raw.hex(), str(raw), challenge, *reply["recoveryCodes"]]
    hidden += [recovery.replace("-", "") for recovery in reply["recoveryCodes"]]
    assert [one for one in hidden for text in texts if one in text] == []
    sealed = await database["second_factors"].find_one({})
    assert sealed
    assert sealed["secret_sealed"].startswith("k1:")


def add_key(file: Path) -> None:
    vault = json.loads(file.read_text())
    file.write_text(json.dumps(vault | {"active": "k2", "keys": vault["keys"] | {"k2": vault["hash"]}}))


async def test_r41_the_gateways_secrets_are_sealed_anew(
    browser: Browser, deps: Deps, environment: dict[str, str], database: Database
) -> None:
    secret, _ = await enrolled(browser, deps)
    add_key(Path(environment["VAULT_FILE"]))
    await migrate(database, MIGRATIONS)
    done = await command("gateway", "vault", "rotate", environment=environment)
    assert done.code == 0, done.error
    sealed = await database["second_factors"].find_one({})
    assert sealed
    assert sealed["secret_sealed"].startswith("k2:")
    async with served(build(GatewaySettings())) as rotated:
        assert (await given(rotated, await challenged(rotated), code_of(secret))).status == 200
