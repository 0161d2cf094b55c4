"""An end by mistake that is taken back: what comes back, by whom, and to which state (R21, R25, R26, ADR 31)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kernel.errors import Unblock
from kernel.free_text import Reason
from services.enrollment.domain.enrollment import (
    RESTORED,
    Enrollment,
    Step,
    about,
    event_of_state,
    missed_deadline,
    step,
    wrong_state,
)
from services.enrollment.domain.events import EnrollmentEvent, Ranked, Restored
from services.enrollment.domain.project import ADMIT, Project, Round, require_not_started, require_phase
from services.enrollment.domain.refusals import LEFT_BY_TEACHER, RESTORED_BY_ANOTHER
from services.enrollment.domain.vocabulary import EnrollmentStatus, ReasonCode, WithdrawalRequestState

_S = EnrollmentStatus
_RULES: Mapping[EnrollmentStatus, str] = {_S.WITHDRAWN: "R26", _S.DECLINED: "R21", _S.EXPIRED: "R25"}
_NAMES: Mapping[Unblock, tuple[str, str]] = {
    Unblock.SCHOOL: ("学校", "the school"),
    Unblock.BASE: ("基地", "the base"),
    Unblock.MINISTRY: ("教师工作司", "the ministry"),
}


def former_state(enrollment: Enrollment) -> EnrollmentStatus:
    """The state to which an enrollment that has ended comes back; who had an open offer waits again (R25).

    Raises:
        Refusal: `WRONG_STATE`: it has not ended in one of these ways; `LEFT_BY_TEACHER`.
    """
    if enrollment.status not in RESTORED:
        raise wrong_state(enrollment, "R26")
    if _left(enrollment):
        raise LEFT_BY_TEACHER(enrollment=enrollment.id)
    before = enrollment.history[-2].status if len(enrollment.history) > 1 else enrollment.status
    to = _S.WAITLISTED if before is _S.OFFERED else before
    if to not in RESTORED[enrollment.status]:
        raise wrong_state(enrollment, _RULES[enrollment.status])
    return to


def require_restorer(
    enrollment: Enrollment, project: Project, calendar: Round | None, now: datetime, *, by: Unblock
) -> None:
    """Refuse who may not take an end back, and everybody once the training has begun (R21, R25, R26).

    What a school has ended is the school's until the bases have decided, and the ministry's after that. An offer that
    has expired is the base's and the ministry's.

    Args:
        enrollment: The enrollment, in a state of `RESTORED`.
        project: Its project.
        calendar: The project's round.
        now: Domain time.
        by: Who takes it back: school, base or ministry.

    Raises:
        Refusal: `PROJECT_NOT_OPEN`, `PHASE_CLOSED` or `RESTORED_BY_ANOTHER`.
    """
    rule = _RULES[enrollment.status]
    require_not_started(project, now, rule)
    is_over = missed_deadline(calendar, now) is not None
    if enrollment.status is _S.EXPIRED:
        whose = [Unblock.BASE, Unblock.MINISTRY]
    else:
        whose = [Unblock.MINISTRY if is_over else Unblock.SCHOOL]
        if is_over and by is Unblock.SCHOOL:
            require_phase(calendar, ADMIT, now, rule)
    if by not in whose:
        raise RESTORED_BY_ANOTHER(rule=rule, unblock=whose[0], detail=_NAMES[whose[0]], enrollment=enrollment.id)


def restore(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    reason: Reason,
    by: str,
    now: datetime,
    *,
    rank: int | None,
    waiting_rank: int | None,
) -> Step:
    """Take an end back; the history keeps both (R21, R25, R26).

    Args:
        enrollment: The enrollment before.
        to: The state of `former_state`, or the waiting list where its seat is gone.
        reason: Why.
        by: A role, or the name under which the school acts (R5).
        now: Domain time.
        rank: Its place among the school's candidates from then on (R21).
        waiting_rank: Its place by the base's ranking of the waiting list (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if to not in RESTORED.get(enrollment.status, frozenset()):
        raise wrong_state(enrollment, "R26")
    moved = step(enrollment, to, by=by, now=now, reason=reason.text)
    restored = replace(moved, offer_expires_at=None, rank=rank, waiting_rank=waiting_rank)
    events: list[EnrollmentEvent] = [event_of_state(restored)]
    if rank is not None and rank != enrollment.rank:
        events.append(Ranked(**about(restored), rank=rank))
    told = Restored(**about(restored), ended=enrollment.status, status=to, reason=reason.text)
    return restored, [*events, told]


def _left(enrollment: Enrollment) -> bool:
    """Whether the person wanted to leave, whichever way the school has granted it."""
    request = enrollment.withdrawal_request
    granted = request is not None and request.state is WithdrawalRequestState.GRANTED
    return enrollment.status is _S.WITHDRAWN and (granted or enrollment.reason_code is ReasonCode.BY_TEACHER)
