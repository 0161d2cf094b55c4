"""Assessment in MongoDB: collections, indexes and queries; the only place of the service that knows the database."""

from services.assessment.store.audit import AuditLog, AuditSelection
from services.assessment.store.store import COLLECTIONS, Store

__all__ = ["COLLECTIONS", "AuditLog", "AuditSelection", "Store"]
