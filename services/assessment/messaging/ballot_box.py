"""The ballot box as the register speaks to it: HTTP with a secret, and not a word of any person (R34–R36)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from chassis.serving.bodies import bounded
from kernel import ballots
from kernel.encoding import from_base64url
from services.assessment.commands.evaluations import BoxAway, BoxRefused, Opened

_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)
_MOST_BYTES = 64 * 1024 * 1024
"""Of an answer: the ballots of a class of eleven thousand, or the turnout of far more boxes than a year has."""


class HttpBallotBox:
    """Speaks to the process of the ballot box.

    Args:
        url: Its address.
        secret: What it knows the register by.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def set_up(self, instrument: str, n: str, window: tuple[datetime, datetime] | None) -> str:
        """Set a box up, or move its window."""
        opens, closes = (moment.isoformat() for moment in window) if window else (None, None)
        body = {"n": n, "opensAt": opens, "closesAt": closes}
        return str((await self._ask("PUT", f"/internal/boxes/{instrument}", body))["boxKey"])

    async def window(self, instrument: str) -> tuple[datetime, datetime] | None:
        """The window that the box has."""
        found = await self._ask("GET", f"/ballots/{instrument}")
        moments = [datetime.fromisoformat(found[name]) for name in ("opensAt", "closesAt") if found[name]]
        return (moments[0], moments[1]) if len(moments) > 1 else None

    async def turnout(self) -> dict[str, int]:
        """The ballots of open boxes at the last midnight."""
        return {str(key): int(count) for key, count in (await self._ask("GET", "/internal/turnout")).items()}

    async def close(self, instrument: str) -> int:
        """Close a box."""
        return int((await self._ask("POST", f"/internal/boxes/{instrument}/close"))["counted"])

    async def open(self, instrument: str) -> Opened:
        """Take what is under the outer seals."""
        found = await self._ask("POST", f"/internal/boxes/{instrument}/open")
        inner = [from_base64url(sealed, ballots.INNER_BYTES) for sealed in found["inner"]]
        return Opened(found["receipts"], inner, int(found["unreadable"]))

    async def empty(self, instrument: str) -> None:
        """Destroy key and ballots of a box."""
        await self._ask("DELETE", f"/internal/boxes/{instrument}")

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        try:
            async with self._reply(method, path, body) as reply:
                content = orjson.loads(await bounded(reply.content.iter_any(), _MOST_BYTES))
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:  # too large is a ValueError
            raise BoxAway(type(error).__name__) from error
        if reply.status == HTTPStatus.OK and isinstance(content, dict):
            return content
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BoxAway(str(reply.status))
        raise BoxRefused(_code_of(content))

    @asynccontextmanager
    async def _reply(self, method: str, path: str, body: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.request(method, self._url + path, json=body, headers=self._headers) as reply,
        ):
            yield reply


def _code_of(content: Any) -> str:
    try:
        return str(content["errors"][0]["extensions"]["code"])
    except (KeyError, IndexError, TypeError):
        return "UNKNOWN"
