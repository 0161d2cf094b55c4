"""Enrollment's federation schema; `contracts/graph/enrollment.graphql` is its SDL. Building it opens no connection."""

from strawberry.schema.config import StrawberryConfig

from chassis.graph import SubgraphSchema
from services.enrollment.graph.enums import SCALARS
from services.enrollment.graph.events import Subscription
from services.enrollment.graph.mutations import Mutation
from services.enrollment.graph.queries import Query

schema = SubgraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)
