"""Enrolment's federation schema, built without any connection (`contracts/graph/enrollment.graphql` is its print)."""

from chassis.graph import SubgraphSchema
from services.enrollment.graph.mutations import Mutation
from services.enrollment.graph.queries import Query
from services.enrollment.graph.subscriptions import Subscription

schema = SubgraphSchema(query=Query, mutation=Mutation, subscription=Subscription)
