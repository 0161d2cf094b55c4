"""Assessment in MongoDB: collections, indexes and queries. Only this package knows the database."""

from services.assessment.store.annual import Assessments, Evidence, chosen
from services.assessment.store.audit import AuditLog, AuditSelection
from services.assessment.store.certificates import AttendeeName, Certificates
from services.assessment.store.inspections import Findings, Inspections, selected
from services.assessment.store.instruments import Instruments, Issue
from services.assessment.store.records import Records
from services.assessment.store.store import COLLECTIONS, SEALED, Store
from services.assessment.store.year_table import year_facts

__all__ = [
    "COLLECTIONS",
    "SEALED",
    "Assessments",
    "AttendeeName",
    "AuditLog",
    "AuditSelection",
    "Certificates",
    "Evidence",
    "Findings",
    "Inspections",
    "Instruments",
    "Issue",
    "Records",
    "Store",
    "chosen",
    "selected",
    "year_facts",
]
