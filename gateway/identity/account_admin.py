"""Accounts are managed by who is responsible for their holders: the ministry, and a school for its own (R3, R5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from chassis.ids import new_id
from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Session
from gateway.identity.account import Account, AccountState, login_name
from gateway.identity.authentication import acts
from gateway.identity.deps import Deps
from gateway.identity.events import AccountDisabled, PersonDelegated, of
from gateway.identity.provisioning import (
    AccountRow,
    close,
    code_for,
    holder_name,
    issued_login,
    provision,
    renew,
    side_by_side,
)
from gateway.refusals import ACCOUNT_EXISTS, INCOMPLETE_ACCOUNT
from kernel.errors import Refusal, Unblock
from kernel.refusals import BAD_REQUEST, FORBIDDEN, NOT_FOUND, TOO_MANY_ROWS, UNAUTHENTICATED

MOST_ROWS = 200
_ROWS_AN_ACT = 20
_MANAGED = {
    Scope.MINISTRY: (Scope.EXPERT, Scope.PROVINCE, Scope.BASE, Scope.SCHOOL),
    Scope.SCHOOL: (Scope.TEACHER, Scope.SCHOOL),
}


class _BySchool(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An account as a school asks for it: of a teacher on file, or of the designated person."""

    scope: Scope
    person: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of one row: an account and its code, which is shown once, or a refusal."""

    account: Account | None = None
    code: str | None = None
    refusal: Refusal | None = None


async def manager(deps: Deps, token: str) -> Account:
    """The account that manages others by this token, as it is now: who was closed a second ago manages nothing.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `FORBIDDEN`, `RATE_LIMITED`.
    """
    account = await deps.store.accounts.find(deps.sessions.check(token).principal.subject)
    if account is None or account.state is not AccountState.ACTIVE:
        raise UNAUTHENTICATED()
    if account.scope not in _MANAGED:
        raise FORBIDDEN(rule="R3")
    await deps.store.attempts.act(account.id)
    return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which of the accounts in one's hands; what is left out does not count.

    Attributes:
        home: The province that they are counted in.
    """

    scope: Scope | None = None
    state: AccountState | None = None
    home: str | None = None
    login: str | None = None


async def managed(deps: Deps, by: Account, which: Selection, page: PageRequest) -> list[Account]:
    """The accounts that an account manages, by their ids; one more than asked for, where there is one."""
    mine = [one.value for one in _MANAGED[by.scope] if which.scope in (None, one)]
    wanted = {
        "school": by.school if by.scope is Scope.SCHOOL else None,
        "state": which.state and which.state.value,
        "home": which.home,
        "login": which.login and login_name(which.login),
    }
    named = {name: value for name, value in wanted.items() if value is not None}
    return await deps.store.page({"scope": {"$in": mine}} | named, page)


async def issue(deps: Deps, by: Account, rows: Sequence[Any]) -> list[Issued]:
    """Give each row an account and a code, or say why not; each row by itself.

    Raises:
        Refusal: `TOO_MANY_ROWS`, `RATE_LIMITED`: every twenty rows count as one request.
    """
    if not 0 < len(rows) <= MOST_ROWS:
        raise TOO_MANY_ROWS(rule="R3", limit=MOST_ROWS)
    if more := (len(rows) - 1) // _ROWS_AN_ACT:
        await deps.store.attempts.act(by.id, more)

    async def one(row: Any) -> Issued:
        try:
            return Issued(*await _issue(deps, by, row))
        except Refusal as refusal:
            return Issued(refusal=refusal)

    with acts(by):
        return await side_by_side(one, rows)


async def reissue(deps: Deps, by: Account, key: str) -> Issued:
    """Another code for an account that is managed, which is in its initial state again (R4).

    Raises:
        Refusal: `NOT_FOUND`, or as `renew`.
    """
    account = await _managed(deps, by, key)
    with acts(by):
        return Issued(*await renew(deps, account))


async def withdraw(deps: Deps, by: Account, key: str) -> Account:
    """Close an account that is managed, until it gets another code.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`.
    """
    account = await _managed(deps, by, key)
    with acts(by):
        return await close(deps, account)


async def _issue(deps: Deps, by: Account, row: Any) -> tuple[Account, str]:
    try:
        if by.scope is Scope.MINISTRY:
            return await _by_ministry(deps, msgspec.convert(row, AccountRow))
        return await _by_school(deps, by, msgspec.convert(row, _BySchool))
    except msgspec.ValidationError as error:
        raise BAD_REQUEST(rule="R3", detail=(f"账号资料有误：{error}", str(error))) from error


async def _by_ministry(deps: Deps, row: AccountRow) -> tuple[Account, str]:
    if row.scope not in _MANAGED[Scope.MINISTRY]:
        raise FORBIDDEN(rule="R3")
    issued = issued_login("e") if row.scope is Scope.EXPERT and not row.login else row.login
    return await provision(deps, **{**msgspec.structs.asdict(row), "login": issued, "name": row.name})


async def _by_school(deps: Deps, by: Account, row: _BySchool) -> tuple[Account, str]:
    """Which teacher is whose is enrolment's to say: its event made the account, and only that one is completed."""
    if row.scope is Scope.SCHOOL:
        return await _designate(deps, by, holder_name(row.name))
    if row.scope is not Scope.TEACHER:
        raise FORBIDDEN(rule="R3")
    known = await deps.store.by_person(row.person or "", Scope.TEACHER)
    if not known or known[0].school != by.school:
        raise NOT_FOUND(kind="teacher", id=row.person or "")
    if not known[0].waiting:
        raise ACCOUNT_EXISTS(unblock=Unblock.SELF)
    return await renew(deps, replace(known[0], name=holder_name(row.name)))


async def _designate(deps: Deps, by: Account, name: str | None) -> tuple[Account, str]:
    """Name the one person who acts for the school; whoever did before acts no more (R5).

    The school's own account carries the event, so that two who name at once meet there and one follows the other.
    """
    if by.delegated:
        raise FORBIDDEN(rule="R5")
    if not name:
        raise INCOMPLETE_ACCOUNT(rule="R5", unblock=Unblock.SELF, missing=["name"])
    code = code_for(deps)
    secret = await deps.passwords.hash_code(code)

    async def work(session: Session) -> Account:
        school = await deps.store.accounts.get(by.id, session)
        former = await deps.store.delegates(str(school.school), session)
        made = Account(new_id(), 1, issued_login("d"), Scope.SCHOOL, "", name=name, home=school.home)
        made = replace(made, organization=school.organization, school=school.school)
        made = await deps.store.add(made.with_code(secret, datetime.now(UTC)), session)
        for one in former:
            await deps.store.accounts.save(one.disabled(), [AccountDisabled(**of(one))], session)
            await deps.store.end_sessions(one.id, session)
        told = PersonDelegated(**of(school), delegate=made.id, replaced=former[0].id if former else None)
        await deps.store.accounts.save(school, [told], session)
        return made

    return await deps.store.together(work), code


async def _managed(deps: Deps, by: Account, key: str) -> Account:
    """An account in the hands of `by`; a school's own account is in the ministry's, a designated person's in its.

    Raises:
        Refusal: `NOT_FOUND`, whether it is there or not.
    """
    account = await deps.store.accounts.find(key)
    mine = account is not None and account.scope in _MANAGED[by.scope]
    if account and mine and by.scope is Scope.SCHOOL:
        mine = account.school == by.school and (account.scope is Scope.TEACHER or account.delegated > by.delegated)
    if account is None or not mine:
        raise NOT_FOUND(kind="account", id=key)
    return account
