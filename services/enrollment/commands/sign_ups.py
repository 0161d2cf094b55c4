"""Sign-ups of teachers, and what their school does with them: decline, rank, submit, withdraw (R19–R22, R26)."""

from collections.abc import Sequence
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from kernel.free_text import Reason
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.admissions import lane_row, raise_for_school, submit
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import name_of_designated, name_of_school, own_enrollment, own_school
from services.enrollment.domain import eligibility, withdrawal
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain.admission import Admission, Command
from services.enrollment.domain.cut_off import require_before
from services.enrollment.domain.enrollment import RANKABLE, Enrollment, Step, wrong_state
from services.enrollment.domain.notifications import NoticeKind, notice_to, school_box, trainee_box
from services.enrollment.domain.project import ELIGIBILITY, ENROL, Project, require_not_started, require_open
from services.enrollment.domain.refusals import SECOND_SIGN_UP
from services.enrollment.domain.seats import holds_seat


async def sign_up(deps: Deps, principal: Principal, *, project_id: str, school: str | None = None) -> Enrollment:
    """Sign the calling teacher up for a published project while enrollment is open (R19).

    Args:
        deps: The service's dependencies.
        principal: The teacher.
        project_id: The project.
        school: The code of the school that shall submit it, one that the teacher is at; None for the main one (R20).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `PROJECT_NOT_OPEN`, `PHASE_CLOSED`, `NOT_AT_SCHOOL`, `TEACHER_LEFT`,
            `INNER_CUT_OFF_PASSED`, `SECOND_SIGN_UP` or `BUSY`.
    """
    require_scope(principal, Scope.TEACHER)
    key, person = new_id(), principal.person or ""

    def decide(admission: Admission) -> Enrollment:
        teacher = admission.teacher(person)
        project = admission.project_in_phase(project_id, ENROL, "R19")
        here = enrollments.affiliation_within(teacher, school)
        require_before(admission.cut_offs_of(here.school, project), project.id, admission.now)
        return admission.create(enrollments.sign_up(key, teacher, project, admission.now, at=here))

    command = Command(decide=decide, projects=(project_id,), teachers=(person,))
    content = (), {"project_id": project_id} | ({} if school is None else {"school": school})
    return await submit(deps.lane, lane_row(principal, key, command, name="sign_up|", content=content))


async def enroll_teachers(
    deps: Deps, principal: Principal, *, project_id: str, teachers: Sequence[str], submit_too: bool = False
) -> list[RowResult[Enrollment]]:
    """Sign teachers of the caller's school up under the designated person's name, and submit them if asked (R19, R22).

    The school has until enrollment closes; its own, earlier cut-off is for the sign-ups of teachers (R21). What is
    submitted together is one instant, and the order of `teachers` is the school's ranking within it: they follow those
    whom the school has ranked before. Where the round asks that eligibility is confirmed, entering a person to submit
    is the confirmation.

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        project_id: The project, for all of them.
        teachers: Ids of teachers on file.
        submit_too: Whether they are submitted to the base as well; a teacher's own sign-up is then handed in, if it is
            this school's.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `DESIGNATED_PERSON_MISSING`,
            `TOO_MANY_ROWS`, `REPEATED_ROWS` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)
    require_different(require_rows(teachers, "teacherIds", rule="R22"), "teacherIds", rule="R19")
    if not teachers:
        await _require_school_and_project(deps, principal, project_id)
    asked_at = deps.clock.now()  # of all rows, whichever transactions they are in
    ranks = submit_too and len(teachers) > 1

    def enroll(admission: Admission, person: str, key: str) -> Enrollment:
        by = name_of_designated(admission, principal)
        teacher = admission.teacher(person)
        here = teacher.at(principal.school or "")
        if here is None:
            raise NOT_FOUND(kind="teacher", id=person)
        project = admission.project(project_id)
        own = admission.live_enrollment(person, project.id)
        _require_open(admission, project, own)
        if own and not (submit_too and enrollments.waits_for_submission(own, here.school)):
            raise SECOND_SIGN_UP(project=project.id)
        signed_up, events = (own, []) if own else enrollments.sign_up(key, teacher, project, asked_at, by, at=here)
        if submit_too:
            calendar = admission.round_of(project)
            place = admission.next_rank(here.school, project.id, besides=signed_up.id) if ranks else None
            ranked, of_rank = (signed_up, []) if place is None else enrollments.rank(signed_up, place)
            confirmed, of_entry = eligibility.confirm_by_entry(ranked, calendar, by, asked_at)
            signed_up, of_submission = enrollments.submit(confirmed, by, asked_at, calendar=calendar)
            events = [*events, *of_rank, *of_entry, *of_submission]
        return admission.settle(own, (signed_up, events)) if own else admission.create((signed_up, events))

    content = "|".join([project_id, str(submit_too), *teachers])
    rows = [
        lane_row(
            principal,
            person,
            Command(
                decide=partial(enroll, person=person, key=new_id()),
                projects=(project_id,),
                teachers=(person,),
                school=principal.school,
                ranked=project_id if ranks else None,
                by_steps=submit_too,
            ),
            name=f"enroll_teachers|{person}",
            content=content,
        )
        for person in teachers
    ]
    return raise_for_school(await deps.lane.submit_all(rows))


async def withdraw_sign_up(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Withdraw the caller's own sign-up before the school has submitted it (R19).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE` or `BUSY`.
    """
    require_scope(principal, Scope.TEACHER)

    def decide(admission: Admission) -> Enrollment:
        signed_up = own_enrollment(admission, principal, key)
        return admission.settle(signed_up, enrollments.withdraw_sign_up(signed_up, admission.now))

    command, content = Command(decide=decide, enrollments=(key,)), ((), {"key": key})
    return await submit(deps.lane, lane_row(principal, key, command, name="withdraw_sign_up|", content=content))


async def decline_sign_ups(
    deps: Deps, principal: Principal, *, keys: Sequence[str], reason: str
) -> list[RowResult[Enrollment]]:
    """Decline sign-ups of the caller's school, each row by itself (R21).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `TOO_MANY_ROWS` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)
    require_rows(keys, "ids", rule="R22")

    def decline(admission: Admission, key: str) -> Enrollment:
        by = name_of_school(admission, principal)
        signed_up = own_enrollment(admission, principal, key)
        return _decline(admission, signed_up, Reason.of(reason, "R21"), by)

    rows = [
        lane_row(
            principal,
            key,
            Command(decide=partial(decline, key=key), enrollments=(key,), school=principal.school),
            name=f"decline_sign_ups|{key}",
            content=reason,
        )
        for key in keys
    ]
    return raise_for_school(await deps.lane.submit_all(rows))


async def _require_school_and_project(deps: Deps, principal: Principal, project_id: str) -> None:
    """The guards of a command without rows; otherwise each row has them, in the transaction that loads it.

    Raises:
        Refusal: `NOT_FOUND`, `SCHOOL_CLOSED` or `NO_LONGER_DESIGNATED`.
    """
    await own_school(deps, principal)
    await deps.store.projects.get(project_id)


async def rank_sign_ups(
    deps: Deps, principal: Principal, *, project_id: str, keys: Sequence[str]
) -> list[RowResult[Enrollment]]:
    """Rank the candidates of the caller's school for a project, in the order of `keys` (R21).

    Those whom the school has ranked before and does not name follow in their order, so that ranks stay 1, 2, 3 ….

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `TOO_MANY_ROWS`, `REPEATED_ROWS` or
            `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)
    require_different(require_rows(keys, "ids", rule="R22"), "ids", rule="R21")
    if not keys:
        await _require_school_and_project(deps, principal, project_id)
    school, named = principal.school or "", frozenset(keys)

    def is_candidate(admission: Admission, key: str) -> bool:
        found = admission.enrollments.get(key)
        return bool(found and (found.school, found.project) == (school, project_id) and found.status in RANKABLE)

    def rank(admission: Admission, key: str) -> Enrollment:
        name_of_school(admission, principal)
        candidate = own_enrollment(admission, principal, key)
        order = [each for each in keys if is_candidate(admission, each)]
        order += [each.id for each in admission.ranked(school, project_id) if each.id not in named]
        places = {each: place for place, each in enumerate(order, start=1)}
        if key not in places:
            raise wrong_state(candidate, "R21")
        ranked = admission.settle(candidate, enrollments.rank(candidate, places[key]))
        for each in order:
            before = admission.enrollment(each)
            if each not in named and before.rank != places[each]:
                admission.settle(before, enrollments.rank(before, places[each]))
        return ranked

    content = "|".join([project_id, *keys])
    rows = [
        lane_row(
            principal,
            key,
            Command(decide=partial(rank, key=key), enrollments=tuple(keys), school=principal.school, ranked=project_id),
            name=f"rank_sign_ups|{key}",
            content=content,
        )
        for key in keys
    ]
    return raise_for_school(await deps.lane.submit_all(rows))


async def confirm_eligibility(
    deps: Deps, principal: Principal, *, keys: Sequence[str], ok: bool, reason: str | None = None
) -> list[RowResult[Enrollment]]:
    """Confirm or deny that those who signed up are eligible, under the designated person's name (R5, R21, R22).

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        keys: Ids of sign-ups.
        ok: Whether they are eligible; a sign-up that is not ends as declined.
        reason: Why not, as it was typed; it is for a denial, and needed there.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `DESIGNATED_PERSON_MISSING`,
            `TOO_MANY_ROWS` or `BUSY`; why a row is refused, such as `STEP_NOT_IN_ROUND`, is in the row.
    """
    require_scope(principal, Scope.SCHOOL)
    require_rows(keys, "ids", rule="R22")

    def settle(admission: Admission, key: str) -> Enrollment:
        by = name_of_designated(admission, principal)
        signed_up = own_enrollment(admission, principal, key)
        calendar = admission.round_of(admission.project(signed_up.project))
        if not ok:
            why = Reason.of(reason, "R21")
            eligibility.require_step(calendar, ELIGIBILITY, "R22")
            return _decline(admission, signed_up, why, by)
        return admission.settle(signed_up, eligibility.confirm(signed_up, calendar, by, admission.now))

    rows = [
        lane_row(
            principal,
            key,
            Command(decide=partial(settle, key=key), enrollments=(key,), school=principal.school, by_steps=True),
            name=f"confirm_eligibility|{key}",
            content=((), {"ok": ok, "reason": reason}),
        )
        for key in keys
    ]
    return raise_for_school(await deps.lane.submit_all(rows))


async def submit_enrollments(deps: Deps, principal: Principal, *, keys: Sequence[str]) -> list[RowResult[Enrollment]]:
    """Submit sign-ups to the bases under the designated person's name, until enrollment closes (R5, R22).

    What a base has returned may be submitted again until the last day of 学员资格复核 (R23).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `DESIGNATED_PERSON_MISSING`,
            `TOO_MANY_ROWS` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)
    require_rows(keys, "ids", rule="R22")
    submitted_at = deps.clock.now()  # of all rows, whichever transactions they are in

    def submit_row(admission: Admission, key: str) -> Enrollment:
        by = name_of_designated(admission, principal)
        signed_up = own_enrollment(admission, principal, key)
        project = admission.project(signed_up.project)
        _require_open(admission, project, signed_up)
        calendar = admission.round_of(project)
        return admission.settle(signed_up, enrollments.submit(signed_up, by, submitted_at, calendar=calendar))

    rows = [
        lane_row(
            principal,
            key,
            Command(decide=partial(submit_row, key=key), enrollments=(key,), school=principal.school, by_steps=True),
            name=f"submit_enrollments|{key}",
        )
        for key in keys
    ]
    return raise_for_school(await deps.lane.submit_all(rows))


async def withdraw_enrollment(deps: Deps, principal: Principal, *, key: str, reason: str) -> Enrollment:
    """Withdraw a submitted enrollment before the training starts; a seat it held is offered at once (R25, R26).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `WRONG_STATE`, `REASON_MISSING`,
            `INVALID_REASON`, `PROJECT_NOT_OPEN` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)

    def decide(admission: Admission) -> Enrollment:
        by = name_of_school(admission, principal)
        before = own_enrollment(admission, principal, key)
        require_not_started(admission.project(before.project), admission.now, "R26")
        step = enrollments.withdraw(before, Reason.of(reason, "R26"), by, admission.now)
        return _leave(admission, before, step)

    command = Command(decide=decide, enrollments=(key,), school=principal.school, frees_seats=True)
    content = (), {"key": key, "reason": reason}
    return await submit(deps.lane, lane_row(principal, key, command, name="withdraw_enrollment|", content=content))


def _require_open(admission: Admission, project: Project, enrollment: Enrollment | None) -> None:
    """Refuse the school's entry or submission for a project that takes none now (R22, R23).

    Raises:
        Refusal: `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
    """
    require_open(project, "R22")
    eligibility.require_submission_open(enrollment, admission.round_of(project), admission.now)


def _decline(admission: Admission, signed_up: Enrollment, reason: Reason, by: str) -> Enrollment:
    """Decline a sign-up, and tell the teacher and the school (R21, R24)."""
    step = enrollments.decline(signed_up, reason, by, admission.now)
    declined = admission.settle(signed_up, step)
    admission.feed_back(declined)
    return declined


def _leave(admission: Admission, before: Enrollment, step: Step) -> Enrollment:
    """Take the step of an enrollment that the school ends: everybody is told, a seat goes down the line (R24, R25)."""
    withdrawn = admission.settle(before, step)
    admission.feed_back(withdrawn)
    if holds_seat(before.status):
        admission.tell_base(withdrawn)
    admission.offer_freed_seat(before)
    return withdrawn


async def request_withdrawal(deps: Deps, principal: Principal, *, key: str, reason: str) -> Enrollment:
    """Ask the own school to withdraw an enrollment that it has submitted, before the training starts (R26).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `PROJECT_NOT_OPEN`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE`,
            `WITHDRAWAL_REQUEST_OPEN` or `BUSY`.
    """
    require_scope(principal, Scope.TEACHER)

    def decide(admission: Admission) -> Enrollment:
        before = own_enrollment(admission, principal, key)
        require_not_started(admission.project(before.project), admission.now, "R26")
        why = Reason.of(reason, "R26")
        asked = admission.settle(before, withdrawal.request_withdrawal(before, why, admission.now))
        admission.tell(
            [
                notice_to(
                    school_box(asked.school), asked, NoticeKind.WITHDRAWAL_REQUESTED, admission.now, reason=why.text
                )
            ]
        )
        return asked

    command, content = Command(decide=decide, enrollments=(key,)), ((), {"key": key, "reason": reason})
    return await submit(deps.lane, lane_row(principal, key, command, name="request_withdrawal|", content=content))


async def take_back_withdrawal_request(deps: Deps, principal: Principal, *, key: str) -> Enrollment:
    """Take the own request to leave back, before the school has answered it (R26).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `NO_WITHDRAWAL_REQUEST` or `BUSY`.
    """
    require_scope(principal, Scope.TEACHER)

    def decide(admission: Admission) -> Enrollment:
        before = own_enrollment(admission, principal, key)
        kept = admission.settle(before, withdrawal.take_back_request(before, admission.now))
        reason = kept.withdrawal_request.reason if kept.withdrawal_request else ""
        admission.tell(
            [notice_to(school_box(kept.school), kept, NoticeKind.WITHDRAWAL_TAKEN_BACK, admission.now, reason=reason)]
        )
        return kept

    command, content = Command(decide=decide, enrollments=(key,)), ((), {"key": key})
    row = lane_row(principal, key, command, name="take_back_withdrawal_request|", content=content)
    return await submit(deps.lane, row)


async def answer_withdrawal(
    deps: Deps, principal: Principal, *, key: str, grant: bool, reason: str | None = None
) -> Enrollment:
    """Grant a teacher's request to leave, which withdraws the enrollment with the teacher's reason, or refuse it (R26).

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        key: The enrollment's id.
        grant: Whether the teacher may leave.
        reason: Why not, as it was typed; a refusal needs one.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `NO_WITHDRAWAL_REQUEST`,
            `REASON_MISSING`, `INVALID_REASON`, `PROJECT_NOT_OPEN` or `BUSY`.
    """
    require_scope(principal, Scope.SCHOOL)

    def decide(admission: Admission) -> Enrollment:
        by = name_of_school(admission, principal)
        before = own_enrollment(admission, principal, key)
        if grant:
            step = withdrawal.grant_withdrawal(before, by, admission.now)
            require_not_started(admission.project(before.project), admission.now, "R26")
            return _leave(admission, before, step)
        why = Reason.of(reason, "R26")
        kept = admission.settle(before, withdrawal.refuse_withdrawal(before, why, by, admission.now))
        admission.tell(
            [notice_to(trainee_box(kept.teacher), kept, NoticeKind.WITHDRAWAL_REFUSED, admission.now, reason=why.text)]
        )
        return kept

    command = Command(decide=decide, enrollments=(key,), school=principal.school, frees_seats=grant)
    content = (), {"key": key, "grant": grant, "reason": reason}
    return await submit(deps.lane, lane_row(principal, key, command, name="answer_withdrawal|", content=content))
