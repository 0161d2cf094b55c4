"""Enrollment in MongoDB: collections, indexes and queries; the only place of the service that knows the database."""

from services.enrollment.store.feed import Entry, Feed, FencedOff, Reading
from services.enrollment.store.rosters import Rosters, RowsOf
from services.enrollment.store.schools import SchoolSelection
from services.enrollment.store.seating import Seating
from services.enrollment.store.store import COLLECTIONS, SEALED, Store
from services.enrollment.store.visibility import EnrollmentSelection, Visibility, own_province

__all__ = [
    "COLLECTIONS",
    "SEALED",
    "EnrollmentSelection",
    "Entry",
    "Feed",
    "FencedOff",
    "Reading",
    "Rosters",
    "RowsOf",
    "SchoolSelection",
    "Seating",
    "Store",
    "Visibility",
    "own_province",
]
