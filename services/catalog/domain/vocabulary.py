"""The words of the catalog, as the graph spells them; each value is its own name."""

from enum import StrEnum


class BaseCategory(StrEnum):
    """The three categories of national training bases (R2)."""

    PRINCIPAL = "PRINCIPAL"
    DUAL_QUALIFIED_TEACHER = "DUAL_QUALIFIED_TEACHER"
    ENTERPRISE_PRACTICE = "ENTERPRISE_PRACTICE"


class ProjectKind(StrEnum):
    """What a project trains for; carries the duration norm (R9)."""

    LEADERSHIP = "LEADERSHIP"
    TEACHING = "TEACHING"
    SKILL_TRAINING = "SKILL_TRAINING"
    JOB_PRACTICE = "JOB_PRACTICE"
    RESEARCH_DEVELOPMENT = "RESEARCH_DEVELOPMENT"


KINDS: dict[BaseCategory, tuple[ProjectKind, ...]] = {
    BaseCategory.PRINCIPAL: (ProjectKind.LEADERSHIP,),
    BaseCategory.DUAL_QUALIFIED_TEACHER: (ProjectKind.TEACHING,),
    BaseCategory.ENTERPRISE_PRACTICE: (
        ProjectKind.SKILL_TRAINING,
        ProjectKind.JOB_PRACTICE,
        ProjectKind.RESEARCH_DEVELOPMENT,
    ),
}
"""The kinds that a base of each category may offer (R2)."""


class ProjectStatus(StrEnum):
    """The states of a project (docs/state-machines.md)."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    REJECTED = "REJECTED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    COMPLETED = "COMPLETED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"


class Mode(StrEnum):
    """How a project, or one session of it, is held (R7, R29)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    BLENDED = "BLENDED"


class Audience(StrEnum):
    """For whom a project is (R20)."""

    TEACHER = "TEACHER"
    LEADER = "LEADER"
    MIDDLE_MANAGER = "MIDDLE_MANAGER"


class PhaseName(StrEnum):
    """The phases of a round, in the order in which they close (R1)."""

    DECLARE = "DECLARE"
    REVIEW = "REVIEW"
    ENROL = "ENROL"
    ADMIT = "ADMIT"
    TRAIN = "TRAIN"


class Verdict(StrEnum):
    """An expert's verdict on one dimension (R15)."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    REVISE = "REVISE"
    FAIL = "FAIL"


class DecisionOutcome(StrEnum):
    """What the ministry may decide on a reviewed plan (R16)."""

    APPROVE = "APPROVE"
    RETURN = "RETURN"
    REJECT = "REJECT"
