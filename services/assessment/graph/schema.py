"""Assessment's federation schema, built without any connection (`contracts/graph/assessment.graphql` is its print).

No root field to query: what assessment knows hangs on enrolments and projects.
"""

from chassis.graph import SubgraphSchema
from services.assessment.graph.mutations import Mutation
from services.assessment.graph.types import Enrollment, Project

schema = SubgraphSchema(mutation=Mutation, types=[Enrollment, Project])
