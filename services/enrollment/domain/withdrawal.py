"""A teacher's request to leave after the school's submission, and the school's answer (R26)."""

from dataclasses import replace
from datetime import datetime

from kernel.free_text import Reason
from services.enrollment.domain.enrollment import (
    SYSTEM,
    TEACHER,
    Enrollment,
    Step,
    WithdrawalRequest,
    about,
    move,
    wrong_state,
)
from services.enrollment.domain.events import (
    WithdrawalRefused,
    WithdrawalRequested,
    WithdrawalRequestTakenBack,
    Withdrawn,
)
from services.enrollment.domain.refusals import NO_WITHDRAWAL_REQUEST, WITHDRAWAL_REQUEST_OPEN
from services.enrollment.domain.vocabulary import LEAVABLE, EnrollmentStatus, ReasonCode, WithdrawalRequestState


def request_withdrawal(enrollment: Enrollment, reason: Reason, now: datetime) -> Step:
    """Ask the school to withdraw the enrollment, on behalf of its teacher (R26).

    Raises:
        Refusal: `WRONG_STATE` or `WITHDRAWAL_REQUEST_OPEN`.
    """
    if enrollment.status not in LEAVABLE:
        raise wrong_state(enrollment, "R26")
    if _open_request(enrollment):
        raise WITHDRAWAL_REQUEST_OPEN(enrollment=enrollment.id)
    asked = replace(enrollment, withdrawal_request=WithdrawalRequest(at=now, reason=reason.text))
    return asked, [WithdrawalRequested(**about(asked))]


def take_back_request(enrollment: Enrollment, now: datetime) -> Step:
    """Take the request back, on behalf of the teacher, before the school has answered it (R26).

    Raises:
        Refusal: `NO_WITHDRAWAL_REQUEST`.
    """
    ended = _require_open(enrollment).ended(WithdrawalRequestState.TAKEN_BACK, now, by=TEACHER)
    kept = replace(enrollment, withdrawal_request=ended)
    return kept, [WithdrawalRequestTakenBack(**about(kept))]


def refuse_withdrawal(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """Refuse the request on behalf of the school; the enrollment stays as it is (R26).

    Args:
        enrollment: The enrollment before.
        reason: Why not.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `NO_WITHDRAWAL_REQUEST`.
    """
    ended = _require_open(enrollment).ended(WithdrawalRequestState.REFUSED, now, by=by, answer=reason.text)
    kept = replace(enrollment, withdrawal_request=ended)
    return kept, [WithdrawalRefused(**about(kept))]


def grant_withdrawal(enrollment: Enrollment, by: str, now: datetime) -> Step:
    """Grant the request on behalf of the school: the enrollment ends, with the teacher's reason (R26).

    Args:
        enrollment: The enrollment before.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `NO_WITHDRAWAL_REQUEST`.
    """
    reason = _require_open(enrollment).reason
    to, code = EnrollmentStatus.WITHDRAWN, ReasonCode.BY_TEACHER
    withdrawn = move(enrollment, to, rule="R26", by=by, now=now, reason=reason, code=code)
    return withdrawn, [Withdrawn(**about(withdrawn), reason=reason)]


def lapse_request(enrollment: Enrollment, now: datetime) -> Step | None:
    """End a request that nobody has answered when the training begins, for nobody may grant it any more (R26).

    Returns:
        The enrollment, which stays as it is, without an event; None where no request waits.
    """
    request = _open_request(enrollment)
    if request is None:
        return None
    ended = request.ended(WithdrawalRequestState.LAPSED, now, by=SYSTEM)
    return replace(enrollment, withdrawal_request=ended), []


def _open_request(enrollment: Enrollment) -> WithdrawalRequest | None:
    request = enrollment.withdrawal_request
    return request if request and request.state is WithdrawalRequestState.OPEN else None


def _require_open(enrollment: Enrollment) -> WithdrawalRequest:
    request = _open_request(enrollment)
    if request is None:
        raise NO_WITHDRAWAL_REQUEST(enrollment=enrollment.id)
    return request
