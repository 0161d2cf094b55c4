"""Whatever number or list a mutation takes has bounds: what is beyond them is refused by its name."""

from typing import Any

from chassis.context import Act
from services.assessment.graph.schema import schema
from tests.integration.assessment import annual_inputs, inspection_inputs
from tests.integration.assessment.test_free_text import MUTATIONS
from tests.integration.assessment.world import MINISTRY, World
from tests.support.extremes import Arguments, places, untold
from tests.support.graph import execute

TAKEN = {
    "recordAttendance.rows[]": {"empty": "nothing is done"},
    "recordResults.rows[]": {"empty": "nothing is done"},
    "reopenRecords.input.enrollmentIds[]": {"empty": "nothing is done"},
    "recordResults.rows.score": {"0": "0 to 100 (R30)"},
    "confirmCredits.enrollmentIds[]": {"empty": "nothing is done"},
    **inspection_inputs.TAKEN,
    **annual_inputs.TAKEN,
    "issueCertificates.enrollmentIds[]": {"empty": "nothing is done"},
}
"""The extremes that are taken, with the bound that they are within."""


WITHOUT_TEXTS = {"startCertificateJob": (MINISTRY, {"year": 2024})}
"""Mutations that take no text, so that no other test has arguments of theirs."""
PLAYED = {name: given[:2] for name, given in {**MUTATIONS, **annual_inputs.WITHOUT_TEXTS}.items()} | WITHOUT_TEXTS


class Playing:
    """Who asks what, of a project that is over and whose results are not published."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def ordinary(self, mutation: str) -> Arguments:
        """Arguments that would be taken, or refused for the state only."""
        if mutation in inspection_inputs.MUTATIONS:
            await inspection_inputs.prepare(self.world.deps, mutation)
        if mutation in {**annual_inputs.MUTATIONS, **annual_inputs.WITHOUT_TEXTS}:
            await annual_inputs.prepare(self.world.deps, mutation)
        return PLAYED[mutation][1]

    async def send(self, mutation: str, query: str, arguments: Arguments) -> Any:
        """Ask as whoever may."""
        return await execute(schema, self.world.deps, Act(PLAYED[mutation][0]), query, **arguments)


async def test_every_extreme_number_and_list_is_refused_by_name_or_known_to_be_taken(world: World) -> None:
    await world.start("e1")
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    assert await untold(schema, places(schema), Playing(world), TAKEN) == {}
