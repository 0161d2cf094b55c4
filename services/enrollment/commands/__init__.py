"""One function a use case: load, decide (domain), save what changes together in one transaction."""

from services.enrollment.commands.amending import tell_of_amendment
from services.enrollment.commands.correcting import Corrected, correct_teacher, update_my_contact
from services.enrollment.commands.cut_off import set_inner_cut_off
from services.enrollment.commands.decision import Decision, decide_enrollments
from services.enrollment.commands.entering import enter_rosters
from services.enrollment.commands.escalating import escalate_undecided, offer_free_seats
from services.enrollment.commands.feedback import deliver_pending
from services.enrollment.commands.funding import record_funding
from services.enrollment.commands.office import Office, Row
from services.enrollment.commands.reading import mark_notices_read
from services.enrollment.commands.registration import (
    NewSchool,
    SchoolRow,
    import_schools,
    register_school,
    register_schools,
)
from services.enrollment.commands.revealing import Revealed, reveal_teacher
from services.enrollment.commands.rosters import commit_roster, own_roster, stage_roster
from services.enrollment.commands.schools import NewTeacher, TeacherRow, add_teachers, designate_person
from services.enrollment.commands.signing import (
    decline_sign_ups,
    rank_sign_ups,
    sign_up,
    submit_enrollments,
    withdraw_enrollment,
    withdraw_sign_up,
)
from services.enrollment.commands.sweeping import sweep
from services.enrollment.commands.waiting import (
    accept_offer,
    expire_offers,
    rank_waitlist,
    renew_offers,
    substitute_teacher,
)

__all__ = [
    "Corrected",
    "Decision",
    "NewSchool",
    "NewTeacher",
    "Office",
    "Revealed",
    "Row",
    "SchoolRow",
    "TeacherRow",
    "accept_offer",
    "add_teachers",
    "commit_roster",
    "correct_teacher",
    "decide_enrollments",
    "decline_sign_ups",
    "deliver_pending",
    "designate_person",
    "enter_rosters",
    "escalate_undecided",
    "expire_offers",
    "import_schools",
    "mark_notices_read",
    "offer_free_seats",
    "own_roster",
    "rank_sign_ups",
    "rank_waitlist",
    "record_funding",
    "register_school",
    "register_schools",
    "renew_offers",
    "reveal_teacher",
    "set_inner_cut_off",
    "sign_up",
    "stage_roster",
    "submit_enrollments",
    "substitute_teacher",
    "sweep",
    "tell_of_amendment",
    "update_my_contact",
    "withdraw_enrollment",
    "withdraw_sign_up",
]
