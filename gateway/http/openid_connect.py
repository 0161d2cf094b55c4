"""The adapter of the sign-on port to OpenID Connect: authorization code with PKCE (ADR 45; OpenID Connect Core 1.0)."""

import time
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.serving.bodies import bounded
from gateway.identity.sign_on import SignOnRules
from gateway.identity.sign_on_store import SignOn
from gateway.refusals import SIGN_ON_REFUSED
from kernel.encoding import to_base64url
from kernel.refusals import UNAVAILABLE

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Of signatures by a key pair: `none`, and secrets that two share, prove nothing here."""
_SECONDS = 5.0
_MOST_BYTES = 256 * 1024
_LEEWAY_SECONDS = 60
_FRESH_SECONDS = 600.0
_LEAST_SECONDS = 10.0
"""Keys are asked for again at most so often, whatever key a token names."""
log = structlog.get_logger()


class OpenIdConnect:
    """A provider that is found by its issuer.

    Args:
        rules: Whose provider, and who we are there.
    """

    def __init__(self, rules: SignOnRules) -> None:
        self._rules = rules
        self._http: aiohttp.ClientSession | None = None
        self._found: Mapping[str, Any] = {}
        self._keys = KeySet([])
        self._found_at = self._keys_at = -_FRESH_SECONDS

    async def open(self) -> None:
        """Prepare for connections."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))

    async def close(self) -> None:
        """Close them all."""
        if self._http:
            await self._http.close()

    async def authorization_url(self, sign_on: SignOn, state: str) -> str:
        """The address of the provider's page at which the person signs in.

        Raises:
            Refusal: `UNAVAILABLE`: the provider does not answer.
        """
        endpoint = (await self._configuration())["authorization_endpoint"]
        asked = {
            "response_type": "code",
            "client_id": self._rules.client_id,
            "redirect_uri": sign_on.redirect_uri,
            "scope": " ".join(self._rules.scopes),
            "state": state,
            "nonce": sign_on.nonce,
            "code_challenge": to_base64url(sha256(sign_on.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def claims(self, sign_on: SignOn, code: str) -> Mapping[str, Any]:
        """What the provider says of whom it has signed in, in exchange for its code.

        Raises:
            Refusal: `SIGN_ON_REFUSED`: the code or the token is not good; `UNAVAILABLE`.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": sign_on.redirect_uri,
            "code_verifier": sign_on.verifier,
        }
        endpoint = (await self._configuration())["token_endpoint"]
        status, reply = await self._fetch("POST", endpoint, data=form | self._named(), headers=self._authenticated())
        token = reply.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str):
            log.warning("sign-on: the provider refused the code", status=status, error=reply.get("error"))
            raise SIGN_ON_REFUSED()
        try:
            return await self._verified(token, sign_on.nonce)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("sign-on: the provider's token is not good", reason=type(error).__name__)
            raise SIGN_ON_REFUSED() from error

    async def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        await self._refresh_keys(_FRESH_SECONDS)
        try:
            claims = jwt.decode(token, self._keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):  # the provider may have other keys by now
            await self._refresh_keys(_LEAST_SECONDS)
            claims = jwt.decode(token, self._keys, algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._rules.issuer},
            aud={"essential": True, "value": self._rules.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_shared else self._rules.client_id) != self._rules.client_id:
            raise ValueError("the token is for another client")
        return claims

    async def _configuration(self) -> Mapping[str, Any]:
        """The provider's configuration (OpenID Connect Discovery 1.0), kept for ten minutes.

        Raises:
            Refusal: `UNAVAILABLE`.
        """
        if time.monotonic() - self._found_at >= _FRESH_SECONDS:
            url = f"{self._rules.issuer.rstrip('/')}/.well-known/openid-configuration"
            _, found = await self._fetch("GET", url)
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if found.get("issuer") != self._rules.issuer or not all(isinstance(found.get(key), str) for key in needed):
                log.warning("sign-on: this is not the configuration of the issuer", found=found.get("issuer"))
                raise UNAVAILABLE(retryAfter=int(_SECONDS))
            self._found, self._found_at = found, time.monotonic()
        return self._found

    async def _refresh_keys(self, older_than: float) -> None:
        """Fetch the provider's keys if those at hand are older than so many seconds."""
        if time.monotonic() - self._keys_at < older_than:
            return
        _, reply = await self._fetch("GET", (await self._configuration())["jwks_uri"])
        self._keys = _usable(reply["keys"])
        self._keys_at = time.monotonic()

    async def _fetch(self, method: str, url: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
        """A request, no redirect followed, and the JSON object of its reply, bounded in size.

        Raises:
            Refusal: `UNAVAILABLE`: no reply in time, one that is no JSON object, or the provider has failed.
        """
        if self._http is None:
            raise UNAVAILABLE(retryAfter=int(_SECONDS))
        try:
            async with self._http.request(method, url, allow_redirects=False, **more) as reply:
                if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    found = orjson.loads(await bounded(reply.content.iter_any(), _MOST_BYTES))
                    if isinstance(found, dict):
                        return reply.status, found
                log.warning("sign-on: the provider has failed", status=reply.status)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("sign-on: the provider does not answer", reason=type(error).__name__)
        raise UNAVAILABLE(retryAfter=int(_SECONDS))

    def _named(self) -> dict[str, str]:
        return {} if self._rules.client_secret else {"client_id": self._rules.client_id}

    def _authenticated(self) -> dict[str, str]:
        """`client_secret_basic` (RFC 6749, section 2.3.1)."""
        if not self._rules.client_secret:
            return {}
        pair = f"{quote(self._rules.client_id, safe='')}:{quote(self._rules.client_secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _usable(found: list[Any]) -> KeySet:
    """The keys that sign and that are of a kind known here; any other one is ignored (RFC 7517, section 5)."""
    keys, foreign = [], 0
    for raw in found:
        try:
            if raw.get("use", "sig") == "sig":
                keys += KeySet.import_key_set({"keys": [raw]}).keys
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            foreign += 1
    if foreign:
        log.warning("sign-on: keys of the provider are not of a kind known here", ignored=foreign)
    return KeySet(keys)
