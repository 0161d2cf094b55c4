"""R3, R4 over HTTP, as a front end meets them: from the one-time code to the graph, and every refusal coded."""

from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import KeySet

from chassis.clock import to_the_millisecond
from chassis.principal import ANONYMOUS, Principal, Scope, TokenMinter, TokenVerifier
from gateway.app import build
from gateway.identity.deps import Deps
from gateway.identity.provisioning import provision
from gateway.identity.sessions import GRAPH
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Answer, Browser, served

LOGIN, STRONG = "3144000011", "Guopei-0af3"
QUERY = "{ __typename }"


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def auth(browser: Browser, path: str, body: Any, token: str | None = None) -> Answer:
    return await browser.send("POST", f"/auth/{path}", json=body, headers=bearing(token) if token else {})


async def opened(browser: Browser, deps: Deps) -> dict[str, Any]:
    """The tokens of an account that has set its password."""
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    initial = await auth(browser, "login", {"login": LOGIN, "password": code})
    answer = await auth(browser, "password", {"newPassword": STRONG}, initial.json["accessToken"])
    tokens: dict[str, Any] = answer.json
    return tokens


async def test_r4_an_initial_account_can_do_one_thing(browser: Browser, deps: Deps) -> None:
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    answer = await auth(browser, "login", {"login": LOGIN, "password": code})
    assert (answer.json["mustChangePassword"], answer.json["refreshToken"]) == (True, None)
    token = answer.json["accessToken"]
    for query in (QUERY, "{ rounds { year } }", 'mutation { signUp(projectId: "1") { id } }'):
        refused = await browser.graphql(query, headers=bearing(token))
        assert (refused.status, refused.code) == (403, "PASSWORD_CHANGE_REQUIRED")
        assert refused.json["errors"][0]["extensions"]["rule"] == "R4"
    weak = await auth(browser, "password", {"newPassword": "123456"}, token)
    assert (weak.status, weak.code) == (400, "WEAK_PASSWORD")
    active = await auth(browser, "password", {"newPassword": STRONG}, token)
    assert active.json["mustChangePassword"] is False
    assert (await browser.graphql(QUERY, headers=bearing(active.json["accessToken"]))).status == 200


async def test_a_session_is_refreshed_and_ended(browser: Browser, deps: Deps) -> None:
    tokens = await opened(browser, deps)
    assert tokens["expiresIn"] == 600
    assert tokens["scope"] == "school"
    answer = await auth(browser, "refresh", {"refreshToken": tokens["refreshToken"]})
    assert answer.json["refreshToken"] != tokens["refreshToken"]
    assert (await auth(browser, "logout", {"refreshToken": answer.json["refreshToken"]})).status == 200
    again = await auth(browser, "refresh", {"refreshToken": answer.json["refreshToken"]})
    assert (again.status, again.code) == (401, "UNAUTHENTICATED")


async def test_r4_guessing_is_slowed_and_says_when_to_come_again(
    browser: Browser, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The throttle's clock stands still: on a busy machine a hash may take longer than the first wait."""
    await opened(browser, deps)
    now = to_the_millisecond(datetime.now(UTC))
    monkeypatch.setattr("gateway.identity.login_throttle._now", lambda: now)
    answers = [await auth(browser, "login", {"login": LOGIN, "password": "wrong"}) for _ in range(6)]
    assert [answer.code for answer in answers] == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"login": LOGIN}, 400, "BAD_REQUEST"),
        ({"login": {"$ne": None}, "password": "x"}, 400, "BAD_REQUEST"),
        ({"login": LOGIN, "password": {"$gt": ""}}, 400, "BAD_REQUEST"),
        ({"login": LOGIN, "password": "x", "scope": "emperor"}, 400, "UNKNOWN_SCOPE"),
        ({"login": LOGIN, "password": "x", "scope": ["school"]}, 400, "UNKNOWN_SCOPE"),
        ({"login": LOGIN, "password": "x" * 5_000}, 413, "BODY_TOO_LARGE"),
        ([{"login": LOGIN, "password": "x"}], 400, "BATCHING_NOT_OFFERED"),
        ({"login": "nobody", "password": "x"}, 401, "INVALID_CREDENTIALS"),
    ],
)
async def test_a_malformed_login_is_coded(browser: Browser, body: Any, status: int, code: str) -> None:
    answer = await auth(browser, "login", body)
    assert (answer.status, answer.code) == (status, code)


async def test_a_form_of_another_site_cannot_log_in(browser: Browser) -> None:
    body = '{"login": "a", "password": "b"}'
    answer = await browser.send("POST", "/auth/login", data=body, headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_token_that_is_not_ours_for_the_graph_is_401(browser: Browser, keys: KeySet, deps: Deps) -> None:
    tokens = await opened(browser, deps)
    subgraph = TokenMinter(keys).mint(Principal("a", Scope.MINISTRY), "catalog")
    late = TokenMinter(keys).mint(Principal("a", Scope.MINISTRY), GRAPH, -60)
    unsigned = "eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im1pbmlzdHJ5In0."
    altered = tokens["accessToken"][:-4] + "AAAA"
    for value in ("nonsense", "a.b.c", subgraph, late, unsigned, altered, tokens["refreshToken"]):
        answer = await browser.graphql(QUERY, headers=bearing(value))
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    answer = await browser.graphql(QUERY, headers={"Authorization": "Basic YTpi"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert (await auth(browser, "password", {"newPassword": STRONG})).code == "UNAUTHENTICATED"


async def test_the_public_keys_check_what_the_gateway_signs_and_hold_nothing_private(
    browser: Browser, keys: KeySet
) -> None:
    shown = (await browser.send("GET", "/auth/jwks.json")).json
    assert all("d" not in key for key in shown["keys"])
    token = TokenMinter(keys).mint(ANONYMOUS, "catalog")
    assert TokenVerifier(KeySet.import_key_set(shown), "catalog").verify(token) == ANONYMOUS


async def test_r3_a_wrong_role_learns_which_roles_may_before_any_fetch(browser: Browser, deps: Deps) -> None:
    token = (await opened(browser, deps))["accessToken"]
    answer = await browser.graphql("{ experts { totalCount } __typename }", headers=bearing(token))
    assert answer.json["data"] == {"experts": None, "__typename": "Query"}
    (error,) = answer.json["errors"]
    assert error["message"] == "当前角色无权访问，可访问的角色：教师工作司"
    assert error["extensions"] | {"clause": None} == {
        "code": "UNAUTHORIZED_FIELD_OR_TYPE", "rule": "R3", "clause": None, "unblock": "SELF",
        "coordinate": "Query.experts", "roles": ["ministry"],
    }  # fmt: skip
    answer = await browser.graphql('mutation { startProject(id: "1") { id } }', headers=bearing(token))
    assert (answer.code, answer.json["data"]) == ("UNAUTHORIZED_FIELD_OR_TYPE", None)
    english = bearing(token) | {"Accept-Language": "en"}
    answer = await browser.graphql("{ auditLog { totalCount } }", headers=english)
    assert answer.json["errors"][0]["message"] == "This role may not use it; roles that may: ministry"


@pytest.mark.parametrize("query", ["{ myEnrollments { totalCount } }", 'mutation { startProject(id: "1") { id } }'])
async def test_r3_who_is_not_signed_in_is_told_to_sign_in(browser: Browser, query: str) -> None:
    for language, message in (("zh-CN", "请先登录"), ("en", "Sign in first")):
        answer = await browser.graphql(query, headers={"Accept-Language": language})
        (error,) = answer.json["errors"]
        assert (answer.status, error["message"]) == (200, message)
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert error["extensions"]["unblock"] == "SELF"


async def test_production_hides_the_schema_and_takes_no_get_and_no_literal_password(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'):
        assert (await browser.graphql(query)).code == "GRAPHQL_VALIDATION_FAILED"
    assert "rounds" not in (await browser.graphql("{ round }")).text.replace("{ round", "")
    answer = await browser.send("GET", "/graphql", params={"query": QUERY})
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")
    monkeypatch.setenv("LITERAL_INITIAL_PASSWORD", "true")
    with pytest.raises(ValueError, match="LITERAL_INITIAL_PASSWORD"):
        GatewaySettings()


async def test_settings_open_origins_get_and_limits(settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CORS_ORIGINS", '["https://a.example"]'), ("GET_QUERIES", "true"), ("LIMITS", '{"depth": 1}')):
        monkeypatch.setenv(name, value)
    async with served(build(GatewaySettings())) as browser:
        ours = await browser.graphql(QUERY, headers={"Origin": "https://a.example"})
        assert ours.headers["access-control-allow-origin"] == "https://a.example"
        theirs = await browser.graphql(QUERY, headers={"Origin": "https://b.example"})
        assert "access-control-allow-origin" not in theirs.headers
        assert (await browser.send("GET", "/graphql", params={"query": QUERY})).status == 200
        assert (await browser.graphql("{ rounds { year } }")).code == "QUERY_TOO_DEEP"
    assert settings.limits.depth == 12
