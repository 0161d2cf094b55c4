"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

from enum import Enum

import strawberry

from services.enrollment.domain.delivery import NoticeKind
from services.enrollment.domain.roster import RowState as RosterRowState
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
