"""The watchdog of a process ends it when it says that it does (ADR 41)."""

import asyncio

import pytest

from chassis.serving import watchdog as module
from chassis.serving.watchdog import STALLED, Watchdog

STALL = 20.0


class Ended(Exception):  # noqa: N818 - the process's end, no error
    """The process would have ended."""


class Waits:
    """An event that never comes, and adds up how long it was waited for."""

    seconds = 0.0

    def wait(self, seconds: float) -> bool:
        self.seconds += seconds
        return False


async def test_a_loop_may_stand_still_for_as_long_as_the_log_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(code: int, event: str, _: object) -> None:
        assert (code, event) == (STALLED, "the event loop has stood still for more than 20 s")
        raise Ended

    watchdog, waits = Watchdog(STALL, 60.0), Waits()
    monkeypatch.setattr(module, "_exit", ended)
    monkeypatch.setattr(watchdog, "_ended", waits)
    with pytest.raises(Ended):
        watchdog._watch(asyncio.get_running_loop(), 0)
    assert STALL < waits.seconds < 1.1 * STALL
