"""An account and what its state allows (R3, R4): pure decisions, no storage and no hashing."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from chassis.events import NATIONWIDE
from chassis.principal import Principal, Scope
from gateway.refusals import ACCOUNT_DISABLED, CODE_EXPIRED, INCOMPLETE_ACCOUNT

CODE_LIFETIME = timedelta(days=30)

_CREDIT_CODE = re.compile(r"[0-9A-Za-z]{18}")
_CONFINED_BY = {
    Scope.BASE: ("bases",),
    Scope.SCHOOL: ("school",),
    Scope.PROVINCE: ("province",),
    Scope.TEACHER: ("school", "person"),
}


class AccountState(StrEnum):
    """An INITIAL account can only set its password; a DISABLED one can do nothing."""

    INITIAL = "INITIAL"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of one role; login name and role together are unique (R3).

    Attributes:
        id: Opaque id, the subject of its tokens.
        version: Version for optimistic locking, from 1.
        login: School code, unified social credit code, or a name issued when provisioned.
        scope: Its one role.
        secret: argon2id hash of the password, or of the activation code while INITIAL; empty before the first code.
        state: See `AccountState`.
        code_expires_at: When the activation code expires.
        organization: Code of the organisation it acts for.
        bases: Ids of its bases, for scope base.
        school: School code, for scopes school and teacher.
        province: Province code, for scope province.
        person: Id of the teacher, the expert or the designated person.
        name: Name of the holder, recorded in every act (R5).
        home: Code of the province that it is counted in, `00` for none; it grants no access.
        designation: Of a school's own account, the version of the school whose designation the accounts follow (R5).
        baseless: Whether it was closed because its last base was, so that another base opens it again (R2).
    """

    id: str
    version: int
    login: str
    scope: Scope
    secret: str
    state: AccountState = AccountState.INITIAL
    code_expires_at: datetime | None = None
    organization: str | None = None
    bases: tuple[str, ...] = ()
    school: str | None = None
    province: str | None = None
    person: str | None = None
    name: str | None = None
    home: str = NATIONWIDE
    designation: int = 0
    baseless: bool = False

    @property
    def waiting(self) -> bool:
        """Whether no code has been issued yet: an event created it."""
        return not self.secret

    @property
    def proof(self) -> str:
        """Digest of the secret's hash; a session compares it to learn whether its secret is still set."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    @property
    def delegated(self) -> bool:
        """Whether it belongs to a designated person, who acts for a school beside the school's own account (R5)."""
        return self.scope is Scope.SCHOOL and self.login != self.school

    def principal(self) -> Principal:
        """The principal of whoever is signed in with this account."""
        return Principal(
            subject=self.id,
            scope=self.scope,
            organization=self.organization,
            bases=self.bases,
            school=self.school,
            province=self.province,
            person=self.person,
            name=self.name,
            login=self.login,
        )

    def admit(self, now: datetime) -> None:
        """Refuse a login, whose secret is right, where the state does not allow it.

        Raises:
            Refusal: `ACCOUNT_DISABLED`, or `CODE_EXPIRED` for an initial account whose code has expired (R4).
        """
        if self.state is AccountState.DISABLED:
            raise ACCOUNT_DISABLED()
        if self.state is AccountState.INITIAL and self.code_expires_at and now >= self.code_expires_at:
            raise CODE_EXPIRED()

    def with_base(self, base: str) -> Self:
        """The account with one more base to act for; one closed for having none waits for a code again (R2)."""
        account = replace(self, bases=(*self.bases, base), baseless=False)
        return account.reopened() if self.baseless else account

    def without_base(self, base: str) -> Self:
        """The account with one base less to act for (R2)."""
        return replace(self, bases=tuple(own for own in self.bases if own != base))

    def disabled(self, *, baseless: bool = False) -> Self:
        """The account closed; a new code opens it while its holder goes on, another base one that had none (R2)."""
        return replace(self, state=AccountState.DISABLED, code_expires_at=None, baseless=baseless)

    def named(self, person: str, name: str) -> Self:
        """The account of a designated person under the person's name; one that was closed waits for a code (R5)."""
        return replace(self, person=person, name=name).reopened()

    def moved_to(self, school: str, home: str) -> Self:
        """A teacher's account, acting for another school; a closed one waits for a code again (R20)."""
        return replace(self, school=school, organization=school, home=home).reopened()

    def reopened(self) -> Self:
        """The account waiting for a code again where it was closed; any other stays as it is."""
        if self.state is not AccountState.DISABLED:
            return self
        return replace(self, state=AccountState.INITIAL, secret="", code_expires_at=None)

    def with_password(self, secret: str) -> Self:
        """The account active, with the hash of a password that its holder has set (R4)."""
        return replace(self, secret=secret, state=AccountState.ACTIVE, code_expires_at=None)

    def with_code(self, secret: str, now: datetime) -> Self:
        """The account in its initial state, with the hash of a code issued at `now`, good for 30 days (R4)."""
        expires_at = now + CODE_LIFETIME
        return replace(self, secret=secret, state=AccountState.INITIAL, code_expires_at=expires_at, baseless=False)


def login_name(text: str) -> str:
    """A login name as it is stored: full-width characters as ASCII, no blanks, a credit code in upper case (R3)."""
    name = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return name.upper() if _CREDIT_CODE.fullmatch(name) else name


def check_holder(account: Account) -> None:
    """Refuse an account that lacks what confines its rows, such as a school account without a school (R3).

    Raises:
        Refusal: `INCOMPLETE_ACCOUNT` with the names of the missing attributes.
    """
    missing = [name for name in _CONFINED_BY.get(account.scope, ()) if not getattr(account, name)]
    if missing or account.scope is Scope.PUBLIC or not account.login:
        raise INCOMPLETE_ACCOUNT(missing=missing)
