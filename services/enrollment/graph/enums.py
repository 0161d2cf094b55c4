"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

from enum import Enum

import strawberry

from services.enrollment.domain.delivery import NoticeKind
from services.enrollment.domain.vocabulary import (
    Audience,
    BaseCategory,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    FundingSource,
    ReasonCode,
)

__all__ = [
    "Audience",
    "BaseCategory",
    "DeliveryRecipient",
    "DeliveryState",
    "Employment",
    "EnrollmentDecision",
    "EnrollmentStatus",
    "FundingSource",
    "NoticeKind",
    "ReasonCode",
]

_KNOWN: tuple[type[Enum], ...] = (
    Audience,
    BaseCategory,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    FundingSource,
    NoticeKind,
)
for _kind in _KNOWN:
    strawberry.enum(_kind)
strawberry.enum(ReasonCode, name="EnrollmentReasonCode")
