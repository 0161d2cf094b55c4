"""Who acts, and the signed token by which the gateway tells a subgraph (docs/architecture.md, Trust)."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kernel.refusals import UNAUTHENTICATED

ISSUER = "guopei-gateway"
LIFETIME_SECONDS = 60
_ALGORITHM = "ES256"
_CACHE_ENTRIES = 10_000


class Scope(StrEnum):
    """The roles of the graph, as `@requiresScopes` names them (docs/glossary.md, Roles)."""

    MINISTRY = "ministry"
    EXPERT = "expert"
    BASE = "base"
    SCHOOL = "school"
    TEACHER = "teacher"
    PROVINCE = "province"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, for which organisation, and what identifies the rows that belong to it.

    Attributes:
        subject: The account's id; `anonymous` for the public.
        scope: The role of this session; each session has one.
        organization: School code or unified social credit code of the organisation.
        bases: Ids of the organisation's bases, for scope `base`.
        school: School code, for scopes `school` and `teacher`.
        province: Two-digit code, for scope `province`.
        person: Id of the teacher or expert whose account it is.
        name: The name in the audit log: that of the designated person (R5), else of the account's holder.
        login: The account's login name (R3); None in tokens of earlier releases.
    """

    subject: str
    scope: Scope
    organization: str | None = None
    bases: tuple[str, ...] = ()
    school: str | None = None
    province: str | None = None
    person: str | None = None
    name: str | None = None
    login: str | None = None


ANONYMOUS = Principal("anonymous", Scope.PUBLIC)


@dataclass(frozen=True, slots=True)
class Verified:
    """A valid token's content.

    Attributes:
        principal: Who acts.
        expires: When it expires, in seconds since the epoch.
        amr: What the caller has proven, by the words of RFC 8176; empty where the token does not say.
        session: Id of the session that it belongs to; empty where the token does not say.
    """

    principal: Principal
    expires: float
    amr: tuple[str, ...] = ()
    session: str = ""


class TokenMinter:
    """Signs tokens; only the gateway has one.

    Args:
        keys: Private keys; the first signs.
    """

    def __init__(self, keys: KeySet) -> None:
        self._key = keys.keys[0]

    def exchange(self, keys: KeySet) -> None:
        """Sign with the first of these from now on."""
        self._key = keys.keys[0]

    def mint(
        self,
        principal: Principal,
        audience: str,
        seconds: int = LIFETIME_SECONDS,
        *,
        amr: tuple[str, ...] = (),
        session: str = "",
    ) -> str:
        """Sign an ES256 token for one audience.

        Args:
            principal: Who acts.
            audience: A subgraph's name, or the gateway's own; nobody else accepts the token.
            seconds: How long it is valid.
            amr: What the caller has proven, by the words of RFC 8176.
            session: Id of the session that the token belongs to, the claim `sid`; empty for none.
        """
        now = int(time.time())
        claims: dict[str, Any] = (
            {
                "iss": ISSUER,
                "aud": audience,
                "iat": now,
                "exp": now + seconds,
                "sub": principal.subject,
                "scope": principal.scope.value,
                "org": principal.organization,
                "bases": list(principal.bases),
                "school": principal.school,
                "province": principal.province,
                "person": principal.person,
                "name": principal.name,
                "login": principal.login,
            }
            | ({"amr": list(amr)} if amr else {})
            | ({"sid": session} if session else {})
        )
        return jwt.encode({"alg": _ALGORITHM, "kid": self._key.kid}, claims, self._key, algorithms=[_ALGORITHM])


class TokenVerifier:
    """Verifies the tokens of one audience, and caches valid ones until they expire (notes N31).

    Args:
        keys: Public keys of the signer.
        audience: The name that a token must be for.
    """

    def __init__(self, keys: KeySet, audience: str) -> None:
        self._keys = keys
        self._rules = jwt.JWTClaimsRegistry(
            leeway=5,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._verified: dict[str, Verified] = {}

    def exchange(self, keys: KeySet) -> None:
        """Take the tokens of these keys from now on, and of no other, whatever was verified before."""
        self._keys = keys
        self._verified.clear()

    def verify(self, token: str) -> Principal:
        """The principal of a token.

        Raises:
            Refusal: `UNAUTHENTICATED`: the token is malformed, expired, altered, or for somebody else.
        """
        return self.check(token).principal

    def check(self, token: str) -> Verified:
        """The principal of a token, and when the token expires.

        Raises:
            Refusal: `UNAUTHENTICATED`, as `verify`.
        """
        cached = self._verified.get(token)
        if cached and cached.expires > time.time():
            return cached
        try:
            claims = jwt.decode(token, self._keys, algorithms=[_ALGORITHM]).claims
            self._rules.validate(claims)
            amr, session = tuple(claims.get("amr") or ()), str(claims.get("sid") or "")
            verified = Verified(_principal(claims), float(claims["exp"]), amr, session)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise UNAUTHENTICATED() from error
        if len(self._verified) >= _CACHE_ENTRIES:
            self._verified.clear()
        self._verified[token] = verified
        return verified


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        subject=str(claims["sub"]),
        scope=Scope(claims["scope"]),
        organization=claims.get("org"),
        bases=tuple(claims.get("bases") or ()),
        school=claims.get("school"),
        province=claims.get("province"),
        person=claims.get("person"),
        name=claims.get("name"),
        login=claims.get("login"),
    )
