"""The use cases of an account's holder: log in, set the password, see and revoke sessions (R3, R4)."""

from datetime import UTC, datetime

from chassis.principal import Scope
from gateway.identity.account import Account, login_name
from gateway.identity.deps import Deps
from gateway.identity.events import PasswordSet, of
from gateway.identity.holder import acts, attempt, signed_in
from gateway.identity.password_policy import check_new_password, weak_password
from gateway.identity.second_factor import PASSWORD_ONLY
from gateway.identity.second_step import FurtherStep, proceed
from gateway.identity.sessions import Holder, Tokens, require_may_stay
from gateway.identity.store import Session, Stay
from gateway.refusals import INVALID_CREDENTIALS, SCOPE_REQUIRED
from kernel.refusals import NOT_FOUND, UNAUTHENTICATED


async def log_in(
    deps: Deps,
    *,
    login: str,
    password: str,
    scope: Scope | None = None,
    address: str = "",
    client: str | None = None,
    stay: Stay = Stay.TOKEN,
) -> Tokens | FurtherStep:
    """Log in with a password, or with an initial account's code, whose token can only set the password (R4).

    Args:
        deps: The dependencies.
        login: The login name, as typed.
        password: The password, or an initial account's one-time code.
        scope: Which role, where the login name has several.
        address: The client's network address, as `gateway.http.responses.address_of` gives it.
        client: The client's kind, such as `Chrome, Windows`.
        stay: How the holder stays signed in.

    Returns:
        Tokens of a new session; the further step where the role needs a second factor.

    Raises:
        Refusal: `INVALID_CREDENTIALS`, `RATE_LIMITED`, `SCOPE_REQUIRED`, `CODE_EXPIRED`, `ACCOUNT_DISABLED`,
            `KEEP_NOT_OFFERED`.
    """
    login = login_name(login)
    async with attempt(deps.store.throttle, login, address):
        accounts = await deps.store.by_login(login, scope)
        if not accounts:
            await deps.passwords.matches(None, password)  # an unknown login name takes as long as a wrong password
        matching = [account for account in accounts if await deps.passwords.matches(account.secret, password)]
        if not matching:
            raise INVALID_CREDENTIALS(rule="R3", detail=("登录名或密码错误", "login name or password"))
    if len(matching) > 1:
        raise SCOPE_REQUIRED(scopes=sorted(account.scope.value for account in matching))
    matching[0].admit(datetime.now(UTC))
    return await proceed(deps, matching[0], client, stay=stay)


async def set_password(
    deps: Deps,
    *,
    token: str,
    current: str | None,
    new: str,
    address: str = "",
    client: str | None = None,
    stay: Stay = Stay.TOKEN,
) -> Tokens | FurtherStep:
    """Set the password of the token's account and end its sessions; a new one is opened.

    Args:
        deps: The dependencies.
        token: An access token, or an initial account's.
        current: The present password; None for an initial account, whose token proves its code.
        new: The new password.
        address: The client's network address, as `gateway.http.responses.address_of` gives it.
        client: The client's kind, such as `Chrome, Windows`.
        stay: How the holder stays signed in.

    Returns:
        Tokens of the new session; the further step where the role needs a second factor and the token's session has
        not given it.

    Raises:
        Refusal: `UNAUTHENTICATED`, also for a token whose session has ended; `INVALID_CREDENTIALS`, `RATE_LIMITED`,
            `WEAK_PASSWORD`, `CODE_EXPIRED`, `ACCOUNT_DISABLED`, `STALE_VERSION`, `KEEP_NOT_OFFERED`.
    """
    holder = deps.sessions.holder(token)
    account = await deps.store.accounts.find(holder.account)
    if account is None or holder.initial not in (None, account.version):
        raise UNAUTHENTICATED()
    account.admit(datetime.now(UTC))
    require_may_stay(account, stay)
    amr: tuple[str, ...] = PASSWORD_ONLY
    if holder.initial is None:
        amr = await _proven_by(deps, holder)
        await _prove(deps, account, current or "", address)
    check_new_password(new, account.login, account.organization, account.school)
    if await deps.passwords.matches(account.secret, new):
        raise weak_password()
    event = PasswordSet(**of(account), activated=holder.initial is not None)
    secret = await deps.passwords.hash(new)
    with acts(account):
        account = await deps.store.accounts.save(account.with_password(secret), [event])
    await deps.store.end_sessions(account.id)
    return await proceed(deps, account, client, amr=amr, stay=stay)


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
    account = await signed_in(deps, token)
    with acts(account):
        ended = await deps.store.revoke(account.id, only=only, but=but)
    if only and not ended:
        raise NOT_FOUND(kind="session", id=only)
    return ended


async def _proven_by(deps: Deps, holder: Holder) -> tuple[str, ...]:
    """What the session of an access token has proven; another device or a reset ends the session (ADR 44).

    Raises:
        Refusal: `UNAUTHENTICATED`: the session has ended.
    """
    session = await deps.store.session(holder.session)
    if session is None or session.account != holder.account:
        raise UNAUTHENTICATED()
    return session.amr


async def _prove(deps: Deps, account: Account, current: str, address: str) -> None:
    """Check the present password, throttled: a stolen access token must not be a way to try passwords."""
    async with attempt(deps.store.throttle, account.login, address):
        if not await deps.passwords.matches(account.secret, current):
            raise INVALID_CREDENTIALS(detail=("原密码错误", "current password"))
