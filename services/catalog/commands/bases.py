"""Bases and their teams (R2, R3, R6)."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, run_once
from chassis.storage.mongo import DuplicateKey, Session
from kernel.dates import today
from kernel.free_text import Name, PersonName, Reason
from kernel.identifiers import credit_code, mask, organization_code, province_of
from kernel.identifiers import email as mail_address
from kernel.refusals import INVALID_CONTACT, NOT_FOUND
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_base, require_province
from services.catalog.domain import base as bases
from services.catalog.domain import quota as quotas
from services.catalog.domain import succession
from services.catalog.domain.base import Base, Organization, Team, TeamMember
from services.catalog.domain.events import NATIONWIDE
from services.catalog.domain.refusals import BASE_EXISTS
from services.catalog.domain.review import Expert
from services.catalog.domain.vocabulary import BaseCategory
from services.catalog.store import BaseSelection

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
async def register_base(
    deps: Deps, principal: Principal, new_base: NewBase, *, province_reason: str | None = None
) -> Base:
    """Register a base under its organisation's code (R2, R3).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        new_base: The base. Its fields enter the marks of requests, so none may be added.
        province_reason: Why it is in another province than its organisation's code says, as it was typed. Not passed
            where none was given: it is no part of earlier marks.

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `UNKNOWN_PROVINCE`, `INVALID_TEXT`, `INVALID_REASON`,
            `INVALID_BASE`, `PROVINCE_DIFFERS`, `ORGANIZATION_NAME_DIFFERS` or `BASE_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    require_province(new_base.province, "province")
    checked_code = credit_code if new_base.category is BaseCategory.ENTERPRISE_PRACTICE else organization_code
    explained = Reason.optional(province_reason)
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
        province_reason=explained.text if explained else None,
    )
    code = draft.organization.code
    located = province_of(code)
    bases.register_base(draft, located)

    async def work(session: Session) -> Base:
        await deps.store.organizations.take_turn(code, session)
        registered_as = await deps.store.organizations.find_many([code], session)
        bases.require_registered_name(draft.organization, registered_as.get(code))
        number = await deps.store.bases.next_number(new_base.category, session)
        registered, events = bases.register_base(bases.numbered(draft, number), located)
        return await deps.store.bases.insert(registered, events, session)

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise BASE_EXISTS() from error


@idempotent("bases", name="rename_base")
async def rename_base(deps: Deps, principal: Principal, *, key: str, version: int, name: str, reason: str) -> Base:
    """Give a base another name, which its projects bear from then on (R2).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        name: As it was typed.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `INVALID_TEXT`, `REASON_MISSING`, `INVALID_REASON`, `BASE_EXISTS`, or
            what `succession.rename_base` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    new_name, why = Name.of(name, "name"), Reason.of(reason, "R2")

    async def work(session: Session) -> Base:
        base = await deps.store.bases.as_read(key, version, session)
        renamed = await deps.store.bases.save(*succession.rename_base(base, new_name, why), session)
        await deps.store.projects.rename([base.id], {"base_name": renamed.name}, session)
        return renamed

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise BASE_EXISTS() from error


async def rename_organization(deps: Deps, principal: Principal, *, code: str, name: str, reason: str) -> Organization:
    """Give an organisation another name, wherever it is on file (R3).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        code: Its code, as it was typed.
        name: As it was typed.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `INVALID_TEXT`, `REASON_MISSING`,
            `INVALID_REASON`, or what `succession.rename_organization` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    plain, new_name, why = organization_code(code), Name.of(name, "name"), Reason.of(reason, "R3")
    on_file = (await deps.store.organizations.find_many([plain])).get(plain)
    if on_file is None:
        raise NOT_FOUND(kind="organization", id=plain)

    async def work(session: Session) -> Base | Expert:
        await deps.store.organizations.take_turn(plain, session)
        held, sent = await deps.store.organizations.members(plain, session)
        named = [*(base.organization for base in held), *(expert.organization for expert in sent)]
        if not named:  # the last expert of it was corrected meanwhile
            raise NOT_FOUND(kind="organization", id=plain)
        held, sent, event = succession.rename_organization(named[0], held, sent, new_name, why)
        # The event is told once, by the first who bears the name.
        saved: list[Base | Expert] = []
        for base in held:
            saved.append(await deps.store.bases.save(base, [] if saved else [event], session))
        for expert in sent:
            saved.append(await deps.store.experts.save(expert, [] if saved else [event], session))
        names = {"organization_name": new_name.text}
        await deps.store.projects.rename([base.id for base in held], names, session)
        return saved[0]

    holds = await deps.store.bases.count(BaseSelection(organization=plain))
    repository: Any = deps.store.bases if holds else deps.store.experts
    given = (plain, name, reason)
    bearer: Any = await run_once(
        repository, principal, "rename_organization", given, partial(deps.store.transact, work)
    )
    renamed: Organization = bearer.organization
    return renamed


@idempotent("bases", name="extend_base")
async def extend_base(
    deps: Deps, principal: Principal, *, key: str, version: int, valid_until: date | None, reason: str
) -> Base:
    """Let a base be valid longer (R2).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        valid_until: The new last day; None for no end.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, or what `succession.extend_base`
            refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R2")
    base = await deps.store.bases.as_read(key, version)
    changed, events = succession.extend_base(base, valid_until, why, deps.clock.now())
    return await deps.store.bases.save(changed, events)


@idempotent("bases", name="recategorize_base")
async def recategorize_base(
    deps: Deps, principal: Principal, *, key: str, version: int, category: BaseCategory, reason: str
) -> Base:
    """Set right the category of a base that has no projects; it gets a number among those of the right one (R2).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        category: The right one.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, `INVALID_CREDIT_CODE`, or what
            `succession.recategorize_base` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R2")

    async def work(session: Session) -> Base:
        base = await deps.store.bases.as_read(key, version, session)
        if category is BaseCategory.ENTERPRISE_PRACTICE:
            credit_code(base.organization.code)
        used = await deps.store.quotas.exist(base.id, session)
        changed, events = succession.recategorize_base(base, category, why, used=used)
        for affected in sorted({base.category, category}):
            await _take_merger_turn(deps, affected, session)
        number = await deps.store.bases.next_number(category, session)
        return await deps.store.bases.save(bases.numbered(changed, number), events, session)

    return await deps.store.transact(work)


@idempotent("bases", name="close_base")
async def close_base(deps: Deps, principal: Principal, *, key: str, version: int, reason: str) -> Base:
    """Close a base that has no project in hand, nor any of a base merged into it (R2).

    Its quotas count nothing more, and its account ends by the event.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, or what `succession.close_base`
            refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R2")

    async def work(session: Session) -> Base:
        base = await deps.store.bases.as_read(key, version, session)
        await _take_merger_turn(deps, base.category, session)
        await deps.store.quotas.freeze(base.id, session)  # before the count: a submission meanwhile conflicts
        acts_for = [base.id, *await deps.store.bases.merged_into(base.id, session)]
        in_hand = await deps.store.projects.counted(acts_for, succession.IN_HAND, session)
        return await deps.store.bases.save(*succession.close_base(base, in_hand, why, deps.clock.now()), session)

    return await deps.store.transact(work)


@idempotent("bases", name="reopen_base")
async def reopen_base(deps: Deps, principal: Principal, *, key: str, version: int, reason: str) -> Base:
    """Open a base again that was closed by mistake; its quotas count again, and its account follows by the event (R2).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, or what `succession.reopen_base`
            refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why, now, store = Reason.of(reason, "R2"), deps.clock.now(), deps.store

    async def work(session: Session) -> Base:
        reopened, events = succession.reopen_base(await deps.store.bases.as_read(key, version, session), why)
        await _take_merger_turn(deps, reopened.category, session)
        for held in await store.quotas.query({"base": key}, session=session):
            await store.quotas.take_turn(held.year, session)  # an amendment of the round meanwhile conflicts
            current = await store.rounds.find(str(held.year), session)
            limit = current.quota_of(reopened.category) if current else held.limit
            counting, told = quotas.thaw(held, limit=limit, reason=why, now=now, base_name=reopened.name)
            await store.quotas.save(counting, told, session)
        return await store.bases.save(reopened, events, session)

    return await store.transact(work)


@idempotent("bases", name="amend_base")
async def amend_base(
    deps: Deps,
    principal: Principal,
    *,
    key: str,
    version: int,
    major_categories: tuple[int, ...] | None,
    province: str | None,
    province_reason: str | None,
    valid_from: date | None,
    reason: str,
) -> Base:
    """Set right what is on file of a base; once a project of it was published, only forward (R2, R3).

    What is not published follows into another province.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The base's id.
        version: The version that was read.
        major_categories: The right ones, ordinals 1-19; None leaves them.
        province: The right one, two digits, `00` for none; None leaves it.
        province_reason: Why it is in another province than its organisation's code says, as it was typed.
        valid_from: The right first day; None leaves it.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, `UNKNOWN_PROVINCE`, or what
            `succession.amend_base` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why, explained = Reason.of(reason, "R2"), Reason.optional(province_reason)
    require_province(None if province == NATIONWIDE else province, "province")
    given = succession.BaseAmendment(
        major_categories=major_categories, province=province, province_reason=explained, valid_from=valid_from
    )

    async def work(session: Session) -> Base:
        base = await deps.store.bases.as_read(key, version, session)
        located = province_of(base.organization.code)
        published = bool(await deps.store.projects.counted([key], succession.PUBLISHED, session))
        amended, events = succession.amend_base(base, given, why, code_province=located, published=published)
        if amended.province != base.province:
            there = amended.routing_province
            await deps.store.quotas.relocate(key, there, session)
            await deps.store.projects.rename([key], {"province": there}, session, but=succession.PUBLISHED)
        return await deps.store.bases.save(amended, events, session)

    return await deps.store.transact(work)


@idempotent("bases", name="merge_bases")
async def merge_bases(deps: Deps, principal: Principal, *, key: str, version: int, into: str, reason: str) -> Base:
    """Merge a base into another: its projects stay its own, the successor's account acts for them (R2).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The id of the base that ends.
        version: The version of it that was read.
        into: The successor's id.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, or what `succession.merge_bases`
            refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R2")

    async def work(session: Session) -> Base:
        base = await deps.store.bases.as_read(key, version, session)
        successor = await deps.store.bases.get(into, session)
        merged, events = succession.merge_bases(base, successor, why, deps.clock.now())
        await deps.store.quotas.freeze(base.id, session)
        await _take_merger_turn(deps, base.category, session)
        return await deps.store.bases.save(merged, events, session)

    return await deps.store.transact(work)


async def _take_merger_turn(deps: Deps, category: BaseCategory, session: Session) -> None:
    """No two bases are merged into each other, and none into one that ends or changes category meanwhile (R2)."""
    await deps.store.bases.take_turn(f"merger:{category}", session)


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
    team = Team(**{duty: tuple(_sealed(deps, duty, each) for each in contacts) for duty, contacts in duties.items()})
    changed, events = bases.set_team(base, team)
    return await deps.store.bases.save(changed, events)


def _sealed(deps: Deps, duty: str, contact: TeamContact) -> TeamMember:
    phone = "".join(unicodedata.normalize("NFKC", contact.phone).split())
    name = PersonName.of(contact.name, "name", "R6").text
    if not name or sum(char.isdigit() for char in phone) < _LEAST_PHONE:
        field = f"{duty}.{'phone' if name else 'name'}"
        raise INVALID_CONTACT(field=field, detail=("联系人", "A contact"), rule="R6")
    address = None if contact.email is None else mail_address(contact.email)
    return TeamMember(name, deps.vault.seal(phone), mask(phone), address)
