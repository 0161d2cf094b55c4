"""The recorded act of seeing a teacher's plain numbers: its purpose and its limits (R40, R41)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from kernel.free_text import FreeText
from services.enrollment.domain.events import ContactsRevealed, TeacherRevealed
from services.enrollment.domain.refusals import INVALID_PURPOSE
from services.enrollment.domain.teacher import Teacher

BOUNDS = {timedelta(hours=1): 200, timedelta(days=1): 400}
"""The most persons whom one account reveals by period: a large class on its first day, not a whole school."""


class Purpose(FreeText):
    """For what somebody sees a teacher's numbers; it goes into the audit."""

    __slots__ = ()
    shortest: ClassVar[int] = 4
    longest = 200
    lines = True

    @classmethod
    def of(cls, typed: str, field: str = "purpose", rule: str | None = "R41") -> Self:
        """The checked purpose.

        Args:
            typed: As it was typed.
            field: What the person was asked for.
            rule: The rule of the act.

        Raises:
            Refusal: `INVALID_PURPOSE`: too short or too long to mean anything, or it holds a number itself.
        """
        del field
        text = cls._tidied(typed)
        if len(text) < cls.shortest or not cls._fits(text):
            raise INVALID_PURPOSE(rule=rule)
        return cls(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """The record that somebody saw a teacher's plain numbers.

    Attributes:
        id: Sorts by time.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
        at: Domain time.
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
    """Record the act of seeing a teacher's numbers; it opens nothing itself.

    Args:
        key: The record's id.
        teacher: Whose numbers.
        purpose: What for.
        now: Domain time.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
    """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReveal:
    """The record that somebody saw the phones of the designated persons of schools, one for each list that was read.

    Attributes:
        id: Sorts by time.
        schools: Codes of the schools.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
        at: Domain time.
    """

    id: str
    version: int
    schools: tuple[str, ...]
    by: str
    scope: str
    organization: str | None
    purpose: str
    at: datetime


def reveal_contacts(
    key: str,
    schools: tuple[str, ...],
    purpose: Purpose,
    now: datetime,
    *,
    by: str,
    scope: str,
    organization: str | None,
) -> tuple[ContactReveal, list[ContactsRevealed]]:
    """Record the act of seeing the phones of a list of schools; it opens nothing itself.

    Args:
        key: The record's id.
        schools: Whose designated persons.
        purpose: What for.
        now: Domain time.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
    """
    act = ContactReveal(
        id=key,
        version=1,
        schools=schools,
        by=by,
        scope=scope,
        organization=organization,
        purpose=purpose.text,
        at=now,
    )
    return act, [ContactsRevealed(schools=schools, purpose=purpose.text)]
