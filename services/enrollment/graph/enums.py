"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

from enum import Enum

import strawberry

from services.enrollment.domain.delivery import NoticeKind
from services.enrollment.domain.vocabulary import (
    Audience,
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    ReasonCode,
    TeacherField,
)

__all__ = [
    "Audience",
    "DeliveryChannel",
    "DeliveryFault",
    "DeliveryRecipient",
    "DeliveryState",
    "Employment",
    "EnrollmentDecision",
    "EnrollmentStatus",
    "NoticeKind",
    "ReasonCode",
    "TeacherField",
]

_KNOWN: tuple[type[Enum], ...] = (
    Audience,
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    Employment,
    EnrollmentDecision,
    EnrollmentStatus,
    NoticeKind,
    TeacherField,
)
for _kind in _KNOWN:
    strawberry.enum(_kind)
strawberry.enum(ReasonCode, name="EnrollmentReasonCode")
