"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

from enum import Enum

import strawberry

from services.enrollment.domain.delivery import NoticeKind
from services.enrollment.domain.roster import RowState as RosterRowState
from services.enrollment.domain.vocabulary import (
    Audience,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    ReasonCode,
    RosterMode,
    RosterState,
)

__all__ = [
    "Audience",
    "DeliveryRecipient",
    "DeliveryState",
    "Employment",
    "EnrollmentDecision",
    "EnrollmentStatus",
    "NoticeKind",
    "ReasonCode",
    "RosterMode",
    "RosterRowState",
    "RosterState",
]

_KNOWN: tuple[type[Enum], ...] = (
    Audience,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    NoticeKind,
    RosterMode,
    RosterState,
)
for _kind in _KNOWN:
    strawberry.enum(_kind)
strawberry.enum(ReasonCode, name="EnrollmentReasonCode")
strawberry.enum(RosterRowState, name="RosterRowState")
