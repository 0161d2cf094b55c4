"""Assessment's federation schema, built without any connection (`contracts/graph/assessment.graphql` is its print)."""

import strawberry

from chassis.graph import SubgraphSchema, public
from chassis.reference import credit_rules
from services.assessment.graph.mutations import Mutation
from services.assessment.graph.types import Enrollment, Project


@strawberry.type
class Query:
    """Assessment's root fields; what it knows hangs on enrolments and projects."""

    @strawberry.field(description=public("学分计算规则的当前版本 (R31)"))
    def credit_rule_versions(self) -> list[str] | None:
        """Versions of the credit rule in force."""
        return [rule["version"] for rule in credit_rules()]


schema = SubgraphSchema(query=Query, mutation=Mutation, types=[Enrollment, Project])
