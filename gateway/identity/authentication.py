"""The use cases of an account's holder: log in, set the password, see and revoke sessions (R3, R4)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from prometheus_client import Counter

from chassis.context import acting, current_act
from chassis.principal import Scope
from gateway.identity.account import Account, AccountState, login_name
from gateway.identity.deps import Deps
from gateway.identity.events import PasswordSet, of
from gateway.identity.password_policy import check_new_password, weak_password
from gateway.identity.sessions import Tokens
from gateway.identity.store import Session
from gateway.refusals import INVALID_CREDENTIALS, SCOPE_REQUIRED
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND, UNAUTHENTICATED

GUESSES = Counter("guopei_gateway_guesses", "Secrets that were tried: right, wrong, or made to wait", ["outcome"])


@contextmanager
def acts(account: Account) -> Iterator[None]:
    """The events that the block writes name this account as their actor (R5, R40)."""
    with acting(replace(current_act(), principal=account.principal())):
        yield


async def log_in(
    deps: Deps,
    *,
    login: str,
    password: str,
    scope: Scope | None = None,
    address: str = "",
    client: str | None = None,
) -> Tokens:
    """Log in with a password, or with an initial account's code, whose token can only set the password (R4).

    Args:
        deps: The dependencies.
        login: The login name, as typed.
        password: The password, or an initial account's one-time code.
        scope: Which role, where the login name has several.
        address: The client's network address, as `gateway.http.responses.address_of` gives it.
        client: The client's kind, such as `Chrome, Windows`.

    Returns:
        Tokens of a new session.

    Raises:
        Refusal: `INVALID_CREDENTIALS`, `RATE_LIMITED`, `SCOPE_REQUIRED`, `CODE_EXPIRED`, `ACCOUNT_DISABLED`.
    """
    login = login_name(login)
    async with _attempt(deps, login, address):
        accounts = await deps.store.by_login(login, scope)
        if not accounts:
            await deps.passwords.matches(None, password)  # an unknown login name takes as long as a wrong password
        matching = [account for account in accounts if await deps.passwords.matches(account.secret, password)]
        if not matching:
            raise INVALID_CREDENTIALS(rule="R3", detail=("登录名或密码", "login name or password"))
    if len(matching) > 1:
        raise SCOPE_REQUIRED(scopes=sorted(account.scope.value for account in matching))
    matching[0].admit(datetime.now(UTC))
    return await deps.sessions.open(matching[0], client)


async def set_password(
    deps: Deps, *, token: str, current: str | None, new: str, address: str = "", client: str | None = None
) -> Tokens:
    """Set the password of the token's account and end its sessions; a new one is opened.

    Args:
        deps: The dependencies.
        token: An access token, or an initial account's.
        current: The present password; None for an initial account, whose token proves its code.
        new: The new password.
        address: The client's network address, as `gateway.http.responses.address_of` gives it.
        client: The client's kind, such as `Chrome, Windows`.

    Returns:
        Tokens of the new session.

    Raises:
        Refusal: `UNAUTHENTICATED`, `INVALID_CREDENTIALS`, `RATE_LIMITED`, `WEAK_PASSWORD`, `CODE_EXPIRED`,
            `ACCOUNT_DISABLED`, `STALE_VERSION`.
    """
    holder = deps.sessions.holder(token)
    account = await deps.store.accounts.find(holder.account)
    if account is None or holder.initial not in (None, account.version):
        raise UNAUTHENTICATED()
    account.admit(datetime.now(UTC))
    if holder.initial is None:
        await _prove(deps, account, current or "", address)
    check_new_password(new, account.login, account.organization, account.school)
    if await deps.passwords.matches(account.secret, new):
        raise weak_password()
    event = PasswordSet(**of(account), activated=holder.initial is not None)
    secret = await deps.passwords.hash(new)
    with acts(account):
        account = await deps.store.accounts.save(account.with_password(secret), [event])
    await deps.store.end_sessions(account.id)
    return await deps.sessions.open(account, client)


async def own_sessions(deps: Deps, *, token: str) -> list[Session]:
    """The sessions of the token's account, the one used last first.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`.
    """
    return await deps.store.sessions(deps.sessions.check(token).principal.subject)


async def revoke_sessions(deps: Deps, *, token: str, only: str | None = None, but: str | None = None) -> int:
    """End one session of the token's account, or all but one; their access tokens end within ten minutes.

    Args:
        deps: The dependencies.
        token: An access token.
        only: Id of the one session to end.
        but: Id of the one session to keep, where `only` is None; None ends all.

    Returns:
        How many sessions were ended.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`; `NOT_FOUND`: the account has no such session.
    """
    account = await deps.store.accounts.find(deps.sessions.check(token).principal.subject)
    if account is None or account.state is not AccountState.ACTIVE:
        raise UNAUTHENTICATED()
    with acts(account):
        ended = await deps.store.revoke(account.id, only=only, but=but)
    if only and not ended:
        raise NOT_FOUND(kind="session", id=only)
    return ended


async def _prove(deps: Deps, account: Account, current: str, address: str) -> None:
    """Check the present password, throttled: a stolen access token must not be a way to try passwords."""
    async with _attempt(deps, account.login, address):
        if not await deps.passwords.matches(account.secret, current):
            raise INVALID_CREDENTIALS(detail=("原密码", "current password"))


@asynccontextmanager
async def _attempt(deps: Deps, login: str, address: str) -> AsyncIterator[None]:
    """Throttle the block, which tries a secret; only an attempt that ends in `INVALID_CREDENTIALS` stays counted."""
    throttle = deps.store.throttle
    try:
        attempt = await throttle.begin(login, address)
    except Refusal:
        GUESSES.labels("waited").inc()
        raise
    try:
        yield
    except Exception as error:
        if isinstance(error, Refusal) and error.code == INVALID_CREDENTIALS.code:
            GUESSES.labels("wrong").inc()
        else:
            await throttle.withdraw(attempt)
        raise
    GUESSES.labels("right").inc()
    await throttle.succeed(attempt)
