"""The enums of the graph: the domain's enums, registered with Strawberry under their own names."""

from enum import Enum

import strawberry

from services.catalog.domain.vocabulary import (
    Audience,
    BaseCategory,
    DecisionOutcome,
    Mode,
    PhaseName,
    ProjectKind,
    ProjectStatus,
    Verdict,
)
from services.catalog.store import ProjectOrder

__all__ = [
    "Audience",
    "BaseCategory",
    "DecisionOutcome",
    "Mode",
    "PhaseName",
    "ProjectKind",
    "ProjectOrder",
    "ProjectStatus",
    "Verdict",
]

_ENUMS: tuple[type[Enum], ...] = (
    Audience,
    BaseCategory,
    DecisionOutcome,
    Mode,
    PhaseName,
    ProjectKind,
    ProjectOrder,
    ProjectStatus,
    Verdict,
)
for _enum in _ENUMS:
    strawberry.enum(_enum)
