"""The enums of the graph: the domain's own, by their own names, made known to Strawberry."""

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

_KNOWN: tuple[type[Enum], ...] = (
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
for _kind in _KNOWN:
    strawberry.enum(_kind)
