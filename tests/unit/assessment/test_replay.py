"""R29–R31: whatever is done to a record in whatever order, its histories and its events lead to the state it has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain import attendance
from services.assessment.domain import record as records
from services.assessment.domain import result as results
from services.assessment.domain.events import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRestored,
    CreditRevoked,
    RecordEvent,
    ResultRecorded,
)
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Record
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome
from tests.unit.assessment.examples import FINISHED, NOW, PROJECT, RECORD, RULES, SESSIONS

WHY = Reason("更正")
HISTORIES = ("marks", "results", "credit_history", "reopenings")
Step = Callable[[Record, Project], Change]


def marking(session: str, hours: int) -> Step:
    """The base states attendance, after the end with a reason."""
    return lambda record, plan: attendance.mark(
        record,
        plan,
        session=session,
        present=hours > 0,
        mode=None,
        hours=hours,
        now=NOW,
        reason="补录",
        rules=RULES,
    )


def assessing(outcome: ResultOutcome, score: int) -> Step:
    """The base drafts a result, or corrects a published one."""
    known = None if outcome is ResultOutcome.INCOMPLETE else score
    return lambda record, plan: results.assess(
        record, plan, outcome=outcome, score=known, rules=RULES, now=NOW, reason="考核"
    )


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(marking, st.sampled_from([session.id for session in SESSIONS]), st.sampled_from([0, 2, 7, 8])),
    st.builds(assessing, st.sampled_from(ResultOutcome), st.sampled_from([10, 60, 95])),
    st.sampled_from(
        [
            lambda record, plan: results.publish(record, Assessing(plan, RULES, NOW)),
            lambda record, plan: results.publish(record, Assessing(plan, RULES, NOW), late=True),
            lambda record, _: results.reopen(record, until=date(2024, 6, 30), reason=WHY, now=NOW),
            lambda record, plan: records.confirm_credit(record, plan, NOW),
            lambda record, _: records.revoke_credit(record, WHY, NOW),
            lambda record, _: records.restore_credit(record, WHY, NOW),
        ]
    ),
)


def begun() -> list[Step]:
    """Somebody who has attended all four days: so that most of what follows is not refused."""
    return [marking(session.id, 8) for session in SESSIONS]


@dataclass
class Heard:
    """What somebody knows who has only the events: enrollment, a province, the audit log."""

    hours: dict[str, int] = field(default_factory=dict)
    attended_hours: int = 0
    outcome: ResultOutcome | None = None
    score: int | None = None
    corrections: int | None = None
    credit: CreditStatus | None = None

    def hear(self, event: RecordEvent) -> None:
        """Take one event into account."""
        match event:
            case AttendanceRecorded():
                self.hours[event.session] = event.hours or 0
                self.attended_hours = event.attended_hours or 0
            case ResultRecorded():
                self.outcome, self.score, self.corrections = event.outcome, event.score, event.correction
                passed = event.outcome is ResultOutcome.PASSED
                waits = CreditStatus.PENDING if event.credit_hours is not None else CreditStatus.REVOKED
                self.credit = waits if passed else None
            case CreditConfirmed() | CreditRestored():
                self.credit = CreditStatus.CONFIRMED
            case CreditRevoked():
                self.credit = CreditStatus.REVOKED


def taken(
    record: Record, steps: Iterable[Step], plan: Project = FINISHED
) -> tuple[Record, list[RecordEvent], list[Record]]:
    """The record after all steps that are not refused, the events, and every state between."""
    events: list[RecordEvent] = []
    states = [record]
    for step in steps:
        try:
            record, more = step(record, plan)
        except Refusal:
            continue
        events += more
        states.append(record)
    return record, events, states


@given(st.lists(STEPS, max_size=14), st.booleans())
def test_r29_r30_r31_the_replay_of_all_events_gives_the_state(steps: list[Step], whole: bool) -> None:
    record, events, _ = taken(RECORD, [*(begun() if whole else []), *steps])
    heard = Heard()
    for event in events:
        heard.hear(event)
    assert heard.hours == {key: mark.hours_of(8) for key, mark in record.in_force.items()}
    assert heard.attended_hours == record.attended_hours(PROJECT)
    stated = record.result
    assert (heard.outcome, heard.score) == ((stated.outcome, stated.score) if stated else (None, None))
    assert heard.corrections == (len(record.results) - 1 if record.results else None)
    assert heard.credit == (record.credit.status if record.credit else None)


@given(st.lists(STEPS, max_size=14), st.booleans())
def test_r30_corrections_append_and_overwrite_nothing(steps: list[Step], whole: bool) -> None:
    _, _, states = taken(RECORD, [*(begun() if whole else []), *steps])
    for before, after in pairwise(states):
        for name in HISTORIES:
            old: tuple[Any, ...] = getattr(before, name)
            assert getattr(after, name)[: len(old)] == old, name


@given(st.lists(STEPS, max_size=14), st.integers(8, 40), st.integers(1, 5))
def test_r31_no_credit_is_ever_beyond_the_class_hours_or_the_hours_attended(
    steps: list[Step], class_hours: int, days: int
) -> None:
    """Whatever was corrected, revoked and given back, in whatever order."""
    plan = replace(FINISHED, class_hours=class_hours, days=days)
    passed = [
        assessing(ResultOutcome.PASSED, 95),
        lambda record, plan: results.publish(record, Assessing(plan, RULES, NOW)),
    ]
    _, _, states = taken(RECORD, [*begun(), *passed, *steps], plan)
    assert any(state.credit for state in states)
    for state in states:
        if state.credit and state.result:
            assert state.credit.hours <= min(class_hours, 8 * days, state.result.attended_hours or 0)
            assert state.result.attended_hours == state.attended_hours(plan)
