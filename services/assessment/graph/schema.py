"""Assessment's federation schema, built without any connection (`contracts/graph/assessment.graphql` is its print).

Its root queries are the audit log, the inspections, the annual assessments, those of evaluations and the table of a
year: everything else is a field of a base, an enrollment or a project.
"""

from chassis.graph import SubgraphSchema
from services.assessment.graph.annual import Base
from services.assessment.graph.check_ins import Subscription
from services.assessment.graph.me import Me
from services.assessment.graph.mutations import Mutation
from services.assessment.graph.queries import Query
from services.assessment.graph.types import Enrollment, Project

schema = SubgraphSchema(
    query=Query, mutation=Mutation, subscription=Subscription, types=[Base, Enrollment, Me, Project]
)
