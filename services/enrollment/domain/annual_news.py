"""Who is told of an annual assessment: the base of what was computed and decided, the ministry of its word (R38).

A notice's id is made of the event, so that telling a second time leaves no second notice (ADR 36).
"""

from datetime import datetime

from services.enrollment.domain.notifications import (
    MINISTRY_BOX,
    AnnualStep,
    Facts,
    Notice,
    NoticeKind,
    base_box,
    order_of,
)

_TEXTS: dict[AnnualStep, tuple[str, str]] = {
    AnnualStep.OPENED: (
        "{year}年度考核已计算，请在{until} 24:00前查看各项得分并提出意见",
        "The assessment of {year} is computed: look at its points, and comment until the end of {until}",
    ),
    AnnualStep.COMMENTED: ("对{year}年度考核提出了意见", "The base has commented on its assessment of {year}"),
    AnnualStep.ADJUSTED: (
        "教师工作司调整了{year}年度考核的一项得分",
        "The ministry has adjusted an item of the assessment of {year}",
    ),
    AnnualStep.FINAL: (
        "{year}年度考核等次：{grade_zh}；如有异议，可在{until} 24:00前申请复核",
        "The grade of {year} is: {grade_en}; an appeal may be made until the end of {until}",
    ),
    AnnualStep.FINAL_ANEW: (
        "复核后{year}年度考核等次：{grade_zh}",
        "After the appeal, the grade of {year} is: {grade_en}",
    ),
    AnnualStep.APPEALED: ("就{year}年度考核申请复核", "The base has appealed against its grade of {year}"),
    AnnualStep.UPHELD: (
        "{year}年度考核的复核申请成立，将重新定级",
        "The appeal against the grade of {year} is upheld; it will be graded anew",
    ),
    AnnualStep.DISMISSED: (
        "{year}年度考核的复核申请不成立，等次不变",
        "The appeal against the grade of {year} is dismissed; the grade stands",
    ),
    AnnualStep.PROPOSAL_DECLINED: (
        "教师工作司未采纳按年度考核提出的数量建议，{year}年度项目数量维持{limit}个",
        "The ministry has declined what the assessment proposed: the quota of {year} stays at {limit}",
    ),
}
_GRADES = {
    "EXCELLENT": ("优秀", "excellent"),
    "QUALIFIED": ("合格", "qualified"),
    "BASIC": ("基本合格", "basic"),
    "UNQUALIFIED": ("不合格", "unqualified"),
    "NOT_ASSESSED": ("不评", "not assessed"),
}
_APPEALS = frozenset({AnnualStep.APPEALED, AnnualStep.UPHELD, AnnualStep.DISMISSED})
_TO_THE_MINISTRY = frozenset({AnnualStep.COMMENTED, AnnualStep.APPEALED})


def annual_sentence(facts: Facts) -> tuple[str, str] | None:
    """What a notice of an annual assessment says, in Chinese and English; None where its facts are of another thing."""
    if facts.annual_step is None:
        return None
    grade = facts.grade or ""
    grade_zh, grade_en = _GRADES.get(grade, (grade, grade))
    zh, en = _TEXTS[facts.annual_step]
    words = {"year": facts.year, "until": facts.until, "limit": facts.limit, "grade_zh": grade_zh, "grade_en": grade_en}
    return zh.format_map(words), en.format_map(words)


def of_assessment(base: str, facts: Facts, *, reason: str | None, at: datetime, event: str) -> list[Notice]:
    """To the base, or of what the base has said to the ministry.

    Args:
        base: The base's id.
        facts: What has happened, in which year.
        reason: Why, where the ministry has decided.
        at: Domain time.
        event: Id of the event that says so.
    """
    step = facts.annual_step
    kind = NoticeKind.APPEAL if step in _APPEALS else NoticeKind.ANNUAL
    box = MINISTRY_BOX if step in _TO_THE_MINISTRY else base_box(base)
    return [
        Notice(
            id=f"{order_of(at)}:{base}:{box}:{kind.value}:{event}",
            to=box,
            kind=kind,
            reason=reason,
            at=at,
            facts=facts,
        )
    ]
