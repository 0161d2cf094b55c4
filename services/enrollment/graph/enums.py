"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

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
)

__all__ = [
    "Audience",
    "BaseCategory",
    "DeliveryChannel",
    "DeliveryFault",
    "DeliveryRecipient",
    "DeliveryState",
    "Employment",
    "EnrollmentDecision",
    "EnrollmentStatus",
    "FundingSource",
    "NoticeKind",
    "ReasonCode",
    "RosterMode",
    "RosterRowState",
    "RosterState",
    "TeacherField",
]

_KNOWN: tuple[type[Enum], ...] = (
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
    NoticeKind,
    RosterMode,
    RosterState,
    TeacherField,
)
for _kind in _KNOWN:
    strawberry.enum(_kind)
strawberry.enum(ReasonCode, name="EnrollmentReasonCode")
strawberry.enum(RosterRowState, name="RosterRowState")

Fen = NewType("Fen", int)
"""Money of a province: more than GraphQL's `Int` holds (21 million yuan)."""

_MOST = 2**53 - 1
_TEXT = "A whole number of fen, as large as JavaScript's numbers are exact"


def _read(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError("Fen is a whole number from 0 to 2^53 - 1")
    return value


SCALARS: dict[object, ScalarDefinition] = {Fen: strawberry.scalar(name="Fen", description=_TEXT, parse_value=_read)}


def yuan(fen: int) -> str:
    """An amount as people read it."""
    return f"{fen // 100}.{fen % 100:02d}"
