"""A school requests a person whom another school has on file: the move, or part-time work besides (R20, ADR 28)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kernel.errors import Unblock
from kernel.free_text import Reason
from kernel.refusals import WRONG_STATE
from services.enrollment.domain.events import (
    NATIONWIDE,
    TeacherRequestAnswered,
    TeacherRequestDecided,
    TeacherRequested,
    TeacherRequestEscalated,
    TeacherRequestReaddressed,
    TeacherRequestWithdrawn,
)
from services.enrollment.domain.labels import LABELS
from services.enrollment.domain.refusals import TEACHER_MOVED, TRANSFER_PENDING
from services.enrollment.domain.teacher import Joined, Teacher, join
from services.enrollment.domain.vocabulary import Employment, TransferKind, TransferState

_S = TransferState
TRANSITIONS: dict[TransferState, frozenset[TransferState]] = {
    _S.REQUESTED: frozenset({_S.CONFIRMED, _S.REFUSED, _S.ESCALATED, _S.WITHDRAWN, _S.REQUESTED}),
    _S.ESCALATED: frozenset({_S.CONFIRMED, _S.REFUSED, _S.GRANTED, _S.DENIED, _S.WITHDRAWN, _S.REQUESTED}),
    _S.REFUSED: frozenset({_S.GRANTED}),
}
"""The states that follow each; a state without a row is the last."""
LIVE = frozenset({_S.REQUESTED, _S.ESCALATED})
"""The states of a request that still waits for somebody's word."""
_RULE = "R20"
SYSTEM = "system"
"""Who has acted where a step follows from another one, or from the time."""
_MOOT = "该教师已在本校任职"
_SCHOOL_ENDED = "申请学校已关闭"


@dataclass(frozen=True, slots=True)
class TransferChange:
    """One entry of a request's history.

    Attributes:
        state: The state that the step led to.
        at: Domain time.
        by: A role, or the name under which a school acted (R5).
        reason: Why, where the step has a reason.
    """

    state: TransferState
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One school's request for a person.

    Attributes:
        teacher: The person's id.
        school: The code of the school that requests the person.
        province: That school's, two digits; `00` for none.
        former: The code of the school that is asked; None where the person was at no school.
        former_province: That school's.
        kind: Whether the person is to leave the school that is asked.
        employment: How the requesting school employs the person.
        reason: Why it requests the person.
        requested_at: Domain time.
        due: Domain time from which on the ministry or the province may decide.
        live: Whether it still waits; one such request a person and school.
    """

    id: str
    version: int
    teacher: str
    school: str
    province: str
    former: str | None
    former_province: str | None
    kind: TransferKind
    employment: Employment
    reason: str
    state: TransferState
    live: bool
    requested_at: datetime
    due: datetime
    history: tuple[TransferChange, ...] = ()

    @property
    def within(self) -> str | None:
        """The province that both schools are of, which may decide; None where the ministry alone may."""
        return self.province if self.province == self.former_province != NATIONWIDE else None


TransferEvent = (
    TeacherRequested
    | TeacherRequestAnswered
    | TeacherRequestDecided
    | TeacherRequestEscalated
    | TeacherRequestReaddressed
    | TeacherRequestWithdrawn
)
Step = tuple[Transfer, list[TransferEvent]]
"""A request after a step, and its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """What a school asks for.

    Attributes:
        kind: Whether the person is to leave the school that has the person now.
        employment: How the requesting school employs the person.
        reason: Why.
    """

    kind: TransferKind
    employment: Employment
    reason: Reason


def request(
    key: str,
    teacher: Teacher,
    asked: TransferRequest,
    now: datetime,
    *,
    at: tuple[str, str],
    by: str,
    time: timedelta,
) -> Step:
    """Request a person of the school that has the person now (R20).

    A person who is at no school is confirmed at once, for there is nobody to ask.

    Args:
        key: The request's id.
        teacher: The person, whom the school has proved to know.
        asked: What a school asks for.
        now: Domain time.
        at: Code and province of that school.
        by: The name under which it acts (R5).
        time: How long the school that is asked may take.
    """
    former = teacher.main
    transfer = Transfer(
        id=key,
        version=1,
        teacher=teacher.id,
        school=at[0],
        province=at[1],
        former=former.school if former else None,
        former_province=former.province if former else None,
        kind=asked.kind,
        employment=asked.employment,
        reason=asked.reason.text,
        state=TransferState.REQUESTED,
        live=True,
        requested_at=now,
        due=now + time,
        history=(TransferChange(TransferState.REQUESTED, now, by, asked.reason.text),),
    )
    told = TeacherRequested(**_about(transfer), kind=transfer.kind, employment=transfer.employment)
    events: list[TransferEvent] = [told]
    if former is None:
        transfer = _move(transfer, TransferState.CONFIRMED, SYSTEM, now, None)
        events.append(TeacherRequestAnswered(**_about(transfer), confirmed=True))
    return transfer, events


def answer(transfer: Transfer, *, confirms: bool, reason: Reason | None, by: str, now: datetime) -> Step:
    """Confirm or refuse a request on behalf of the school that is asked (R20).

    Args:
        transfer: The request.
        confirms: Whether the person may go.
        reason: Why; a refusal needs one.
        by: The name under which the school acts (R5).
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    state = TransferState.CONFIRMED if confirms else TransferState.REFUSED
    answered = _move(transfer, state, by, now, reason.text if reason else None)
    return answered, [TeacherRequestAnswered(**_about(answered), confirmed=confirms)]


def escalate(transfer: Transfer, now: datetime) -> Step | None:
    """Hand a request that the school has not answered in time to the ministry or the province (R20).

    Args:
        transfer: The request.
        now: Domain time.

    Returns:
        The step; None where the request does not wait, or its time is not over.
    """
    if transfer.state is not TransferState.REQUESTED or transfer.due > now:
        return None
    escalated = _move(transfer, TransferState.ESCALATED, SYSTEM, now, None)
    return escalated, [TeacherRequestEscalated(**_about(escalated))]


def decide(
    transfer: Transfer,
    teacher: Teacher,
    waiting: Iterable[Transfer],
    *,
    grants: bool,
    reason: Reason,
    by: str,
    now: datetime,
) -> Step:
    """Grant or deny an escalated request, or grant one that was refused (R20).

    A refusal stands for the school that has refused: where the person is there no more, the school where the person is
    now has not been asked. Nor is a refused request granted while a newer one of the same school waits.

    Args:
        transfer: The request.
        teacher: The person.
        waiting: The live requests for the person.
        grants: Whether the person may go.
        reason: Why.
        by: `ministry` or `province`.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `TEACHER_MOVED` or `TRANSFER_PENDING`.
    """
    decided = _move(transfer, TransferState.GRANTED if grants else TransferState.DENIED, by, now, reason.text)
    if transfer.state is TransferState.REFUSED:
        if transfer.former is None or teacher.at(transfer.former) is None:
            raise TEACHER_MOVED(transfer=transfer.id)
        for newer in waiting:
            if newer.school == transfer.school:
                raise TRANSFER_PENDING(unblock=Unblock.SCHOOL, transfer=newer.id)
    return decided, [TeacherRequestDecided(**_about(decided), granted=grants)]


def withdraw(transfer: Transfer, reason: Reason, by: str, now: datetime) -> Step:
    """Take a request back on behalf of the school that has made it (R20).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    withdrawn = _move(transfer, TransferState.WITHDRAWN, by, now, reason.text)
    return withdrawn, [TeacherRequestWithdrawn(**_about(withdrawn))]


def follow(transfer: Transfer, teacher: Teacher, now: datetime, *, time: timedelta) -> Step | None:
    """What becomes of a live request now that its person has moved (R20).

    The school where the person is now is asked instead of one that the person has left, and has the whole time to
    answer, also where the other one's was over. A request whose school has the person already is taken back.

    Args:
        transfer: A live request.
        teacher: The person after the move.
        now: Domain time.
        time: How long a school that is asked may take.

    Returns:
        The step; None where the school that is asked still has the person.
    """
    main = teacher.main
    if main is None or transfer.former is None:
        return None
    if main.school == transfer.school:
        withdrawn = _move(transfer, TransferState.WITHDRAWN, SYSTEM, now, _MOOT)
        return withdrawn, [TeacherRequestWithdrawn(**_about(withdrawn))]
    if teacher.at(transfer.former):
        return None
    asked = _move(transfer, TransferState.REQUESTED, SYSTEM, now, None)
    asked = replace(asked, former=main.school, former_province=main.province, due=now + time)
    return asked, [TeacherRequestReaddressed(**_about(asked))]


def release(transfer: Transfer, now: datetime) -> Step:
    """Confirm a live request whose school that is asked has ended, so that there is nobody to ask (R3, R20)."""
    released = _move(transfer, TransferState.CONFIRMED, SYSTEM, now, None)
    return released, [TeacherRequestAnswered(**_about(released), confirmed=True)]


def inherit(
    transfer: Transfer, teacher: Teacher, waiting: Iterable[Transfer], now: datetime, *, into: tuple[str, str] | None
) -> Step:
    """What becomes of a live request whose own school has ended: the successor's, or taken back (R3, R20).

    It waits as it has waited. It is taken back where the successor has the person, or has made a request of its own.

    Args:
        transfer: A live request of the school that has ended.
        teacher: The person.
        waiting: The live requests for the person.
        now: Domain time.
        into: Code and province of the successor; None where the school was closed.
    """
    if into is None or teacher.at(into[0]) or any(other.school == into[0] for other in waiting):
        reason = _MOOT if into and teacher.at(into[0]) else _SCHOOL_ENDED
        withdrawn = _move(transfer, TransferState.WITHDRAWN, SYSTEM, now, reason)
        return withdrawn, [TeacherRequestWithdrawn(**_about(withdrawn))]
    inherited = replace(transfer, school=into[0], province=into[1])
    return inherited, [TeacherRequestReaddressed(**_about(inherited))]


def settle(transfer: Transfer, teacher: Teacher, now: datetime) -> Joined:
    """The person at the school that has requested the person, by a confirmed or granted request (R20)."""
    leaves = transfer.kind is TransferKind.TRANSFER and transfer.former and teacher.at(transfer.former)
    return join(
        teacher,
        transfer.school,
        transfer.province,
        transfer.employment,
        now,
        leaving=transfer.former if leaves else None,
    )


def _about(transfer: Transfer) -> dict[str, Any]:
    """What every event of a request says; the province is that of the school that requests."""
    return {
        "transfer": transfer.id,
        "teacher": transfer.teacher,
        "school": transfer.school,
        "former_school": transfer.former,
        "province": transfer.province,
    }


def _move(transfer: Transfer, to: TransferState, by: str, now: datetime, reason: str | None) -> Transfer:
    if to not in TRANSITIONS.get(transfer.state, frozenset()):
        zh, en = LABELS[transfer.state]
        raise WRONG_STATE(
            rule=_RULE,
            detail=(f"调动申请为“{zh}”状态", f"The state of the request is “{en}”"),
            transfer=transfer.id,
            status=transfer.state.value,
        )
    change = TransferChange(to, now, by, reason)
    return replace(transfer, state=to, live=to in LIVE, history=(*transfer.history, change))
