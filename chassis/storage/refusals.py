"""What a caller is told of an error of the database: whether, and when, the request may be repeated (ADR 43)."""

from chassis.storage.mongo import is_conflict, is_late, is_transient
from kernel.errors import Refusal
from kernel.refusals import BUSY, DEADLINE_EXCEEDED, INTERNAL, RETRY_AFTER_SECONDS, UNAVAILABLE

ABSENT_SECONDS = 2
"""The `retryAfter` of an absent database: an election takes some seconds."""


def refusal_of(defect: Exception) -> Refusal:
    """The refusal that answers an error; `INTERNAL` for whatever is not the database's absence."""
    if is_conflict(defect):
        return BUSY(retryAfter=RETRY_AFTER_SECONDS)
    if is_late(defect):
        return DEADLINE_EXCEEDED()
    return UNAVAILABLE(retryAfter=ABSENT_SECONDS) if is_transient(defect) else INTERNAL()
