"""Manage the accounts of others: the ministry's use cases, and a school's for its own people (R3, R5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from gateway.identity.account import Account, AccountState, login_name
from gateway.identity.deps import Deps
from gateway.identity.holder import acts, signed_in
from gateway.identity.provisioning import (
    AccountRow,
    close,
    holder_name,
    issued_login,
    provision,
    renew,
    side_by_side,
)
from gateway.identity.second_step import reset_factor
from gateway.refusals import ACCOUNT_EXISTS, NOT_DESIGNATED
from kernel.errors import Refusal, Unblock
from kernel.refusals import BAD_REQUEST, FORBIDDEN, NOT_FOUND, TOO_MANY_ROWS

MOST_ROWS = 200
_ROWS_AN_ACT = 20
_MANAGED = {
    Scope.MINISTRY: (Scope.EXPERT, Scope.PROVINCE, Scope.BASE, Scope.SCHOOL),
    Scope.SCHOOL: (Scope.TEACHER, Scope.SCHOOL),
}


class SchoolRow(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An account as a school asks for it: of a teacher on file (`person`), or of its designated person."""

    scope: Scope
    person: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """The result of one row: an account and its code, which is shown once, or a refusal."""

    account: Account | None = None
    code: str | None = None
    refusal: Refusal | None = None


async def manager(deps: Deps, token: str) -> Account:
    """The account of an access token, if it manages others; read anew, so that a closed account manages nothing.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `FORBIDDEN`, `RATE_LIMITED`.
    """
    account = await signed_in(deps, token)
    if account.scope not in _MANAGED:
        raise FORBIDDEN(rule="R3")
    await deps.store.throttle.act(account.id)
    return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which of the managed accounts to list; None selects all.

    Attributes:
        scope: Their role.
        state: Their state.
        home: Code of the province that they are counted in.
        login: Their login name, as typed.
    """

    scope: Scope | None = None
    state: AccountState | None = None
    home: str | None = None
    login: str | None = None


async def managed(deps: Deps, actor: Account, selection: Selection, page: PageRequest) -> list[Account]:
    """A page of the accounts that an account manages, ordered by id.

    Args:
        deps: The dependencies.
        actor: Who asks: an account that `manager` has returned.
        selection: Which of them.
        page: Which page.

    Returns:
        One account more than asked for, where there is one, so that the caller knows of a next page.
    """
    scopes = [scope.value for scope in _MANAGED[actor.scope] if selection.scope in (None, scope)]
    attributes = {
        "school": actor.school if actor.scope is Scope.SCHOOL else None,
        "state": selection.state and selection.state.value,
        "home": selection.home,
        "login": selection.login and login_name(selection.login),
    }
    selected = {name: value for name, value in attributes.items() if value is not None}
    return await deps.store.page({"scope": {"$in": scopes}} | selected, page)


async def issue(deps: Deps, actor: Account, rows: Sequence[Any]) -> list[Issued]:
    """Create an account with a code for each row, or refuse that row; each row by itself.

    Args:
        deps: The dependencies.
        actor: Who asks: an account that `manager` has returned.
        rows: 1 to 200 rows as JSON: `AccountRow` for the ministry, `SchoolRow` for a school.

    Returns:
        A result for each row, in order.

    Raises:
        Refusal: `TOO_MANY_ROWS`, `RATE_LIMITED`: every twenty rows count as one request.
    """
    if not 0 < len(rows) <= MOST_ROWS:
        raise TOO_MANY_ROWS(rule="R3", limit=MOST_ROWS)
    if further_acts := (len(rows) - 1) // _ROWS_AN_ACT:
        await deps.store.throttle.act(actor.id, further_acts)

    async def issue_row(row: Any) -> Issued:
        try:
            return Issued(*await _issue(deps, actor, row))
        except Refusal as refusal:
            return Issued(refusal=refusal)

    with acts(actor):
        return await side_by_side(issue_row, rows)


async def reissue(deps: Deps, actor: Account, key: str) -> Issued:
    """Issue another code of a managed account, which is then in its initial state again (R4).

    Args:
        deps: The dependencies.
        actor: Who asks: an account that `manager` has returned.
        key: The managed account's id.

    Raises:
        Refusal: `NOT_FOUND`, or as `renew`.
    """
    account = await _managed(deps, actor, key)
    with acts(actor):
        return Issued(*await renew(deps, account))


async def close_managed(deps: Deps, actor: Account, key: str) -> Account:
    """Close a managed account until it gets another code.

    Args:
        deps: The dependencies.
        actor: Who asks: an account that `manager` has returned.
        key: The managed account's id.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`.
    """
    account = await _managed(deps, actor, key)
    with acts(actor):
        return await close(deps, account)


async def reset_second_factor(deps: Deps, actor: Account, key: str) -> Account:
    """Remove the second factor of a managed account, whose next login enrols another device (ADR 44).

    Args:
        deps: The dependencies.
        actor: Who asks: an account that `manager` has returned.
        key: The managed account's id.

    Raises:
        Refusal: `NOT_FOUND`, also where no device is enrolled; `STALE_VERSION`.
    """
    account = await _managed(deps, actor, key)
    with acts(actor):
        return await reset_factor(deps, account)


async def _issue(deps: Deps, actor: Account, row: Any) -> tuple[Account, str]:
    try:
        if actor.scope is Scope.MINISTRY:
            return await _issue_by_ministry(deps, msgspec.convert(row, AccountRow))
        return await _issue_by_school(deps, actor, msgspec.convert(row, SchoolRow))
    except msgspec.ValidationError as error:
        raise BAD_REQUEST(rule="R3", detail=(f"账号资料有误：{error}", str(error))) from error


async def _issue_by_ministry(deps: Deps, row: AccountRow) -> tuple[Account, str]:
    if row.scope not in _MANAGED[Scope.MINISTRY]:
        raise FORBIDDEN(rule="R3")
    login = issued_login("e") if row.scope is Scope.EXPERT and not row.login else row.login
    return await provision(deps, **{**msgspec.structs.asdict(row), "login": login})


async def _issue_by_school(deps: Deps, actor: Account, row: SchoolRow) -> tuple[Account, str]:
    """Complete the account of a teacher or of the designated person, which enrollment's event made for the school."""
    if row.scope is Scope.SCHOOL:
        return await _issue_to_designated(deps, actor, holder_name(row.name))
    if row.scope is not Scope.TEACHER:
        raise FORBIDDEN(rule="R3")
    accounts = await deps.store.by_person(row.person or "", Scope.TEACHER)
    if not accounts or accounts[0].school != actor.school:
        raise NOT_FOUND(kind="teacher", id=row.person or "")
    if not accounts[0].waiting:
        raise ACCOUNT_EXISTS(unblock=Unblock.SELF)
    return await renew(deps, replace(accounts[0], name=holder_name(row.name)))


async def _issue_to_designated(deps: Deps, actor: Account, name: str | None) -> tuple[Account, str]:
    """Issue the code of the account that the school's designation has made (R5).

    Args:
        deps: The dependencies.
        actor: The school's own account.
        name: The person's name, to be sure; None for whoever is designated.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_DESIGNATED` or `ACCOUNT_EXISTS`.
    """
    if actor.delegated:
        raise FORBIDDEN(rule="R5")
    delegates = [account for account in await deps.store.delegates(str(actor.school)) if account.person]
    live = [account for account in delegates if account.state is not AccountState.DISABLED]
    if not live or name not in (None, live[-1].name):
        raise NOT_DESIGNATED()
    if not live[-1].waiting:
        raise ACCOUNT_EXISTS(unblock=Unblock.SELF)
    return await renew(deps, live[-1])


async def _managed(deps: Deps, actor: Account, key: str) -> Account:
    """The account of that id, if `actor` manages it.

    The ministry manages a school's own account, the school its designated person's and its teachers'.

    Raises:
        Refusal: `NOT_FOUND`, whether the account exists or not.
    """
    account = await deps.store.accounts.find(key)
    if account is None or not _manages(actor, account):
        raise NOT_FOUND(kind="account", id=key)
    return account


def _manages(actor: Account, account: Account) -> bool:
    if account.scope not in _MANAGED[actor.scope]:
        return False
    if actor.scope is not Scope.SCHOOL:
        return True
    designated_by_school = account.delegated and not actor.delegated
    return account.school == actor.school and (account.scope is Scope.TEACHER or designated_by_school)
