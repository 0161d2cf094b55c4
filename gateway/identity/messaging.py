"""Identity's events: every act upon an account goes out (R40); who is on file elsewhere comes in and gets one (R3)."""

from dataclasses import dataclass

from chassis.events import NATIONWIDE, Envelope
from chassis.ids import new_id
from chassis.messaging.inbox import Consumer, Handler
from chassis.messaging.outbox import Relay
from chassis.principal import Scope
from chassis.runtime.tasks import Tasks
from chassis.storage.mongo import Database, Session
from gateway.identity import events
from gateway.identity.account import Account
from gateway.identity.provisioning import issued_login
from gateway.identity.store import COLLECTIONS, IdentityStore

SERVICE = "gateway"
QUEUE = f"{SERVICE}.inbox"
BINDINGS = (
    "catalog.base-registered.*",
    "catalog.expert-registered.*",
    "enrollment.school-registered.*",
)
TEACHERS = f"{SERVICE}.teachers"
"""Teachers come by the hundred thousand: bases, schools and experts must not wait behind them."""
TEACHER_BINDINGS = ("enrollment.teacher-added.*",)
QUEUES = {QUEUE: BINDINGS, TEACHERS: TEACHER_BINDINGS}
"""Identity's own queues and what they are bound to, for the broker's definitions."""
EMITTED: tuple[type, ...] = (
    events.AccountProvisioned,
    events.BaseAdded,
    events.CodeIssued,
    events.AccountReset,
    events.AccountUnlocked,
    events.AccountDisabled,
    events.PersonDelegated,
    events.SessionsRevoked,
    events.PasswordSet,
)
"""Every event of identity, for the registry of contracts."""


@dataclass(frozen=True)
class BaseRegistered:
    """A base whose organisation may sign in."""

    base: str
    organization: str
    province: str


@dataclass(frozen=True)
class SchoolRegistered:
    """A school that may sign in."""

    school: str
    province: str


@dataclass(frozen=True)
class ExpertRegistered:
    """A reviewer who may sign in."""

    expert: str
    organization: str


@dataclass(frozen=True)
class TeacherAdded:
    """A teacher of a school, who may sign in."""

    teacher: str
    school: str
    province: str


class Effects:
    """What the events do: an account in its initial state, without a code, for no event and no log may hold one (R4).

    Args:
        store: Where.
    """

    def __init__(self, store: IdentityStore) -> None:
        self._store = store

    async def base(self, event: BaseRegistered, _: Envelope, session: Session) -> None:
        """An organisation has one account for all its bases (R2, R3)."""
        known = await self._store.by_login(event.organization, Scope.BASE, session)
        if not known:
            code = event.organization
            made = _blank(code, Scope.BASE, organization=code, bases=(event.base,), home=event.province)
            await self._store.add(made, session)
        elif event.base not in known[0].bases:
            more = known[0].holding(event.base)
            told = events.BaseAdded(**events.of(more), base=event.base)
            await self._store.accounts.save(more, [told], session)

    async def school(self, event: SchoolRegistered, _: Envelope, session: Session) -> None:
        """A school signs in with its code (R3)."""
        code = event.school
        if not await self._store.by_login(code, Scope.SCHOOL, session):
            made = _blank(code, Scope.SCHOOL, organization=code, school=code, home=event.province)
            await self._store.add(made, session)

    async def expert(self, event: ExpertRegistered, _: Envelope, session: Session) -> None:
        """An expert is issued a login name (R3)."""
        if not await self._store.by_person(event.expert, Scope.EXPERT, session):
            name = await self._login("e", Scope.EXPERT, session)
            made = _blank(name, Scope.EXPERT, organization=event.organization, person=event.expert)
            await self._store.add(made, session)

    async def teacher(self, event: TeacherAdded, _: Envelope, session: Session) -> None:
        """A teacher is issued a login name; the school hands out the code (R3)."""
        if not await self._store.by_person(event.teacher, Scope.TEACHER, session):
            school = event.school
            name = await self._login("t", Scope.TEACHER, session)
            made = _blank(
                name,
                Scope.TEACHER,
                organization=school,
                school=school,
                person=event.teacher,
                home=event.province,
            )
            await self._store.add(made, session)

    async def _login(self, kind: str, scope: Scope, session: Session) -> str:
        """A login name that is free: of a million teachers, one in a hundred draws is not."""
        while await self._store.by_login(name := issued_login(kind), scope, session):
            pass
        return name


def handlers(store: IdentityStore) -> dict[str, Handler]:
    """Event type to what it does."""
    effects = Effects(store)
    return {
        "catalog.base-registered": Handler(BaseRegistered, effects.base),
        "catalog.expert-registered": Handler(ExpertRegistered, effects.expert),
        "enrollment.school-registered": Handler(SchoolRegistered, effects.school),
        "enrollment.teacher-added": Handler(TeacherAdded, effects.teacher),
    }


def tasks(store: IdentityStore, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, which also sends what the command line wrote, and the consumers.

    Both queues handle teachers: the inbox held those bindings before the second queue existed, and may still hold such
    events.

    Args:
        store: Accounts.
        database: The gateway's database, for the relay's lease and the inbox.
        amqp_url: Connection string of the broker with the gateway's own user.
    """
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    inbox = Consumer(database, amqp_url, QUEUE, BINDINGS, handlers(store), moved={TEACHERS: TEACHER_BINDINGS})
    teachers = Consumer(database, amqp_url, TEACHERS, TEACHER_BINDINGS, handlers(store))
    return Tasks(relay=(relay.run,), worker=(inbox.run, teachers.run))


def _blank(
    login: str,
    scope: Scope,
    *,
    organization: str,
    bases: tuple[str, ...] = (),
    school: str | None = None,
    person: str | None = None,
    home: str = NATIONWIDE,
) -> Account:
    return Account(
        new_id(), 1, login, scope, "", organization=organization, bases=bases, school=school, person=person, home=home
    )
