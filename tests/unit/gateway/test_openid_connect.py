"""ADR 45: the adapter takes no token that a good provider would not have made, and waits for nobody."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from chassis.principal import Scope
from gateway.http.openid_connect import OpenIdConnect
from gateway.identity.sign_on import RoleClaim, SignOnRules
from gateway.identity.sign_on_store import SignOn
from kernel.errors import Refusal
from tests.unit.gateway.serving import served

KEY, OTHER = (ECKey.generate_key("P-256", parameters={"kid": kid}) for kid in ("k1", "k2"))
SIGN_ON = SignOn("id", "state", "n0nce", "verifier" * 8, "https://front.example/", datetime.now(UTC))


class Provider:
    """A provider of this test, which may do wrong."""

    def __init__(self) -> None:
        self.keys = KeySet([KEY])
        self.foreign: list[Any] = []
        self.issuer = ""
        self.claimed: str | None = None
        self.sign: Callable[[dict[str, Any]], Any] = lambda claims: jwt.encode(
            {"alg": "ES256", "kid": "k1"}, claims, KEY
        )
        self.change: Callable[[dict[str, Any]], None] = lambda _: None
        self.token: Response | None = None
        self.asked = 0

    def app(self) -> Starlette:
        async def configuration(_: Request) -> Response:
            places = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
            return JSONResponse({"issuer": self.claimed or self.issuer, "jwks_uri": f"{self.issuer}/jwks", **places})

        async def jwks(_: Request) -> Response:
            self.asked += 1
            keys = self.keys.as_dict(private=False)["keys"]
            return JSONResponse({"keys": [*self.foreign, *keys]})

        async def token(_: Request) -> Response:
            if self.token:
                return self.token
            now = int(time.time())
            claims = {"iss": self.issuer, "aud": "guopei", "sub": "u", "iat": now, "exp": now + 60, "nonce": "n0nce"}
            self.change(claims)
            return JSONResponse({"id_token": self.sign(claims), "token_type": "Bearer", "access_token": "a"})

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", configuration),
                Route("/jwks", jwks),
                Route("/token_endpoint", token, methods=["POST"]),
            ]
        )


def rules(issuer: str, **more: Any) -> SignOnRules:
    role = RoleClaim("office", {"省": Scope.PROVINCE, "部": Scope.MINISTRY})
    pages = ("https://front.example/",)
    return SignOnRules(issuer=issuer, client_id="guopei", redirect_uris=pages, login="account", role=role, **more)


@asynccontextmanager
async def connected(provider: Provider) -> AsyncIterator[OpenIdConnect]:
    async with served(provider.app()) as browser:
        provider.issuer = browser.url
        adapter = OpenIdConnect(rules(provider.issuer))
        await adapter.open()
        try:
            yield adapter
        finally:
            await adapter.close()


async def code_of(adapter: OpenIdConnect) -> str:
    """What the adapter refuses with; `OPEN` where it takes the token."""
    try:
        await adapter.claims(SIGN_ON, "code")
    except Refusal as refusal:
        return refusal.code
    return "OPEN"


async def test_a_good_token_is_taken() -> None:
    async with connected(Provider()) as adapter:
        assert (await adapter.claims(SIGN_ON, "code"))["sub"] == "u"


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "issuer": lambda claims: claims.update(iss="https://evil.example"),
    "audience": lambda claims: claims.update(aud="another"),
    "shared without azp": lambda claims: claims.update(aud=["guopei", "another"]),
    "azp": lambda claims: claims.update(azp="another"),
    "nonce": lambda claims: claims.update(nonce="other"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 3600),
    "no expiry": lambda claims: claims.pop("exp"),
    "no subject": lambda claims: claims.pop("sub"),
    "from tomorrow": lambda claims: claims.update(iat=int(time.time()) + 86400),
}


@pytest.mark.parametrize("name", sorted(WRONG))
async def test_a_token_with_wrong_claims_is_refused(name: str) -> None:
    provider = Provider()
    provider.change = WRONG[name]
    async with connected(provider) as adapter:
        assert await code_of(adapter) == "SIGN_ON_REFUSED"


SIGNED: dict[str, Callable[[dict[str, Any]], str]] = {
    "none": lambda claims: jwt.encode({"alg": "ES256", "kid": "k1"}, claims, KEY).rpartition(".")[0] + ".",
    "unsigned": lambda claims: "eyJhbGciOiJub25lIn0." + jwt.encode({"alg": "ES256"}, claims, KEY).split(".")[1] + ".",
    "shared secret": lambda claims: jwt.encode({"alg": "HS256", "kid": "k1"}, claims, OctKey.import_key("secret" * 9)),
    "another key": lambda claims: jwt.encode({"alg": "ES256", "kid": "k1"}, claims, OTHER),
    "unknown key": lambda claims: jwt.encode({"alg": "ES256", "kid": "k9"}, claims, OTHER),
    "nonsense": lambda _: "nonsense",
}


@pytest.mark.parametrize("name", sorted(SIGNED))
async def test_a_token_that_the_providers_key_has_not_signed_is_refused(name: str) -> None:
    provider = Provider()
    provider.sign = SIGNED[name]
    async with connected(provider) as adapter:
        for _ in range(3):
            assert await code_of(adapter) == "SIGN_ON_REFUSED"
    assert provider.asked == 1  # a made-up key is no way to make us ask and ask


async def test_a_key_that_the_provider_has_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider()
    async with connected(provider) as adapter:
        assert await code_of(adapter) == "OPEN"
        provider.keys = KeySet([OTHER])
        provider.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "k2"}, claims, OTHER)
        monkeypatch.setattr("gateway.http.openid_connect._LEAST_SECONDS", 0.0)
        assert await code_of(adapter) == "OPEN"


FOREIGN: list[Any] = [
    {"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA", "kid": "f"},
    {"kty": "OKP", "crv": "X999", "x": "AA", "kid": "f"},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "f"},
    {"kty": "RSA", "kid": "f"},
    {"kty": ["EC"]},
    {},
    "key",
    None,
    [],
]


@pytest.mark.parametrize("foreign", [*([key] for key in FOREIGN), FOREIGN])
async def test_keys_that_are_not_known_here_are_ignored_and_told_in_one_line(foreign: list[Any]) -> None:
    """RFC 7517, section 5."""
    provider = Provider()
    provider.foreign = foreign
    async with connected(provider) as adapter:
        with capture_logs() as lines:
            assert await code_of(adapter) == "OPEN"
    assert [line["ignored"] for line in lines] == [len(foreign)]


@pytest.mark.parametrize("header", [{"alg": "ES256"}, {"alg": "ES256", "kid": "f"}])
async def test_a_token_that_names_a_key_of_another_kind_is_refused(header: dict[str, str]) -> None:
    provider = Provider()
    provider.foreign = FOREIGN
    provider.sign = lambda claims: jwt.encode(header, claims, OTHER)
    async with connected(provider) as adapter:
        assert await code_of(adapter) == "SIGN_ON_REFUSED"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (JSONResponse({"error": "invalid_grant"}, 400), "SIGN_ON_REFUSED"),
        (JSONResponse({"access_token": "a"}), "SIGN_ON_REFUSED"),
        (JSONResponse({"id_token": {"a": 1}}), "SIGN_ON_REFUSED"),
        (JSONResponse({}, 503), "UNAVAILABLE"),
        (Response("<html>", 200), "UNAVAILABLE"),
        (JSONResponse([]), "UNAVAILABLE"),
        (Response(b'{"a": "' + b"x" * 300_000 + b'"}'), "UNAVAILABLE"),
        (RedirectResponse("http://127.0.0.1:1/"), "UNAVAILABLE"),
    ],
)
async def test_a_reply_without_a_token_is_refused_or_means_that_the_provider_has_failed(
    reply: Response, code: str
) -> None:
    provider = Provider()
    provider.token = reply
    async with connected(provider) as adapter:
        assert await code_of(adapter) == code


async def test_the_configuration_of_another_issuer_is_not_taken() -> None:
    provider = Provider()
    provider.claimed = "https://evil.example"
    async with connected(provider) as adapter:
        with pytest.raises(Refusal) as refused:
            await adapter.authorization_url(SIGN_ON, "state")
    assert refused.value.code == "UNAVAILABLE"


async def test_a_provider_that_is_away_is_unavailable() -> None:
    adapter = OpenIdConnect(rules("http://127.0.0.1:1"))
    await adapter.open()
    try:
        assert await code_of(adapter) == "UNAVAILABLE"
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    ("claims", "holder"),
    [
        ({"account": "moe", "office": "部"}, ("moe", Scope.MINISTRY)),
        ({"account": "moe", "office": ["x", "部"]}, ("moe", Scope.MINISTRY)),
        ({"account": "moe", "office": ["省", "部"]}, None),
        ({"account": "moe", "office": {"部": 1}}, None),
        ({"account": ["moe"], "office": "部"}, None),
        ({"account": "", "office": "部"}, None),
        ({"office": "部"}, None),
        ({}, None),
    ],
)
def test_r3_claims_name_one_login_and_one_role_or_nobody(claims: dict[str, Any], holder: Any) -> None:
    assert rules("https://sso.example").holder(claims) == holder


def test_r4_the_providers_word_for_a_second_factor_counts_only_where_the_rules_say_so() -> None:
    lax, strict = rules("https://a.example", factor_amr=("otp",), factor_acr=("gold",)), rules("https://a.example")
    good: list[dict[str, Any]] = [{"amr": ["pwd", "otp"]}, {"acr": "gold"}]
    bad: list[dict[str, Any]] = [{}, {"amr": "pwd"}, {"amr": [["otp"]]}, {"acr": ["gold"]}, {"acr": None}]
    for claims in good:
        assert (lax.has_factor(claims), strict.has_factor(claims)) == (True, False)
    for claims in bad:
        assert not lax.has_factor(claims)


GOOD: dict[str, Any] = {
    "issuer": "https://sso.example",
    "clientId": "guopei",
    "redirectUris": ["https://front.example/"],
    "login": "account",
    "role": {"claim": "office", "values": {"部": "ministry"}},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://sso.example"},
        {"redirectUris": ["http://front.example/"]},
        {"redirectUris": []},
        {"scopes": ["profile"]},
        {"role": {"claim": "office", "values": {"x": "king"}}},
        {"surprise": 1},
    ],
)
def test_a_file_that_is_not_as_it_should_be_stops_the_start(wrong: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "oidc.json"
    file.write_text(json.dumps(GOOD))
    assert SignOnRules.load(file).client_id == "guopei"
    file.write_text(json.dumps(GOOD | wrong))
    with pytest.raises(ValueError, match=r"."):
        SignOnRules.load(file)
