"""Labels in Chinese and in English: fields of plans and rounds, phases, states, categories, kinds, modes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.catalog.domain.vocabulary import Audience, BaseCategory, Mode, PhaseName, ProjectKind, ProjectStatus


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a plan.

    Attributes:
        name: As the graph's input spells it.
    """

    name: str
    zh: str
    en: str


REQUIRED: Mapping[str, Field] = {
    "title": Field("title", "项目名称", "title"),
    "themes": Field("themes", "主题", "themes"),
    "objectives": Field("objectives", "目标定位", "objectives"),
    "content_design": Field("contentDesign", "内容设计", "content design"),
    "mode": Field("mode", "组织形式", "organisation form"),
    "starts_on": Field("startsOn", "开始日期", "first day"),
    "ends_on": Field("endsOn", "结束日期", "last day"),
    "days": Field("days", "培训天数", "days"),
    "class_hours": Field("classHours", "学时", "class hours"),
    "fee": Field("feeFen", "收费标准", "fee"),
    "fee_includes": Field("feeIncludes", "费用包含内容", "what the fee includes"),
    "major_category": Field("majorCategory", "专业大类", "major category"),
    "audience": Field("audience", "培训对象", "audience"),
    "capacity": Field("capacity", "培训人数", "capacity"),
    "venue": Field("venue", "实施地点", "venue"),
    "timetable": Field("timetable", "课程表", "timetable"),
    "faculty": Field("faculty", "授课师资", "faculty"),
    "assessment_method": Field("assessmentMethod", "考核方式", "assessment method"),
    "needs_evidence": Field("needsEvidence", "需求调研依据", "needs-research evidence"),
}
"""The fields that a submission needs, by the plan's own names (R7)."""

FIELDS: Mapping[str, Field] = {
    **REQUIRED,
    "justifications": Field("justifications", "特殊情况说明", "justifications"),
    "kind": Field("kind", "项目类型", "kind of project"),
}
"""All fields that a base writes of a project, by the plan's own names."""

ROUND_FIELDS: Mapping[str, tuple[str, str]] = {
    "year": ("年度", "year"),
    "title": ("名称", "title"),
    "phases": ("阶段日期", "phases"),
    "quotas": ("项目数量", "quotas"),
    "durationNorms": ("项目时长标准", "duration norms"),
    "themes": ("主题", "themes"),
    "reviewDimensions": ("评审维度", "review dimensions"),
    "expertsPerProject": ("每个项目的专家数", "experts per project"),
    "planLimits": ("方案限值", "limits of plans"),
    "contacts": ("咨询电话", "contacts"),
    "steps": ("日程步骤", "steps"),
    "completionDays": ("自动办结日数", "days to completion"),
}
"""The parts of a round, by the graph's names."""


def labels_of(names: Iterable[str]) -> tuple[str, str]:
    """The labels of plan fields, given by the graph's names, as one list in Chinese and one in English."""
    fields = {field.name: field for field in FIELDS.values()}
    return listed((fields[name].zh, fields[name].en) for name in names)


def listed(words: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Words in both languages as one list in each: `(“名称、主题”, “title, themes”)`."""
    pairs = list(words)
    return "、".join(zh for zh, _ in pairs), ", ".join(en for _, en in pairs)


PHASES: Mapping[PhaseName, tuple[str, str]] = {
    PhaseName.DECLARE: ("项目申报", "declaration"),
    PhaseName.REVIEW: ("项目评审与发布", "review and publication"),
    PhaseName.ENROL: ("学员报名", "enrollment"),
    PhaseName.ADMIT: ("基地核准", "the bases' decisions"),
    PhaseName.TRAIN: ("培训实施", "training"),
}
STATUSES: Mapping[ProjectStatus, tuple[str, str]] = {
    ProjectStatus.DRAFT: ("草稿", "a draft"),
    ProjectStatus.SUBMITTED: ("已提交", "submitted"),
    ProjectStatus.UNDER_REVIEW: ("评审中", "under review"),
    ProjectStatus.RETURNED: ("已退回", "returned"),
    ProjectStatus.REJECTED: ("未通过", "rejected"),
    ProjectStatus.APPROVED: ("已批准", "approved"),
    ProjectStatus.PUBLISHED: ("已发布", "published"),
    ProjectStatus.RUNNING: ("实施中", "running"),
    ProjectStatus.FINISHED: ("已结业", "finished"),
    ProjectStatus.COMPLETED: ("已完成", "completed"),
    ProjectStatus.WITHDRAWN: ("已撤回", "withdrawn"),
    ProjectStatus.LAPSED: ("已失效", "lapsed"),
    ProjectStatus.CANCELLED: ("已取消", "cancelled"),
    ProjectStatus.SUSPENDED: ("已暂停", "suspended"),
}
CATEGORIES: Mapping[BaseCategory, tuple[str, str]] = {
    BaseCategory.PRINCIPAL: ("校长培训基地", "principals' bases"),
    BaseCategory.DUAL_QUALIFIED_TEACHER: ("“双师型”教师培训基地", "dual-qualified teachers' bases"),
    BaseCategory.ENTERPRISE_PRACTICE: ("企业实践基地", "enterprise practice bases"),
}
KINDS: Mapping[ProjectKind, tuple[str, str]] = {
    ProjectKind.LEADERSHIP: ("校长培训", "leadership training"),
    ProjectKind.TEACHING: ("教师培训", "teacher training"),
    ProjectKind.SKILL_TRAINING: ("企业技能培训", "enterprise skill training"),
    ProjectKind.JOB_PRACTICE: ("企业岗位实践", "enterprise job practice"),
    ProjectKind.RESEARCH_DEVELOPMENT: ("参与企业研发", "enterprise research and development"),
}
MODES: Mapping[Mode, tuple[str, str]] = {
    Mode.ONLINE: ("线上", "online"),
    Mode.OFFLINE: ("线下", "offline"),
    Mode.BLENDED: ("线上线下结合", "blended"),
}
AUDIENCES: Mapping[Audience, tuple[str, str]] = {
    Audience.TEACHER: ("专兼职教师", "teachers"),
    Audience.LEADER: ("学校领导", "school leaders"),
    Audience.MIDDLE_MANAGER: ("中层管理人员", "middle managers"),
}
REVIEW_CLOSED = "REVIEW_CLOSED"
"""The stored reason of a lapse (R13)."""
SYSTEM_REASONS: Mapping[str, tuple[str, str]] = {
    REVIEW_CLOSED: ("评审结束前未重新提交", "It was not handed in again before review closed"),
}
"""Stored reasons that the system itself gives, not a person."""
