"""Bases and their teams (R2, R3, R6)."""

import unicodedata
from dataclasses import dataclass
from datetime import date

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from kernel.dates import today
from kernel.free_text import Name, PersonName
from kernel.identifiers import credit_code, mask, organization_code
from kernel.identifiers import email as mail_address
from kernel.refusals import INVALID_CONTACT
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_base, require_province
from services.catalog.domain import base as bases
from services.catalog.domain.base import Base, Organization, Team, TeamMember
from services.catalog.domain.refusals import BASE_EXISTS
from services.catalog.domain.vocabulary import BaseCategory

_LEAST_PHONE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBase:
    """A base that the ministry registers, its texts as they were typed (R2)."""

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
    """A contact as the base typed it; the phone is sealed before it is stored (R6, R41)."""

    name: str
    phone: str
    email: str | None = None


@idempotent("bases", name="register_base")
async def register_base(deps: Deps, principal: Principal, new_base: NewBase) -> Base:
    """Register a base under its organisation's code (R2, R3).

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `UNKNOWN_PROVINCE`, `INVALID_TEXT`,
            `INVALID_BASE` or `BASE_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    require_province(new_base.province)
    checked_code = credit_code if new_base.category is BaseCategory.ENTERPRISE_PRACTICE else organization_code
    draft = Base(
        id=new_id(),
        version=1,
        name=Name.of(new_base.name, "name").text,
        number=0,
        category=new_base.category,
        organization=Organization(
            checked_code(new_base.organization_code), Name.of(new_base.organization_name, "organizationName").text
        ),
        province=new_base.province,
        major_categories=new_base.major_categories,
        valid_from=new_base.valid_from or today(deps.clock.now()).replace(month=1, day=1),
        valid_until=new_base.valid_until,
    )
    bases.register_base(draft)

    async def work(session: Session) -> Base:
        number = await deps.store.bases.next_number(new_base.category, session)
        registered, events = bases.register_base(bases.numbered(draft, number))
        return await deps.store.bases.insert(registered, events, session)

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise BASE_EXISTS() from error


@idempotent("bases", name="set_base_team")
async def set_base_team(
    deps: Deps, principal: Principal, *, base_id: str, duties: dict[str, tuple[TeamContact, ...]]
) -> Base:
    """Set the contacts of the base's team (R6).

    Args:
        deps: The service's dependencies.
        principal: The base.
        base_id: Its id.
        duties: The contacts of `design`, `declaration` and `delivery`, whose phones are sealed.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `INVALID_TEXT`, `INVALID_CONTACT` or `INVALID_EMAIL`.
    """
    base = await own_base(deps, principal, base_id)
    for contacts in duties.values():
        for contact in contacts:
            PersonName.of(
                contact.name, "name", "R6"
            )  # of everybody before the first phone, so that a text is refused as a text
    team = Team(**{duty: tuple(_sealed(deps, contact) for contact in contacts) for duty, contacts in duties.items()})
    changed, events = bases.set_team(base, team)
    return await deps.store.bases.save(changed, events)


def _sealed(deps: Deps, contact: TeamContact) -> TeamMember:
    phone = "".join(unicodedata.normalize("NFKC", contact.phone).split())
    name = PersonName.of(contact.name, "name", "R6").text
    if not name or sum(char.isdigit() for char in phone) < _LEAST_PHONE:
        raise INVALID_CONTACT(detail=("联系人", "A contact"), rule="R6")
    address = None if contact.email is None else mail_address(contact.email)
    return TeamMember(name, deps.vault.seal(phone), mask(phone), address)
