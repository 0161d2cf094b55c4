"""The use cases of identity: provision, log in, set a password (R3, R4)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.errors import Refusal, Unblock, not_found
from chassis.ids import new_id
from chassis.principal import Scope
from gateway.identity.account import Account, check_new_password
from gateway.identity.passwords import Passwords, new_code
from gateway.identity.sessions import Sessions, Tokens
from gateway.identity.store import IdentityStore

LITERAL_PASSWORD = "123456"  # noqa: S105 - printed in the notice


@dataclass(frozen=True, slots=True)
class Identity:
    """What the use cases need.

    Attributes:
        store: Accounts and sessions.
        passwords: Hashing.
        sessions: Tokens.
        literal: The notice's literal mode: every initial password is 123456 instead of a random code (R4).
    """

    store: IdentityStore
    passwords: Passwords
    sessions: Sessions
    literal: bool = False


async def provision(identity: Identity, *, login: str, scope: Scope, **holder: Any) -> tuple[Account, str]:
    """Create an account in its initial state.

    Args:
        identity: The dependencies.
        login: Its login name.
        scope: Its role.
        holder: `organization`, `bases`, `school`, `province`, `person`, `name`, as in `Account`.

    Returns:
        The account and its activation code, which is shown once and kept only as a hash.

    Raises:
        Refusal: `ACCOUNT_EXISTS`.
    """
    code = LITERAL_PASSWORD if identity.literal else new_code()
    secret = await identity.passwords.hash(code)
    blank = Account(new_id(), 1, login, scope, secret, **holder)
    return await identity.store.add(blank.with_code(secret, datetime.now(UTC))), code


async def reset(identity: Identity, *, login: str, scope: Scope) -> str:
    """Put an account back into its initial state; returns the new code.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    found = await identity.store.by_login(login, scope)
    if not found:
        raise not_found("account", login)
    code = LITERAL_PASSWORD if identity.literal else new_code()
    await identity.store.accounts.save(found[0].with_code(await identity.passwords.hash(code), datetime.now(UTC)))
    await identity.store.end_sessions(found[0].id)
    return code


async def log_in(identity: Identity, *, login: str, password: str, scope: Scope | None) -> Tokens:
    """Tokens for the right secret; an initial account's lets it set its password only (R4).

    Raises:
        Refusal: `INVALID_CREDENTIALS`, `RATE_LIMITED`, `SCOPE_REQUIRED`, `CODE_EXPIRED`, `ACCOUNT_DISABLED`.
    """
    await identity.store.throttle(login)
    known = await identity.store.by_login(login, scope)
    if not known:
        await identity.passwords.matches(None, password)
    right = [account for account in known if await identity.passwords.matches(account.secret, password)]
    if not right:
        await identity.store.failed(login)
        raise Refusal(
            "INVALID_CREDENTIALS", "登录名或密码错误", "Wrong login name or password", rule="R3", unblock=Unblock.SELF
        )
    await identity.store.succeeded(login)
    if len(right) > 1:
        scopes = sorted(account.scope.value for account in right)
        raise Refusal(
            "SCOPE_REQUIRED",
            "该登录名对应多个角色，请选择",
            "This login name has several roles: choose one",
            rule="R3",
            unblock=Unblock.SELF,
            scopes=scopes,
        )
    right[0].admit(datetime.now(UTC))
    return await identity.sessions.open(right[0])


async def set_password(identity: Identity, *, token: str, current: str | None, new: str) -> Tokens:
    """Set the password of the token's account; its other sessions end.

    Args:
        identity: The dependencies.
        token: An access token, or an initial account's.
        current: The present password; an initial account has just proven its code.
        new: The new password.

    Raises:
        Refusal: `UNAUTHENTICATED`, `INVALID_CREDENTIALS`, `WEAK_PASSWORD`, `STALE_VERSION`.
    """
    principal, initial = identity.sessions.holder(token)
    account = await identity.store.accounts.get(principal.subject)
    if not (initial and account.code_expires_at) and not await identity.passwords.matches(
        account.secret, current or ""
    ):
        raise Refusal("INVALID_CREDENTIALS", "原密码错误", "Wrong current password", rule="R4", unblock=Unblock.SELF)
    check_new_password(new, account.login)
    account = await identity.store.accounts.save(account.with_password(await identity.passwords.hash(new)))
    await identity.store.end_sessions(account.id)
    return await identity.sessions.open(account)
