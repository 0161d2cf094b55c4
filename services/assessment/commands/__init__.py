"""The use cases of assessment: load the records, decide (domain), save them with their events in one transaction."""

from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.commands.credits import confirm_credits, restore_credit, revoke_credit
from services.assessment.commands.deps import Deps
from services.assessment.commands.results import ResultMark, record_results
from services.assessment.commands.settlement import settle_projects

__all__ = [
    "AttendanceMark",
    "Deps",
    "ResultMark",
    "confirm_credits",
    "record_attendance",
    "record_results",
    "restore_credit",
    "revoke_credit",
    "settle_projects",
]
