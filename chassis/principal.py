"""Who acts, and the signed internal token by which the gateway tells a subgraph (architecture.md, Trust)."""

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
    """Who acts, for which organisation, and the rows that organisation owns.

    Attributes:
        subject: The account's id; `anonymous` for the public.
        scope: The one role of this session.
        organization: Code of the organisation (school code or unified social credit code).
        bases: Ids of the organisation's bases, for scope `base`.
        school: School code, for scopes `school` and `teacher`.
        province: Province code, for scope `province`.
        person: Id of the teacher or expert that the account is.
        name: Whom the audit names: the designated person of R5, else the account's holder.
    """

    subject: str
    scope: Scope
    organization: str | None = None
    bases: tuple[str, ...] = ()
    school: str | None = None
    province: str | None = None
    person: str | None = None
    name: str | None = None


ANONYMOUS = Principal("anonymous", Scope.PUBLIC)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good token says: whose it is, and until when (`time.time()`)."""

    principal: Principal
    expires: float


class TokenMinter:
    """Signs tokens; only the gateway holds one.

    Args:
        keys: Private keys; the first signs.
    """

    def __init__(self, keys: KeySet) -> None:
        self._key = keys.keys[0]

    def mint(self, principal: Principal, audience: str, seconds: int = LIFETIME_SECONDS) -> str:
        """An ES256 token that only `audience` accepts: a subgraph for 60 s, or the gateway itself for longer."""
        now = int(time.time())
        claims: dict[str, Any] = {
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
        }
        return jwt.encode({"alg": _ALGORITHM, "kid": self._key.kid}, claims, self._key, algorithms=[_ALGORITHM])


class TokenVerifier:
    """Checks the tokens of one audience, and remembers the good ones until they expire (notes N31)."""

    def __init__(self, keys: KeySet, audience: str) -> None:
        self._keys = keys
        self._rules = jwt.JWTClaimsRegistry(
            leeway=5,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._known: dict[str, Verified] = {}

    def verify(self, token: str) -> Principal:
        """The principal a token stands for.

        Raises:
            Refusal: `UNAUTHENTICATED` for a malformed, foreign, altered or expired token.
        """
        return self.check(token).principal

    def check(self, token: str) -> Verified:
        """The principal a token stands for, and when it ends.

        Raises:
            Refusal: As `verify`.
        """
        known = self._known.get(token)
        if known and known.expires > time.time():
            return known
        try:
            claims = jwt.decode(token, self._keys, algorithms=[_ALGORITHM]).claims
            self._rules.validate(claims)
            verified = Verified(_principal(claims), float(claims["exp"]))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise UNAUTHENTICATED() from error
        if len(self._known) >= _CACHE_ENTRIES:
            self._known.clear()
        self._known[token] = verified
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
    )
