"""The ministry's table of a year, from what is stored (R42)."""

from dataclasses import replace
from datetime import UTC, datetime

from services.assessment.domain.credit import Credit
from services.assessment.domain.draw import Stratum
from services.assessment.domain.finding import Finding, FindingStep
from services.assessment.domain.inspection import Inspection, Sampled
from services.assessment.domain.instrument import Instrument, instrument_id
from services.assessment.domain.project import Project
from services.assessment.domain.quota_proposal import RoundQuotas
from services.assessment.domain.record import Record, Result
from services.assessment.domain.tally import Tally
from services.assessment.domain.vocabulary import (
    CreditStatus,
    FindingState,
    InspectionState,
    InstrumentKind,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
    Severity,
)
from services.assessment.store import Store
from tests.integration.assessment.world import BASE, EXPERT, MINISTRY, PROVINCE, SCHOOL, TEACHER, World

TABLE = """{ yearTable(year: 2024) {
  category province { code } published running held cancelled attendees assessed passed passRate credited
  satisfaction { meanHundredths sheets } teaching { meanHundredths sheets }
  inspected findings { severity count } openFindings quota { bases limit used } } }"""
AT = datetime(2024, 9, 2, tzinfo=UTC)


async def test_r42_the_ministry_sees_a_year_by_category_and_province(world: World) -> None:
    """Of who attends no more nothing counts, of a corrected result the last one, and nothing of another year."""
    await fill(world.deps.store)
    await world.deps.store.rounds.put(RoundQuotas("2024", 1, {"PRINCIPAL": 20}))
    data, codes = await world.ask(MINISTRY, TABLE)
    assert codes == []
    assert data["yearTable"] == [
        {
            "category": "PRINCIPAL",
            "province": {"code": "44"},
            "published": 2,
            "running": 1,
            "held": 1,
            "cancelled": 0,
            "attendees": 3,
            "assessed": 2,
            "passed": 1,
            "passRate": 0.5,
            "credited": 1,
            "satisfaction": {"meanHundredths": 430, "sheets": 6},
            "teaching": {"meanHundredths": None, "sheets": 0},
            "inspected": 1,
            "findings": [
                {"severity": "NONE", "count": 0},
                {"severity": "MINOR", "count": 1},
                {"severity": "MAJOR", "count": 0},
                {"severity": "GRAVE", "count": 0},
            ],
            "openFindings": 1,
            "quota": {"bases": 1, "limit": 20, "used": 2},
        }
    ]


async def test_r42_nobody_else_sees_the_table(world: World) -> None:
    for principal in (BASE, SCHOOL, TEACHER, PROVINCE, EXPERT):
        assert (await world.ask(principal, TABLE))[1] == ["FORBIDDEN"]


async def fill(store: Store) -> None:
    """Two projects of 2024, one of 2023; three attendees, one who has left; a survey, an inspection and a finding."""
    held = Project(
        "p1", 1, "b1", 2024, 7, ProjectPhase.COMPLETED, (), province="44", category="PRINCIPAL", class_hours=56
    )
    for project in (
        held,
        replace(held, id="p2", phase=ProjectPhase.RUNNING),
        replace(held, id="p0", year=2023),
    ):
        await store.projects.put(project)
    passed = Result(ResultOutcome.PASSED, 90, 1.0, AT)
    failed = Result(ResultOutcome.FAILED, 50, 1.0, AT)
    credit = Credit(56, "national-2024-2", CreditStatus.CONFIRMED, AT)
    for key, results, more in (
        ("e1", (failed, passed), {"credit": credit}),
        ("e2", (failed,), {}),
        ("e3", (), {}),
        ("e4", (passed,), {"live": False}),
    ):
        await store.records.put(
            Record(key, 1, "p1", "b1", f"t-{key}", str(SCHOOL.school), "44", results=results, **more)
        )
    await store.instruments.put(survey("p1"))
    await store.inspections.put(inspection())
    await store.findings.put(finding())


def survey(project: str) -> Instrument:
    kind = InstrumentKind.SATISFACTION
    result = Tally(6, 0, 430, (), (), ())
    return Instrument(
        id=instrument_id(project, kind),
        version=1,
        project=project,
        base="b1",
        year=2024,
        kind=kind,
        form="satisfaction-2024.1",
        form_sha256="0" * 64,
        token_key="AQAB",
        token_sealed=None,
        register_key="AQAB",
        box_key="AQAB",
        made_on=AT.date(),
        state=InstrumentState.PUBLISHED,
        result=result,
        ended=True,
    )


def inspection() -> Inspection:
    """Of two that were drawn the second one was replaced."""
    return Inspection(
        id="2024-1",
        year=2024,
        title="随机抽检",
        state=InspectionState.DRAWN,
        frozen_at=AT,
        population_sha256="0" * 64,
        size=2,
        share_bp=5_000,
        weights="weights-2024.1",
        strata=(Stratum("PRINCIPAL/FINISHED", 2, 1),),
        seed="0" * 64,
        sample=(Sampled("p1", "PRINCIPAL/FINISHED", 1), Sampled("p2", "PRINCIPAL/FINISHED", 2, "台风停课")),
    )


def finding() -> Finding:
    return Finding(
        id="f1",
        inspection="2024-1",
        year=2024,
        project="p1",
        base="b1",
        province="44",
        severity=Severity.MINOR,
        text="课表与实际授课不符",
        clause=None,
        due_on=AT.date(),
        state=FindingState.OPEN,
        history=(FindingStep(FindingState.OPEN, AT, "MINISTRY", "课表与实际授课不符"),),
    )
