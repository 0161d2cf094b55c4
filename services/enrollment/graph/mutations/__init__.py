"""Enrollment's mutations, by what they are about.

The order of the bases is the order of the fields in the schema.
"""

import strawberry

from services.enrollment.graph.mutations.admission import AdmissionMutation
from services.enrollment.graph.mutations.notices import NoticeMutation
from services.enrollment.graph.mutations.personal_data import PersonalMutation
from services.enrollment.graph.mutations.registration import RegistrationMutation
from services.enrollment.graph.mutations.rosters import RosterMutation
from services.enrollment.graph.mutations.sign_ups import SignUpMutation
from services.enrollment.graph.mutations.transfers import TransferMutation

__all__ = ["Mutation"]


@strawberry.type
class Mutation(
    NoticeMutation,
    PersonalMutation,
    RosterMutation,
    RegistrationMutation,
    TransferMutation,
    SignUpMutation,
    AdmissionMutation,
):
    """What may be done."""
