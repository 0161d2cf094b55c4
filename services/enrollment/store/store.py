"""The collections of enrollment, put together: repositories, indexes and transactions."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.storage.cached import CachedRepository
from chassis.storage.mongo import Client, Database, Session, transact
from chassis.storage.repository import Repository
from services.enrollment.domain.cut_off import CutOffs
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.project import Project, Round
from services.enrollment.store.admissions import Admissions
from services.enrollment.store.attendee_names import AttendeeNames
from services.enrollment.store.base_names import BaseNames
from services.enrollment.store.enrollments import Enrollments
from services.enrollment.store.epochs import PRODUCER
from services.enrollment.store.feed import Feed, Tail
from services.enrollment.store.funding import FundingBook
from services.enrollment.store.milestones import Milestones
from services.enrollment.store.notifications import Deliveries, Notices
from services.enrollment.store.open_evaluations import OpenEvaluations
from services.enrollment.store.progress import ProgressCounts
from services.enrollment.store.reveals import Reveals
from services.enrollment.store.roster_facts import RosterFacts
from services.enrollment.store.rosters import Rosters
from services.enrollment.store.schools import Schools
from services.enrollment.store.seating import Seating
from services.enrollment.store.teachers import Teachers
from services.enrollment.store.transfers import Transfers

COLLECTIONS = (
    "schools",
    "teachers",
    "transfers",
    "enrollments",
    "cut_offs",
    "funding",
    "rosters",
    "reveals",
    "contact_reveals",
    "attendee_names",
    "feed_state",
)
"""The collections whose documents carry events."""
SEALED = ("schools", "roster_rows", "teachers")
"""The collections whose documents hold sealed numbers (R41), in the order in which a new key reaches them.

A roster's rows go before the teachers that they may become: what was copied under the old seal is seen to after them.
"""
_SECONDS_OF_A_ROUND = 30
"""A round in memory may be that old: a phase that is put off just before it begins may take a first act (ADR 67)."""

T = TypeVar("T")


class Store:
    """Everything that enrollment stores.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.schools = Schools(database)
        self.teachers = Teachers(database)
        self.transfers = Transfers(database)
        self.enrollments = Enrollments(database)
        self.cut_offs: Repository[CutOffs] = Repository(
            database, "cut_offs", CutOffs, producer=PRODUCER, noun="cut-off"
        )
        self.projects: CachedRepository[Project] = CachedRepository(
            database, "projects", Project, producer=PRODUCER, noun="project"
        )
        self.rounds: CachedRepository[Round] = CachedRepository(
            database, "rounds", Round, producer=PRODUCER, noun="round", seconds=_SECONDS_OF_A_ROUND
        )
        self.base_names = BaseNames(database)
        self.funding = FundingBook(database, "funding", Funding, producer=PRODUCER, noun="funding")
        self.progress = ProgressCounts(database, self.funding)
        self.deliveries = Deliveries(database)
        self.notices = Notices(
            database,
            enrollments=self.enrollments,
            teachers=self.teachers,
            schools=self.schools,
            projects=self.projects,
        )
        self.open_evaluations = OpenEvaluations(database)
        self.milestones = Milestones(database)
        self.seating = Seating(database)
        self.admissions = Admissions(
            enrollments=self.enrollments,
            projects=self.projects,
            rounds=self.rounds,
            schools=self.schools,
            teachers=self.teachers,
            cut_offs=self.cut_offs,
            seating=self.seating,
            deliveries=self.deliveries,
            notices=self.notices,
        )
        self.names = AttendeeNames(database)
        self.rosters = Rosters(database)
        self.roster_facts = RosterFacts(self.teachers, self.enrollments, self.projects, self.rounds)
        self.reveals = Reveals(database)
        self.feed = Feed(database)
        self.tail = Tail(self.feed)

    async def prepare(self) -> None:
        """Create the indexes of every collection."""
        parts = (
            self.schools,
            self.teachers,
            self.transfers,
            self.enrollments,
            self.cut_offs,
            self.funding,
            self.progress,
            self.deliveries,
            self.notices,
            self.open_evaluations,
            self.seating,
            self.names,
            self.rosters,
            self.roster_facts,
            self.reveals,
            self.feed,
        )
        for part in parts:
            await part.prepare()

    @property
    def client(self) -> Client:
        """The client of the database, for units of work."""
        return self._database.client

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction (notes N21)."""
        return await transact(self._database.client, work)
