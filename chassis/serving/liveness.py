"""What probes are answered: whether the database's driver still lives (ADR 41), and whether a process is ready."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from starlette.responses import PlainTextResponse, Response

from chassis.runtime.measures import watch_driver

_EVERY_SECONDS = 10.0
_HUNG_SECONDS = 45.0


class Canary:
    """Asks the database every ten seconds. An error is an answer too: only silence means that the driver hangs.

    An absent database raises within the driver's selection timeout, so it never ends a process that could serve again
    as soon as the database is back.

    Args:
        ask: An operation that is bounded by the driver itself, such as `chassis.storage.mongo.ping`.
        every_seconds: The pause between two questions.
        hung_seconds: After so long without an answer the driver counts as hung.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[object]],
        every_seconds: float = _EVERY_SECONDS,
        hung_seconds: float = _HUNG_SECONDS,
    ) -> None:
        self._ask = ask
        self._every_seconds = every_seconds
        self._hung_seconds = hung_seconds
        self._asked: float | None = None
        self._answered = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether the driver has answered, or may still do so in time."""
        return self._asked is None or time.monotonic() - self._asked < self._hung_seconds

    async def run(self) -> None:
        """Ask until cancelled."""
        watch_driver(lambda: time.monotonic() - self._answered)
        while True:
            self._asked = time.monotonic()
            with suppress(Exception):  # whatever it raises, the driver has answered
                await self._ask()
            self._asked = None
            self._answered = time.monotonic()
            await asyncio.sleep(self._every_seconds)


def liveness(canary: Canary | None) -> Response:
    """The answer of `/livez`.

    Args:
        canary: The process's; None while it has no database.
    """
    return _probed(canary is None or canary.alive)


def readiness(ready: bool, missing: str, *, read_only: bool = False) -> Response:
    """The answer of `/readyz`.

    Args:
        ready: Whether the process is.
        missing: What its database lacks; empty for nothing.
        read_only: Whether it refuses changes at present; it is ready, and says so.
    """
    if missing:
        return PlainTextResponse(missing, HTTPStatus.SERVICE_UNAVAILABLE)
    if ready and read_only:
        return PlainTextResponse("read-only")
    return _probed(ready)


def _probed(good: bool) -> Response:
    return Response(status_code=HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE)
