"""A task that goes on through failures of what it depends on."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from chassis.tasks import together

PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_SECONDS = 30.0
log = structlog.get_logger()


async def forever(task: str, run: Callable[[], Awaitable[None]], errors: tuple[type[Exception], ...]) -> None:
    """Run again and again until cancelled, after growing pauses; a steady run starts the pauses afresh.

    Args:
        task: What the log calls it.
        run: Returns or raises when it is interrupted.
        errors: What counts as an interruption; anything else ends the process, for it is a defect.
    """
    failures = 0
    while True:
        started = time.monotonic()
        reasons = ["ended"]
        try:
            await together(run())
        except* errors as group:
            reasons = sorted({type(error).__name__ for error in _leaves(group)})
        failures = 1 if time.monotonic() - started > _STEADY_SECONDS else failures + 1
        log.warning("interrupted", task=task, reasons=reasons)
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1])


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
