"""What people call the states, phases and categories that the graph spells in capitals: in Chinese and in English."""

from collections.abc import Mapping

from services.catalog.domain.vocabulary import BaseCategory, PhaseName, ProjectStatus

PHASES: Mapping[PhaseName, tuple[str, str]] = {
    PhaseName.DECLARE: ("项目申报", "declaration"),
    PhaseName.REVIEW: ("项目评审与发布", "review and publication"),
    PhaseName.ENROL: ("学员报名", "enrolment"),
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
