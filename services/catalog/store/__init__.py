"""The catalog in MongoDB: collections, indexes and queries; the only place of the service that knows the database."""

from chassis.storage.cursor import PageRequest
from services.catalog.store.projects import Counts, Key, ProjectPart, ProjectRows, Projects, SeatsTaken
from services.catalog.store.quotas import Quotas
from services.catalog.store.reveals import Partnership
from services.catalog.store.store import COLLECTIONS, SEALED, Store
from services.catalog.store.visibility import BaseSelection, ExpertSelection, ProjectOrder, ProjectSelection, Visibility

__all__ = [
    "COLLECTIONS",
    "SEALED",
    "BaseSelection",
    "Counts",
    "ExpertSelection",
    "Key",
    "PageRequest",
    "Partnership",
    "ProjectOrder",
    "ProjectPart",
    "ProjectRows",
    "ProjectSelection",
    "Projects",
    "Quotas",
    "SeatsTaken",
    "Store",
    "Visibility",
]
