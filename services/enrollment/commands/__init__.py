"""One function a use case: load, decide (domain), save what changes together in one transaction."""

from services.enrollment.commands.cut_offs import set_inner_cut_off
from services.enrollment.commands.decisions import (
    Decision,
    decide_enrollments,
    escalate_undecided,
    return_enrollments,
    revise_decision,
)
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.funding import NewFunding, record_funding
from services.enrollment.commands.names import NamePosition, tell_earlier_names, tell_names
from services.enrollment.commands.notifications import deliver_pending, mark_notices_read
from services.enrollment.commands.project_changes import (
    lapse_at_start,
    lapse_requests_at_start,
    revive_lapsed,
    sweep,
    tell_of_amendment,
)
from services.enrollment.commands.reminders import leave_digests, remind_bases
from services.enrollment.commands.restorations import restore_enrollment
from services.enrollment.commands.reveals import (
    Revealed,
    RevealedContact,
    reveal_contacts,
    reveal_teacher,
    reveal_teachers,
)
from services.enrollment.commands.rosters import commit_roster, enter_rosters, own_roster, stage_roster
from services.enrollment.commands.schools import (
    ImportedSchool,
    NewSchool,
    designate_person,
    import_schools,
    register_school,
    register_schools,
    rename_school,
)
from services.enrollment.commands.sign_ups import (
    answer_withdrawal,
    confirm_eligibility,
    decline_sign_ups,
    enroll_teachers,
    rank_sign_ups,
    request_withdrawal,
    sign_up,
    submit_enrollments,
    take_back_withdrawal_request,
    withdraw_enrollment,
    withdraw_sign_up,
)
from services.enrollment.commands.succession import close_school, merge_school, reopen_school, settle_schools
from services.enrollment.commands.teachers import (
    Corrections,
    NewTeacher,
    add_teachers,
    close_teacher,
    correct_teacher,
    update_my_contact,
)
from services.enrollment.commands.transfers import (
    WantedTeacher,
    answer_transfer,
    decide_transfer,
    escalate_transfers,
    request_teacher,
    withdraw_transfer,
)
from services.enrollment.commands.waitlist import (
    accept_offer,
    expire_offers,
    offer_after_suspension,
    offer_free_seats,
    rank_waitlist,
    renew_offers,
    substitute_teacher,
)

__all__ = [
    "Corrections",
    "Decision",
    "Deps",
    "ImportedSchool",
    "NamePosition",
    "NewFunding",
    "NewSchool",
    "NewTeacher",
    "Revealed",
    "RevealedContact",
    "WantedTeacher",
    "accept_offer",
    "add_teachers",
    "answer_transfer",
    "answer_withdrawal",
    "close_school",
    "close_teacher",
    "commit_roster",
    "confirm_eligibility",
    "correct_teacher",
    "decide_enrollments",
    "decide_transfer",
    "decline_sign_ups",
    "deliver_pending",
    "designate_person",
    "enroll_teachers",
    "enter_rosters",
    "escalate_transfers",
    "escalate_undecided",
    "expire_offers",
    "import_schools",
    "lapse_at_start",
    "lapse_requests_at_start",
    "leave_digests",
    "mark_notices_read",
    "merge_school",
    "offer_after_suspension",
    "offer_free_seats",
    "own_roster",
    "rank_sign_ups",
    "rank_waitlist",
    "record_funding",
    "register_school",
    "register_schools",
    "remind_bases",
    "rename_school",
    "renew_offers",
    "reopen_school",
    "request_teacher",
    "request_withdrawal",
    "restore_enrollment",
    "return_enrollments",
    "reveal_contacts",
    "reveal_teacher",
    "reveal_teachers",
    "revise_decision",
    "revive_lapsed",
    "set_inner_cut_off",
    "settle_schools",
    "sign_up",
    "stage_roster",
    "submit_enrollments",
    "substitute_teacher",
    "sweep",
    "take_back_withdrawal_request",
    "tell_earlier_names",
    "tell_names",
    "tell_of_amendment",
    "update_my_contact",
    "withdraw_enrollment",
    "withdraw_sign_up",
    "withdraw_transfer",
]
