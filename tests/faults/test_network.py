"""The network between the gateway and a subgraph fails; nobody's act is lost, doubled or half done (notes N17)."""

from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import Field
from tests.faults.proxy import Fault

_SECONDS = 20 if FULL else 3


async def test_slow(field: Field, outcomes: list[Outcome]) -> None:
    """Each chunk takes 0.3 s more."""
    async with drill(field, outcomes, f"gateway to enrollment: 0.3 s of latency for {_SECONDS} s"):
        field.graph.set(Fault.SLOW)
        await lasting(_SECONDS)
        field.graph.set(Fault.NONE)


async def test_reset(field: Field, outcomes: list[Outcome]) -> None:
    """Connections are cut in the middle of requests, again and again."""
    async with drill(field, outcomes, f"gateway to enrollment: connections reset twice a second for {_SECONDS} s"):
        for _ in range(2 * _SECONDS):
            field.graph.reset()
            await lasting(0.5)


async def test_black_hole(field: Field, outcomes: list[Outcome]) -> None:
    """Nothing passes and nothing is refused: the deadline answers, and a repeat takes no second effect."""
    async with drill(field, outcomes, f"gateway to enrollment: black hole for {_SECONDS} s"):
        field.graph.set(Fault.BLACK_HOLE)
        await lasting(_SECONDS)
        field.graph.set(Fault.NONE)
