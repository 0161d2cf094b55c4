"""Labels of the domain's enums in workbooks and messages, in Chinese and in English."""

from enum import StrEnum

from kernel.language import Language
from services.enrollment.domain.vocabulary import (
    Audience,
    BaseCategory,
    Employment,
    EnrollmentStatus,
    FundingSource,
    TransferState,
)

_S = EnrollmentStatus

LABELS: dict[StrEnum, tuple[str, str]] = {
    _S.SIGNED_UP: ("已报名", "signed up"),
    _S.DECLINED: ("学校未同意", "declined by the school"),
    _S.SUBMITTED: ("已提交", "submitted"),
    _S.ACCEPTED: ("已录取", "accepted"),
    _S.REJECTED: ("未录取", "rejected"),
    _S.WAITLISTED: ("候补", "on the waiting list"),
    _S.OFFERED: ("递补待确认", "offered a seat"),
    _S.EXPIRED: ("递补逾期", "offer expired"),
    _S.LAPSED: ("已失效", "lapsed"),
    _S.WITHDRAWN: ("已撤回", "withdrawn"),
    _S.SUBSTITUTED: ("已替换", "substituted"),
    _S.CANCELLED: ("项目取消", "cancelled"),
    _S.ATTENDING: ("参训中", "attending"),
    _S.NO_SHOW: ("未到", "no-show"),
    _S.PASSED: ("合格", "passed"),
    _S.FAILED: ("不合格", "failed"),
    _S.INCOMPLETE: ("未完成", "incomplete"),
    _S.CREDITED: ("已认定学分", "credited"),
    _S.CREDIT_REVOKED: ("学分已撤销", "credit revoked"),
    TransferState.REQUESTED: ("待答复", "requested"),
    TransferState.CONFIRMED: ("已确认", "confirmed"),
    TransferState.REFUSED: ("已拒绝", "refused"),
    TransferState.ESCALATED: ("已上报", "escalated"),
    TransferState.GRANTED: ("已准予", "granted"),
    TransferState.DENIED: ("未准予", "denied"),
    TransferState.WITHDRAWN: ("已撤回", "withdrawn"),
    Audience.TEACHER: ("教师", "teacher"),
    Audience.LEADER: ("校领导", "leader"),
    Audience.MIDDLE_MANAGER: ("中层干部", "middle manager"),
    Employment.FULL_TIME: ("专职", "full-time"),
    Employment.PART_TIME: ("兼职", "part-time"),
    BaseCategory.PRINCIPAL: ("校长培训", "principals"),
    BaseCategory.DUAL_QUALIFIED_TEACHER: ("“双师型”教师培训", "dual-qualified teachers"),
    BaseCategory.ENTERPRISE_PRACTICE: ("企业实践", "enterprise practice"),
    FundingSource.CENTRAL: ("中央财政", "central budget"),
    FundingSource.PROVINCIAL: ("省级财政", "provincial budget"),
    FundingSource.LOCAL: ("市县财政", "local budget"),
    FundingSource.SCHOOL: ("学校自筹", "school"),
    FundingSource.OTHER: ("其他", "other"),
}
"""Chinese and English of every value that a cell or a message shows."""


def label(word: StrEnum | None, language: Language) -> str:
    """A value of an enum in the reader's language; empty for None."""
    return "" if word is None else language.choose(*LABELS[word])
