"""A drawn inspection of both tenants' taught projects, and what it has found of each (R37)."""

from datetime import UTC, datetime, timedelta

from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from services.assessment.domain.draw import Stratum
from services.assessment.domain.inspection import Inspection, Sampled
from services.assessment.domain.vocabulary import InspectionState
from services.assessment.store import Store
from tests.security.rounds import TAUGHT
from tests.security.tenants import BASES, MINISTRY, World

INSPECTION = f"{TAUGHT}-1"
_STRATUM = "DUAL_QUALIFIED_TEACHER/FINISHED"
_RECORD = """mutation($id: ID!, $input: FindingInput!) { recordFinding(inspectionId: $id, input: $input) { id } }"""


async def inspect(world: World) -> None:
    """Store a drawn inspection, whose ceremony would take days, and let the ministry record what it has found."""
    projects = [world.ids[f"taught.{tenant}"] for tenant in BASES]
    drawn = Inspection(
        id=INSPECTION,
        year=TAUGHT,
        title="随机抽检",
        state=InspectionState.DRAWN,
        frozen_at=datetime.now(UTC),
        population_sha256="0" * 64,
        size=len(projects),
        share_bp=10_000,
        weights="weights-2024.1",
        strata=(Stratum(_STRATUM, len(projects), len(projects)),),
        seed="0" * 64,
        sample=tuple(Sampled(project, _STRATUM, order) for order, project in enumerate(projects, start=1)),
    )
    async with connect(world.provisioner.suite.parts.mongodb_url(ADMIN)) as client:
        await Store(client["assessment"]).inspections.put(drawn)
    world.ids["inspection"] = INSPECTION
    due = (world.provisioner.suite.now() + timedelta(days=100)).date().isoformat()
    for tenant, project in zip(BASES, projects, strict=True):
        text = f"抽检结论{tenant}机密"
        given = {"projectId": project, "severity": "MINOR", "text": text, "dueOn": due}
        found = await world.clients[MINISTRY].do(_RECORD, id=INSPECTION, input=given)
        world.ids[f"finding.{tenant}"] = found["id"]
        world.only(text, f"base.{tenant}")
        world.only(found["id"], f"base.{tenant}", f"province.{tenant}")  # who follows it without its text (R27)
