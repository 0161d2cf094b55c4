"""An account and what its state lets it do (R3, R4): pure decisions, no storage and no hashing."""

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
    """INITIAL can only set its password; DISABLED can do nothing."""

    INITIAL = "INITIAL"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Account:
    """A login of one scope; (login, scope) is unique (R3).

    Attributes:
        id: Opaque; the subject of its tokens.
        version: Optimistic version.
        login: School code, unified social credit code, or a name issued when provisioned.
        scope: The one role of the account.
        secret: argon2id hash of the password, or of the one-time activation code while INITIAL; empty before the first.
        state: See `AccountState`.
        code_expires_at: When the activation code lapses.
        organization: Code of the organisation it acts for.
        bases: Its bases' ids, for scope base.
        school: School code, for scopes school and teacher.
        province: Province code, for scope province.
        person: Teacher's or expert's id.
        name: The person recorded in every act (R5).
        home: The province that it is counted in, `00` where there is none; it opens nothing.
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

    @property
    def waiting(self) -> bool:
        """Whether it was made without a code, and nobody has been given one yet."""
        return not self.secret

    @property
    def proof(self) -> str:
        """Digest of the secret, so that a session knows whether the one that opened it still holds."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    @property
    def delegated(self) -> bool:
        """Whether it is a designated person's, who acts for a school that has an account of its own (R5)."""
        return self.scope is Scope.SCHOOL and self.login != self.school

    def principal(self) -> Principal:
        """Who acts when this account is signed in."""
        return Principal(
            subject=self.id,
            scope=self.scope,
            organization=self.organization,
            bases=self.bases,
            school=self.school,
            province=self.province,
            person=self.person,
            name=self.name,
        )

    def admit(self, now: datetime) -> None:
        """Whether the right secret opens it.

        Raises:
            Refusal: `ACCOUNT_DISABLED`, or `CODE_EXPIRED` for an initial account whose code has lapsed (R4).
        """
        if self.state is AccountState.DISABLED:
            raise ACCOUNT_DISABLED()
        if self.state is AccountState.INITIAL and self.code_expires_at and now >= self.code_expires_at:
            raise CODE_EXPIRED()

    def holding(self, base: str) -> Self:
        """The account once it acts for that base too (R2)."""
        return replace(self, bases=(*self.bases, base))

    def disabled(self) -> Self:
        """The account once it may do nothing; a new code opens it again."""
        return replace(self, state=AccountState.DISABLED, code_expires_at=None)

    def with_password(self, secret: str) -> Self:
        """The account once its holder has set a password: active, the code gone (R4)."""
        return replace(self, secret=secret, state=AccountState.ACTIVE, code_expires_at=None)

    def with_code(self, secret: str, now: datetime) -> Self:
        """The account back in its initial state with a fresh activation code (R4)."""
        return replace(self, secret=secret, state=AccountState.INITIAL, code_expires_at=now + CODE_LIFETIME)


def login_name(text: str) -> str:
    """A login name as it is stored: full-width characters as ASCII, no blanks, a credit code in upper case (R3)."""
    name = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return name.upper() if _CREDIT_CODE.fullmatch(name) else name


def check_holder(account: Account) -> None:
    """Refuse an account without what confines its rows: a school account names its school, and so on (R3).

    Raises:
        Refusal: `INCOMPLETE_ACCOUNT` with what is missing.
    """
    missing = [name for name in _CONFINED_BY.get(account.scope, ()) if not getattr(account, name)]
    if missing or account.scope is Scope.PUBLIC or not account.login:
        raise INCOMPLETE_ACCOUNT(missing=missing)
