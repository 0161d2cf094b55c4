"""Who may see a teacher's sealed numbers, for what, how often, and the act that it leaves (R40, R41)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.personal_numbers import holds_number
from services.enrollment.domain.events import TeacherRevealed
from services.enrollment.domain.refusals import INVALID_PURPOSE
from services.enrollment.domain.teacher import Teacher

BOUNDS = {timedelta(hours=1): 60, timedelta(days=1): 200}
"""How often one account may reveal [D]: a class of fifty at its reception, not a school's whole staff in a night."""
_SHORTEST, _LONGEST = 4, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """That somebody saw a teacher's sealed numbers.

    Attributes:
        id: Sorts by time.
        by: The account.
        scope: Its role.
        organization: Whose it is.
    """

    id: str
    version: int
    teacher: str
    school: str
    by: str
    scope: str
    organization: str | None
    purpose: str
    at: datetime


def reveal(
    key: str, teacher: Teacher, purpose: str, now: datetime, *, by: str, scope: str, organization: str | None
) -> tuple[Reveal, list[TeacherRevealed]]:
    """The act of seeing a teacher's numbers.

    Raises:
        Refusal: `INVALID_PURPOSE`: too short or too long to mean anything, or it holds a number itself.
    """
    text = purpose.strip()
    if not _SHORTEST <= len(text) <= _LONGEST or holds_number(text):
        raise INVALID_PURPOSE()
    event = TeacherRevealed(teacher=teacher.id, school=teacher.school, purpose=text, province=teacher.province)
    act = Reveal(
        id=key,
        version=1,
        teacher=teacher.id,
        school=teacher.school,
        by=by,
        scope=scope,
        organization=organization,
        purpose=text,
        at=now,
    )
    return act, [event]
