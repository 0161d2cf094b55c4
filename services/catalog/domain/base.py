"""Training bases, their teams, and the organisations that hold them (R2, R6)."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.catalog.domain.events import NATIONWIDE, BaseRegistered, BaseTeamSet
from services.catalog.domain.labels import listed
from services.catalog.domain.refusals import (
    BASE_CLOSED,
    BASE_NOT_VALID,
    INVALID_BASE,
    ORGANIZATION_NAME_DIFFERS,
    PROVINCE_DIFFERS,
    TEAM_MISSING,
)
from services.catalog.domain.vocabulary import BaseCategory

LAST_MAJOR_CATEGORY = 19
YEARS = range(2000, 2200)
"""The years in which a base can be valid."""


@dataclass(frozen=True, slots=True)
class Organization:
    """Who holds bases or sends experts: the login code of R3 and a name."""

    code: str
    name: str

    def is_same_as(self, other: "Organization") -> bool:
        """Whether both are the same: of one code, or of one name, for it may be on file by either of two codes (R3)."""
        name = _plain(self.name)
        return self.code == other.code or (bool(name) and name == _plain(other.name))


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A contact of the base's team; the phone is stored sealed, and shown masked (R6, R41)."""

    name: str
    phone_sealed: str
    phone_masked: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """The contacts for design, declaration and delivery (R6)."""

    design: tuple[TeamMember, ...] = ()
    declaration: tuple[TeamMember, ...] = ()
    delivery: tuple[TeamMember, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The duties without a contact."""
        return tuple(duty for duty in ("design", "declaration", "delivery") if not getattr(self, duty))


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a base.

    Attributes:
        into: The base that acts for it from now on; None where it was closed without a successor.
    """

    at: datetime
    reason: str
    into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A training base (国培基地).

    Attributes:
        number: Its number among the bases of its category, part of its projects' codes.
        province: Two-digit code; None for a base that belongs to no province.
        major_categories: Ordinals 1–19 (R2).
        valid_until: Last day of its validity; None when open-ended.
        province_reason: Why it is in another province than its organisation's code says (R2, R3).
        closed: When, why and, where it was merged, into which base; None while it is open.
    """

    id: str
    version: int
    name: str
    number: int
    category: BaseCategory
    organization: Organization
    province: str | None
    major_categories: tuple[int, ...]
    valid_from: date
    valid_until: date | None = None
    team: Team = Team()
    province_reason: str | None = None
    closed: "Closing | None" = None

    @property
    def routing_province(self) -> str:
        """The province of its events; `00` for a base without one."""
        return self.province or NATIONWIDE


def register_base(draft: Base, code_province: str | None = None) -> tuple[Base, list[BaseRegistered]]:
    """Register a base (R2).

    Args:
        draft: The base.
        code_province: The province that its organisation's code tells; None where it tells none.

    Raises:
        Refusal: `INVALID_BASE`, naming every wrong field; `PROVINCE_DIFFERS`.
    """
    wrong = {}
    if not draft.name.strip():
        wrong["name"] = ("基地名称", "name")
    if not draft.organization.name.strip():
        wrong["organizationName"] = ("单位名称", "organisation's name")
    if not all(1 <= ordinal <= LAST_MAJOR_CATEGORY for ordinal in draft.major_categories):
        wrong["majorCategories"] = ("专业大类", "major categories")
    if len(set(draft.major_categories)) < len(draft.major_categories):
        wrong["majorCategories"] = ("专业大类", "major categories")
    for field, day, zh, en in (
        ("validFrom", draft.valid_from, "有效期起始日期", "first day of validity"),
        ("validUntil", draft.valid_until, "有效期截止日期", "last day of validity"),
    ):
        if day is not None and day.year not in YEARS:
            wrong[field] = (zh, en)
    if draft.valid_until is not None and draft.valid_until < draft.valid_from:
        wrong["validUntil"] = ("有效期截止日期", "last day of validity")
    if wrong:
        raise INVALID_BASE(detail=listed(wrong.values()), fields=list(wrong))
    if draft.province and code_province and draft.province != code_province and not draft.province_reason:
        raise PROVINCE_DIFFERS(fields=["province", "provinceReason"], registered=code_province, province=draft.province)
    event = BaseRegistered(
        base=draft.id,
        name=draft.name,
        category=draft.category,
        organization=draft.organization.code,
        organization_name=draft.organization.name,
        province=draft.routing_province,
    )
    return draft, [event]


def require_registered_name(organization: Organization, registered: Organization | None) -> None:
    """Refuse a second name for a code that is on file: an organisation has one name (R3).

    Args:
        organization: Code and name as they were given.
        registered: The organisation on file under that code; None where there is none.

    Raises:
        Refusal: `ORGANIZATION_NAME_DIFFERS`, with the name on file.
    """
    if registered and _plain(registered.name) != _plain(organization.name):
        raise ORGANIZATION_NAME_DIFFERS(
            field="organizationName", organization=registered.code, registered=registered.name
        )


def require_open(base: Base) -> None:
    """Refuse a base that is closed or merged into another (R2).

    Raises:
        Refusal: `BASE_CLOSED`, with its successor, if it has one.
    """
    if base.closed:
        raise BASE_CLOSED(base=base.id, into=base.closed.into)


def numbered(base: Base, number: int) -> Base:
    """The base with its number among those of its category."""
    return replace(base, number=number)


def set_team(base: Base, team: Team) -> tuple[Base, list[BaseTeamSet]]:
    """Name the base's contacts; a duty may stay empty until a plan is submitted (R6)."""
    event = BaseTeamSet(
        base=base.id,
        design=len(team.design),
        declaration=len(team.declaration),
        delivery=len(team.delivery),
        province=base.routing_province,
    )
    return replace(base, team=team), [event]


def require_team(base: Base) -> None:
    """Refuse a base with a duty that has no contact (R6).

    Raises:
        Refusal: `TEAM_MISSING`.
    """
    missing = base.team.missing()
    if missing:
        raise TEAM_MISSING(missing=list(missing))


def require_valid(base: Base, day: date) -> None:
    """Refuse a base outside its validity period (R2).

    Raises:
        Refusal: `BASE_NOT_VALID`.
    """
    if day < base.valid_from or (base.valid_until is not None and day > base.valid_until):
        since, until = base.valid_from, base.valid_until
        raise BASE_NOT_VALID(
            detail=(f"{since}至{until or '长期'}", f"from {since} to {until or 'no end'}"),
            validFrom=since.isoformat(),
            validUntil=until.isoformat() if until else None,
        )


def _plain(name: str) -> str:
    """A name for comparison: full width as half, without blanks, lower case."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
