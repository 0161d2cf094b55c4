"""What becomes of a base that is on file: renamed, extended, set right, closed, opened again, merged (R2, R3).

An act of the ministry each, with its reason; the events carry it to the audit (R40).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kernel.dates import today
from kernel.free_text import Name, Reason
from services.catalog.domain.base import YEARS, Base, Closing, Organization, register_base, require_open
from services.catalog.domain.events import (
    NATIONWIDE,
    BaseAmended,
    BaseClosed,
    BaseExtended,
    BaseMerged,
    BaseRecategorized,
    BaseRenamed,
    BaseReopened,
    OrganizationRenamed,
)
from services.catalog.domain.labels import STATUSES, listed
from services.catalog.domain.refusals import (
    BASE_FORWARD_ONLY,
    BASE_IN_USE,
    CATEGORY_FIXED,
    INVALID_BASE,
    INVALID_MERGER,
    NOTHING_CHANGED,
)
from services.catalog.domain.review import Expert
from services.catalog.domain.vocabulary import BaseCategory, ProjectStatus

_AMENDED = {
    "majorCategories": "major_categories",
    "province": "province",
    "provinceReason": "province_reason",
    "validFrom": "valid_from",
}
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


PUBLISHED = frozenset(
    {
        ProjectStatus.PUBLISHED,
        ProjectStatus.RUNNING,
        ProjectStatus.SUSPENDED,
        ProjectStatus.FINISHED,
        ProjectStatus.COMPLETED,
        ProjectStatus.CANCELLED,
    }
)
"""The states of projects that were published: what the public has read of their base stays true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseAmendment:
    """What is right of a base; None leaves it (R2).

    Attributes:
        major_categories: Ordinals 1-19.
        province: Two-digit code; `00` for a base that belongs to no province.
        province_reason: Why it is in another province than its organisation's code says.
        valid_from: First day of its validity.
    """

    major_categories: tuple[int, ...] | None = None
    province: str | None = None
    province_reason: Reason | None = None
    valid_from: date | None = None


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


def amend_base(
    base: Base, given: BaseAmendment, reason: Reason, *, code_province: str | None, published: bool
) -> tuple[Base, list[BaseAmended]]:
    """Set right what is on file of a base: freely until a project of it is published, then only forward (R2).

    Another province is that of what is published from then on; what was published keeps its own.

    Args:
        base: The base.
        given: What is right.
        reason: Why.
        code_province: The province that its organisation's code tells; None where it tells none.
        published: Whether a project of it is, or was, published.

    Raises:
        Refusal: `BASE_CLOSED`, `INVALID_BASE`, `PROVINCE_DIFFERS`, `NOTHING_CHANGED` or `BASE_FORWARD_ONLY`.
    """
    require_open(base)
    province = base.province if given.province is None else given.province
    province = None if province == NATIONWIDE else province
    why = base.province_reason if province == base.province else None
    amended = replace(
        base,
        major_categories=base.major_categories if given.major_categories is None else given.major_categories,
        province=province,
        province_reason=given.province_reason.text if given.province_reason else why,
        valid_from=given.valid_from or base.valid_from,
    )
    register_base(amended, code_province)  # the same rules as of a new one
    changed = tuple(name for name, field in _AMENDED.items() if getattr(base, field) != getattr(amended, field))
    if not changed:
        raise NOTHING_CHANGED(rule="R2")
    narrowed = {
        "majorCategories": not set(base.major_categories) <= set(amended.major_categories),
        "validFrom": amended.valid_from > base.valid_from,
    }
    if published and any(narrowed.values()):
        raise BASE_FORWARD_ONLY(fields=[name for name, less in narrowed.items() if less])
    event = BaseAmended(
        base=base.id,
        changed=changed,
        major_categories=amended.major_categories,
        valid_from=amended.valid_from,
        former_province=base.routing_province,
        province_reason=amended.province_reason,
        reason=reason.text,
        province=amended.routing_province,
    )
    return amended, [event]


def reopen_base(base: Base, reason: Reason) -> tuple[Base, list[BaseReopened]]:
    """Open a base again that was closed by mistake; a merged one stays with its successor (R2).

    Raises:
        Refusal: `NOTHING_CHANGED`: it is open; `BASE_CLOSED` with its successor.
    """
    if base.closed is None:
        raise NOTHING_CHANGED(rule="R2")
    if base.closed.into:
        require_open(base)
    event = BaseReopened(
        base=base.id, organization=base.organization.code, reason=reason.text, province=base.routing_province
    )
    return replace(base, closed=None), [event]


def close_base(
    base: Base, in_hand: Mapping[ProjectStatus, int], reason: Reason, now: datetime
) -> tuple[Base, list[BaseClosed]]:
    """Close a base (R2); one that was closed by mistake is opened again by `reopen_base`.

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
