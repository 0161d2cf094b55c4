"""The correction of a decision: what may be corrected, by whom, and what it leads to (R23, ADR 31)."""

from collections.abc import Mapping
from datetime import datetime

from kernel.free_text import Reason
from services.enrollment.domain.enrollment import MINISTRY, Enrollment, Step, about, settle_decision, wrong_state
from services.enrollment.domain.events import DecisionRevised
from services.enrollment.domain.refusals import DECIDED_BY_MINISTRY, NOT_ESCALATED, SEAT_GIVEN
from services.enrollment.domain.vocabulary import EnrollmentDecision, EnrollmentStatus

_S = EnrollmentStatus
_D = EnrollmentDecision
REVISABLE: Mapping[EnrollmentStatus, frozenset[EnrollmentDecision]] = {
    _S.ACCEPTED: frozenset({_D.REJECT, _D.WAITLIST}),
    _S.REJECTED: frozenset({_D.ACCEPT, _D.WAITLIST}),
    _S.WAITLISTED: frozenset({_D.ACCEPT, _D.REJECT}),
    _S.OFFERED: frozenset({_D.REJECT}),
}
"""The decisions that may take the place of the one that led to a state."""


def revise(
    enrollment: Enrollment, decision: EnrollmentDecision, reason: Reason, now: datetime, *, overrides: bool
) -> Step:
    """Put another decision in the place of the one in force; the history keeps both (R23).

    Args:
        enrollment: The enrollment before.
        decision: What is right.
        reason: Why it is corrected.
        now: Domain time.
        overrides: Whether the ministry corrects it.

    Raises:
        Refusal: `WRONG_STATE`: there is no decision yet, or it is the same, or the enrollment has ended otherwise.
    """
    if decision not in REVISABLE.get(enrollment.status, frozenset()):
        raise wrong_state(enrollment, "R23")
    revised, events = settle_decision(enrollment, decision, reason, now, overrides=overrides)
    told = DecisionRevised(
        **about(revised),
        revised=enrollment.status,
        decided=revised.status,
        reason=reason.text,
        override=reason.text if overrides else None,
    )
    return revised, [*events, told]


def require_correctable(enrollment: Enrollment, *, ministry: bool, admission_open: bool) -> None:
    """Refuse a correction by who may not make it (R23, R25).

    While admission is open a base corrects its own decisions. What is not the base's, and everything once admission is
    closed, is the ministry's.

    Args:
        enrollment: The enrollment before.
        ministry: Whether the ministry corrects it, else the base.
        admission_open: Whether the base may decide at present.

    Raises:
        Refusal: `SEAT_GIVEN`, `DECIDED_BY_MINISTRY` or `NOT_ESCALATED`.
    """
    given, by_ministry = _is_given(enrollment), _decided_by_ministry(enrollment)
    if ministry:
        if admission_open and not given and not by_ministry:
            raise NOT_ESCALATED()
    elif given:
        raise SEAT_GIVEN(enrollment=enrollment.id, status=enrollment.status.value)
    elif by_ministry:
        raise DECIDED_BY_MINISTRY(enrollment=enrollment.id)


def _is_given(enrollment: Enrollment) -> bool:
    """Whether the seat was offered by the line, or taken over from a colleague: no decision of a base is behind it."""
    if enrollment.status is not _S.ACCEPTED:
        return enrollment.status is _S.OFFERED
    before = [change.status for change in enrollment.history[:-1]]
    return not before or before[-1] is _S.OFFERED


def _decided_by_ministry(enrollment: Enrollment) -> bool:
    return bool(enrollment.history) and enrollment.history[-1].by == MINISTRY
