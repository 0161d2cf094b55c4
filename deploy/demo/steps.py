"""The steps of a story: what must hold, at once or in time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

_DEADLINE_SECONDS = 30.0


class Broken(Exception):  # noqa: N818 - named for what happened to the story
    """A step did not hold."""


def holds(condition: object, message: str) -> None:
    """Check a step.

    Raises:
        Broken: It does not hold.
    """
    if not condition:
        raise Broken(message)


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Poll until `look` gives something true: what another service learns by an event.

    Raises:
        Broken: Not within 30 s.
    """
    end = time.monotonic() + _DEADLINE_SECONDS
    while True:
        found = await look()
        if found:
            return found
        holds(time.monotonic() < end, f"still waiting for {what}")
        await asyncio.sleep(0.05)
