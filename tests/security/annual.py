"""An annual assessment of each tenant's base, with its comment, the facts, and what it proposed (R38, R39)."""

from dataclasses import replace

from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from kernel.free_text import Reason
from services.assessment.domain import annual, complaint
from services.assessment.domain.annual import AnnualText, Subject
from services.assessment.domain.indicators import EvidenceRow, measure
from services.assessment.domain.quota_proposal import decline, propose
from services.assessment.domain.rubric import Grade
from services.assessment.domain.vocabulary import AnnualState, EvidenceKind
from services.assessment.store import Store
from tests.security.rounds import TAUGHT
from tests.security.tenants import BASES, PROVINCES, World
from tests.unit.assessment.annual_facts import DAY, NATIONAL, SHA, facts

_COMMENT = "mutation($id: ID!, $text: String!) { commentAssessment(id: $id, text: $text) { id } }"


async def assess(world: World) -> None:
    """Store an assessment that is open to comments, for its December is far away, and let each base comment."""
    now, found = world.provisioner.suite.now(), measure(NATIONAL, facts(), DAY)
    async with connect(world.provisioner.suite.parts.mongodb_url(ADMIN)) as client:
        store = Store(client["assessment"])
        for tenant in BASES:
            base, province = world.ids[f"base.{tenant}"], PROVINCES[tenant] or "00"
            subject = Subject(base=base, year=TAUGHT, province=province, category="DUAL_QUALIFIED_TEACHER")
            draft = annual.compute(None, subject, NATIONAL, found, rubric_sha256=SHA, now=now)
            opened, _ = annual.open_comments(draft, NATIONAL, now)
            await store.annual.put(opened)
            fact = f"依据{tenant}机密"
            rows = {"A1": [EvidenceRow(EvidenceKind.PROJECT, fact, {"done": 1, "of": 1})]}
            await store.evidence.collection.bulk_write(store.evidence.keep(opened, rows))
            world.ids[f"annual.{tenant}"] = opened.id
            told = f"投诉{tenant}机密"
            recorded, _ = complaint.record(f"complaint-{tenant}", subject, draft, AnnualText(told), now)
            await store.complaints.put(recorded)
            world.only(told, f"base.{tenant}")
            world.only(fact, f"base.{tenant}")
            graded = replace(opened, state=AnnualState.FINAL, grade=Grade.BASIC)
            proposal = propose(graded, None, NATIONAL, round_limit=5, limit=None)
            assert proposal
            because = f"不采纳{tenant}机密"
            declined, _ = decline(proposal, Reason(because))
            await store.proposals.put(declined)
            world.ids[f"proposal.{tenant}"] = declined.id
            world.only(because)
    for tenant in BASES:
        text = f"考核意见{tenant}机密"
        await world.clients[f"base.{tenant}"].do(_COMMENT, id=world.ids[f"annual.{tenant}"], text=text)
        world.only(text, f"base.{tenant}")
