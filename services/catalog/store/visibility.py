"""Which projects a reader may see, which are selected, and in which order (R17; architecture.md, Trust)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING

from chassis.principal import Principal, Scope
from chassis.storage.mongo import Document
from services.catalog.domain.search import code_of, terms_wanted
from services.catalog.domain.vocabulary import Audience, BaseCategory, Mode, ProjectKind, ProjectStatus

_BY_ITS_CODE = 1_000  # more hits than a search has terms, so that a project's own code ranks first
ONE_BATCH = 20_000
"""Rows: more than any page or level of a request has, so that the driver fetches no second batch."""


class ProjectOrder(StrEnum):
    """The orders a list of projects may have."""

    CODE = "CODE"
    STARTS_ON = "STARTS_ON"
    NEWEST = "NEWEST"
    FEE = "FEE"
    SEATS_LEFT = "SEATS_LEFT"
    RELEVANCE = "RELEVANCE"


ORDERS: dict[ProjectOrder, list[tuple[str, int]]] = {
    ProjectOrder.CODE: [("code", ASCENDING)],
    ProjectOrder.STARTS_ON: [("plan.starts_on", ASCENDING), ("_id", ASCENDING)],
    ProjectOrder.NEWEST: [("_id", DESCENDING)],
    ProjectOrder.FEE: [("plan.fee", ASCENDING), ("_id", ASCENDING)],
    ProjectOrder.SEATS_LEFT: [("left", DESCENDING), ("_id", ASCENDING)],
    ProjectOrder.RELEVANCE: [("hits", DESCENDING), ("code", ASCENDING)],
}
"""The sort keys of each, the last one unique; `left` and `hits` are computed for the selection."""

_SEATS_LEFT = {
    "$cond": [
        {"$and": [{"$gt": ["$published_at", None]}, {"$ne": ["$status", ProjectStatus.CANCELLED.value]}]},
        {"$max": [{"$subtract": ["$plan.capacity", {"$ifNull": ["$seats.held", 0]}]}, 0]},
        -1,
    ]
}
"""Seats left by enrollment's latest count; -1 for a project that takes nobody (R23, R33, ADR 13)."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The projects that a principal may see: published ones, and the own or assigned ones.

    Attributes:
        everything: For the ministry.
        bases: Ids of the own bases.
        expert: The expert whose assignments count.
    """

    everything: bool = False
    bases: tuple[str, ...] = ()
    expert: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Visibility":
        """What a principal may see."""
        return cls(
            everything=principal.scope is Scope.MINISTRY,
            bases=principal.bases if principal.scope is Scope.BASE else (),
            expert=principal.person if principal.scope is Scope.EXPERT else None,
        )

    def condition(self) -> Document:
        """As a filter of the projects."""
        if self.everything:
            return {}
        seen: list[Document] = [{"published_at": {"$ne": None}}]
        if self.bases:
            seen.append({"base": {"$in": list(self.bases)}})
        if self.expert:
            seen.append({"experts": self.expert})
        return {"$or": seen}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSelection:
    """Which bases a reader selects; None is no condition (R2)."""

    category: BaseCategory | None = None
    province: str | None = None
    organization: str | None = None
    major_category: int | None = None
    ids: tuple[str, ...] | None = None

    def condition(self) -> Document:
        """As a filter of the bases."""
        return _without_none(
            {
                "category": self.category,
                "province": self.province,
                "organization.code": self.organization,
                "major_categories": self.major_category,
                "_id": None if self.ids is None else {"$in": list(self.ids)},
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertSelection:
    """Which experts the ministry selects; None is no condition (R14)."""

    organization: str | None = None
    field: int | None = None

    def condition(self) -> Document:
        """As a filter of the experts."""
        return _without_none({"organization.code": self.organization, "fields": self.field})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSelection:
    """Which projects a reader selects; None and empty are no condition (R17)."""

    year: int | None = None
    category: BaseCategory | None = None
    kind: ProjectKind | None = None
    statuses: tuple[ProjectStatus, ...] = ()
    codes: tuple[str, ...] = ()
    base: str | None = None
    series: str | None = None
    themes: tuple[str, ...] = ()
    major_category: int | None = None
    province: str | None = None
    base_province: str | None = None
    mode: Mode | None = None
    audience: Audience | None = None
    starts_from: date | None = None
    starts_to: date | None = None
    ends_by: date | None = None
    fee_at_most: int | None = None
    seats_left_at_least: int | None = None
    start_missed: bool | None = None
    search: str | None = None
    order: ProjectOrder = ProjectOrder.CODE

    def computed(self) -> Document:
        """The fields that the order sorts by and no document has."""
        match self.order:
            case ProjectOrder.SEATS_LEFT:
                return {"left": _SEATS_LEFT}
            case ProjectOrder.RELEVANCE:
                search = self.search or ""
                hits = {"$setIntersection": [{"$ifNull": ["$index.title", []]}, list(terms_wanted(search))]}
                named = {"$eq": ["$code", {"$literal": code_of(search)}]}
                return {"hits": {"$add": [{"$size": hits}, {"$cond": [named, _BY_ITS_CODE, 0]}]}}
            case _:
                return {}

    def condition(self) -> Document:
        """As a filter of the projects."""
        plain = {
            "year": self.year,
            "category": self.category,
            "kind": self.kind,
            "base": self.base,
            "series": self.series,
            "plan.major_category": self.major_category,
            "plan.venue.province": self.province,
            "province": self.base_province,
            "plan.mode": self.mode,
            "plan.audience": self.audience,
        }
        condition = _without_none(plain)
        if self.statuses:
            condition["status"] = {"$in": list(self.statuses)}
        if self.codes:
            condition["code"] = {"$in": list(self.codes)}
        if self.themes:
            condition["plan.themes"] = {"$in": list(self.themes)}
        if self.fee_at_most is not None:
            condition["plan.fee"] = {"$lte": self.fee_at_most}
        if self.ends_by is not None:
            condition["plan.ends_on"] = {"$lte": self.ends_by.isoformat()}
        if self.start_missed is not None:
            missed = {"status": ProjectStatus.PUBLISHED, "start_missed": {"$ne": None}}
            condition["$and" if self.start_missed else "$nor"] = [missed]
        if self.seats_left_at_least is not None:
            condition["$expr"] = {"$gte": [_SEATS_LEFT, self.seats_left_at_least]}
        return condition | self._dates() | self._terms()

    def _dates(self) -> Document:
        bounds: dict[str, Any] = {}
        if self.starts_from:
            bounds["$gte"] = self.starts_from.isoformat()
        if self.starts_to:
            bounds["$lte"] = self.starts_to.isoformat()
        return {"plan.starts_on": bounds} if bounds else {}

    def _terms(self) -> Document:
        if not (self.search or "").strip():
            return {}
        terms = list(terms_wanted(self.search or ""))
        # A search of nothing but punctuation matches nothing.
        return {"index.terms": {"$all": terms} if terms else {"$in": []}}


def _without_none(conditions: Document) -> Document:
    return {name: value for name, value in conditions.items() if value is not None}
