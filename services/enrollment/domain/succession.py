"""The end of a school: it is closed, or merged into another one; a mistaken one is open again (R3, ADR 39)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kernel.free_text import Reason
from kernel.refusals import BUSY, WRONG_STATE
from services.enrollment.domain.events import NATIONWIDE, SchoolClosed, SchoolMerged, SchoolReopened
from services.enrollment.domain.notifications import (
    MINISTRY_BOX,
    Facts,
    Notice,
    NoticeKind,
    order_of,
    province_box,
    school_box,
    trainee_box,
)
from services.enrollment.domain.refusals import INVALID_SCHOOL_MERGER, SCHOOL_IN_USE, SCHOOL_MERGER_UNDER_WAY
from services.enrollment.domain.school import Closing, School, require_open
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus

_SETTLED_SECONDS = 10
"""When it is worth asking again whether everybody has left a school: the timer looks every few seconds."""
IN_HAND = LIVE | {EnrollmentStatus.PASSED}
"""The states of enrollments that a school must see to: one with such an enrollment is not closed.

Whoever has passed waits for the school's confirmation of the credit (R31).
"""


def close(
    school: School, in_hand: Mapping[EnrollmentStatus, int], reason: Reason, now: datetime, *, succeeds: bool
) -> tuple[School, list[SchoolClosed]]:
    """Close a school.

    Args:
        school: The school.
        in_hand: How many enrollments of `IN_HAND` it has, by state.
        reason: Why.
        now: Domain time.
        succeeds: Whether another school is being merged into it.

    Raises:
        Refusal: `SCHOOL_CLOSED`, `SCHOOL_MERGER_UNDER_WAY`, or `SCHOOL_IN_USE` with the number in each state.
    """
    _require_free(school, succeeds=succeeds)
    if count := sum(in_hand.values()):
        raise SCHOOL_IN_USE(school=school.id, count=count, enrollments={key.value: n for key, n in in_hand.items()})
    event = SchoolClosed(school=school.id, reason=reason.text, province=school.province)
    return replace(school, closed=Closing(now, reason.text)), [event]


def reopen(school: School, reason: Reason) -> tuple[School, list[SchoolReopened]]:
    """Open a school again that was closed by mistake; a merged one stays in its successor (R3).

    It names its designated person anew, and requests its persons: whoever is at no school is confirmed at once (R20).

    Args:
        school: The school, which everybody has left.
        reason: Why.

    Raises:
        Refusal: `WRONG_STATE`: it is open; `SCHOOL_CLOSED` with its successor; `BUSY`: not everybody has left it.
    """
    if school.closed is None:
        detail = ("学校未关闭", "The school is open")
        raise WRONG_STATE(rule="R3", state="OPEN", detail=detail)
    if school.closed.into:
        require_open(school)
    if not school.closed.settled:
        raise BUSY(rule="R3", retryAfter=_SETTLED_SECONDS)
    event = SchoolReopened(school=school.id, reason=reason.text, province=school.province)
    return replace(school, closed=None, designated=None), [event]


def merge(
    school: School, into: School, reason: Reason, now: datetime, *, succeeds: bool
) -> tuple[School, list[SchoolMerged]]:
    """Merge a school into another one, which its persons and what it has under way follow.

    Args:
        school: The school that ends.
        into: Its successor.
        reason: Why.
        now: Domain time.
        succeeds: Whether another school is being merged into the one that ends.

    Raises:
        Refusal: `SCHOOL_CLOSED` for either, `SCHOOL_MERGER_UNDER_WAY` or `INVALID_SCHOOL_MERGER`.
    """
    _require_free(school, succeeds=succeeds)
    require_open(into)
    if school.id == into.id:
        raise INVALID_SCHOOL_MERGER(school=school.id, into=into.id)
    event = SchoolMerged(
        school=school.id,
        into=into.id,
        into_province=into.province,
        reason=reason.text,
        province=school.province,
    )
    return replace(school, closed=Closing(now, reason.text, into.id)), [event]


def settled(school: School) -> School:
    """A school that has ended, now that everything has followed."""
    assert school.closed  # noqa: S101 - only a school that has ended is settled
    return replace(school, closed=replace(school.closed, settled=True))


def notices_of_end(school: School, into: School | None, now: datetime) -> list[Notice]:
    """Tell the school, its successor and who oversees them that it has ended.

    Args:
        school: After its end.
        into: Its successor, if any.
        now: Domain time.
    """
    involved = [school, into] if into else [school]
    boxes = [school_box(each.id) for each in involved]
    boxes += [province_box(each.province) for each in involved if each.province != NATIONWIDE]
    return [_notice(school, box, now) for box in dict.fromkeys([*boxes, MINISTRY_BOX])]


def notices_of_reopening(school: School, reason: Reason, now: datetime) -> list[Notice]:
    """Tell the school and who oversees it that it is open again.

    Args:
        school: The school.
        reason: Why.
        now: Domain time.
    """
    boxes = [school_box(school.id), *([province_box(school.province)] if school.province != NATIONWIDE else [])]
    return [_told(school, box, NoticeKind.SCHOOL_REOPENED, reason.text, now) for box in [*boxes, MINISTRY_BOX]]


def notice_to_teacher(school: School, teacher: str, now: datetime) -> Notice:
    """Tell a person that the school has ended where the person was."""
    return _notice(school, trainee_box(teacher), now)


def _notice(school: School, box: str, now: datetime) -> Notice:
    assert school.closed  # noqa: S101 - it has ended
    kind = NoticeKind.SCHOOL_MERGED if school.closed.into else NoticeKind.SCHOOL_CLOSED
    return _told(school, box, kind, school.closed.reason, now)


def _told(school: School, box: str, kind: NoticeKind, reason: str, now: datetime) -> Notice:
    return Notice(
        id=f"{order_of(now)}:{school.id}:{box}:{kind.value}",
        to=box,
        kind=kind,
        reason=reason,
        at=now,
        facts=Facts(school=school.id, into=school.closed.into if school.closed else None),
    )


def _require_free(school: School, *, succeeds: bool) -> None:
    require_open(school)
    if succeeds:
        raise SCHOOL_MERGER_UNDER_WAY(school=school.id)
