"""Assessment in MongoDB: collections, indexes and queries. Only this package knows the database."""

from services.assessment.store.audit import AuditLog, AuditSelection
from services.assessment.store.records import Records
from services.assessment.store.store import COLLECTIONS, Store

__all__ = ["COLLECTIONS", "AuditLog", "AuditSelection", "Records", "Store"]
