"""What waits for somebody: the kinds of to-dos, and the fields that `Todo` has in every subgraph (ADR 36)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Self

import strawberry
from strawberry.types import Info

from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from kernel.reference import clause_of


@strawberry.enum(description="待办事项的种类")
class TodoKind(Enum):
    """What is to be done; each kind is one service's."""

    COMPLETE_PLAN = "COMPLETE_PLAN"
    REVISE_PLAN = "REVISE_PLAN"
    ASSIGN_EXPERTS = "ASSIGN_EXPERTS"
    REVIEW = "REVIEW"
    DECIDE_PLAN = "DECIDE_PLAN"
    PUBLISH = "PUBLISH"
    START = "START"
    FINISH = "FINISH"
    DESIGNATE = "DESIGNATE"
    RANK = "RANK"
    SUBMIT = "SUBMIT"
    DECIDE = "DECIDE"
    CONFIRM_OFFER = "CONFIRM_OFFER"
    ANSWER_WITHDRAWAL = "ANSWER_WITHDRAWAL"
    ANSWER_TRANSFER = "ANSWER_TRANSFER"
    DECIDE_TRANSFER = "DECIDE_TRANSFER"
    ESCALATION = "ESCALATION"
    UNDELIVERED = "UNDELIVERED"
    MARK_ATTENDANCE = "MARK_ATTENDANCE"
    RECORD_RESULTS = "RECORD_RESULTS"
    PUBLISH_RESULTS = "PUBLISH_RESULTS"
    CONFIRM_CREDIT = "CONFIRM_CREDIT"
    ANSWER_EVALUATION = "ANSWER_EVALUATION"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of a kind waits for somebody.

    Attributes:
        kind: What is to be done.
        count: How many things, 1 or more.
        rule: The rule that asks for it.
        closes_at: Until when it can be done; None where nothing ends it.
        project: The id of the project, where all are of one.
        year: The round, where all are of one and its list is read by the year.
    """

    kind: TodoKind
    count: int
    rule: str
    closes_at: datetime | None = None
    project: str | None = None
    year: int | None = None


def names_caller(info: Info[Any, Any], key: object) -> bool:
    """Whether the key of a `Me` is that of whoever asks, who has signed in; there is no other.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    principal = info.context.principal
    return bool(text_key(key) == principal.subject and principal.scope is not Scope.PUBLIC)


@strawberry.type
class TodoFields:
    """The fields of `Todo` that are the same in every subgraph; each adds `project`, which it knows in its own way."""

    kind: TodoKind
    count: int = strawberry.field(description="件数")
    rule: str = strawberry.field(description="依据的规则")
    closes_at: datetime | None = strawberry.field(description="截止时间（不含）；没有期限的为空")
    waiting: strawberry.Private[Waiting]

    @classmethod
    def of(cls, waiting: Waiting) -> Self:
        """From what waits."""
        return cls(
            kind=waiting.kind, count=waiting.count, rule=waiting.rule, closes_at=waiting.closes_at, waiting=waiting
        )

    @strawberry.field(description="所涉年度；不按年度列出的为空")
    def year(self) -> int | None:
        """The round by which the list of what waits is read."""
        return self.waiting.year

    @strawberry.field(description="依据的通知条款；无对应条款的为空")
    def clause(self) -> str | None:
        """The clause of the ministry's notice that the rule comes from."""
        return clause_of(self.waiting.rule)
