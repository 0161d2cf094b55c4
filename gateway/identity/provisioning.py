"""Accounts are made by who is responsible for their holder, and start with a one-time code (R3, R4, R5)."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import msgspec

from chassis.events import NATIONWIDE
from chassis.ids import new_id
from chassis.principal import Scope
from gateway.identity.account import Account, AccountState, check_holder, login_name
from gateway.identity.deps import Deps
from gateway.identity.events import AccountDisabled, AccountReset, AccountUnlocked, BaseAdded, CodeIssued, of
from gateway.identity.password_hashing import new_code
from gateway.refusals import DELEGATION_ENDED, INVALID_ACCOUNTS, PERSONAL_LOGIN
from kernel.errors import Refusal, Unblock
from kernel.free_text import Name
from kernel.identifiers import is_personal, organization_code
from kernel.personal_numbers import holds_number
from kernel.reference import provinces
from kernel.refusals import INVALID_TEXT, NOT_FOUND, UNKNOWN_PROVINCE

LITERAL_PASSWORD = "123456"  # noqa: S105 - printed in the notice
_AT_ONCE = 4
_LOGIN_DIGITS = 8
_LONGEST_ID = 64
_OUR_ID = re.compile(r"(?=.*[a-f])[0-9a-f]{24,32}")
A = TypeVar("A")
B = TypeVar("B")


class AccountRow(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An account as a file of accounts, or the ministry, has it."""

    scope: Scope
    login: str = ""
    organization: str | None = None
    bases: tuple[str, ...] = ()
    school: str | None = None
    province: str | None = None
    person: str | None = None
    name: str | None = None


async def provision(deps: Deps, *, login: str, scope: Scope, **holder: Any) -> tuple[Account, str]:
    """Create an account in its initial state, or complete one that nobody has a code of yet.

    Args:
        deps: The dependencies.
        login: Its login name.
        scope: Its role.
        holder: `organization`, `bases`, `school`, `province`, `person`, `name`, as in `Account`.

    Returns:
        The account and its activation code, which is shown once and kept only as a hash.

    Raises:
        Refusal: `INCOMPLETE_ACCOUNT`, `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `UNKNOWN_PROVINCE`,
            `PERSONAL_LOGIN`, `INVALID_TEXT`, `ACCOUNT_EXISTS`, `STALE_VERSION`.
    """
    blank = _checked(Account(new_id(), 1, login, scope, "", **holder))
    code = code_for(deps)
    made = blank.with_code(await deps.passwords.hash_code(code), datetime.now(UTC))
    try:
        return await deps.store.add(made), code
    except Refusal:
        waiting = await _waiting(deps, made)
        if waiting is None:
            raise
    bases = tuple(dict.fromkeys((*waiting.bases, *made.bases)))
    made = replace(made, id=waiting.id, version=waiting.version, bases=bases, home=waiting.home)
    made = replace(made, organization=waiting.organization)  # whom it acts for was told when it was made
    added = [BaseAdded(**of(made), base=base) for base in bases if base not in waiting.bases]
    return await deps.store.accounts.save(made, [*added, CodeIssued(**of(made))]), code


async def _waiting(deps: Deps, wanted: Account) -> Account | None:
    """The account that events made for the same holder, as long as nobody has its code."""
    found = await deps.store.by_login(wanted.login, wanted.scope)
    if not found and wanted.person:
        found = await deps.store.by_person(wanted.person, wanted.scope)
    same = [one for one in found if (one.person, one.school) == (wanted.person, wanted.school)]
    same = [one for one in same if wanted.organization in (None, one.organization)]
    return same[0] if same and same[0].waiting else None


async def issue_codes(
    deps: Deps, *, scope: Scope | None = None, province: str | None = None, missing: bool = False
) -> AsyncIterator[tuple[Account, str]]:
    """Give every account in its initial state a new code, in place of any before it (R4); those of schools' hands not.

    Args:
        deps: The dependencies.
        scope: Of that role only.
        province: Of that province only.
        missing: Only those that have no code, or one that has expired.

    Yields:
        An account and its code, once both are stored; whom somebody else changed meanwhile is left out.
    """
    now = datetime.now(UTC)
    window: list[Account] = []
    async for account in deps.store.initial(scope, province, without_code_at=now if missing else None):
        window.append(account)
        if len(window) == _AT_ONCE:
            for pair in filter(None, await side_by_side(partial(_issue, deps), window)):
                yield pair
            window.clear()
    for pair in filter(None, await side_by_side(partial(_issue, deps), window)):
        yield pair


async def side_by_side(work: Callable[[A], Awaitable[B]], rows: Iterable[A]) -> list[B]:
    """What becomes of each row, in their order, a few at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(row: A) -> B:
        async with gate:
            return await work(row)

    return list(await asyncio.gather(*(one(row) for row in rows)))


async def _issue(deps: Deps, account: Account) -> tuple[Account, str] | None:
    try:
        return await renew(deps, account)
    except Refusal:
        return None


async def provision_all(deps: Deps, rows: Sequence[Any]) -> list[dict[str, str]]:
    """Create many accounts; every row is checked before the first is written.

    Returns:
        A row each, in order: `{login, scope, code}`, or `{login, scope, refusal}` where it could not be created.

    Raises:
        Refusal: `INVALID_ACCOUNTS` with the rows that are wrong; nothing is written.
    """

    async def one(row: AccountRow) -> dict[str, str]:
        shown = {"login": login_name(row.login), "scope": row.scope.value}
        try:
            _, code = await provision(deps, **msgspec.structs.asdict(row))
        except Refusal as refusal:
            return shown | {"refusal": refusal.code}
        return shown | {"code": code}

    return await side_by_side(one, _read(rows))


async def reset(deps: Deps, *, login: str, scope: Scope) -> str:
    """Put an account back into its initial state, whatever it was, and forget its failed logins.

    Returns:
        The new code.

    Raises:
        Refusal: `NOT_FOUND`, or as `renew`.
    """
    return (await renew(deps, await _one(deps, login, scope)))[1]


async def renew(deps: Deps, account: Account) -> tuple[Account, str]:
    """The same for an account that was read before.

    Raises:
        Refusal: `DELEGATION_ENDED`: a school has one designated person, so one who was replaced is named anew (R5);
            `STALE_VERSION`.
    """
    if account.delegated and account.state is AccountState.DISABLED:
        raise DELEGATION_ENDED()
    code = code_for(deps)
    fresh = account.with_code(await deps.passwords.hash_code(code), datetime.now(UTC))
    told = CodeIssued if account.state is AccountState.INITIAL else AccountReset
    fresh = await deps.store.accounts.save(fresh, [told(**of(fresh))])
    await deps.store.end_sessions(account.id)
    await deps.store.attempts.forget(account.login)
    return fresh, code


async def unlock(deps: Deps, *, login: str, scope: Scope) -> None:
    """Forget the failed logins of an account, from every address; its password stays (R4).

    Raises:
        Refusal: `NOT_FOUND`.
    """
    account = await _one(deps, login, scope)
    await deps.store.accounts.save(account, [AccountUnlocked(**of(account))])
    await deps.store.attempts.forget(account.login)


async def disable(deps: Deps, *, login: str, scope: Scope) -> None:
    """Close an account until `reset`: no login, no refresh; what it holds ends within one token's life.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    await close(deps, await _one(deps, login, scope))


async def close(deps: Deps, account: Account) -> Account:
    """The same for an account that was read before.

    Raises:
        Refusal: `STALE_VERSION`.
    """
    closed = await deps.store.accounts.save(account.disabled(), [AccountDisabled(**of(account))])
    await deps.store.end_sessions(account.id)
    return closed


async def _one(deps: Deps, login: str, scope: Scope) -> Account:
    found = await deps.store.by_login(login_name(login), scope)
    if not found:
        raise NOT_FOUND(kind="account", id=login)
    return found[0]


def issued_login(kind: str) -> str:
    """A login name for somebody who has no organisation's code: a letter and digits, easily read aloud."""
    return kind + "".join(secrets.choice("0123456789") for _ in range(_LOGIN_DIGITS))


def code_for(deps: Deps) -> str:
    """A new activation code, or the notice's own in its literal mode (R4)."""
    return LITERAL_PASSWORD if deps.literal else new_code()


def _checked(account: Account) -> Account:
    """The account with its codes and texts validated and normalised, and the province that they name (R3, R41)."""
    account = replace(
        account,
        login=login_name(account.login),
        organization=account.organization and organization_code(account.organization),
        school=account.school and organization_code(account.school),
        name=holder_name(account.name),
    )
    check_holder(account)
    if account.login not in (account.organization, account.school):
        _check_login(account.login)
    _check_id(account.person, "person")
    for base in account.bases:
        _check_id(base, "bases")
    if account.province not in (None, *provinces()):
        raise UNKNOWN_PROVINCE(rule="R3", unblock=Unblock.ADMINISTRATOR)
    return replace(account, home=_home(account))


def holder_name(text: str | None) -> str | None:
    """The name of an account's holder, who is the actor in every event of an act (R5, R41); None for none.

    Raises:
        Refusal: `INVALID_TEXT`.
    """
    return Name.of(text or "", field="name", rule="R41").text or None


def _check_login(login: str) -> None:
    """Refuse a login name with a personal number in it, for it is in events (R41); an organisation's code may look so.

    Raises:
        Refusal: `PERSONAL_LOGIN`.
    """
    if is_personal(login):
        raise PERSONAL_LOGIN()
    if holds_number(login):
        try:
            organization_code(login)
        except Refusal as error:
            raise PERSONAL_LOGIN() from error


def _check_id(key: str | None, field: str) -> None:
    """Refuse what is no id of an aggregate; an id of ours may by chance have eleven digits in a row (R41).

    Raises:
        Refusal: `INVALID_TEXT`.
    """
    if key and not _OUR_ID.fullmatch(key) and (holds_number(key) or len(key) > _LONGEST_ID or not key.isprintable()):
        raise INVALID_TEXT(field=field, longest=_LONGEST_ID)


def _home(account: Account) -> str:
    """Its own province, else the one in the third and fourth place of its school's or organisation's code."""
    named = (account.province, *(code[2:4] for code in (account.school, account.organization) if code))
    return next((code for code in named if code in provinces()), NATIONWIDE)


def _read(rows: Sequence[Any]) -> list[AccountRow]:
    read, wrong = [], []
    for index, row in enumerate(rows):
        try:
            made = msgspec.convert(row, AccountRow)
            _checked(Account("", 1, secret="", **msgspec.structs.asdict(made)))
            read.append(made)
        except msgspec.ValidationError as error:
            wrong.append({"row": index, "reason": str(error)})
        except Refusal as refusal:
            wrong.append({"row": index, "reason": refusal.code, **refusal.details})
    if wrong:
        raise INVALID_ACCOUNTS(rows=wrong)
    return read
