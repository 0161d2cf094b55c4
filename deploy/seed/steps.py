"""How a step of the seed or the demo says what must be true: at once, or within a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

_DEADLINE_SECONDS = 30.0
_POLL_SECONDS = 0.05


class StepFailed(Exception):  # noqa: N818 - named for what happened
    """A step saw something else than it must see; the message says what."""


def check(condition: object, message: str) -> None:
    """Require a condition.

    Raises:
        StepFailed: It is not true.
    """
    if not condition:
        raise StepFailed(message)


async def wait_for(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Poll for what another service learns by an event.

    Args:
        condition: What is polled; a true result ends the wait.
        what: What is waited for, for the message.

    Returns:
        The first true result.

    Raises:
        StepFailed: There was none within 30 s.
    """
    end = time.monotonic() + _DEADLINE_SECONDS
    while True:
        result = await condition()
        if result:
            return result
        check(time.monotonic() < end, f"still waiting for {what}")
        await asyncio.sleep(_POLL_SECONDS)
