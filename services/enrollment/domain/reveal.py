"""Who may see a teacher's sealed numbers, for what, how often, and the act that it leaves (R40, R41)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from kernel.free_text import FreeText
from services.enrollment.domain.events import TeacherRevealed
from services.enrollment.domain.refusals import INVALID_PURPOSE
from services.enrollment.domain.teacher import Teacher

BOUNDS = {timedelta(hours=1): 60, timedelta(days=1): 200}
"""How often one account may reveal [D]: a class of fifty at its reception, not a school's whole staff in a night."""


class Purpose(FreeText):
    """For what somebody sees a teacher's numbers; it goes into the audit."""

    __slots__ = ()
    shortest: ClassVar[int] = 4
    longest = 200
    lines = True

    @classmethod
    def of(cls, given: str, field: str = "purpose", rule: str | None = "R41") -> Self:
        """The checked purpose.

        Args:
            given: As it was typed.
            field: What the person was asked for.
            rule: The rule of the act.

        Raises:
            Refusal: `INVALID_PURPOSE`: too short or too long to mean anything, or it holds a number itself.
        """
        del field
        text = cls._tidied(given)
        if len(text) < cls.shortest or not cls._fits(text):
            raise INVALID_PURPOSE(rule=rule)
        return cls(text)


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
    key: str, teacher: Teacher, purpose: Purpose, now: datetime, *, by: str, scope: str, organization: str | None
) -> tuple[Reveal, list[TeacherRevealed]]:
    """The act of seeing a teacher's numbers."""
    event = TeacherRevealed(teacher=teacher.id, school=teacher.school, purpose=purpose.text, province=teacher.province)
    act = Reveal(
        id=key,
        version=1,
        teacher=teacher.id,
        school=teacher.school,
        by=by,
        scope=scope,
        organization=organization,
        purpose=purpose.text,
        at=now,
    )
    return act, [event]
