"""Enums and scalars of the graph: the domain's enums registered with Strawberry, and money."""

from enum import Enum
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from services.enrollment.domain.notifications import NoticeKind
from services.enrollment.domain.roster.roster import RowState as RosterRowState
from services.enrollment.domain.vocabulary import (
    Audience,
    BaseCategory,
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    FundingSource,
    ReasonCode,
    RosterMode,
    RosterState,
    TeacherField,
    TransferKind,
    TransferState,
    WithdrawalRequestState,
)
from services.enrollment.store import EnrollmentOrder, SchoolOrder, TeacherOrder

__all__ = [
    "Audience",
    "BaseCategory",
    "DeliveryChannel",
    "DeliveryFault",
    "DeliveryRecipient",
    "DeliveryState",
    "Employment",
    "EnrollmentDecision",
    "EnrollmentOrder",
    "EnrollmentStatus",
    "FundingSource",
    "NoticeKind",
    "ReasonCode",
    "RosterMode",
    "RosterRowState",
    "RosterState",
    "SchoolOrder",
    "TeacherField",
    "TeacherOrder",
    "TransferKind",
    "TransferState",
    "WithdrawalRequestState",
]

_ENUMS: tuple[type[Enum], ...] = (
    Audience,
    BaseCategory,
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentOrder,
    EnrollmentStatus,
    FundingSource,
    NoticeKind,
    RosterMode,
    RosterState,
    SchoolOrder,
    TeacherField,
    TransferKind,
    TransferState,
    WithdrawalRequestState,
    TeacherOrder,
)
for _kind in _ENUMS:
    strawberry.enum(_kind)
strawberry.enum(ReasonCode, name="EnrollmentReasonCode")
strawberry.enum(RosterRowState, name="RosterRowState")

Fen = NewType("Fen", int)
"""An amount in fen; GraphQL's `Int` ends at 21 million yuan."""

_MOST = 2**53 - 1
_DESCRIPTION = "A whole number of fen, as large as JavaScript's numbers are exact"


def _parse_fen(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError("Fen is a whole number from 0 to 2^53 - 1")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Fen: strawberry.scalar(name="Fen", description=_DESCRIPTION, parse_value=_parse_fen)
}


def yuan(fen: int) -> str:
    """An amount in yuan with two decimals, such as `12.50`.

    Args:
        fen: Not negative.
    """
    return f"{fen // 100}.{fen % 100:02d}"
