"""Bases, their teams and their quotas (R2, R3, R6, R11, R39)."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import partial

from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import once, repeatable
from chassis.storage.mongo import DuplicateKey, Session
from kernel.dates import today
from kernel.errors import Refusal, Unblock
from kernel.identifiers import credit_code, mask, organization_code
from kernel.identifiers import email as mail_address
from services.catalog.commands.catalog import Catalog, own_base, require_province, require_scope, round_of
from services.catalog.domain import base as bases
from services.catalog.domain import quota as quotas
from services.catalog.domain.base import Base, Organization, Team, TeamMember
from services.catalog.domain.quota import Quota, quota_id
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory

_LEAST_PHONE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBase:
    """What the ministry says of a base it puts on file (R2)."""

    name: str
    category: BaseCategory
    organization_code: str
    organization_name: str
    province: str | None
    major_categories: tuple[int, ...]
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamContact:
    """A contact as the base gives it; the phone is sealed before it is kept (R6, R41)."""

    name: str
    phone: str
    email: str | None = None


@repeatable("bases")
async def register_base(catalog: Catalog, principal: Principal, given: NewBase) -> Base:
    """Put a base on file under its organisation's code (R2, R3).

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `UNKNOWN_PROVINCE`, `INVALID_BASE` or `BASE_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    require_province(given.province)
    known = credit_code if given.category is BaseCategory.ENTERPRISE_PRACTICE else organization_code
    draft = Base(
        id=new_id(),
        version=1,
        name=given.name.strip(),
        number=0,
        category=given.category,
        organization=Organization(known(given.organization_code), given.organization_name.strip()),
        province=given.province,
        major_categories=given.major_categories,
        valid_from=given.valid_from or today(catalog.clock.now()).replace(month=1, day=1),
        valid_until=given.valid_until,
    )
    bases.register_base(draft)

    async def work(session: Session) -> Base:
        number = await catalog.store.next_base_number(given.category, session)
        registered, events = bases.register_base(bases.numbered(draft, number))
        return await catalog.store.bases.insert(registered, events, session)

    try:
        return await catalog.store.transact(work)
    except DuplicateKey as error:
        raise Refusal(
            "BASE_EXISTS",
            "该单位已有同名基地",
            "The organisation has a base of that name",
            rule="R2",
            unblock=Unblock.SELF,
        ) from error


@repeatable("bases")
async def set_base_team(
    catalog: Catalog, principal: Principal, *, base_id: str, duties: dict[str, tuple[TeamContact, ...]]
) -> Base:
    """Name the contacts for `design`, `declaration` and `delivery` (R6).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `INVALID_CONTACT` or `INVALID_EMAIL`.
    """
    base = await own_base(catalog, principal, base_id)
    team = Team(**{duty: tuple(_sealed(catalog, contact) for contact in given) for duty, given in duties.items()})
    changed, events = bases.set_team(base, team)
    return await catalog.store.bases.save(changed, events)


async def adjust_quota(
    catalog: Catalog,
    principal: Principal,
    *,
    base_id: str,
    year: int,
    limit: int,
    reason: str,
    effective_from: date | None,
) -> Base:
    """Change a base's quota of a round; below what is used it only stops new submissions (R39).

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_QUOTA` or `REASON_MISSING`.
    """
    require_scope(principal, Scope.MINISTRY)
    base = await catalog.store.bases.get(base_id)
    current = await round_of(catalog, year)
    adjust = partial(
        quotas.adjust,
        limit=limit,
        reason=reason,
        effective_from=effective_from,
        now=catalog.clock.now(),
        by=principal.name,
    )
    # A refused adjustment must leave no quota behind, so the rules are asked first.
    adjust(quotas.granted(base, current))
    await ensure_quota(catalog, base, current)

    async def work(session: Session) -> Quota:
        quota = await catalog.store.quotas.get(quota_id(base.id, year), session)
        return await catalog.store.quotas.save(*adjust(quota), session)

    given = (base_id, year, limit, reason, effective_from)
    await once(catalog.store.quotas, principal, "adjust_quota", given, partial(catalog.store.transact, work))
    return base


async def ensure_quota(catalog: Catalog, base: Base, current: Round) -> str:
    """The id of the base's quota in the round, which is there from now on (R11)."""
    key = quota_id(base.id, current.year)
    await catalog.store.quotas.ensure(quotas.granted(base, current))
    return key


def _sealed(catalog: Catalog, contact: TeamContact) -> TeamMember:
    phone = "".join(unicodedata.normalize("NFKC", contact.phone).split())
    if not contact.name.strip() or sum(char.isdigit() for char in phone) < _LEAST_PHONE:
        raise Refusal(
            "INVALID_CONTACT",
            "联系人须有姓名和电话",
            "A contact needs a name and a phone number",
            rule="R6",
            unblock=Unblock.SELF,
        )
    address = None if contact.email is None else mail_address(contact.email)
    return TeamMember(contact.name.strip(), catalog.vault.seal(phone), mask(phone), address)
