"""The catalog's federation schema, built without any connection (`contracts/graph/catalog.graphql` is its print)."""

from chassis.graph import SubgraphSchema
from services.catalog.graph.me import Me
from services.catalog.graph.mutations import Mutation
from services.catalog.graph.queries import Query

schema = SubgraphSchema(query=Query, mutation=Mutation, types=[Me])
