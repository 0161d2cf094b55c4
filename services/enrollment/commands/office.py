"""What every command of enrolment works with, and who may call it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol

from chassis.clock import Clock
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import once
from chassis.storage.mongo import Session
from chassis.storage.vault import Vault
from kernel.errors import Refusal, Unblock, forbidden, not_found
from services.enrollment.domain.delivery import PACES, Pace
from services.enrollment.domain.machine import Enrollment
from services.enrollment.domain.project import Project, require_open, require_phase
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.domain.wording import Letter
from services.enrollment.store import Store, Visibility

_LONGEST_LIST = 200


class Mailer(Protocol):
    """Hands mail to a server."""

    async def send(self, letter: Letter) -> None:
        """Send it, or say why not.

        Raises:
            Undelivered: The server did not take it.
        """


@dataclass(frozen=True, slots=True)
class Office:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: Everything that is kept.
        clock: Domain time.
        vault: Seals ID numbers and mobiles (R41).
        offer_time: How long a school may think about an offered seat (R25).
        mailer: Sends mail, where that is set up (R24).
        paces: How each channel of deliveries is tried again (R24).
        wake: Set when a delivery waits, so that it leaves at once (R24).
    """

    store: Store
    clock: Clock
    vault: Vault
    offer_time: timedelta = timedelta(hours=48)
    mailer: Mailer | None = None
    paces: Mapping[DeliveryChannel, Pace] = field(default_factory=lambda: PACES)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row of a bulk command."""

    id: str
    enrollment: Enrollment | None = None
    refusal: Refusal | None = None


async def each(
    office: Office,
    principal: Principal,
    keys: Sequence[str],
    act: Callable[[str], Awaitable[Enrollment]],
    *,
    command: str,
    given: str | None = None,
) -> list[Row]:
    """Act on every row by itself; a refused row stops no other, and a repeated one takes no second effect.

    Args:
        office: The service's dependencies.
        principal: Who acts.
        keys: The enrolments.
        act: What one row does.
        command: The bulk command's name.
        given: What else the caller gave, for all rows.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    capped(keys)
    kept = office.store.enrollments
    return [await attempt(key, once(kept, principal, f"{command}|{key}", given, partial(act, key))) for key in keys]


async def attempt(key: str, act: Awaitable[Enrollment]) -> Row:
    """One row: what the act gives, or why it was refused."""
    try:
        return Row(key, await act)
    except Refusal as refusal:
        return Row(key, refusal=refusal)


def capped(rows: Sequence[object]) -> None:
    """Refuse a bulk command of too many rows.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > _LONGEST_LIST:
        raise Refusal(
            "TOO_MANY_ROWS",
            f"一次最多处理{_LONGEST_LIST}行",
            f"At most {_LONGEST_LIST} rows at once",
            rule="R22",
            unblock=Unblock.SELF,
            limit=_LONGEST_LIST,
        )


def require_scope(principal: Principal, *scopes: Scope) -> None:
    """Refuse everybody else: an account is a login and a scope (R3).

    Raises:
        Refusal: `FORBIDDEN`.
    """
    if principal.scope not in scopes:
        raise forbidden("R3")


async def own_enrollment(
    office: Office, principal: Principal, scope: Scope, key: str, session: Session | None = None
) -> Enrollment:
    """An enrolment that the principal acts on; what it may not see is not found.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, scope)
    where = {"$and": [{"_id": key}, Visibility.of(principal).condition()]}
    found = await office.store.enrollments.query(where, limit=1, session=session)
    if not found:
        raise not_found("enrollment", key)
    return found[0]


async def open_project(office: Office, key: str, *, phase: str, rule: str, session: Session | None = None) -> Project:
    """A project that is published and in the phase that the act belongs to (R1).

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
    """
    project = await office.store.projects.get(key, session)
    require_open(project, rule)
    calendar = await office.store.rounds.find(str(project.year), session)
    require_phase(calendar, phase, office.clock.now(), rule)
    return project
