"""What becomes of a base that is on file: renamed, extended, of another category, closed, merged (R2, R3).

An act of the ministry each, with its reason; the events carry it to the audit (R40).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from kernel.dates import today
from kernel.free_text import Name, Reason
from services.catalog.domain.base import YEARS, Base, Closing, Organization, require_open
from services.catalog.domain.events import (
    BaseClosed,
    BaseExtended,
    BaseMerged,
    BaseRecategorized,
    BaseRenamed,
    OrganizationRenamed,
)
from services.catalog.domain.labels import STATUSES, listed
from services.catalog.domain.refusals import (
    BASE_IN_USE,
    CATEGORY_FIXED,
    INVALID_BASE,
    INVALID_MERGER,
    NOTHING_CHANGED,
)
from services.catalog.domain.review import Expert
from services.catalog.domain.vocabulary import BaseCategory, ProjectStatus

IN_HAND = frozenset(
    {
        ProjectStatus.SUBMITTED,
        ProjectStatus.UNDER_REVIEW,
        ProjectStatus.RETURNED,
        ProjectStatus.APPROVED,
        ProjectStatus.PUBLISHED,
        ProjectStatus.RUNNING,
        ProjectStatus.SUSPENDED,
        ProjectStatus.FINISHED,
    }
)
"""The states of projects that somebody must see to: a base with one of them is not closed. A draft waits for nobody."""


def rename_base(base: Base, name: Name, reason: Reason) -> tuple[Base, list[BaseRenamed]]:
    """Give a base another name (R2).

    Raises:
        Refusal: `BASE_CLOSED`, `INVALID_BASE` or `NOTHING_CHANGED`.
    """
    require_open(base)
    _require_name(name, ("基地名称", "name"))
    if name.text == base.name:
        raise NOTHING_CHANGED(rule="R2", field="name")
    event = BaseRenamed(
        base=base.id, name=name.text, former=base.name, reason=reason.text, province=base.routing_province
    )
    return replace(base, name=name.text), [event]


def rename_organization(
    organization: Organization, bases: Sequence[Base], experts: Sequence[Expert], name: Name, reason: Reason
) -> tuple[list[Base], list[Expert], OrganizationRenamed]:
    """Give an organisation another name, wherever it is on file (R3).

    Args:
        organization: As it is on file.
        bases: Those that it holds, closed ones too.
        experts: Those that it sent.
        name: The new name.
        reason: Why.

    Raises:
        Refusal: `INVALID_BASE` or `NOTHING_CHANGED`.
    """
    _require_name(name, ("单位名称", "organisation's name"))
    if name.text == organization.name:
        raise NOTHING_CHANGED(rule="R3", field="name")
    renamed = Organization(organization.code, name.text)
    event = OrganizationRenamed(
        organization=organization.code,
        name=name.text,
        former=organization.name,
        bases=tuple(base.id for base in bases),
        reason=reason.text,
    )
    after = [replace(base, organization=renamed) for base in bases]
    return after, [replace(expert, organization=renamed) for expert in experts], event


def extend_base(base: Base, valid_until: date | None, reason: Reason, now: datetime) -> tuple[Base, list[BaseExtended]]:
    """Let a base be valid longer (R2); a merged one too, whose plans the successor still carries out.

    Args:
        base: The base, whose validity has an end.
        valid_until: The new last day; None for no end.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `BASE_CLOSED` without a successor, or `INVALID_BASE`: not later than now, before today, or beyond
            all bases.
    """
    if not (base.closed and base.closed.into):
        require_open(base)
    before = base.valid_until
    later = valid_until is None or (valid_until.year in YEARS and valid_until >= today(now))
    if before is None or not later or (valid_until is not None and valid_until <= before):
        raise INVALID_BASE(detail=("有效期截止日期", "last day of validity"), fields=["validUntil"])
    event = BaseExtended(
        base=base.id, ended=before, valid_until=valid_until, reason=reason.text, province=base.routing_province
    )
    return replace(base, valid_until=valid_until), [event]


def recategorize_base(
    base: Base, category: BaseCategory, reason: Reason, *, used: bool
) -> tuple[Base, list[BaseRecategorized]]:
    """Set right the category of a base that nothing depends on yet (R2).

    Args:
        base: The base.
        category: The right one.
        reason: Why.
        used: Whether it has, or had, projects or a quota: these are of its category.

    Raises:
        Refusal: `BASE_CLOSED`, `CATEGORY_FIXED` or `NOTHING_CHANGED`.
    """
    require_open(base)
    if category is base.category:
        raise NOTHING_CHANGED(rule="R2", field="category")
    if used:
        raise CATEGORY_FIXED(field="category")
    event = BaseRecategorized(
        base=base.id, mistaken=base.category, category=category, reason=reason.text, province=base.routing_province
    )
    return replace(base, category=category), [event]


def close_base(
    base: Base, in_hand: Mapping[ProjectStatus, int], reason: Reason, now: datetime
) -> tuple[Base, list[BaseClosed]]:
    """Close a base for good (R2).

    Args:
        base: The base.
        in_hand: How many projects of `IN_HAND` it has or acts for, by state.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `BASE_CLOSED`, or `BASE_IN_USE` with the number of its projects in each state.
    """
    require_open(base)
    if count := sum(in_hand.values()):
        states = {status.value: number for status, number in in_hand.items() if number}
        words = [
            (f"{STATUSES[status][0]}{number}个", f"{number} {STATUSES[status][1]}")
            for status, number in in_hand.items()
        ]
        raise BASE_IN_USE(detail=listed(words), count=count, projects=states)
    closed = replace(base, closed=Closing(now, reason.text))
    event = BaseClosed(
        base=base.id, organization=base.organization.code, reason=reason.text, province=base.routing_province
    )
    return closed, [event]


def merge_bases(base: Base, into: Base, reason: Reason, now: datetime) -> tuple[Base, list[BaseMerged]]:
    """Merge a base into another of its category: its projects stay its own, and the successor acts for them (R2).

    Args:
        base: The base that ends.
        into: Its successor.
        reason: Why.
        now: Domain time, aware.

    Raises:
        Refusal: `BASE_CLOSED` for either, or `INVALID_MERGER`.
    """
    require_open(base)
    require_open(into)
    if base.id == into.id or base.category is not into.category:
        raise INVALID_MERGER(base=base.id, into=into.id)
    event = BaseMerged(
        base=base.id,
        organization=base.organization.code,
        into=into.id,
        into_organization=into.organization.code,
        reason=reason.text,
        province=base.routing_province,
    )
    return replace(base, closed=Closing(now, reason.text, into.id)), [event]


def _require_name(name: Name, words: tuple[str, str]) -> None:
    if not name.text:
        raise INVALID_BASE(detail=words, fields=["name"])
