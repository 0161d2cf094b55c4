"""The catalog's input types apart from plans and rounds, and their conversion for its commands."""

from datetime import date
from typing import Any

import strawberry

from chassis.commands.guards import require_rows
from services.catalog.commands import ProjectDecision
from services.catalog.commands.bases import NewBase, TeamContact
from services.catalog.domain.base import Organization
from services.catalog.domain.refusals import INVALID_EXPERT
from services.catalog.domain.review import DimensionVerdict
from services.catalog.graph.enums import BaseCategory, DecisionOutcome, Verdict


@strawberry.input(description="登记国培基地 (R2, R3)")
class BaseInput:
    """A base to put on file."""

    name: str
    category: BaseCategory
    organization_code: str
    organization_name: str
    province: strawberry.ID | None = None
    major_categories: list[int] = strawberry.field(default_factory=list)
    valid_from: date | None = None
    valid_until: date | None = None
    province_reason: str | None = strawberry.field(
        default=None, description="所填省份与单位代码所属省份不一致时的理由 (R2)"
    )

    def command(self) -> NewBase:
        """The input of the command, as `NewBase`."""
        return NewBase(
            name=self.name,
            category=self.category,
            organization_code=self.organization_code,
            organization_name=self.organization_name,
            province=self.province,
            major_categories=tuple(require_rows(self.major_categories, "majorCategories")),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


@strawberry.input(
    description="更正基地信息；未给出的保持不变。已有发布过的项目的，专业大类只增不减，起始日期只能提前 (R2, R3)"
)
class BaseAmendmentInput:
    """What is right; null leaves it."""

    reason: str
    major_categories: list[int] | None = None
    province: strawberry.ID | None = strawberry.field(default=None, description="两位代码，00为不属任何省份")
    province_reason: str | None = strawberry.field(
        default=None, description="省份与单位代码所属省份不一致时的理由 (R2)"
    )
    valid_from: date | None = None

    def command(self) -> dict[str, Any]:
        """The input of the command."""
        ordinals = None if self.major_categories is None else require_rows(self.major_categories, "majorCategories")
        return {
            "major_categories": None if ordinals is None else tuple(ordinals),
            "province": self.province,
            "province_reason": self.province_reason,
            "valid_from": self.valid_from,
            "reason": self.reason,
        }


@strawberry.input(description="基地联系人 (R6)")
class BaseContactInput:
    """A contact; the phone is sealed before it is stored."""

    name: str
    phone: str
    email: str | None = None


@strawberry.input(description="基地设计、申报、实施团队 (R6)")
class BaseTeamInput:
    """The contacts per duty."""

    design: list[BaseContactInput]
    declaration: list[BaseContactInput]
    delivery: list[BaseContactInput]

    def duties(self) -> dict[str, tuple[TeamContact, ...]]:
        """The contacts for each duty, each as `TeamContact`."""
        inputs = {"design": self.design, "declaration": self.declaration, "delivery": self.delivery}
        return {
            duty: tuple(
                TeamContact(name=contact.name, phone=contact.phone, email=contact.email)
                for contact in require_rows(contacts, duty)
            )
            for duty, contacts in inputs.items()
        }


@strawberry.input(description="调整基地项目数量 (R39)")
class QuotaInput:
    """A new limit, from now on or from a day."""

    year: int
    limit: int
    reason: str
    effective_from: date | None = None
    proposal_id: strawberry.ID | None = strawberry.field(
        default=None, description="所据的数量建议；数量与建议相同为采纳，不同为酌情采纳"
    )
    above_round: bool = strawberry.field(default=False, description="确认超过该轮次给同类基地的数量")


@strawberry.input(description="登记评审专家 (R14)")
class ExpertInput:
    """A reviewer to put on file."""

    name: str
    organization_code: str
    organization_name: str
    fields: list[int] = strawberry.field(default_factory=list)


@strawberry.input(description="更正专家信息；未给出的保持不变，单位代码与名称须同时给出 (R14)")
class ExpertCorrectionInput:
    """What is right; null leaves it."""

    reason: str
    name: str | None = None
    organization_code: str | None = None
    organization_name: str | None = None
    fields: list[int] | None = None

    def further(self) -> dict[str, list[int]]:
        """The input of the command that is no part of earlier marks: only what is given."""
        return {} if self.fields is None else {"fields": require_rows(self.fields, "fields")}

    def organization(self) -> Organization | None:
        """Code and name, as they were typed; None for neither.

        Raises:
            Refusal: `INVALID_EXPERT`: one without the other.
        """
        if self.organization_code is None and self.organization_name is None:
            return None
        if self.organization_code is None or self.organization_name is None:
            field = "organizationCode" if self.organization_code is None else "organizationName"
            raise INVALID_EXPERT(detail=("单位代码与名称须同时给出", "code and name go together"), fields=[field])
        return Organization(self.organization_code, self.organization_name)


@strawberry.input(description="单项评审意见 (R15)")
class VerdictInput:
    """A verdict on one dimension of the round, with a comment."""

    dimension: str
    verdict: Verdict
    comment: str

    def judged(self) -> DimensionVerdict:
        """The input of the command, as `DimensionVerdict`."""
        return DimensionVerdict(self.dimension, self.verdict, self.comment)


@strawberry.input(description="教师工作司的决定 (R16)")
class ProjectDecisionInput:
    """Approve, return or reject, with a reason."""

    outcome: DecisionOutcome
    reason: str


@strawberry.input(description="对一个项目的决定 (R16)")
class ProjectDecisionRowInput:
    """Approve, return or reject one of many, with a reason of its own."""

    id: strawberry.ID
    outcome: DecisionOutcome
    reason: str

    def command(self) -> ProjectDecision:
        """The input of the command, as `ProjectDecision`."""
        return ProjectDecision(project=self.id, outcome=self.outcome, reason=self.reason)


@strawberry.input(description="逾期发布的理由 (R17)")
class PublishOverrideInput:
    """Why something is published after the publication date."""

    reason: str


@strawberry.input(description="项目延期 (R28)")
class ProjectExtensionInput:
    """The last day up to which a project may run."""

    until: date
    reason: str
