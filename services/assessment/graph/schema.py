"""Assessment's federation schema, built without any connection (`contracts/graph/assessment.graphql` is its print).

The audit log is its only root query: everything else is a field of an enrollment or a project.
"""

from chassis.graph import SubgraphSchema
from services.assessment.graph.me import Me
from services.assessment.graph.mutations import Mutation
from services.assessment.graph.queries import Query
from services.assessment.graph.types import Enrollment, Project

schema = SubgraphSchema(query=Query, mutation=Mutation, types=[Enrollment, Me, Project])
