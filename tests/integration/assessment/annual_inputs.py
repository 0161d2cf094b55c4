"""Ordinary arguments of every mutation of annual assessments, and an assessment in the state that each needs (R38)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.principal import Principal
from kernel.free_text import Reason
from services.assessment.commands.deps import Deps
from services.assessment.domain import annual, annual_year
from services.assessment.domain.annual import AnnualText, Assessment
from services.assessment.domain.quota_proposal import RoundQuotas
from services.assessment.domain.rubric import Grade
from tests.integration.assessment.world import BASE, MINISTRY
from tests.unit.assessment.annual_facts import NATIONAL, SHA, drafted

KEY = "2024/b1"
YEAR = "2024"
PROPOSAL = "2025/b1/5"
MUTATIONS: dict[str, tuple[Principal, dict[str, Any], str]] = {
    "computeAssessments": (MINISTRY, {"year": 2024, "rubric": "2024.1"}, "year"),
    "commentAssessment": (BASE, {"id": KEY, "text": "有一期因台风延期", "item": "A1"}, "id"),
    "adjustAssessmentItem": (MINISTRY, {"id": KEY, "code": "A1", "hundredths": 500, "reason": "核对原始材料"}, "id"),
    "finalizeAssessments": (MINISTRY, {"ids": [KEY]}, "refusal { code }"),
    "appealAssessment": (BASE, {"id": KEY, "text": "延期经部里批准"}, "id"),
    "decideAppeal": (MINISTRY, {"id": KEY, "upheld": True, "reason": "情况属实"}, "id"),
    "recordComplaint": (MINISTRY, {"baseId": "b1", "year": 2024, "text": "收费与公布的标准不符"}, "id"),
    "declineQuotaProposal": (MINISTRY, {"id": PROPOSAL, "reason": "整改已完成"}, "id"),
}
"""Who calls each mutation that takes a text, with ordinary arguments, and what is asked of the answer."""
WITHOUT_TEXTS: dict[str, tuple[Principal, dict[str, Any], str]] = {
    "openComments": (MINISTRY, {"year": 2024}, "year"),
    "publishGrades": (MINISTRY, {"year": 2024}, "year"),
}
"""The same for those that take a year only."""
TAKEN: dict[str, dict[str, str]] = {
    "adjustAssessmentItem.hundredths": {"0": "0 to the item's most (R38)"},
    "finalizeAssessments.ids[]": {"empty": "nothing is done"},
}
"""The extremes that are taken, with the bound that they are within."""


async def prepare(deps: Deps, mutation: str) -> None:
    """Store the assessment of `b1` in the state in which the mutation is taken; none for its first computation."""
    store, now = deps.store, deps.clock.now()
    await store.annual.collection.delete_many({})
    await store.annual_years.collection.delete_many({})
    await store.proposals.collection.delete_many({})
    if mutation in {"computeAssessments", "recordComplaint"}:
        return
    noted, _ = annual_year.note_computation(None, 2024, NATIONAL, SHA, bases=1, changed=1, now=now)
    await store.annual_years.insert(noted)
    await store.annual.insert(assessment(deps, mutation))
    if mutation == "declineQuotaProposal":
        await store.rounds.put(RoundQuotas("2025", 1, {"PRINCIPAL": 10}))


def assessment(deps: Deps, mutation: str) -> Assessment:
    """The assessment of `b1` in the state in which the mutation is taken."""
    now = deps.clock.now()
    draft = drafted()
    if mutation == "openComments":
        return draft
    if mutation in {"commentAssessment", "adjustAssessmentItem"}:
        return annual.open_comments(draft, NATIONAL, now)[0]
    earlier = now - timedelta(days=300)
    opened, _ = annual.open_comments(draft, NATIONAL, earlier)
    if mutation == "finalizeAssessments":
        return opened
    graded_at = earlier if mutation == "publishGrades" else now
    final, _ = annual.finalize(opened, [opened], NATIONAL, max(graded_at, earlier + timedelta(days=60)))
    if mutation == "declineQuotaProposal":
        return replace(final, grade=Grade.UNQUALIFIED)
    if mutation == "decideAppeal":
        return annual.appeal(final, AnnualText("延期经部里批准"), now)[0]
    return final


WHY = Reason("核对原始材料")
"""Why something is adjusted or decided."""
