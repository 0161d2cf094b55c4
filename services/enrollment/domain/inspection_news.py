"""Who is told of a random inspection: bases that their project is inspected and what was found, and the ministry (R37).

A notice's id is made of the event, so that telling a second time leaves no second notice (ADR 36).
"""

from collections.abc import Mapping
from datetime import date, datetime

from services.enrollment.domain.notifications import (
    MINISTRY_BOX,
    Facts,
    InspectionStep,
    Notice,
    NoticeKind,
    base_box,
    order_of,
)

_TEXTS: dict[InspectionStep, tuple[str, str]] = {
    InspectionStep.CLEAN: ("随机抽检未发现问题", "The random inspection has found nothing"),
    InspectionStep.FOUND: (
        "随机抽检发现问题，请在{until} 24:00前报告整改",
        "The random inspection has found something: report the rectification until the end of {until}",
    ),
    InspectionStep.CLOSED: ("整改已通过验收，抽检结论已关闭", "The rectification is accepted, and the finding closed"),
    InspectionStep.WITHDRAWN: (
        "随机抽检的结论有误，已撤销",
        "The finding of the random inspection was wrong and is withdrawn",
    ),
    InspectionStep.REPORTED: ("基地已报告整改，等待验收", "The base has reported its rectification"),
    InspectionStep.RETURNED: (
        "整改未通过验收，请在{until} 24:00前重新报告",
        "The rectification is not accepted: report anew until the end of {until}",
    ),
    InspectionStep.DUE: (
        "整改将于{until}到期，尚未报告",
        "The rectification is due until the end of {until}, and not reported",
    ),
    InspectionStep.OVERDUE: (
        "整改已于{until}到期，仍未报告",
        "The rectification was due until the end of {until}, and is not reported",
    ),
}
_KINDS = {
    InspectionStep.CLEAN: NoticeKind.FINDING,
    InspectionStep.FOUND: NoticeKind.FINDING,
    InspectionStep.CLOSED: NoticeKind.FINDING,
    InspectionStep.WITHDRAWN: NoticeKind.FINDING,
}


def inspection_sentence(facts: Facts) -> tuple[str, str] | None:
    """What a notice of an inspection says, in Chinese and in English; None where its facts are of something else."""
    match facts.inspection_step:
        case InspectionStep.DRAWN:
            return (
                f"{facts.inspection}：已抽取{facts.count}个项目",
                f"{facts.inspection}: {facts.count} projects are drawn",
            )
        case InspectionStep.SAMPLED:
            return (
                f"被“{facts.inspection}”抽中，请配合检查",
                f"Drawn for “{facts.inspection}”: the inspection needs your help",
            )
        case None:
            return None
        case step:
            zh, en = _TEXTS[step]
            return zh.format(until=facts.until), en.format(until=facts.until)


def of_sample(
    bases: Mapping[str, str], title: str, at: datetime, event: str, *, ministry: int | None = None
) -> list[Notice]:
    """To the bases whose projects are inspected, and of a draw to the ministry.

    Args:
        bases: Project to its base.
        title: Of the inspection.
        at: Domain time.
        event: Id of the event that says so.
        ministry: How many projects were drawn, of a draw.
    """
    notices = [
        Notice(
            id=f"{order_of(at)}:{project}:{base_box(base)}:{NoticeKind.SAMPLED.value}:{event}",
            to=base_box(base),
            kind=NoticeKind.SAMPLED,
            project=project,
            reason=None,
            at=at,
            facts=Facts(inspection=title, inspection_step=InspectionStep.SAMPLED),
        )
        for project, base in sorted(bases.items())
    ]
    if ministry is not None:
        facts = Facts(inspection=title, inspection_step=InspectionStep.DRAWN, count=ministry)
        notices.append(
            Notice(
                id=f"{order_of(at)}:{MINISTRY_BOX}:{NoticeKind.SAMPLED.value}:{event}",
                to=MINISTRY_BOX,
                kind=NoticeKind.SAMPLED,
                reason=None,
                at=at,
                facts=facts,
            )
        )
    return notices


def of_finding(
    step: InspectionStep,
    *,
    project: str,
    base: str,
    due_on: date | None,
    reason: str | None,
    at: datetime,
    event: str,
) -> list[Notice]:
    """To the base and the ministry: what has become of a finding.

    Args:
        step: What has become of it.
        project: The inspected project.
        base: The project's base.
        due_on: The last day of the rectification.
        reason: Why, where the ministry has decided.
        at: Domain time.
        event: Id of the event that says so.
    """
    kind = _KINDS.get(step, NoticeKind.RECTIFICATION)
    return [
        Notice(
            id=f"{order_of(at)}:{project}:{box}:{kind.value}:{event}",
            to=box,
            kind=kind,
            project=project,
            reason=reason,
            at=at,
            facts=Facts(inspection_step=step, until=due_on),
        )
        for box in (base_box(base), MINISTRY_BOX)
    ]
