"""A class of four days with thirty-two hours, one of its attendees, and the steps of R29–R31 on them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain import attendance
from services.assessment.domain import record as records
from services.assessment.domain import result as results
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.project import Project, Session
from services.assessment.domain.record import Record
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome

NOW = datetime(2024, 6, 9, 4, tzinfo=UTC)
SESSIONS = tuple(Session(f"s{number}", f"第{number}天", date(2024, 6, 2 + number), 8) for number in range(1, 5))
PROJECT = Project(
    "p1", 1, "b1", 2024, 4, ProjectPhase.RUNNING, SESSIONS, class_hours=32, ends_on=date(2024, 6, 6), province="44"
)
FINISHED = replace(PROJECT, phase=ProjectPhase.FINISHED, finished_on=date(2024, 6, 6))
RECORD = Record("e1", 1, "p1", "b1", "t1", "3144000011", "44")
NATIONAL = CreditRule("national-1", None, date(2024, 1, 1))
RULES = (NATIONAL,)
BY = Assessing(FINISHED, RULES, NOW)
SPOT_CHECK = Reason("抽检")


def marked(record: Record, project: Project = PROJECT, *, hours: dict[str, int] | None = None) -> Record:
    """The record with a mark of every session: 8 hours, or those stated; 0 is an absence."""
    for session in project.sessions:
        stated = (hours or {}).get(session.id, session.hours)
        record, _ = attendance.mark(
            record, project, session=session.id, present=stated > 0, mode=None, hours=stated, now=NOW
        )
    return record


def drafted(
    record: Record, outcome: ResultOutcome = ResultOutcome.PASSED, score: int | None = 90, reason: str | None = None
) -> Record:
    """The record with a draft, or with a corrected result."""
    return results.assess(record, FINISHED, outcome=outcome, score=score, rules=RULES, now=NOW, reason=reason)[0]


def published(
    record: Record, outcome: ResultOutcome = ResultOutcome.PASSED, score: int | None = 90, reason: str | None = None
) -> Record:
    """The record with a published result."""
    return results.publish(drafted(record, outcome, score, reason), BY)[0]


def passed() -> Record:
    """Somebody who has attended everything and passed."""
    return published(marked(RECORD))


def confirmed(record: Record) -> Record:
    """The record after the school has confirmed its credit."""
    return records.confirm_credit(record, FINISHED, NOW)[0]


def reopened(record: Record) -> Record:
    """The record, opened to corrections until the end of the month."""
    return results.reopen(record, until=date(2024, 6, 30), reason=Reason("学员申诉"), now=NOW)[0]


def code(refused: pytest.ExceptionInfo[Refusal]) -> tuple[str, str | None]:
    """Code and rule of a refusal."""
    return refused.value.code, refused.value.rule
