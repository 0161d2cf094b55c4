"""The two steps of a round about eligibility: schools confirm it, bases check it again (R1, R21–R23, ADR 33).

A round has them or not; where it has none, nothing here refuses or records anything.
"""

from dataclasses import replace
from datetime import datetime

from kernel.free_text import Reason
from services.enrollment.domain.enrollment import (
    BASE,
    Eligibility,
    Enrollment,
    Step,
    about,
    move,
    wrong_state,
)
from services.enrollment.domain.events import EligibilityConfirmed, Returned
from services.enrollment.domain.project import (
    ELIGIBILITY,
    ENROL,
    PHASES,
    RECHECK,
    Round,
    has_step,
    is_open,
    require_phase,
)
from services.enrollment.domain.refusals import STEP_NOT_IN_ROUND
from services.enrollment.domain.vocabulary import EnrollmentStatus


def require_step(calendar: Round | None, step: str, rule: str) -> None:
    """Refuse in a round that does not have a step (R1).

    Args:
        calendar: The round; None where there is none.
        step: The step's code.
        rule: The rule that the refusal names.

    Raises:
        Refusal: `STEP_NOT_IN_ROUND`.
    """
    if not has_step(calendar, step):
        raise STEP_NOT_IN_ROUND(rule=rule, detail=PHASES[step], step=step)


def confirm(enrollment: Enrollment, calendar: Round | None, by: str, now: datetime) -> Step:
    """Confirm that the person of a sign-up is eligible, within the days of 参训资格审核 (R22).

    What the base has returned is confirmed anew until the last day of 学员资格复核. A confirmation in force stays.

    Args:
        enrollment: The sign-up.
        calendar: Its round.
        by: The designated person's name (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `STEP_NOT_IN_ROUND` or `PHASE_CLOSED`.
    """
    if enrollment.status is not EnrollmentStatus.SIGNED_UP:
        raise wrong_state(enrollment, "R22")
    require_step(calendar, ELIGIBILITY, "R22")
    if enrollment.eligibility:
        return enrollment, []
    if not _may_be_corrected(enrollment, calendar, now):
        require_phase(calendar, ELIGIBILITY, now, "R22")
    confirmed = replace(enrollment, eligibility=Eligibility(confirmed_at=now, by=by))
    return confirmed, [EligibilityConfirmed(**about(confirmed))]


def confirm_by_entry(enrollment: Enrollment, calendar: Round | None, by: str, now: datetime) -> Step:
    """Confirm a sign-up that the school itself enters to submit it; in a round without the step, nothing (R22).

    Args:
        enrollment: The sign-up.
        calendar: Its round.
        by: The designated person's name (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE` or `PHASE_CLOSED`.
    """
    return confirm(enrollment, calendar, by, now) if has_step(calendar, ELIGIBILITY) else (enrollment, [])


def require_entry_open(enrollment: Enrollment | None, calendar: Round | None, now: datetime) -> None:
    """Refuse to enter a person whose eligibility could not be confirmed by that any more (R22).

    Args:
        enrollment: The sign-up that there is already.
        calendar: The project's round.
        now: Domain time.

    Raises:
        Refusal: `PHASE_CLOSED`.
    """
    confirmed = enrollment is not None and enrollment.eligibility is not None
    if has_step(calendar, ELIGIBILITY) and not confirmed and not _may_be_corrected(enrollment, calendar, now):
        require_phase(calendar, ELIGIBILITY, now, "R22")


def require_submission_open(enrollment: Enrollment | None, calendar: Round | None, now: datetime) -> None:
    """Refuse a submission outside the phase of enrollment; a returned one may come until 学员资格复核 ends (R22, R23).

    Args:
        enrollment: What is to be submitted; None for a new one.
        calendar: The project's round.
        now: Domain time.

    Raises:
        Refusal: `PHASE_CLOSED`.
    """
    if not _may_be_corrected(enrollment, calendar, now):
        require_phase(calendar, ENROL, now, "R22")


def send_back(enrollment: Enrollment, calendar: Round | None, reason: Reason, now: datetime) -> Step:
    """Return a submitted enrollment to its school, within the days of 学员资格复核 (R23).

    The confirmation is taken back, and an escalation with it: whoever submits again is decided on anew. When it was
    submitted stays, so that the base goes on seeing what it has returned.

    Args:
        enrollment: The enrollment before.
        calendar: Its round.
        reason: What is to be corrected.
        now: Domain time.

    Raises:
        Refusal: `STEP_NOT_IN_ROUND`, `PHASE_CLOSED` or `WRONG_STATE`.
    """
    require_step(calendar, RECHECK, "R23")
    require_phase(calendar, RECHECK, now, "R23")
    moved = move(enrollment, EnrollmentStatus.SIGNED_UP, rule="R23", by=BASE, now=now, reason=reason.text)
    returned = replace(moved, eligibility=None, escalated_at=None, returned_at=now)
    return returned, [Returned(**about(returned), reason=reason.text)]


def _may_be_corrected(enrollment: Enrollment | None, calendar: Round | None, now: datetime) -> bool:
    """Whether the base has returned a sign-up, and its school may still correct it."""
    return enrollment is not None and enrollment.returned_at is not None and is_open(calendar, RECHECK, now)
