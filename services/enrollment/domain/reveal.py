"""The recorded acts of seeing plain numbers, of teachers and of designated persons (R40, R41)."""

from dataclasses import dataclass
from datetime import datetime

from kernel.reveals import Purpose
from services.enrollment.domain.events import ContactsRevealed, TeacherRevealed
from services.enrollment.domain.teacher import Teacher


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """The record that somebody saw a teacher's plain numbers.

    Attributes:
        id: Sorts by time.
        school: The code of the school as whose teacher the person was seen.
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
    key: str,
    teacher: Teacher,
    purpose: Purpose,
    now: datetime,
    *,
    by: str,
    scope: str,
    organization: str | None,
    at: tuple[str, str] | None = None,
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
        at: The code of the school as whose teacher the person is seen, and that school's province: the one that sees
            the numbers, or the one that has made the enrollment they are seen for (R20). None for the main school.
    """
    school, province = at or (teacher.school, teacher.province)
    event = TeacherRevealed(teacher=teacher.id, school=school, purpose=purpose.text, province=province)
    act = Reveal(
        id=key,
        version=1,
        teacher=teacher.id,
        school=school,
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
