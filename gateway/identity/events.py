"""What identity tells the audit: acts upon accounts, with nothing secret and nobody's numbers in them (R40, R41)."""

from dataclasses import dataclass
from typing import Any

from chassis.principal import Scope
from gateway.identity.account import Account


@dataclass(frozen=True, kw_only=True)
class AccountEvent:
    """What every event of an account says.

    Attributes:
        account: Its id, the subject of its tokens.
        login: Its login name.
        scope: Its one role.
        organization: Code of the organisation it acts for.
        school: School code, of schools and teachers.
        person: Id of the teacher or expert.
        province: The one that it is counted in, or `00`.
    """

    account: str
    login: str
    scope: Scope
    organization: str | None
    school: str | None
    person: str | None
    province: str


@dataclass(frozen=True, kw_only=True)
class AccountProvisioned(AccountEvent):
    """An account was made, in its initial state (R3, R4)."""

    bases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BaseAdded(AccountEvent):
    """An organisation's account acts for one more base (R2, R3).

    Attributes:
        reopened: Whether it was closed, for its last base was, and waits for a code now.
    """

    base: str
    reopened: bool = False


@dataclass(frozen=True, kw_only=True)
class BaseRemoved(AccountEvent):
    """An organisation's account acts for one base less, which was closed or merged (R2)."""

    base: str


@dataclass(frozen=True, kw_only=True)
class CodeIssued(AccountEvent):
    """An account in its initial state got an activation code, instead of any before it (R4)."""


@dataclass(frozen=True, kw_only=True)
class AccountReset(AccountEvent):
    """An account was put back into its initial state with another code; its sessions ended (R4)."""


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(AccountEvent):
    """An account's failed logins were forgotten, so that its holder need not wait (R4)."""


@dataclass(frozen=True, kw_only=True)
class AccountDisabled(AccountEvent):
    """An account was closed; its sessions ended."""


@dataclass(frozen=True, kw_only=True)
class AccountMoved(AccountEvent):
    """An account is of another organisation or province from now on, or open again (R2, R3, R14, R20).

    A teacher has moved, what was on file of an expert or a base was wrong, or a withdrawn expert is back. Its sessions
    ended, for their tokens named the former one.

    Attributes:
        reopened: Whether it was closed and waits for a code of that school now.
    """

    reopened: bool


@dataclass(frozen=True, kw_only=True)
class PersonDelegated(AccountEvent):
    """A school named the one person who acts for it, by the account of that person (R5).

    Attributes:
        delegate: The person's account.
        replaced: The account of the person before, which is closed.
    """

    delegate: str
    replaced: str | None


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(AccountEvent):
    """Sessions of an account were ended from elsewhere.

    Attributes:
        sessions: How many.
        reused: By the gateway itself, for a refresh token was used twice; else by the holder.
    """

    sessions: int
    reused: bool


@dataclass(frozen=True, kw_only=True)
class PasswordSet(AccountEvent):
    """The holder set a password; `activated` when that ended the initial state (R4)."""

    activated: bool


@dataclass(frozen=True, kw_only=True)
class SecondFactorEnrolled(AccountEvent):
    """The holder enrolled a device for the second factor; the account's other sessions ended.

    Attributes:
        replaced: In place of the device before.
    """

    replaced: bool


@dataclass(frozen=True, kw_only=True)
class SecondFactorReset(AccountEvent):
    """An administrator removed the second factor, so that the next login enrols another; the sessions ended."""


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesIssued(AccountEvent):
    """The holder got other recovery codes; those before end."""


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(AccountEvent):
    """A recovery code was given for the second factor.

    Attributes:
        left: How many are left.
    """

    left: int


def of(account: Account) -> dict[str, Any]:
    """What every event of this account says."""
    return {
        "account": account.id,
        "login": account.login,
        "scope": account.scope,
        "organization": account.organization,
        "school": account.school,
        "person": account.person,
        "province": account.home,
    }


def provisioned(account: Account) -> AccountProvisioned:
    """The first event of a new account."""
    return AccountProvisioned(**of(account), bases=account.bases)
