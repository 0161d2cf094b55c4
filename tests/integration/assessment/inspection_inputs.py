"""Ordinary arguments of every mutation of inspections, and inspections in the state that each of them needs (R37)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.principal import Principal
from services.assessment.commands.deps import Deps
from services.assessment.domain import draw
from services.assessment.domain.beacon import Beacon
from services.assessment.domain.draw import Candidate, Stratum
from services.assessment.domain.finding import Finding, FindingStep
from services.assessment.domain.inspection import Inspection, Sampled
from services.assessment.domain.vocabulary import FindingState, InspectionState, Severity
from tests.integration.assessment.world import BASE, MINISTRY

KEY = "2024-1"
STRATUM = "PRINCIPAL/RUNNING"
_BEACONS = [{"source": "双色球2024067期开奖号码", "at": "2024-12-30T21:15:00+08:00"}]
MUTATIONS: dict[str, tuple[Principal, dict[str, Any], str]] = {
    "freezeInspection": (MINISTRY, {"input": {"year": 2024, "title": "随机抽检", "shareBp": 2000}}, "id"),
    "announceInspection": (
        MINISTRY,
        {"id": KEY, "beacons": _BEACONS, "revealBy": "2025-01-05T17:00:00+08:00"},
        "id",
    ),
    "recordBeacons": (MINISTRY, {"id": KEY, "values": ["3032.63"]}, "id"),
    "revealInspection": (MINISTRY, {"id": KEY}, "id"),
    "voidInspection": (MINISTRY, {"id": KEY, "reason": "总体有误"}, "id"),
    "replaceSampled": (MINISTRY, {"id": KEY, "projectId": "p1", "reason": "台风停课"}, "id"),
    "extendInspection": (MINISTRY, {"id": KEY, "stratum": STRATUM, "count": 1, "reason": "有投诉"}, "id"),
    "recordFinding": (
        MINISTRY,
        {
            "inspectionId": KEY,
            "input": {
                "projectId": "p1",
                "severity": "MINOR",
                "text": "课表与实际授课不符",
                "clause": "第十二条",
                "dueOn": "2024-12-30",
            },
        },
        "id",
    ),
    "reportRectification": (BASE, {"id": "f1", "text": "已补授"}, "id"),
    "closeFinding": (MINISTRY, {"id": "f1", "accepted": True, "reason": "复核通过", "dueOn": None}, "id"),
    "withdrawFinding": (MINISTRY, {"id": "f1", "reason": "登记到了别的项目"}, "id"),
    "closeInspection": (MINISTRY, {"id": KEY}, "id"),
}
"""Who calls each mutation, with ordinary arguments, and what is asked of the answer."""
TAKEN: dict[str, dict[str, str]] = {}
"""The extremes that are taken, with the bound that they are within."""
CANDIDATES = [Candidate("p1", STRATUM, 1), Candidate("p2", STRATUM, 2)]


async def prepare(deps: Deps, mutation: str) -> None:
    """Store an inspection of two projects, and a finding, in the state in which the mutation is taken."""
    store, now = deps.store, deps.clock.now()
    secret = bytes(range(32))
    inspection = Inspection(
        id=KEY,
        year=2024,
        title="随机抽检",
        frozen_at=now - timedelta(days=30),
        population_sha256=draw.digest(draw.population_file(CANDIDATES)),
        size=len(CANDIDATES),
        share_bp=5000,
        weights="weights-2024.1",
        strata=(Stratum(STRATUM, 2, 1),),
    )
    states = {
        "announceInspection": InspectionState.FROZEN,
        "recordBeacons": InspectionState.ANNOUNCED,
        "revealInspection": InspectionState.ANNOUNCED,
        "voidInspection": InspectionState.ANNOUNCED,
    }
    state = states.get(mutation, InspectionState.DRAWN)
    announced: dict[str, Any] = {
        "commitment": draw.commitment_of(secret),
        "secret_sealed": deps.vault.seal(secret.hex()),
        "beacons": (Beacon("上证综指", now - timedelta(days=3), "3032.62"),),
        "reveal_by": now + timedelta(days=9),
        "audit_sequence": 1,
        "witnessed_at": now - timedelta(days=9),
        "recorded_at": now - timedelta(days=2),
    }
    if mutation == "voidInspection":
        announced["beacons"] = (Beacon("上证综指", now + timedelta(days=3)),)
        announced["recorded_at"] = None
    drawn: dict[str, Any] = {"seed": bytes(32).hex(), "sample": (Sampled("p1", STRATUM, 1),)}
    more = {
        InspectionState.FROZEN: {},
        InspectionState.ANNOUNCED: announced,
        InspectionState.DRAWN: announced | drawn | {"secret_sealed": None},
    }
    if mutation == "freezeInspection":
        await store.inspections.collection.delete_many({})
        await store.inspections.populations.delete_many({})
    else:
        await store.inspections.put(replace(inspection, state=state, **more[state]))
        population = {"content": draw.population_file(CANDIDATES)}
        await store.inspections.populations.replace_one({"_id": KEY}, population, upsert=True)
    closed = mutation == "closeInspection"
    step = FindingState.CLOSED if closed else FindingState.REPORTED if mutation == "closeFinding" else FindingState.OPEN
    finding = Finding(
        id="f1",
        inspection=KEY,
        year=2024,
        project="p1",
        base="b1",
        province="44",
        severity=Severity.MINOR,
        text="课表与实际授课不符",
        clause=None,
        due_on=now.date(),
        state=step,
        history=(FindingStep(step, now, "MINISTRY", "课表与实际授课不符"),),
    )
    if mutation in {"reportRectification", "closeFinding", "withdrawFinding", "closeInspection"}:
        await store.findings.put(finding)
    else:
        await store.findings.collection.delete_many({})
