"""One function a use case: load, decide (domain), save what changes together in one transaction."""

from services.enrollment.commands.amending import tell_of_amendment
from services.enrollment.commands.correcting import Corrected, correct_teacher, update_my_contact
from services.enrollment.commands.decision import Decision, decide_enrollments
from services.enrollment.commands.feedback import deliver_pending
from services.enrollment.commands.office import Office, Row
from services.enrollment.commands.reading import mark_notices_read
from services.enrollment.commands.revealing import Revealed, reveal_teacher
from services.enrollment.commands.schools import (
    NewTeacher,
    TeacherRow,
    add_teachers,
    designate_person,
    register_school,
)
from services.enrollment.commands.signing import (
    decline_sign_ups,
    rank_sign_ups,
    sign_up,
    submit_enrollments,
    withdraw_enrollment,
    withdraw_sign_up,
)
from services.enrollment.commands.sweeping import sweep
from services.enrollment.commands.waiting import accept_offer, expire_offers, rank_waitlist, substitute_teacher

__all__ = [
    "Corrected",
    "Decision",
    "NewTeacher",
    "Office",
    "Revealed",
    "Row",
    "TeacherRow",
    "accept_offer",
    "add_teachers",
    "correct_teacher",
    "decide_enrollments",
    "decline_sign_ups",
    "deliver_pending",
    "designate_person",
    "expire_offers",
    "mark_notices_read",
    "rank_sign_ups",
    "rank_waitlist",
    "register_school",
    "reveal_teacher",
    "sign_up",
    "submit_enrollments",
    "substitute_teacher",
    "sweep",
    "tell_of_amendment",
    "update_my_contact",
    "withdraw_enrollment",
    "withdraw_sign_up",
]
