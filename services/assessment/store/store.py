"""The repositories of assessment, composed."""

from pymongo import ASCENDING

from chassis.storage.mongo import Client, Database
from chassis.storage.repository import Repository
from chassis.storage.wakeups import Wakeups
from services.assessment.domain.book import Book
from services.assessment.domain.project import Project
from services.assessment.domain.quota_proposal import QuotaLimit, QuotaProposal, RoundQuotas
from services.assessment.domain.settlement import Settlement
from services.assessment.store.annual import AnnualFacts, Applications, Assessments, Complaints, Evidence, Years
from services.assessment.store.audit import AuditLog
from services.assessment.store.certificates import AttendeeName, Certificates, NameGuesses
from services.assessment.store.inspections import Findings, Inspections
from services.assessment.store.instruments import Instruments, Issues, KeyLists, Receipts, Texts
from services.assessment.store.jobs import Jobs
from services.assessment.store.records import Records

COLLECTIONS = (
    *("books", "records", "settlements"),
    *("inspections", "findings", "certificates", "instruments", "key_lists"),
    *("annual", "annual_years", "proposals", "complaints", "jobs"),
)
"""The collections whose documents carry events."""
SEALED = ("inspections", "certificates", "instruments")
"""The collections whose documents hold something that the vault has sealed.

The secret of an inspection until its draw (R37), what is kept of a certificate (R32), and the keys that sign rights to
answer (R34). Names are sealed to keys of their own (ADR 52).
"""


class Store:
    """Everything that assessment stores.

    Args:
        database: The service's own database.

    Attributes:
        client: For transactions.
        records: The records of attendees.
        record_changes: Wakes those who follow the records of a class, by the records' ids.
        projects: Assessment's own view of projects, built from catalog's events.
        books: The books of classes: what is published, and what bases were reminded of (R30).
        settlements: Which projects are settled (R30).
        inspections: Random inspections, with their populations (R37).
        findings: What they have found (R37).
        certificates: The certificates (R32).
        names: The names of attendees, sealed (ADR 52).
        name_guesses: How often names were compared with those of certificates (R32).
        jobs: The jobs that issue the certificates of a year (R32).
        instruments: The questionnaires of evaluations (R34–R36).
        key_lists: The lists of their keys (R34).
        issues: Who has used a right to answer, until a questionnaire has ended (R34).
        texts: What was answered in words (R36).
        receipts: The receipts of published questionnaires (R36).
        annual: The annual assessments of bases (R38).
        annual_years: What is stored of those of a year together (R38).
        rounds: What rounds give the bases of each category, as the catalog's events have it (R39).
        limits: What the ministry has given bases instead, likewise (R39).
        proposals: What grades have proposed for quotas and the ministry has decided (R39).
        complaints: Complaints about bases that were upheld (R38).
        evidence: The facts behind their numbers (R38).
        applications: How bases have dealt with applications (R23).
        annual_facts: What assessments are measured by (R38).
        audit: The audit log (R40).
    """

    def __init__(self, database: Database) -> None:
        self.client: Client = database.client
        self.records = Records(database)
        self.record_changes = Wakeups(self.records.collection, [{"$project": {"documentKey": 1}}])
        self.projects = Repository(database, "projects", Project, producer="assessment", noun="project")
        self.books = Repository(database, "books", Book, producer="assessment", noun="book")
        self.settlements = Repository(database, "settlements", Settlement, producer="assessment", noun="settlement")
        self.inspections = Inspections(database)
        self.findings = Findings(database)
        self.certificates = Certificates(database)
        self.names = Repository(database, "names", AttendeeName, producer="assessment", noun="name")
        self.name_guesses = NameGuesses(database)
        self.jobs = Jobs(database)
        self.instruments = Instruments(database)
        self.key_lists = KeyLists(database)
        self.issues = Issues(database)
        self.texts = Texts(database)
        self.receipts = Receipts(database)
        self.annual = Assessments(database)
        self.annual_years = Years(database)
        self.rounds = Repository(database, "rounds", RoundQuotas, producer="assessment", noun="round")
        self.limits = Repository(database, "limits", QuotaLimit, producer="assessment", noun="limit")
        self.proposals = Repository(database, "proposals", QuotaProposal, producer="assessment", noun="quota-proposal")
        self.complaints = Complaints(database)
        self.evidence = Evidence(database)
        self.applications = Applications(database)
        self.annual_facts = AnnualFacts(database)
        self.audit = AuditLog(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.records.prepare()
        await self.books.prepare()
        await self.settlements.prepare()
        await self.inspections.prepare()
        await self.findings.prepare()
        await self.jobs.prepare()
        await self.projects.collection.create_index([("base", ASCENDING), ("phase", ASCENDING)], name="base")
        await self.projects.collection.create_index([("phase", ASCENDING), ("_id", ASCENDING)], name="phase")
        await self.projects.collection.create_index([("phase", ASCENDING), ("finished_on", ASCENDING)], name="finished")
        await self.projects.collection.create_index([("year", ASCENDING), ("phase", ASCENDING)], name="year")
        await self.certificates.prepare()
        await self.name_guesses.prepare()
        for repository in (self.instruments, self.key_lists, self.issues, self.texts):
            await repository.prepare()
        for annual in (self.annual, self.annual_years, self.applications, self.proposals, self.complaints):
            await annual.prepare()
        await self.proposals.collection.create_index([("year", ASCENDING)], name="year")
        await self.audit.prepare()
