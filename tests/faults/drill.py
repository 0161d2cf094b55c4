"""What every drill does: load, fault, recovery within a bound, check, and a line of results."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.faults.checker import check, recovered
from tests.faults.field import Field
from tests.faults.load import Ledger, under_load

FULL = os.environ.get("FAULTS") == "full"
"""Whether faults last as long as `make faults` has them, or as short as `make test` needs."""
_SEED = 20240328
BOUND = 60.0 if FULL else 120.0
"""Seconds; a deadline only where other tests run beside."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drill that has passed.

    Attributes:
        seconds: From the end of the load until nothing was on its way any more.
        bound: How long that might have taken.
    """

    name: str
    acts: int
    refused: int
    seconds: float
    bound: float

    def row(self) -> str:
        """Its cells."""
        return f"{self.name} | {self.acts} | {self.refused} | 0 | 0 | 0 | {self.seconds:.1f} | {self.bound:.0f}"


@asynccontextmanager
async def drill(field: Field, outcomes: list[Outcome], name: str, *, bound: float = BOUND) -> AsyncIterator[Ledger]:
    """The block is the fault, injected while a load goes on; it ends with everything in its place again.

    Args:
        field: The suite.
        outcomes: Where the result goes.
        name: What is done to it.
        bound: Seconds after the load within which all that was promised has arrived.

    Raises:
        AssertionError: It has not, or the checker found something.
    """
    async with under_load(field, _SEED + len(outcomes)) as ledger:
        await lasting(2)
        yield ledger
        await lasting(2)
    seconds = await recovered(field, bound)
    await check(field, ledger)
    assert len(ledger.promises) > 20, "a load that does nothing proves nothing"
    outcomes.append(Outcome(name, len(ledger.promises), len(ledger.refusals), seconds, bound))


async def lasting(seconds: float) -> None:
    """How long a fault lasts; never a wait for something to have happened, which `eventually` is for."""
    await asyncio.sleep(seconds)
