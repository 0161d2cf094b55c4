"""Enrollment in MongoDB: collections, indexes and queries; the only place of the service that knows the database."""

from services.enrollment.store.enrollments import Listed
from services.enrollment.store.epochs import Epoch, Epochs
from services.enrollment.store.feed import Entry, Feed, FencedOff, Reading
from services.enrollment.store.rosters import Rosters, RowsOf
from services.enrollment.store.schools import SchoolOrder, SchoolSelection
from services.enrollment.store.seating import Seating
from services.enrollment.store.store import COLLECTIONS, SEALED, Store
from services.enrollment.store.teachers import TeacherOrder, TeacherSelection
from services.enrollment.store.visibility import EnrollmentOrder, EnrollmentSelection, Visibility, own_province

__all__ = [
    "COLLECTIONS",
    "SEALED",
    "EnrollmentOrder",
    "EnrollmentSelection",
    "Entry",
    "Epoch",
    "Epochs",
    "Feed",
    "FencedOff",
    "Listed",
    "Reading",
    "Rosters",
    "RowsOf",
    "SchoolOrder",
    "SchoolSelection",
    "Seating",
    "Store",
    "TeacherOrder",
    "TeacherSelection",
    "Visibility",
    "own_province",
]
