"""The catalog's mutations, by who may act."""

import strawberry

from services.catalog.graph.mutations.base import BaseMutation
from services.catalog.graph.mutations.expert import ExpertMutation
from services.catalog.graph.mutations.ministry import MinistryMutation

__all__ = ["Mutation"]


@strawberry.type
class Mutation(MinistryMutation, BaseMutation, ExpertMutation):
    """What may be done."""
