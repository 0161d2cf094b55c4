"""Send identity's events (R40), and create accounts of what services have put on file, by their events (R3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis.events import NATIONWIDE, Envelope, TimelineBegun
from chassis.ids import new_id
from chassis.messaging.inbox import Consumer, Handler, Row
from chassis.messaging.outbox import Relay
from chassis.principal import Scope
from chassis.runtime.tasks import Tasks
from chassis.storage.mongo import Database, Session
from chassis.storage.unit_of_work import UnitOfWork
from gateway.identity import events
from gateway.identity.account import Account, AccountState
from gateway.identity.provisioning import issued_login
from gateway.identity.store import COLLECTIONS, IdentityStore, first_events

SERVICE = "gateway"
QUEUE = f"{SERVICE}.inbox"
BINDINGS = (
    "catalog.base-registered.*",
    "catalog.base-closed.*",
    "catalog.base-reopened.*",
    "catalog.base-amended.*",
    "catalog.base-merged.*",
    "catalog.expert-registered.*",
    "catalog.expert-corrected.*",
    "catalog.expert-withdrawn.*",
    "catalog.expert-reinstated.*",
    "enrollment.school-registered.*",
    "enrollment.school-closed.*",
    "enrollment.school-reopened.*",
    "enrollment.school-merged.*",
    "enrollment.person-designated.*",
)
TEACHERS = f"{SERVICE}.teachers"
"""A queue of their own: teachers come by the hundred thousand, and nobody else must wait behind them."""
TEACHER_BINDINGS = (
    "enrollment.teacher-added.*",
    "enrollment.teacher-joined.*",
    "enrollment.teacher-left.*",
)
QUEUES = {QUEUE: BINDINGS, TEACHERS: TEACHER_BINDINGS}
"""Identity's own queues and what they are bound to, for the broker's definitions."""
EMITTED: tuple[type, ...] = (
    events.AccountProvisioned,
    events.BaseAdded,
    events.BaseRemoved,
    events.CodeIssued,
    events.AccountReset,
    events.AccountUnlocked,
    events.AccountDisabled,
    events.AccountMoved,
    events.PersonDelegated,
    events.SessionsRevoked,
    events.PasswordSet,
    events.SecondFactorEnrolled,
    events.SecondFactorReset,
    events.RecoveryCodesIssued,
    events.RecoveryCodeUsed,
    TimelineBegun,
)
"""Every event of identity, for the registry of contracts."""


@dataclass(frozen=True)
class BaseRegistered:
    """A base was registered, or opened again; its organisation gets an account."""

    base: str
    organization: str
    province: str


@dataclass(frozen=True)
class BaseClosed:
    """A base was closed; nobody acts for it any more."""

    base: str


@dataclass(frozen=True)
class BaseAmended:
    """What is on file of a base was set right; it may be in another province."""

    base: str
    province: str


@dataclass(frozen=True)
class BaseMerged:
    """A base was merged into another; who acts for that one acts for both."""

    base: str
    into: str


@dataclass(frozen=True)
class SchoolRegistered:
    """A school was registered, or opened again; it gets an account."""

    school: str
    province: str


@dataclass(frozen=True)
class SchoolEnded:
    """A school was closed, or merged into another one; nobody acts for it any more."""

    school: str


@dataclass(frozen=True)
class ExpertRegistered:
    """An expert was registered, who gets an account."""

    expert: str
    organization: str


@dataclass(frozen=True)
class ExpertCorrected:
    """What is on file of an expert was corrected."""

    expert: str
    organization: str


@dataclass(frozen=True)
class ExpertReinstated:
    """An expert who had withdrawn is back."""

    expert: str


@dataclass(frozen=True)
class ExpertWithdrawn:
    """An expert withdrew, whose account is closed."""

    expert: str


@dataclass(frozen=True)
class TeacherAdded:
    """A teacher was added to a school, who gets an account."""

    teacher: str
    school: str
    province: str


@dataclass(frozen=True)
class PersonDesignated:
    """A school named its designated person, who acts for it by an account of the own (R5).

    Attributes:
        person: The person's id; None in events of earlier releases, which tell nobody who the person is.
    """

    school: str
    province: str
    person: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class TeacherJoined:
    """A teacher has joined a school; the account acts for the main one."""

    teacher: str
    school: str
    main_school: str
    main_province: str


@dataclass(frozen=True)
class TeacherLeft:
    """A teacher has left a school; without a main one the account is closed."""

    teacher: str
    main_school: str | None
    main_province: str | None


class Effects:
    """Create accounts in their initial state without a code, for no event and no log may hold a code (R4); move them.

    Queues keep no order, least of all for a dead letter that is sent again. So what happened to a base, an expert or a
    teacher is followed by version: an event that a later one of the same subject has overtaken changes nothing.

    Args:
        store: Accounts.
    """

    def __init__(self, store: IdentityStore) -> None:
        self._store = store

    async def base(self, event: BaseRegistered, envelope: Envelope, session: Session) -> None:
        """Create an organisation's account with its first base, or add a base to it that has not ended (R2, R3)."""
        if not await self._store.follow("base", event.base, envelope.order, session):
            return
        accounts = await self._store.by_login(event.organization, Scope.BASE, session)
        if not accounts:
            code = event.organization
            account = _blank(code, Scope.BASE, organization=code, bases=(event.base,), home=event.province)
            await self._store.add(account, session)
        elif event.base not in accounts[0].bases:
            account = accounts[0].with_base(event.base)
            reopened = account.state is not accounts[0].state
            added = events.BaseAdded(**events.of(account), base=event.base, reopened=reopened)
            await self._store.accounts.save(account, [added], session)

    async def base_closed(self, event: BaseClosed, envelope: Envelope, session: Session) -> None:
        """Let nobody act for a base any more, and close the account that has no other (R2)."""
        if not await self._store.follow("base", event.base, envelope.order, session, ended=True):
            return
        for account in await self._store.by_base(event.base, session):
            await self._without_base(account, event.base, session)

    async def base_amended(self, event: BaseAmended, envelope: Envelope, session: Session) -> None:
        """Let the account that acts for this base alone be of the base's province (R2)."""
        if not await self._store.follow("base-province", event.base, envelope.order, session):
            return
        for account in await self._store.by_base(event.base, session):
            if account.bases == (event.base,):
                await self._save_moved(account, replace(account, home=event.province), session)

    async def base_merged(self, event: BaseMerged, envelope: Envelope, session: Session) -> None:
        """Let those who act for the successor act for the merged base, and nobody else (R2)."""
        if not await self._store.follow("base", event.base, envelope.order, session, ended=True):
            return
        successors = await self._store.by_base(event.into, session)
        for account in await self._store.by_base(event.base, session):
            if event.into not in account.bases:
                await self._without_base(account, event.base, session)
        for account in successors:
            if event.base not in account.bases:
                added = events.BaseAdded(**events.of(account), base=event.base)
                await self._store.accounts.save(account.with_base(event.base), [added], session)

    async def _without_base(self, account: Account, base: str, session: Session) -> None:
        told: list[Any] = [events.BaseRemoved(**events.of(account), base=base)]
        changed = account.without_base(base)
        if changed.bases:
            await self._store.accounts.save(changed, told, session)
            await self._store.end_sessions(account.id, session)  # whose tokens still name the base
        else:
            await self._store.close_account(changed, session, told=told, baseless=True)

    async def school(self, event: SchoolRegistered, envelope: Envelope, session: Session) -> None:
        """Create a school's account, unless the school has ended; its login name is its code (R3)."""
        if await self._store.follow("school", event.school, envelope.order, session):
            await self._school_account(event.school, event.province, session)

    async def school_reopened(self, event: SchoolRegistered, envelope: Envelope, session: Session) -> None:
        """Let the account of a school wait for a code again, without the former person's name (R3, R5)."""
        if await self._store.follow("school", event.school, envelope.order, session):
            account = await self._school_account(event.school, event.province, session)
            await self._save_moved(account, replace(account.reopened(), name=None), session)

    async def school_ended(self, event: SchoolEnded, envelope: Envelope, session: Session) -> None:
        """Close the account of a school and its designated persons' (R3)."""
        if await self._store.follow("school", event.school, envelope.order, session, ended=True):
            for account in await self._store.of_school(event.school, session):
                await self._store.close_account(account, session)

    async def designated(self, event: PersonDesignated, envelope: Envelope, session: Session) -> None:
        """Give the designated person the one account beside the school's own, and close the former one's (R5).

        The school's account acts under the person's name too. It remembers which designation the accounts follow: a
        late event changes nothing. A school that had ended is open again, for only then does it designate somebody.
        """
        if not (event.person and event.name):
            return
        is_latest, had_ended = await self._follow("school", event.school, envelope, session)
        if not is_latest:
            return
        school = await self._school_account(event.school, event.province, session)
        if had_ended:
            school = await self._save_moved(school, school.reopened(), session)
        if envelope.order <= school.designation:
            return
        delegates = await self._store.delegates(event.school, session)
        own = _own(delegates, event.person, event.name)
        former = [account for account in delegates if account is not own and account.state is not AccountState.DISABLED]
        for account in former:
            await self._store.close_account(account, session)
        if own is None:
            (login,) = await self._free_logins("d", Scope.SCHOOL, 1, session)
            code = school.organization or event.school
            blank = _blank(login, Scope.SCHOOL, organization=code, school=event.school, home=school.home)
            own = await self._store.add(blank.named(event.person, event.name), session)
        elif (named := own.named(event.person, event.name)) != own:
            own = await self._store.accounts.save(named, (), session)
        replaced = former[0].id if former else None
        told = [events.PersonDelegated(**events.of(school), delegate=own.id, replaced=replaced)]
        followed = replace(school, designation=envelope.order, name=event.name)
        await self._store.accounts.save(followed, told, session)

    async def _school_account(self, code: str, province: str, session: Session) -> Account:
        """The school's own account; its login name is its code (R3)."""
        accounts = await self._store.by_login(code, Scope.SCHOOL, session)
        if accounts:
            return accounts[0]
        return await self._store.add(_blank(code, Scope.SCHOOL, organization=code, school=code, home=province), session)

    async def expert(self, event: ExpertRegistered, _: Envelope, session: Session) -> None:
        """Create an expert's account with an issued login name; who has withdrawn already gets a closed one (R3)."""
        if not await self._store.by_person(event.expert, Scope.EXPERT, session):
            (login,) = await self._free_logins("e", Scope.EXPERT, 1, session)
            account = _blank(login, Scope.EXPERT, organization=event.organization, person=event.expert)
            ended = await self._store.ended("expert", [event.expert], session)
            await self._store.add(account.disabled() if ended else account, session)

    async def expert_corrected(self, event: ExpertCorrected, envelope: Envelope, session: Session) -> None:
        """Follow an expert to the right organisation; who had withdrawn is back, or would not be corrected (R14)."""
        is_latest, had_ended = await self._follow("expert", event.expert, envelope, session)
        if not is_latest:
            return
        for account in await self._store.by_person(event.expert, Scope.EXPERT, session):
            moved = replace(account, organization=event.organization)
            await self._save_moved(account, moved.reopened() if had_ended else moved, session)

    async def expert_withdrawn(self, event: ExpertWithdrawn, envelope: Envelope, session: Session) -> None:
        """Close an expert's account (R14)."""
        if not await self._store.follow("expert", event.expert, envelope.order, session, ended=True):
            return
        for account in await self._store.by_person(event.expert, Scope.EXPERT, session):
            await self._store.close_account(account, session)

    async def expert_reinstated(self, event: ExpertReinstated, envelope: Envelope, session: Session) -> None:
        """Let an expert's account wait for a code again (R14)."""
        if not await self._store.follow("expert", event.expert, envelope.order, session):
            return
        for account in await self._store.by_person(event.expert, Scope.EXPERT, session):
            await self._save_moved(account, account.reopened(), session)

    async def teachers(self, rows: Sequence[Row], session: Session) -> None:
        """Create teachers' accounts with issued login names; the schools hand out the codes (R3).

        Who is at no school any more by a later event gets a closed one, which another school opens (R20).
        """
        by_person = {row.event.teacher: row for row in rows}
        for person in await self._store.persons_with_account(list(by_person), Scope.TEACHER, session):
            del by_person[person]
        logins = await self._free_logins("t", Scope.TEACHER, len(by_person), session)
        ended = await self._store.ended("teacher", list(by_person), session)
        unit = UnitOfWork(session)
        for (person, row), login in zip(by_person.items(), logins, strict=True):
            school, province = row.event.school, row.event.province
            account = _blank(login, Scope.TEACHER, organization=school, school=school, person=person, home=province)
            account = account.disabled() if person in ended else account
            unit.insert(self._store.accounts, account, first_events(account), act=row.act)
        await unit.flush()

    async def join(self, event: TeacherJoined, envelope: Envelope, session: Session) -> None:
        """Let a teacher's account act for the main school, and open it again where it was closed (R20)."""
        is_latest, had_ended = await self._follow("teacher", event.teacher, envelope, session)
        if not is_latest:
            return
        for account in await self._store.by_person(event.teacher, Scope.TEACHER, session):
            if had_ended or event.school == event.main_school or account.state is not AccountState.DISABLED:
                moved = account.moved_to(event.main_school, event.main_province)
                await self._save_moved(account, moved, session)

    async def leave(self, event: TeacherLeft, envelope: Envelope, session: Session) -> None:
        """Close the account of a teacher who is at no school any more, or let it act for the main one (R20)."""
        ended = event.main_school is None
        is_latest, had_ended = await self._follow("teacher", event.teacher, envelope, session, ended=ended)
        if not is_latest:
            return
        for account in await self._store.by_person(event.teacher, Scope.TEACHER, session):
            if event.main_school is None:
                await self._store.close_account(account, session)
            elif had_ended or account.state is not AccountState.DISABLED:
                moved = account.moved_to(event.main_school, event.main_province or NATIONWIDE)
                await self._save_moved(account, moved, session)

    async def _follow(
        self, kind: str, subject: str, envelope: Envelope, session: Session, *, ended: bool = False
    ) -> tuple[bool, bool]:
        """Whether an event is the latest of its subject, and whether the subject had ended by those before it.

        If it had, and the event is no end, then what opened the subject again was overtaken and will change nothing.
        """
        had_ended = await self._store.ended(kind, [subject], session)
        return await self._store.follow(kind, subject, envelope.order, session, ended=ended), bool(had_ended)

    async def _save_moved(self, account: Account, moved: Account, session: Session) -> Account:
        """Save an account that is of another organisation or province, or open again; end its sessions (R14, R20)."""
        if moved == account:
            return account
        reopened = moved.state is not account.state
        told = [events.AccountMoved(**events.of(moved), reopened=reopened)]
        saved = await self._store.accounts.save(moved, told, session)
        await self._store.end_sessions(account.id, session)  # whose tokens still name the former one
        return saved

    async def _free_logins(self, kind: str, scope: Scope, count: int, session: Session) -> set[str]:
        """Random login names that nobody has: with a million teachers, one draw in a hundred is taken."""
        free: set[str] = set()
        while len(free) < count:
            drawn = {issued_login(kind) for _ in range(count - len(free))} - free
            free |= drawn - await self._store.taken_logins(list(drawn), scope, session)
        return free


def handlers(store: IdentityStore) -> dict[str, Handler]:
    """The handler of each event type."""
    effects = Effects(store)
    return {
        "catalog.base-registered": Handler(BaseRegistered, effects.base),
        "catalog.base-closed": Handler(BaseClosed, effects.base_closed),
        "catalog.base-reopened": Handler(BaseRegistered, effects.base),
        "catalog.base-amended": Handler(BaseAmended, effects.base_amended),
        "catalog.base-merged": Handler(BaseMerged, effects.base_merged),
        "catalog.expert-registered": Handler(ExpertRegistered, effects.expert),
        "catalog.expert-corrected": Handler(ExpertCorrected, effects.expert_corrected),
        "catalog.expert-withdrawn": Handler(ExpertWithdrawn, effects.expert_withdrawn),
        "catalog.expert-reinstated": Handler(ExpertReinstated, effects.expert_reinstated),
        "enrollment.school-registered": Handler(SchoolRegistered, effects.school),
        "enrollment.school-closed": Handler(SchoolEnded, effects.school_ended),
        "enrollment.school-reopened": Handler(SchoolRegistered, effects.school_reopened),
        "enrollment.school-merged": Handler(SchoolEnded, effects.school_ended),
        "enrollment.person-designated": Handler(PersonDesignated, effects.designated),
        "enrollment.teacher-added": Handler(TeacherAdded, many=effects.teachers),
        "enrollment.teacher-joined": Handler(TeacherJoined, effects.join),
        "enrollment.teacher-left": Handler(TeacherLeft, effects.leave),
    }


def tasks(store: IdentityStore, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, which also sends what the command line wrote, and the consumers.

    Both queues handle teachers: the inbox had those bindings before the second queue existed, and may still hold such
    events.

    Args:
        store: Accounts.
        database: The gateway's database, for the relay's lease and the inbox.
        amqp_url: Connection string of the broker with the gateway's own user.
    """
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    inbox = Consumer(database, amqp_url, QUEUE, handlers(store))
    teachers = Consumer(database, amqp_url, TEACHERS, handlers(store))
    return Tasks(relay=(relay.run,), worker=(inbox.run, teachers.run))


def _own(delegates: Sequence[Account], person: str, name: str) -> Account | None:
    """The designated person's account, or one that an earlier release has made under the same name."""
    live = [account for account in delegates if account.state is not AccountState.DISABLED]
    same = [account for account in delegates if account.person == person]
    same += [account for account in live if account.person is None and account.name == name]
    return same[0] if same else None


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
