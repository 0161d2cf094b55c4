"""argon2id hashing (RFC 9106) in a bounded thread pool, so that a flood of logins is no outage (notes N30)."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Gauge

from kernel.refusals import UNAVAILABLE

T = TypeVar("T")

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are mistaken for each other
_CODE_LENGTH = 12
THREADS = 2
"""How many secrets are hashed at once."""
LOGIN_WAITING = Gauge("guopei_login_waiting", "Secrets that are hashed or wait for it")
_MOST_WAITING = 200  # about five seconds of work; later calls are refused


class Passwords:
    """Hashes and checks secrets, about 45 ms each, two at once (m = 19 MiB, t = 2, p = 1).

    Args:
        issuing: How many codes are hashed at once, so that issuing many leaves the rest of the pool to logins.
    """

    def __init__(self, issuing: int = 1) -> None:
        self._issuing = asyncio.Semaphore(issuing)
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._waiting = 0

    async def hash(self, secret: str) -> str:
        """The argon2id hash of a secret.

        Raises:
            Refusal: `UNAVAILABLE` with `retryAfter`: too many are waiting.
        """
        return await self._in_pool(self._hasher.hash, secret)

    async def hash_code(self, code: str) -> str:
        """The argon2id hash of a code that is issued; it waits so that logins can pass.

        Raises:
            Refusal: `UNAVAILABLE` with `retryAfter`: too many are waiting.
        """
        async with self._issuing:
            return await self.hash(code)

    async def matches(self, hashed: str | None, secret: str) -> bool:
        """Whether the secret is the hashed one; for an unknown account (None) it takes as long and is always false.

        Raises:
            Refusal: `UNAVAILABLE` with `retryAfter`: too many are waiting.
        """
        return await self._in_pool(self._verify, hashed or self._nobody, secret) and hashed is not None

    async def _in_pool(self, work: Callable[..., T], *secrets_: str) -> T:
        if self._waiting >= _MOST_WAITING:
            raise UNAVAILABLE(retryAfter=2)
        self._waiting += 1
        LOGIN_WAITING.inc()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *secrets_)
        finally:
            self._waiting -= 1
            LOGIN_WAITING.dec()

    def _verify(self, hashed: str, secret: str) -> bool:
        try:
            return self._hasher.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False


def new_code() -> str:
    """A one-time activation code of 60 random bits, readable over the telephone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
