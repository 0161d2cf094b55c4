"""Accounts of a local suite: provisioned by the gateway's own command and activated over HTTP, as real ones are."""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from deploy.local.process import StartFailed
from deploy.local.suite import GATEWAY, ROOT, Suite
from deploy.seed.graph_client import Client


@dataclass(slots=True)
class Desk:
    """Hands out accounts, and signed-in clients for them.

    Attributes:
        suite: The running suite.
        http: The HTTP session of its clients.
        password: What every account of this suite is activated with.
        codes: One-time codes of accounts that were left in their initial state, by login.
    """

    suite: Suite
    http: aiohttp.ClientSession
    password: str
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def public(self) -> Client:
        """Anybody."""
        return Client(self.suite.url, self.http)

    async def provision(self, *rows: dict[str, Any]) -> dict[tuple[str, str], str]:
        """Provision accounts; returns their one-time codes by (login, scope).

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

    async def open(self, *rows: dict[str, Any]) -> list[Client]:
        """Provision accounts, activate each with its code (R4), and sign in."""
        codes = await self.provision(*rows)
        return await asyncio.gather(*(self._activate(row, codes[row["login"], row["scope"]]) for row in rows))

    async def _activate(self, row: dict[str, Any], code: str) -> Client:
        return await self.public.activate(row["login"], code, self.password, row["scope"])

    async def sign_in(self, login: str, scope: str) -> Client:
        """Sign in to an account that was opened before."""
        return await self.public.login(login, self.password, scope)
