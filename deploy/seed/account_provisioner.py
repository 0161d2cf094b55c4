"""Accounts of a local suite: imported by the gateway's own command and activated over HTTP, as real ones are."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from deploy.local.process import StartFailed
from deploy.local.suite import GATEWAY, ROOT, Suite
from deploy.seed.graph_client import Client

_AT_ONCE = 8
"""How many accounts are activated at a time: of hundreds at once some would wait too long on a slow machine."""


@dataclass(slots=True)
class AccountProvisioner:
    """Creates accounts of a running suite, and signs in to them.

    Attributes:
        suite: The running suite.
        http: The HTTP session of its clients.
        password: The password that every account is given at its activation.
        codes: One-time codes of the accounts that were left unactivated, by login.
    """

    suite: Suite
    http: aiohttp.ClientSession
    password: str
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def public(self) -> Client:
        """A client without an account."""
        return Client(self.suite.url, self.http)

    async def provision(self, *rows: dict[str, Any]) -> dict[tuple[str, str], str]:
        """Create accounts by the gateway's command line (`accounts import`).

        Args:
            rows: An account each, as the command reads it: `login`, `scope`, `name` and whom it acts for.

        Returns:
            One-time codes by `(login, scope)`.

        Raises:
            StartFailed: The command refused.
        """
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "accounts", "import", "-"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.suite.environment(GATEWAY),
            cwd=ROOT,
        )
        out, errors = await command.communicate(json.dumps(rows).encode())
        if command.returncode:
            raise StartFailed(f"accounts were refused: {errors.decode()}")
        return {(row["login"], row["scope"]): row["code"] for row in json.loads(out)}

    async def open(self, *rows: dict[str, Any], initial: Sequence[dict[str, Any]] = ()) -> list[Client]:
        """Create accounts, activate each with its code (R4), and sign in.

        Args:
            rows: The accounts, as `provision` takes them.
            initial: Accounts to create along with them and leave in their initial state; `codes` then has their codes.

        Returns:
            A client each, in the order of `rows`.
        """
        codes = await self.provision(*rows, *initial)
        self.codes |= {row["login"]: codes[row["login"], row["scope"]] for row in initial}
        places = asyncio.Semaphore(_AT_ONCE)

        async def activate(row: dict[str, Any]) -> Client:
            async with places:
                return await self.public.activate(
                    row["login"], codes[row["login"], row["scope"]], self.password, row["scope"]
                )

        return await asyncio.gather(*(activate(row) for row in rows))

    async def sign_in(self, login: str, scope: str) -> Client:
        """Sign in to an account that `open` has activated before."""
        return await self.public.login(login, self.password, scope)
