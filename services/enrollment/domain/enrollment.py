"""The aggregate Enrollment: its states and transitions, then every step up to a decision (R19–R23, R26, R33)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import REASON_MISSING, WRONG_STATE
from services.enrollment.domain.affiliation import Affiliation
from services.enrollment.domain.events import (
    Accepted,
    Cancelled,
    Declined,
    EnrollmentEvent,
    EnrollmentInherited,
    Escalated,
    Lapsed,
    Ranked,
    Rejected,
    SignedUp,
    SignUpWithdrawn,
    Submitted,
    Waitlisted,
    Withdrawn,
)
from services.enrollment.domain.labels import LABELS
from services.enrollment.domain.project import ADMIT, ELIGIBILITY, Project, Round, has_step, is_past
from services.enrollment.domain.refusals import ELIGIBILITY_UNCONFIRMED, NOT_AT_SCHOOL, NOT_ESCALATED, TEACHER_LEFT
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import (
    LEAVABLE,
    LIVE,
    Audience,
    EnrollmentDecision,
    EnrollmentStatus,
    ReasonCode,
    WithdrawalRequestState,
)

_S = EnrollmentStatus
_UNDER_WAY = frozenset({_S.ACCEPTED, _S.NO_SHOW, _S.ATTENDING})
_ASSESSED = frozenset({_S.PASSED, _S.FAILED, _S.INCOMPLETE})

TRANSITIONS: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.SIGNED_UP: frozenset({_S.WITHDRAWN, _S.DECLINED, _S.SUBMITTED, _S.CANCELLED, _S.LAPSED}),
    _S.SUBMITTED: frozenset(
        {_S.SIGNED_UP, _S.ACCEPTED, _S.REJECTED, _S.WAITLISTED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}
    ),
    _S.WAITLISTED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.OFFERED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}),
    _S.OFFERED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.EXPIRED, _S.WITHDRAWN, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.REJECTED, _S.WAITLISTED, _S.WITHDRAWN, _S.SUBSTITUTED, _S.CANCELLED}),
    _S.REJECTED: frozenset({_S.ACCEPTED, _S.WAITLISTED}),
    _S.ATTENDING: frozenset({_S.CANCELLED}),
}
"""The states that commands lead to, by the state they start from; a state without a row is left by no command."""

FOLLOWED: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.ACCEPTED: frozenset({_S.ATTENDING}),
    _S.ATTENDING: frozenset({_S.ACCEPTED, _S.NO_SHOW}),
    _S.NO_SHOW: frozenset({_S.ACCEPTED, _S.INCOMPLETE}),
    _S.PASSED: _UNDER_WAY | _ASSESSED | {_S.CREDIT_REVOKED},
    _S.FAILED: _UNDER_WAY | _ASSESSED | {_S.CREDIT_REVOKED},
    _S.INCOMPLETE: _UNDER_WAY | _ASSESSED | {_S.CREDIT_REVOKED},
    _S.CREDITED: _UNDER_WAY | _ASSESSED | {_S.CREDIT_REVOKED},
    _S.CREDIT_REVOKED: frozenset({_S.CREDITED}),
}
"""The states from which assessment's events lead to each state (`results.py`).

They are more than a single order of events would need: events of two aggregates may overtake each other, and a later
result or attendance corrects an earlier one (R30).
"""

REVIVED: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.LAPSED: frozenset({_S.SIGNED_UP, _S.SUBMITTED, _S.WAITLISTED}),
    _S.EXPIRED: frozenset({_S.WAITLISTED}),
}
"""The states to which a first day that is put off leads back (`postponement.py`); no command does."""

RESTORED: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.WITHDRAWN: frozenset({_S.SIGNED_UP, _S.SUBMITTED, _S.WAITLISTED, _S.ACCEPTED}),
    _S.DECLINED: frozenset({_S.SIGNED_UP}),
    _S.EXPIRED: frozenset({_S.WAITLISTED}),
}
"""The states to which an end by mistake is taken back (`restoration.py`)."""

UNSETTLED = frozenset(TRANSITIONS).union(REVIVED, RESTORED, *FOLLOWED.values())
"""The states that something may still follow; what is in another one has ended for good."""
TEACHER = "teacher"
"""The role under which the history has a teacher's own acts."""
BASE = "base"
"""The role under which the history has the base's acts."""
MINISTRY = "ministry"
"""The role under which the history has the ministry's acts."""
SYSTEM = "system"
"""The name under which the history has what the calendar brings."""
RANKABLE = frozenset({_S.SIGNED_UP, _S.SUBMITTED})
"""Whom their school may rank (R21)."""
_BEFORE_SUBMISSION = frozenset({_S.SIGNED_UP})
_DECIDED = {
    EnrollmentDecision.ACCEPT: _S.ACCEPTED,
    EnrollmentDecision.REJECT: _S.REJECTED,
    EnrollmentDecision.WAITLIST: _S.WAITLISTED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an enrollment's history.

    Attributes:
        status: The state that the step led to.
        at: Domain time.
        by: A role, or the name of the designated person; never a number (R5, R41).
        reason: Why, where the step has a reason.
    """

    status: EnrollmentStatus
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequest:
    """A teacher's request to leave, which the school answers (R26).

    Attributes:
        at: Domain time of the request.
        reason: The teacher's.
        answered_at: Domain time at which it came to its end, whatever that is.
        answer: Why the school has refused it.
        answered_by: Who brought it to its end: a role, or the name of the designated person (R5); None while it is
            open, and in documents of earlier releases.
    """

    at: datetime
    reason: str
    state: WithdrawalRequestState = WithdrawalRequestState.OPEN
    answered_at: datetime | None = None
    answer: str | None = None
    answered_by: str | None = None

    def ended(
        self, state: WithdrawalRequestState, now: datetime, *, by: str, answer: str | None = None
    ) -> "WithdrawalRequest":
        """The request at its end."""
        return replace(self, state=state, answered_at=now, answered_by=by, answer=answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """That the school has confirmed the person's eligibility (R22, ADR 33).

    Attributes:
        confirmed_at: Domain time.
        by: The designated person's name (R5).
    """

    confirmed_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """One teacher's enrollment in one project, from the sign-up to the credit.

    Attributes:
        base: The id of the project's base.
        school: The code of the teacher's school.
        province: The school's, two digits; `00` for none.
        year: The project's round.
        submitted_at: When it was last submitted; one that the base has returned keeps it.
        live: Whether it refuses the teacher a second sign-up for the project (R19).
        rank: Its place among the school's candidates (R21).
        waiting_rank: Its place on the waiting list, where the base has ranked it (R25).
        offer_expires_at: Until when the school may take the offered seat (R25).
        escalated_at: When it went to the ministry, undecided at a deadline (R23).
        reason: Why it is in its state.
        reason_code: Who or what ended it.
        withdrawal_request: The teacher's latest request to leave, if there was one (R26).
        eligibility: The school's confirmation in force, in a round that asks for it (R22).
        returned_at: When the base has returned it to the school; None once it is submitted again (R23).
    """

    id: str
    version: int
    project: str
    base: str
    teacher: str
    school: str
    province: str
    year: int
    status: EnrollmentStatus
    live: bool
    signed_up_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    rank: int | None = None
    waiting_rank: int | None = None
    offer_expires_at: datetime | None = None
    escalated_at: datetime | None = None
    reason: str | None = None
    reason_code: ReasonCode | None = None
    history: tuple[Change, ...] = ()
    withdrawal_request: WithdrawalRequest | None = None
    eligibility: Eligibility | None = None
    returned_at: datetime | None = None

    @property
    def attended(self) -> bool:
        """Whether the trainee took part in something, by what assessment has told last (R29, R34)."""
        told = [change.status for change in self.history if change.status in _UNDER_WAY]
        return bool(told) and told[-1] is _S.ATTENDING


Step = tuple[Enrollment, list[EnrollmentEvent]]
"""What a step returns: the enrollment after it, and its events."""


def about(enrollment: Enrollment) -> dict[str, Any]:
    """The fields that every event of the enrollment has."""
    return {
        "enrollment": enrollment.id,
        "project": enrollment.project,
        "base": enrollment.base,
        "teacher": enrollment.teacher,
        "school": enrollment.school,
        "year": enrollment.year,
        "province": enrollment.province,
    }


def move(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    *,
    rule: str,
    by: str,
    now: datetime,
    reason: str | None = None,
    code: ReasonCode | None = None,
) -> Enrollment:
    """Change the state by a command, if `TRANSITIONS` has the step.

    Args:
        enrollment: The enrollment before.
        to: Its next state.
        rule: The rule that a refusal names.
        by: A role, or the name of the designated person (R5).
        now: Domain time.
        reason: Why, for the history.
        code: Who or what ends it, where the step ends it.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if to not in TRANSITIONS.get(enrollment.status, frozenset()):
        raise wrong_state(enrollment, rule)
    return step(enrollment, to, by=by, now=now, reason=reason, code=code)


def step(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    code: ReasonCode | None = None,
) -> Enrollment:
    """Change the state without looking at `TRANSITIONS`; the caller has checked the step.

    Args:
        enrollment: The enrollment before.
        to: Its next state.
        by: A role, or the name of the designated person (R5).
        now: Domain time.
        reason: Why, for the history.
        code: Who or what ends it, where the step ends it.
    """
    return replace(
        enrollment,
        status=to,
        live=to in LIVE,
        reason=reason,
        reason_code=code,
        history=(*enrollment.history, Change(to, now, by, reason)),
        withdrawal_request=_request_after(enrollment.withdrawal_request, to, by, now),
    )


def _request_after(
    request: WithdrawalRequest | None, to: EnrollmentStatus, by: str, now: datetime
) -> WithdrawalRequest | None:
    """A request to leave after a step: it is at its end where the step leaves nothing to ask for."""
    if request is None or request.state is not WithdrawalRequestState.OPEN or to in LEAVABLE:
        return request
    left = to is EnrollmentStatus.WITHDRAWN
    return request.ended(WithdrawalRequestState.GRANTED if left else WithdrawalRequestState.LAPSED, now, by=by)


def inherit(enrollment: Enrollment, school: str, province: str) -> Step:
    """Hand an enrollment over to the school that its own was merged into; state, seat and history stay (R3).

    Args:
        enrollment: The enrollment before.
        school: The successor's code.
        province: The successor's.
    """
    inherited = replace(enrollment, school=school, province=province)
    return inherited, [EnrollmentInherited(**about(inherited), former_school=enrollment.school)]


def event_of_state(enrollment: Enrollment) -> EnrollmentEvent:
    """The event of the state that an enrollment is back in: accepted, waiting, submitted or signed up."""
    match enrollment.status:
        case _S.ACCEPTED:
            return Accepted(**about(enrollment))
        case _S.WAITLISTED:
            return Waitlisted(**about(enrollment))
        case _S.SUBMITTED:
            return Submitted(**about(enrollment), rank=enrollment.rank)
        case _:
            return SignedUp(**about(enrollment))


def wrong_state(enrollment: Enrollment, rule: str) -> Refusal:
    """The refusal `WRONG_STATE` for an enrollment, with its state."""
    zh, en = LABELS[enrollment.status]
    return WRONG_STATE(
        rule=rule,
        detail=(f"报名为“{zh}”状态", f"The state of the enrollment is “{en}”"),
        enrollment=enrollment.id,
        status=enrollment.status.value,
    )


def affiliation_within(teacher: Teacher, school: str | None) -> Affiliation:
    """The teacher's time at the school within which he or she signs up (R20).

    Args:
        teacher: Who signs up.
        school: The code of a school that the teacher is at; None for the main one.

    Raises:
        Refusal: `NOT_AT_SCHOOL`, or `TEACHER_LEFT`: the teacher is at no school.
    """
    here = teacher.main if school is None else teacher.at(school)
    if here is None:
        raise TEACHER_LEFT() if school is None else NOT_AT_SCHOOL(field="school")
    return here


def sign_up(
    key: str, teacher: Teacher, project: Project, now: datetime, by: str = TEACHER, *, at: Affiliation | None = None
) -> Step:
    """Sign a teacher up; a post that the project is not meant for is a warning only (R19, R20, R22).

    Args:
        key: The new enrollment's id.
        teacher: Who is signed up.
        project: The project.
        now: Domain time.
        by: `teacher`, or the designated person whose roster signs the teacher up.
        at: The school within which the teacher is signed up (R20); the main one by default.

    Raises:
        Refusal: `TEACHER_LEFT`: the teacher is at no school.
    """
    here = at or affiliation_within(teacher, None)
    enrollment = Enrollment(
        id=key,
        version=1,
        project=project.id,
        base=project.base,
        teacher=teacher.id,
        school=here.school,
        province=here.province,
        year=project.year,
        status=EnrollmentStatus.SIGNED_UP,
        live=True,
        signed_up_at=now,
        history=(Change(EnrollmentStatus.SIGNED_UP, now, by),),
    )
    return enrollment, [SignedUp(**about(enrollment))]


def meant_for(post: Audience, project: Project) -> bool:
    """Whether a project is for people of that post (R20).

    It is computed whenever it is shown and not stored, for the post of a teacher may be corrected.
    """
    return not project.audience or post in project.audience


def withdraw_sign_up(enrollment: Enrollment, now: datetime) -> Step:
    """Withdraw a sign-up on behalf of its teacher, before the school has submitted it (R19).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status not in _BEFORE_SUBMISSION:
        raise wrong_state(enrollment, "R19")
    withdrawn = move(
        enrollment, EnrollmentStatus.WITHDRAWN, rule="R19", by=TEACHER, now=now, code=ReasonCode.BY_TEACHER
    )
    return withdrawn, [SignUpWithdrawn(**about(withdrawn))]


def decline(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """Decline a sign-up on behalf of the school (R21).

    Args:
        enrollment: The sign-up.
        reason: Why.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    declined = move(
        enrollment,
        EnrollmentStatus.DECLINED,
        rule="R21",
        by=by,
        now=now,
        reason=reason.text,
        code=ReasonCode.BY_SCHOOL,
    )
    return declined, [Declined(**about(declined), reason=reason.text)]


def rank(enrollment: Enrollment, place: int) -> Step:
    """Set the candidate's place among those of its school, from 1 (R21).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status not in RANKABLE:
        raise wrong_state(enrollment, "R21")
    ranked = replace(enrollment, rank=place)
    return ranked, [Ranked(**about(ranked), rank=place)]


def waits_for_submission(enrollment: Enrollment, school: str) -> bool:
    """Whether it is a sign-up of this school, which alone may submit it (R20, R22).

    Args:
        enrollment: A live enrollment of a person who may be at several schools.
        school: The code of the school that wants to submit it.
    """
    return enrollment.school == school and enrollment.status is EnrollmentStatus.SIGNED_UP


def submit(enrollment: Enrollment, by: str, now: datetime, *, calendar: Round | None) -> Step:
    """Submit a sign-up to the base (R22).

    Args:
        enrollment: The sign-up.
        by: The designated person's name (R5).
        now: Domain time; one instant for all that are submitted together, so that the school's ranking orders them.
        calendar: The project's round, which may ask that eligibility is confirmed before.

    Raises:
        Refusal: `WRONG_STATE` or `ELIGIBILITY_UNCONFIRMED`.
    """
    moved = move(enrollment, EnrollmentStatus.SUBMITTED, rule="R22", by=by, now=now)
    if has_step(calendar, ELIGIBILITY) and enrollment.eligibility is None:
        raise ELIGIBILITY_UNCONFIRMED(enrollment=enrollment.id)
    submitted = replace(moved, submitted_at=now, returned_at=None)
    return submitted, [Submitted(**about(submitted), rank=submitted.rank)]


def decide(
    enrollment: Enrollment,
    decision: EnrollmentDecision,
    reason: Reason | None,
    now: datetime,
    *,
    overrides: bool = False,
    passes_over: bool = False,
) -> Step:
    """Accept, reject or waitlist a submitted enrollment; accept or reject one that waits for a seat (R23, R25).

    Args:
        enrollment: The enrollment before.
        decision: What is decided.
        reason: Why; a rejection needs one, and so does every decision of the ministry.
        now: Domain time.
        overrides: Whether the ministry decides in the base's place.
        passes_over: Whether it is accepted before others of the waiting list; that needs a reason.

    Raises:
        Refusal: `REASON_MISSING` or `WRONG_STATE`.
    """
    rejects = decision is EnrollmentDecision.REJECT
    if reason is None and (rejects or overrides):
        raise REASON_MISSING(rule="R23")
    if reason is None and passes_over:
        raise REASON_MISSING(rule="R25")
    if enrollment.status not in {EnrollmentStatus.SUBMITTED, EnrollmentStatus.WAITLISTED}:
        raise wrong_state(enrollment, "R23")
    return settle_decision(enrollment, decision, reason, now, overrides=overrides)


def settle_decision(
    enrollment: Enrollment, decision: EnrollmentDecision, reason: Reason | None, now: datetime, *, overrides: bool
) -> Step:
    """Put a decision into effect, a first one or one that corrects another (R23).

    Args:
        enrollment: The enrollment before.
        decision: What is decided.
        reason: Why.
        now: Domain time.
        overrides: Whether the ministry decides in the base's place.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    rejects = decision is EnrollmentDecision.REJECT
    text = reason.text if reason else None
    by, code = (MINISTRY, ReasonCode.BY_MINISTRY) if overrides else (BASE, ReasonCode.BY_BASE)
    to = _DECIDED[decision]
    moved = move(enrollment, to, rule="R23", by=by, now=now, reason=text, code=code if rejects else None)
    decided = replace(moved, decided_at=now, waiting_rank=None)
    override = text if overrides else None
    event: EnrollmentEvent
    match decision:
        case EnrollmentDecision.ACCEPT:
            event = Accepted(**about(decided), override=override)
        case EnrollmentDecision.REJECT:
            event = Rejected(**about(decided), reason=text or "", override=override)
        case EnrollmentDecision.WAITLIST:
            event = Waitlisted(**about(decided), override=override)
    return decided, [event]


def withdraw(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """Withdraw a submitted enrollment on behalf of the school (R26).

    Args:
        enrollment: The enrollment before.
        reason: Why.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status in _BEFORE_SUBMISSION:
        raise wrong_state(enrollment, "R26")
    return end_by_school(enrollment, reason, by, now)


def end_by_school(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """End an enrollment on behalf of the school, submitted or not, as where its person takes over a seat (R26).

    Args:
        enrollment: The enrollment before.
        reason: Why.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    withdrawn = move(
        enrollment,
        EnrollmentStatus.WITHDRAWN,
        rule="R26",
        by=by,
        now=now,
        reason=reason.text,
        code=ReasonCode.BY_SCHOOL,
    )
    return withdrawn, [Withdrawn(**about(withdrawn), reason=reason.text)]


def cancel(enrollment: Enrollment, reason: str, now: datetime) -> Step:
    """End a live enrollment because its project is cancelled (R33).

    Args:
        enrollment: The enrollment before.
        reason: The reason of the project's cancellation, as the catalog's event has it.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    cancelled = move(
        enrollment,
        EnrollmentStatus.CANCELLED,
        rule="R33",
        by=SYSTEM,
        now=now,
        reason=reason,
        code=ReasonCode.PROJECT_CANCELLED,
    )
    return cancelled, [Cancelled(**about(cancelled), reason=reason)]


def lapse(enrollment: Enrollment, now: datetime) -> Step:
    """End an enrollment that has no seat when its training begins (docs/state-machines.md).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    lapsed = move(enrollment, EnrollmentStatus.LAPSED, rule="R23", by=SYSTEM, now=now, code=ReasonCode.PROJECT_STARTED)
    return lapsed, [Lapsed(**about(lapsed))]


def missed_deadline(calendar: Round | None, now: datetime) -> datetime | None:
    """The deadline of a round's decisions once it has passed, else None; an extended phase has not passed (R1, R23)."""
    return calendar.calendar[ADMIT].closes_at if calendar and is_past(calendar, ADMIT, now) else None


def escalate(enrollment: Enrollment, deadline: datetime, now: datetime) -> Step | None:
    """Escalate an undecided enrollment to the ministry, once for each deadline that was missed (R23).

    Args:
        enrollment: The enrollment before.
        deadline: The end of the phase in which the base should have decided.
        now: Domain time.

    Returns:
        The step; None where there is nothing to escalate.
    """
    escalated_at = enrollment.escalated_at
    if enrollment.status is not EnrollmentStatus.SUBMITTED or (escalated_at and escalated_at >= deadline):
        return None
    escalated = replace(enrollment, escalated_at=now)
    return escalated, [Escalated(**about(escalated))]


def require_missed(calendar: Round | None, now: datetime) -> None:
    """Refuse a decision of the ministry while the base may still decide (R23).

    Raises:
        Refusal: `NOT_ESCALATED`.
    """
    if missed_deadline(calendar, now) is None:
        raise NOT_ESCALATED()
