"""Ends of enrollments that were a mistake, and offers that have expired, taken back (R21, R25, R26, ADR 31)."""

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from kernel.errors import Unblock
from kernel.free_text import Reason
from services.enrollment.commands.admissions import lane_row, submit
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import name_of_school, own_enrollment
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.enrollment import BASE, MINISTRY, Enrollment
from services.enrollment.domain.notifications import NoticeKind
from services.enrollment.domain.refusals import CLASS_FULL
from services.enrollment.domain.restoration import former_state, require_restorer, restore
from services.enrollment.domain.vocabulary import EnrollmentStatus

_ROLES = {Scope.SCHOOL: Unblock.SCHOOL, Scope.BASE: Unblock.BASE, Scope.MINISTRY: Unblock.MINISTRY}


async def restore_enrollment(
    deps: Deps, principal: Principal, *, key: str, reason: str, waitlist: bool = False
) -> Enrollment:
    """Take a withdrawal or a refusal by the school back, or an offer's expiry, until the training starts.

    It comes back to where it was; after an offer, to the waiting list. A seat that was given meanwhile stays given.

    Args:
        deps: The service's dependencies.
        principal: An account of the school, of the base, or of the ministry.
        key: The enrollment's id.
        reason: Why, as it was typed.
        waitlist: Whether an accepted one comes back to the waiting list where no seat is left.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `REASON_MISSING`, `INVALID_REASON`,
            `WRONG_STATE`, `LEFT_BY_TEACHER`, `PROJECT_NOT_OPEN`, `PHASE_CLOSED`, `RESTORED_BY_ANOTHER`,
            `SECOND_SIGN_UP`, `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `BUSY`.
    """
    require_scope(principal, *_ROLES)
    role = _ROLES[principal.scope]

    def decide(admission: Admission) -> Enrollment:
        by = {Unblock.BASE: BASE, Unblock.MINISTRY: MINISTRY}.get(role) or name_of_school(admission, principal)
        before = own_enrollment(admission, principal, key)
        project = admission.project(before.project)
        why = Reason.of(reason, "R26")
        to = former_state(before)
        require_restorer(before, project, admission.round_of(project), admission.now, by=role)
        admission.enter(before.school)
        admission.require_first(before.teacher, before.project)
        if to is EnrollmentStatus.ACCEPTED and not admission.has_seat_left(project.id):
            to = _instead_of_seat(project.capacity, waitlist=waitlist)
        ranks = {
            "rank": admission.rank_again(before, to),
            "waiting_rank": admission.waiting_rank_again(before, to),
        }
        restored = admission.settle(before, restore(before, to, why, by, admission.now, **ranks))
        admission.feed_back(restored, NoticeKind.RESTORED)
        if role is not Unblock.BASE and restored.submitted_at:
            admission.tell_base(restored, NoticeKind.RESTORED)
        return restored

    command = Command(
        decide=decide,
        enrollments=(key,),
        school=principal.school if role is Unblock.SCHOOL else None,
        takes_seats=True,
        frees_seats=True,  # it frees none, but its place in line depends on who waits
        revives=True,
        fresh=role is Unblock.MINISTRY,  # a deadline that was extended must not be taken for missed
    )
    content = (), {"key": key, "reason": reason, "waitlist": waitlist}
    return await submit(deps.lane, lane_row(principal, key, command, name="restore_enrollment|", content=content))


def _instead_of_seat(capacity: int, *, waitlist: bool) -> EnrollmentStatus:
    """The waiting list, for one whose seat is gone.

    Raises:
        Refusal: `CLASS_FULL`: the list was not asked for.
    """
    if not waitlist:
        raise CLASS_FULL(
            unblock=Unblock.SELF,
            detail=("，可恢复到候补名单（waitlist: true）", "; restore it to the waiting list (waitlist: true)"),
            capacity=capacity,
        )
    return EnrollmentStatus.WAITLISTED
