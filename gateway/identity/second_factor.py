"""The second factor (ADR 44): time-based codes (TOTP, RFC 6238), recovery codes and challenges; no storage."""

import secrets
import unicodedata
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from chassis.storage.vault import Vault
from gateway.identity.account import Account
from gateway.identity.password_hashing import new_code

STEP_SECONDS = 30
SKEW_STEPS = 1
"""How many steps a device's clock may be early or late."""
RECOVERY_CODES = 10
CHALLENGE_LIFETIME = timedelta(minutes=5)
ISSUER = "国培"
"""How the holder's device names the service."""
PASSWORD_ONLY = ("pwd",)
BY_CODE = ("otp", "mfa")
"""What a session has proven, as the claim `amr` says it (RFC 8176): the first step, and what a code adds."""
_DIGITS = 6
_SECRET_BYTES = 20
_NOT_TYPED = str.maketrans("", "", "- \t\u00a0\u3000")


class NextStep(StrEnum):
    """What a login wants after the password."""

    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    SECOND_FACTOR_ENROLLMENT_REQUIRED = "SECOND_FACTOR_ENROLLMENT_REQUIRED"


class Purpose(StrEnum):
    """What a challenge is good for, and for nothing else."""

    LOGIN = "LOGIN"
    ENROLL = "ENROLL"
    REPLACE = "REPLACE"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The second factor of an account.

    Attributes:
        id: The account's id.
        secret_sealed: The secret that the holder's device shares, sealed with the account's id (R41).
        enrolled_at: When the device was enrolled.
        last_step: The time step of the last code that was accepted; no code of it or before is accepted again.
        recovery: Keyed hashes of the recovery codes that are left.
    """

    id: str
    secret_sealed: str
    enrolled_at: datetime
    last_step: int
    recovery: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A login whose password is proven and whose code is not, or a device that is not enrolled yet.

    Attributes:
        id: Digest of the token that the client holds.
        account: Id of the account.
        proof: Digest of the password that was proven (`Account.proof`); another password ends the challenge.
        purpose: What it is good for.
        expires_at: When it ends.
        amr: What was proven (RFC 8176).
        secret_sealed: The secret of the device that is being enrolled.
    """

    id: str
    account: str
    proof: str
    purpose: Purpose
    expires_at: datetime
    amr: tuple[str, ...] = PASSWORD_ONLY
    secret_sealed: str | None = None


@dataclass(frozen=True, slots=True)
class FactorRules:
    """What keeps the secrets of second factors, and tells their time.

    Attributes:
        vault: Seals the secrets, and hashes the recovery codes.
        now: Tells the time; codes are of real time, not of domain time.
    """

    vault: Vault
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def seal(self, account: Account, secret: bytes) -> str:
        """Seal a device's secret for one account: in another account's place it does not open."""
        return self.vault.seal(f"{account.id}:{secret.hex()}")

    def open(self, account: Account, sealed: str) -> bytes:
        """The secret that was sealed for this account.

        Raises:
            ValueError: It was sealed for another.
        """
        owner, _, secret = self.vault.open(sealed).partition(":")
        if owner != account.id:
            raise ValueError("the secret of another account")
        return bytes.fromhex(secret)

    def recovery_hash(self, account: Account, code: str) -> str:
        """What is stored of a recovery code: its 60 random bits need no slow hash."""
        return self.vault.keyed_hash(f"recovery:{account.id}:{code}")


def new_secret() -> bytes:
    """A secret of 160 random bits (RFC 4226, section 4)."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """A secret as a holder types it into a device that reads no QR code."""
    return b32encode(secret).decode()


def otpauth_uri(secret: bytes, account: Account) -> str:
    """The address that a client draws as a QR code for the holder's device."""
    return _totp(secret).get_provisioning_uri(f"{account.login} ({account.scope})", ISSUER)


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step whose code this is, at most one away from now; None for no such step."""
    present = int(now.timestamp()) // STEP_SECONDS
    steps = range(present - SKEW_STEPS, present + SKEW_STEPS + 1)
    matching = [step for step in steps if compare_digest(code_at(secret, step), code)]
    return matching[-1] if matching else None


def typed(code: str) -> str:
    """A code as it is compared: full-width characters as ASCII, no blanks and hyphens, upper case."""
    return unicodedata.normalize("NFKC", code).translate(_NOT_TYPED).upper()


def is_time_based(code: str) -> bool:
    """Whether a typed code can be a device's; any other is taken for a recovery code."""
    return len(code) == _DIGITS and code.isascii() and code.isdecimal()


def new_recovery_codes() -> list[str]:
    """Ten recovery codes, each of 60 random bits."""
    return [new_code() for _ in range(RECOVERY_CODES)]


def grouped(code: str) -> str:
    """A recovery code as it is shown: in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def new_token() -> str:
    """A challenge's token, 192 random bits."""
    return secrets.token_urlsafe(24)


def token_digest(token: str) -> str:
    """What is stored of a challenge's token."""
    return sha256(token.encode()).hexdigest()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - HMAC-SHA-1 is what devices know (RFC 6238)
