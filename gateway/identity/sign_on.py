"""Sign in by another identity provider (ADR 45): the port to it, what its claims mean here, and the use cases."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from chassis.principal import Scope
from gateway.identity.account import Account, AccountState, login_name
from gateway.identity.deps import Deps
from gateway.identity.second_step import FurtherStep, proceed
from gateway.identity.sessions import Tokens
from gateway.identity.sign_on_store import SignOn
from gateway.identity.store import Stay
from gateway.refusals import PASSWORD_CHANGE_REQUIRED, SIGN_ON_EXPIRED, SIGN_ON_NOT_OFFERED, SIGN_ON_UNKNOWN
from kernel.refusals import BAD_REQUEST

LIFETIME = timedelta(minutes=10)
FEDERATED = ("fed",)
"""What a session has proven whose holder another provider has signed in."""
_LOCAL = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
_TOKEN_BYTES = 24
_VERIFIER_BYTES = 32  # 43 characters, the least that RFC 7636 allows


class RoleClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which claim names the role, and what its values mean.

    Attributes:
        claim: The claim's name; its value is a text, or a list with one text of `values`.
        values: The claim's value to our role.
    """

    claim: str
    values: dict[str, Scope]


class SignOnRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """An OpenID Connect provider and what its claims mean here, as `OIDC_FILE` holds it.

    Attributes:
        issuer: The provider's issuer, `https` except on this machine; its configuration is found below it.
        client_id: Our name at the provider.
        client_secret: Our secret there; without one we are a public client, whom PKCE protects.
        redirect_uris: Pages of our front ends that the provider may send people back to, compared letter by letter.
        login: Name of the claim with the login name of the account.
        role: The claim with the role of the account.
        scopes: What the provider is asked for, `openid` among it.
        factor_amr: Values of the claim `amr` that stand for our second factor; by default none does.
        factor_acr: Values of the claim `acr` that do.
    """

    issuer: str
    client_id: str
    redirect_uris: tuple[str, ...]
    login: str
    role: RoleClaim
    client_secret: str | None = None
    scopes: tuple[str, ...] = ("openid",)
    factor_amr: tuple[str, ...] = ()
    factor_acr: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the addresses.

        Raises:
            ValueError: One of them is neither `https` nor on this machine, or there is none to come back to.
        """
        for address in (self.issuer, *self.redirect_uris):
            if not address.startswith(("https://", *_LOCAL)):
                raise ValueError(f"OIDC_FILE: {address} must be https")
        if not self.redirect_uris or "openid" not in self.scopes:
            raise ValueError("OIDC_FILE needs redirectUris, and openid among its scopes")

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read the file.

        Raises:
            ValueError: It is not as it should be.
        """
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def holder(self, claims: Mapping[str, Any]) -> tuple[str, Scope] | None:
        """Login name and role of whom the claims are about; None where they name none, or several."""
        login, said = claims.get(self.login), claims.get(self.role.claim)
        roles = {self.role.values[name] for name in _texts(said) if name in self.role.values}
        if not isinstance(login, str) or not login or len(roles) != 1:
            return None
        return login_name(login), roles.pop()

    def has_factor(self, claims: Mapping[str, Any]) -> bool:
        """Whether the provider says that it has seen what stands for our second factor."""
        return bool(set(_texts(claims.get("amr"))) & set(self.factor_amr)) or claims.get("acr") in self.factor_acr


class SignOnProvider(Protocol):
    """The port to an identity provider."""

    async def authorization_url(self, sign_on: SignOn, state: str) -> str:
        """The address of the provider's page at which the person signs in.

        Raises:
            Refusal: `UNAVAILABLE`: the provider does not answer.
        """

    async def claims(self, sign_on: SignOn, code: str) -> Mapping[str, Any]:
        """What the provider says of whom it has signed in, in exchange for its code; checked, with the nonce in it.

        Raises:
            Refusal: `SIGN_ON_REFUSED`: the code or the token is not good; `UNAVAILABLE`.
        """


@dataclass(frozen=True, slots=True)
class SignOnDeps:
    """The dependencies of signing on.

    Attributes:
        identity: The dependencies of identity's use cases.
        rules: Whose provider, and what its claims mean; None where no other provider is used.
        provider: The provider; None with no rules.
    """

    identity: Deps
    rules: SignOnRules | None = None
    provider: SignOnProvider | None = None

    def offered(self) -> tuple[SignOnRules, SignOnProvider]:
        """The rules and the provider.

        Raises:
            Refusal: `SIGN_ON_NOT_OFFERED`.
        """
        if self.rules is None or self.provider is None:
            raise SIGN_ON_NOT_OFFERED()
        return self.rules, self.provider


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-on that was started.

    Attributes:
        url: The provider's page, to send the browser to.
        ticket: What the client keeps meanwhile, and nobody else knows: it binds the answer to this browser.
    """

    url: str
    ticket: str


async def start_sign_on(deps: SignOnDeps, *, redirect_uri: str | None, address: str) -> Started:
    """Begin a sign-on at the provider.

    Args:
        deps: The dependencies.
        redirect_uri: Where the provider sends the person back to, one of the rules'; the first of them where None.
        address: The client's network address.

    Raises:
        Refusal: `SIGN_ON_NOT_OFFERED`, `RATE_LIMITED`, `UNAVAILABLE`; `BAD_REQUEST`: it is none of ours.
    """
    rules, provider = deps.offered()
    target = redirect_uri or rules.redirect_uris[0]
    if target not in rules.redirect_uris:
        raise BAD_REQUEST(detail=("redirectUri 不在允许之列", "this redirectUri is not allowed"), field="redirectUri")
    await deps.identity.store.throttle.act(f"sign-on/{address}")
    ticket, state, nonce = (secrets.token_urlsafe(_TOKEN_BYTES) for _ in range(3))
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
    until = datetime.now(UTC) + LIFETIME
    sign_on = SignOn(_digest(ticket), _digest(state), nonce, verifier, target, until)
    url = await provider.authorization_url(sign_on, state)
    await deps.identity.store.sign_ons.open(sign_on)
    return Started(url, ticket)


async def finish_sign_on(
    deps: SignOnDeps,
    *,
    ticket: str,
    state: str,
    code: str,
    client: str | None = None,
    stay: Stay = Stay.TOKEN,
) -> Tokens | FurtherStep:
    """Sign in whom the provider has signed in, by the account of that login name and role; none is made.

    Args:
        deps: The dependencies.
        ticket: What the start has answered.
        state: What has come back to the redirect address.
        code: The provider's code, from there too.
        client: The client's kind, such as `Chrome, Windows`.
        stay: How the holder stays signed in.

    Returns:
        Tokens of a new session; the further step where the role needs a second factor that the provider has not seen.

    Raises:
        Refusal: `SIGN_ON_NOT_OFFERED`, `SIGN_ON_EXPIRED`, `SIGN_ON_REFUSED`, `SIGN_ON_UNKNOWN`, `ACCOUNT_DISABLED`,
            `PASSWORD_CHANGE_REQUIRED`, `UNAVAILABLE`, `KEEP_NOT_OFFERED`.
    """
    rules, provider = deps.offered()
    sign_on = await deps.identity.store.sign_ons.take(_digest(ticket))
    if sign_on is None or not compare_digest(sign_on.state, _digest(state)):
        raise SIGN_ON_EXPIRED()
    claims = await provider.claims(sign_on, code)
    account = await _account(deps.identity, rules, claims)
    amr = (*FEDERATED, "mfa") if rules.has_factor(claims) else FEDERATED
    return await proceed(deps.identity, account, client, amr=amr, stay=stay)


async def _account(deps: Deps, rules: SignOnRules, claims: Mapping[str, Any]) -> Account:
    """The account of whom the claims are about.

    Raises:
        Refusal: `SIGN_ON_UNKNOWN`, `ACCOUNT_DISABLED`; `PASSWORD_CHANGE_REQUIRED`: its holder has not opened it yet.
    """
    holder = rules.holder(claims)
    accounts = await deps.store.by_login(*holder) if holder else []
    if not accounts:
        raise SIGN_ON_UNKNOWN()
    if accounts[0].state is AccountState.INITIAL:
        raise PASSWORD_CHANGE_REQUIRED()
    accounts[0].admit(datetime.now(UTC))
    return accounts[0]


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
