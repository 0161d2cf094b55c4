"""Who is told of a request for a person: both schools, the person, and who may decide (R20)."""

from datetime import datetime

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
from services.enrollment.domain.transfer import Transfer
from services.enrollment.domain.vocabulary import TransferState

_KINDS = {
    TransferState.REQUESTED: NoticeKind.TRANSFER_REQUESTED,
    TransferState.CONFIRMED: NoticeKind.TRANSFER_CONFIRMED,
    TransferState.REFUSED: NoticeKind.TRANSFER_REFUSED,
    TransferState.ESCALATED: NoticeKind.TRANSFER_ESCALATED,
    TransferState.GRANTED: NoticeKind.TRANSFER_CONFIRMED,
    TransferState.DENIED: NoticeKind.TRANSFER_REFUSED,
    TransferState.WITHDRAWN: NoticeKind.TRANSFER_WITHDRAWN,
}


def of_transfer(transfer: Transfer, at: datetime) -> list[Notice]:
    """The notices about the latest step of a request.

    Args:
        transfer: After the step.
        at: Domain time of the step.
    """
    boxes = [school_box(transfer.school), trainee_box(transfer.teacher)]
    if transfer.former:
        boxes.append(school_box(transfer.former))
    if transfer.state is TransferState.ESCALATED:
        boxes.append(province_box(transfer.within) if transfer.within else MINISTRY_BOX)
    kind = _KINDS[transfer.state]
    reason = transfer.history[-1].reason
    return [
        Notice(
            id=f"{order_of(at)}:{transfer.id}:{box}:{kind.value}:{transfer.version}",
            to=box,
            kind=kind,
            reason=reason,
            at=at,
            facts=Facts(person=transfer.teacher, school=transfer.school),
        )
        for box in boxes
    ]
