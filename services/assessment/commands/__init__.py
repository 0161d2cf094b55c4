"""One module a noun: load, decide (domain), save the record with its events in one write."""

from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.commands.bulk import Outcome
from services.assessment.commands.credits import confirm_credits, revoke_credit
from services.assessment.commands.deps import Deps
from services.assessment.commands.results import ResultMark, record_results

__all__ = [
    "AttendanceMark",
    "Deps",
    "Outcome",
    "ResultMark",
    "confirm_credits",
    "record_attendance",
    "record_results",
    "revoke_credit",
]
