"""Who may see a teacher's sealed numbers, for what, how often, and the act that it leaves (R40, R41)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import Refusal, Unblock
from kernel.personal_numbers import holds_number
from services.enrollment.domain.events import TeacherRevealed
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
        raise Refusal(
            "INVALID_PURPOSE",
            "请用4至200个字说明查看用途，其中不得含有身份证号码或手机号码",
            "State the purpose in 4 to 200 characters, and no ID number or mobile in it",
            rule="R41",
            unblock=Unblock.SELF,
        )
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


def too_often(most: int, until: datetime) -> Refusal:
    """The account has revealed as often as it may for a while."""
    return Refusal(
        "TOO_MANY_REVEALS",
        "查看次数已达上限，请稍后再试",
        "This account has revealed as often as it may for now",
        rule="R41",
        unblock=Unblock.SELF,
        limit=most,
        until=until.isoformat(),
    )


def not_accepted() -> Refusal:
    """The base sees the teacher's enrolment, but has not accepted it."""
    return Refusal(
        "NOT_ACCEPTED",
        "仅可查看本基地已录取学员的号码",
        "Only of those whom the base has accepted",
        rule="R41",
        unblock=Unblock.SELF,
    )
