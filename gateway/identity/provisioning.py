"""Create accounts, issue and reset their one-time codes, close them (R3, R4, R5)."""

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
from gateway.identity.events import AccountReset, AccountUnlocked, BaseAdded, CodeIssued, of
from gateway.identity.password_hashing import new_code
from gateway.refusals import DELEGATION_ENDED, HOLDER_ENDED, INVALID_ACCOUNTS, PERSONAL_LOGIN
from kernel.errors import Refusal, Unblock
from kernel.free_text import PersonName
from kernel.identifiers import is_personal, organization_code
from kernel.personal_numbers import holds_number
from kernel.reference import provinces
from kernel.refusals import INVALID_TEXT, NOT_FOUND, UNKNOWN_PROVINCE

LITERAL_PASSWORD = "123456"  # noqa: S105 - printed in the notice
_AT_ONCE = 4
_LOGIN_DIGITS = 8
_LONGEST_ID = 64
_OUR_ID = re.compile(r"(?=.*[a-f])[0-9a-f]{24,32}")
_ENDED = {
    "base": (("该单位已无存续的培训基地", "The organisation has no base any more"), Unblock.MINISTRY),
    "school": (("该学校已撤销或并入其他学校", "The school was closed or merged into another"), Unblock.MINISTRY),
    "expert": (("该专家已退出", "The expert has withdrawn"), Unblock.MINISTRY),
    "teacher": (("该教师已不在任何学校", "The teacher is at no school any more"), Unblock.SCHOOL),
}
"""Why nobody acts by an account of that kind any more, and who puts its holder on file again."""
A = TypeVar("A")
B = TypeVar("B")


class AccountRow(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An account as a file of accounts lists it, or as the ministry asks for it; see `Account` for the fields."""

    scope: Scope
    login: str = ""
    organization: str | None = None
    bases: tuple[str, ...] = ()
    school: str | None = None
    province: str | None = None
    person: str | None = None
    name: str | None = None


async def provision(deps: Deps, *, login: str, scope: Scope, **holder: Any) -> tuple[Account, str]:
    """Create an account in its initial state, or complete one that an event created and nobody has a code of yet.

    Args:
        deps: The dependencies.
        login: Its login name, as typed.
        scope: Its role.
        holder: `organization`, `bases`, `school`, `province`, `person`, `name`, as in `Account`.

    Returns:
        The account and its activation code, which is shown once and stored only as a hash.

    Raises:
        Refusal: `INCOMPLETE_ACCOUNT`, `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `UNKNOWN_PROVINCE`,
            `PERSONAL_LOGIN`, `INVALID_TEXT`, `ACCOUNT_EXISTS`, `HOLDER_ENDED`, `DELEGATION_ENDED`, `STALE_VERSION`.
    """
    blank = _checked(Account(new_id(), 1, login, scope, "", **holder))
    await _check_holder_goes_on(deps, blank)
    code = code_for(deps)
    account = blank.with_code(await deps.passwords.hash_code(code), datetime.now(UTC))
    try:
        return await deps.store.add(account), code
    except Refusal:
        existing = await _without_code(deps, account)
        if existing is None:
            raise
    await _check_may_open(deps, existing if existing.scope is not Scope.BASE else account)
    bases = tuple(dict.fromkeys((*existing.bases, *account.bases)))
    account = replace(account, id=existing.id, version=existing.version, bases=bases, home=existing.home)
    account = replace(account, organization=existing.organization)  # its first event has named the organisation
    added = [BaseAdded(**of(account), base=base) for base in bases if base not in existing.bases]
    return await deps.store.accounts.save(account, [*added, CodeIssued(**of(account))]), code


async def _without_code(deps: Deps, wanted: Account) -> Account | None:
    """The account that events created for the same holder, unless a code of it has been issued."""
    accounts = await deps.store.by_login(wanted.login, wanted.scope)
    if not accounts and wanted.person:
        accounts = await deps.store.by_person(wanted.person, wanted.scope)
    for account in accounts:
        same_holder = (account.person, account.school) == (wanted.person, wanted.school)
        if same_holder and wanted.organization in (None, account.organization):
            return account if account.waiting else None
    return None


async def issue_codes(
    deps: Deps, *, scope: Scope | None = None, province: str | None = None, missing: bool = False
) -> AsyncIterator[tuple[Account, str]]:
    """Give accounts in their initial state a new code in place of any before it (R4).

    Codes that schools hand out, of their teachers and designated persons, are left to them.

    Args:
        deps: The dependencies.
        scope: Only accounts of that role.
        province: Only accounts of that province.
        missing: Only accounts that have no code, or an expired one.

    Yields:
        An account and its code, once both are stored; an account that somebody else changed meanwhile is left out.
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
    """Do the work of each row, four at a time; the results are in the order of the rows."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def gated(row: A) -> B:
        async with gate:
            return await work(row)

    return list(await asyncio.gather(*(gated(row) for row in rows)))


async def _issue(deps: Deps, account: Account) -> tuple[Account, str] | None:
    try:
        return await renew(deps, account)
    except Refusal:
        return None


async def provision_all(deps: Deps, rows: Sequence[Any]) -> list[dict[str, str]]:
    """Create many accounts; every row is checked before the first is written.

    Args:
        deps: The dependencies.
        rows: Each an `AccountRow` as JSON.

    Returns:
        A row each, in order: `{login, scope, code}`, or `{login, scope, refusal}` where it could not be created.

    Raises:
        Refusal: `INVALID_ACCOUNTS` with the rows that are wrong; nothing is written.
    """

    async def create(row: AccountRow) -> dict[str, str]:
        shown = {"login": login_name(row.login), "scope": row.scope.value}
        try:
            _, code = await provision(deps, **msgspec.structs.asdict(row))
        except Refusal as refusal:
            return shown | {"refusal": refusal.code}
        return shown | {"code": code}

    return await side_by_side(create, _read(rows))


async def reset(deps: Deps, *, login: str, scope: Scope) -> str:
    """Put an account back into its initial state, whatever its state is, and forget its failed logins.

    Args:
        deps: The dependencies.
        login: Its login name, as typed.
        scope: Its role.

    Returns:
        The new code.

    Raises:
        Refusal: `NOT_FOUND`, or as `renew`.
    """
    _, code = await renew(deps, await _by_login(deps, login, scope))
    return code


async def renew(deps: Deps, account: Account) -> tuple[Account, str]:
    """Put an account back into its initial state, end its sessions, and forget its failed logins (R4).

    Returns:
        The account and its new code.

    Raises:
        Refusal: `HOLDER_ENDED`, `DELEGATION_ENDED`, `STALE_VERSION`.
    """
    await _check_may_open(deps, account)
    code = code_for(deps)
    renewed = account.with_code(await deps.passwords.hash_code(code), datetime.now(UTC))
    event = CodeIssued if account.state is AccountState.INITIAL else AccountReset
    renewed = await deps.store.accounts.save(renewed, [event(**of(renewed))])
    await deps.store.end_sessions(account.id)
    await deps.store.forget_failures(account.login)
    return renewed, code


async def _check_may_open(deps: Deps, account: Account) -> None:
    """Refuse a code for whoever acts for nobody any more; the account is one that has been read before.

    Raises:
        Refusal: `HOLDER_ENDED`; `DELEGATION_ENDED`: a school has one designated person, so one who was replaced is
            named anew (R5).
    """
    await _check_holder_goes_on(deps, account)
    if account.delegated and account.state is AccountState.DISABLED:
        raise DELEGATION_ENDED()


async def _check_holder_goes_on(deps: Deps, account: Account) -> None:
    """Refuse an account whose school, expert or teacher has ended by an event, or that has no base which goes on.

    Raises:
        Refusal: `HOLDER_ENDED` with the kind of what has ended.
    """
    for kind, subjects in _acts_for(account).items():
        if set(subjects) <= await deps.store.ended(kind, subjects):
            zh_en, unblock = _ENDED[kind]
            raise HOLDER_ENDED(unblock=unblock, detail=zh_en, kind=kind)


def _acts_for(account: Account) -> dict[str, tuple[str, ...]]:
    """Whom an account acts for, by the kinds of `IdentityStore.follow`; while all of a kind have ended, for nobody."""
    school, person = tuple(filter(None, [account.school])), tuple(filter(None, [account.person]))
    match account.scope:
        case Scope.BASE:
            return {"base": account.bases}
        case Scope.SCHOOL:
            return {"school": school}
        case Scope.TEACHER:
            return {"teacher": person, "school": school}
        case Scope.EXPERT if person:
            return {"expert": person}
    return {}


async def unlock(deps: Deps, *, login: str, scope: Scope) -> None:
    """Forget the failed logins of an account, from every address; its password stays (R4).

    Args:
        deps: The dependencies.
        login: Its login name, as typed.
        scope: Its role.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    account = await _by_login(deps, login, scope)
    await deps.store.accounts.save(account, [AccountUnlocked(**of(account))])
    await deps.store.forget_failures(account.login)


async def disable(deps: Deps, *, login: str, scope: Scope) -> None:
    """Close an account until `reset`: no login, no refresh; its access tokens end within ten minutes.

    Args:
        deps: The dependencies.
        login: Its login name, as typed.
        scope: Its role.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`.
    """
    await close(deps, await _by_login(deps, login, scope))


async def close(deps: Deps, account: Account) -> Account:
    """Close an account and end its sessions.

    Raises:
        Refusal: `STALE_VERSION`.
    """
    return await deps.store.close_account(account)


async def _by_login(deps: Deps, login: str, scope: Scope) -> Account:
    accounts = await deps.store.by_login(login_name(login), scope)
    if not accounts:
        raise NOT_FOUND(kind="account", id=login)
    return accounts[0]


def issued_login(kind: str) -> str:
    """A random login name for somebody who has no organisation's code: a letter and eight digits.

    Args:
        kind: The letter: `e` for experts, `t` for teachers, `d` for designated persons.
    """
    return kind + "".join(secrets.choice("0123456789") for _ in range(_LOGIN_DIGITS))


def code_for(deps: Deps) -> str:
    """A new activation code, or the notice's own in its literal mode (R4)."""
    return LITERAL_PASSWORD if deps.literal else new_code()


def _checked(account: Account) -> Account:
    """The account with its codes and texts validated and normalised, and its home province (R3, R41)."""
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
        raise UNKNOWN_PROVINCE(field="province", rule="R3", unblock=Unblock.ADMINISTRATOR)
    return replace(account, home=_home(account))


def holder_name(text: str | None) -> str | None:
    """The name of an account's holder, who is the actor in every event of an act (R5, R41); None for none.

    Raises:
        Refusal: `INVALID_TEXT` or `INVALID_NAME`.
    """
    return PersonName.of(text or "", field="name", rule="R5").text or None


def _check_login(login: str) -> None:
    """Refuse a login name with a personal number in it, for events carry it (R41); an organisation's code may look so.

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
    """Refuse what cannot be an aggregate's id; one that we issued may by chance have eleven digits in a row (R41).

    Raises:
        Refusal: `INVALID_TEXT`.
    """
    if key and not _OUR_ID.fullmatch(key) and (holds_number(key) or len(key) > _LONGEST_ID or not key.isprintable()):
        raise INVALID_TEXT(field=field, longest=_LONGEST_ID)


def _home(account: Account) -> str:
    """Its own province, else the third and fourth characters of its school's or organisation's code, else `00`."""
    candidates = (account.province, *(code[2:4] for code in (account.school, account.organization) if code))
    return next((code for code in candidates if code in provinces()), NATIONWIDE)


def _read(rows: Sequence[Any]) -> list[AccountRow]:
    """The rows, each checked.

    Raises:
        Refusal: `INVALID_ACCOUNTS` with every row that is wrong, by its index from 0.
    """
    accepted, wrong = [], []
    for index, row in enumerate(rows):
        try:
            account_row = msgspec.convert(row, AccountRow)
            _checked(Account("", 1, secret="", **msgspec.structs.asdict(account_row)))
            accepted.append(account_row)
        except msgspec.ValidationError as error:
            wrong.append({"row": index, "reason": str(error)})
        except Refusal as refusal:
            wrong.append({"row": index, "reason": refusal.code, **refusal.details})
    if wrong:
        raise INVALID_ACCOUNTS(rows=wrong)
    return accepted
