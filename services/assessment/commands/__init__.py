"""The use cases of assessment: load the records, decide (domain), save them with their events in one transaction."""

from services.assessment.commands.annual import (
    adjust_assessment_item,
    appeal_assessment,
    comment_assessment,
    compute_assessments,
    decide_appeal,
    finalize_assessments,
    open_comments,
    publish_grades,
    record_complaint,
)
from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.commands.ballot_tokens import issue_ballot_token
from services.assessment.commands.books import publish_overdue, publish_results, remind_of_results
from services.assessment.commands.certificate_jobs import run_certificate_jobs, start_certificate_job
from services.assessment.commands.certificates import issue_certificates, revoke_certificate
from services.assessment.commands.check_ins import CheckedIn, OpenCheckIn, check_in, follow_check_ins, open_check_in
from services.assessment.commands.credits import confirm_credits, restore_credit, revoke_credit
from services.assessment.commands.deps import Deps
from services.assessment.commands.evaluation_reminders import remind_evaluation
from services.assessment.commands.findings import (
    close_finding,
    record_finding,
    remind_of_rectifications,
    report_rectification,
    withdraw_finding,
)
from services.assessment.commands.inspections import (
    BeaconName,
    announce_inspection,
    close_inspection,
    draw_withheld,
    extend_inspection,
    freeze_inspection,
    record_beacons,
    replace_sampled,
    reveal_inspection,
    void_inspection,
    witness_announcements,
)
from services.assessment.commands.quota_proposals import decline_quota_proposal, quota_proposals
from services.assessment.commands.results import ResultMark, record_results, reopen_records
from services.assessment.commands.settlement import settle_projects
from services.assessment.commands.workbooks import class_book, enter_workbook

__all__ = [
    "AttendanceMark",
    "BeaconName",
    "CheckedIn",
    "Deps",
    "OpenCheckIn",
    "ResultMark",
    "adjust_assessment_item",
    "announce_inspection",
    "appeal_assessment",
    "check_in",
    "class_book",
    "close_finding",
    "close_inspection",
    "comment_assessment",
    "compute_assessments",
    "confirm_credits",
    "decide_appeal",
    "decline_quota_proposal",
    "draw_withheld",
    "enter_workbook",
    "extend_inspection",
    "finalize_assessments",
    "follow_check_ins",
    "freeze_inspection",
    "issue_ballot_token",
    "issue_certificates",
    "open_check_in",
    "open_comments",
    "publish_grades",
    "publish_overdue",
    "publish_results",
    "quota_proposals",
    "record_attendance",
    "record_beacons",
    "record_complaint",
    "record_finding",
    "record_results",
    "remind_evaluation",
    "remind_of_rectifications",
    "remind_of_results",
    "reopen_records",
    "replace_sampled",
    "report_rectification",
    "restore_credit",
    "reveal_inspection",
    "revoke_certificate",
    "revoke_credit",
    "run_certificate_jobs",
    "settle_projects",
    "start_certificate_job",
    "void_inspection",
    "withdraw_finding",
    "witness_announcements",
]
