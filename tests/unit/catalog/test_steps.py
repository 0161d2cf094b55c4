"""R1: a round's calendar is data: its steps, five of which are what the program guards."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from icalendar import Calendar

from kernel.errors import Refusal
from kernel.reference import round_data
from services.catalog.domain.opening import extend_phase, open_round
from services.catalog.domain.round import Round, Step
from services.catalog.domain.round_amendment import Use, amend_round
from services.catalog.domain.steps import phases_of
from services.catalog.domain.vocabulary import PhaseName
from services.catalog.http.calendar import icalendar
from tests.unit.catalog.examples import DECLARING, round_2024, why


def round_2025() -> Round:
    """The round of 2025 as its data has it."""
    data: dict[str, Any] = {"id": "2025", "version": 1, **round_data(2025)}
    return msgspec.convert(data | {"phases": phases_of(data["steps"])}, Round)


def changed(which: str, **changes: Any) -> tuple[Step, ...]:
    return tuple(replace(step, **changes) if step.code == which else step for step in round_2025().steps)


def test_r1_a_stored_round_without_steps_has_those_of_its_phases() -> None:
    current = round_2024()
    assert current.steps == ()
    assert [(step.code, step.guard, step.opens, step.closes) for step in current.dated_steps()] == [
        (phase.name.value, phase.name, phase.opens, phase.closes) for phase in current.phases
    ]


def test_r1_steps_of_2025_set_its_phases_and_two_of_them_are_only_announced() -> None:
    opened, (event,) = open_round(round_2025(), DECLARING)
    assert [phase.name for phase in opened.phases] == list(PhaseName)
    announced = [step.name for step in opened.dated_steps() if step.guard is None]
    assert announced == ["参训资格审核", "学员资格复核"]
    assert [step.code for step in event.steps] == [step.code for step in opened.steps]
    assert sum(round_data(2025)["projects"].values()) == 58 + 607 + 381
    assert all(step.opens is None for step in opened.steps if step.guard)


def test_r1_an_extended_phase_moves_its_step_and_the_calendar_keeps_its_identity() -> None:
    opened, _ = open_round(round_2025(), DECLARING)
    extended, (event,) = extend_phase(
        opened, PhaseName.DECLARE, date(2025, 5, 8), reason=why(), actor="张处", now=DECLARING
    )
    (step,) = [step for step in extended.dated_steps() if step.guard is PhaseName.DECLARE]
    assert (step.closes, event.steps[0].closes) == (date(2025, 5, 8), date(2025, 5, 8))
    shown = {str(one["UID"]): str(one["SUMMARY"]) for one in Calendar.from_ical(icalendar(extended)).walk("VEVENT")}
    assert shown["2025-declare@guopei-graph"] == "2025年项目申报（已延期）"
    assert shown["2025-step-eligibility@guopei-graph"] == "2025年参训资格审核"
    assert len(shown) == 7


@pytest.mark.parametrize(
    "steps",
    [
        changed("ELIGIBILITY", code="RECHECK"),
        changed("ELIGIBILITY", code="资格"),
        changed("ELIGIBILITY", name_en=" "),
        changed("ELIGIBILITY", closes=None),
        changed("ELIGIBILITY", opens=date(2025, 5, 21)),
        changed("RECHECK", closes=date(2025, 12, 1)),
        changed("RECHECK", guard=PhaseName.ADMIT),
        changed("DECLARE", closes=date(2025, 5, 7)),
        changed("DECLARE", guard=None),
    ],
)
def test_r1_steps_that_cannot_be_right_are_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(Refusal) as refused:
        open_round(replace(round_2025(), steps=steps), DECLARING)
    named = refused.value.details.get("fields") or [refused.value.details.get("field")]
    assert [name.split(".")[0] for name in named] == ["steps"]


def test_r1_a_step_that_opens_no_phase_may_be_amended_and_a_phase_may_not() -> None:
    opened, _ = open_round(round_2025(), DECLARING)

    def amended(steps: tuple[Step, ...]) -> Round:
        given = replace(opened, steps=steps)
        return amend_round(opened, given, Use(), reason=why("改期"), actor="张处", now=DECLARING)[0]

    later = amended(changed("RECHECK", closes=date(2025, 5, 26)))
    assert [step.closes for step in later.dated_steps() if step.code == "RECHECK"] == [date(2025, 5, 26)]
    with pytest.raises(Refusal) as refused:
        amended(changed("ENROL", closes=date(2025, 5, 21)))
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_ROUND", ["steps"])
