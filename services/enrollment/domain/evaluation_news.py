"""Who is told of an evaluation: attendees what they may answer until when, and with the base that it ended (R34–R36).

Who has attended is told alike, whether a token was drawn or not: a reminder of those who have none would keep for ever
who they were (ADR 59). A notice's id is made of the event, so that telling a second time leaves no second notice.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.dates import today
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.notifications import Facts, Notice, NoticeKind, base_box, order_of, trainee_box

PAGE = "/ballot/"
"""Where attendees answer."""
_QUESTIONNAIRES = {
    "TEACHING": ("匿名评教", "The anonymous evaluation of teaching"),
    "SATISFACTION": ("满意度调查", "The satisfaction survey"),
}
_UNKNOWN = ("问卷", "The questionnaire")
_OPENED = (
    (
        "{name}已开放，请在{until} 24:00前登录作答页{page}作答；答卷不记名，是否作答不影响考核、学分和证书。"
        "作答前请核对{day}密钥名单的校验码：{code}"
    ),
    (
        "{name} is open: sign in at {page} and answer until the end of {until}. It is anonymous, and has no effect on"
        " result, credit or certificate. Compare the code of the key list of {day} before: {code}"
    ),
)
_REMINDED = (
    "{name}将于{until} 24:00截止，尚未提交的请登录作答页{page}作答；已提交的请忽略，系统不知道谁已作答",
    "{name} closes at the end of {until}: who has not answered signs in at {page}; nobody here knows who has answered",
)
_PUBLISHED = (
    "{name}结果已公布，可登录查看；作答者可在公开清单中核对自己的回执",
    "{name}: the result is published. Sign in to see it; who has answered finds the own receipt in the public list",
)
_CAUSES = {
    "TOO_FEW": (
        "{name}已结束：有效答卷不足5份，依规定不公布结果",
        "{name} has ended: fewer than five answers are valid, so there is no result",
    ),
    "KEY_LOST": (
        "{name}已结束：密钥遗失，答卷无法开启，不公布结果",
        "{name} has ended: a key was lost, so no answer can be read and there is no result",
    ),
}
_NO_RESULT = ("{name}已结束：依规定不公布结果", "{name} has ended: there is no result")
_GROUP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEvaluation:
    """A questionnaire that is open, as its opening was told.

    Attributes:
        id: Its id.
        project: The project's id.
        kind: Which of the two.
        closes_at: From then on nobody may answer.
        list_day: The day of the list that its keys stand in, ISO.
        short_code: Of that list.
        event: Id of the event that says so.
    """

    id: str
    project: str
    kind: str
    closes_at: datetime
    list_day: str | None
    short_code: str | None
    event: str

    @property
    def facts(self) -> Facts:
        """What a notice of it says."""
        return Facts(
            questionnaire=self.kind,
            until=last_day(self.closes_at),
            list_day=self.list_day,
            short_code=self.short_code,
        )


def last_day(closes_at: datetime) -> date:
    """The last day on which one may answer."""
    return today(closes_at - timedelta(microseconds=1))


def of_latecomers(
    opened: Iterable[OpenEvaluation], enrollments: Iterable[Enrollment], at: datetime, told: Container[str]
) -> list[Notice]:
    """To those who are marked as attendees after the opening, what the others were told then.

    Args:
        opened: What is open of their projects.
        enrollments: Theirs.
        at: Domain time.
        told: What was told before, `Notice.content_id` each.
    """
    late = list(enrollments)
    notices = [
        notice
        for each in opened
        for notice in of_evaluation(
            NoticeKind.EVALUATION,
            each.facts,
            [enrollment for enrollment in late if enrollment.project == each.project],
            project=each.project,
            base=None,
            at=at,
            event=each.event,
        )
    ]
    return [notice for notice in notices if notice.content_id not in told]


def evaluation_sentence(kind: NoticeKind, facts: Facts) -> tuple[str, str] | None:
    """What a notice of an evaluation says, in Chinese and in English; None for the other kinds."""
    match kind:
        case NoticeKind.EVALUATION:
            texts = _OPENED
        case NoticeKind.EVALUATION_REMINDER:
            texts = _REMINDED
        case NoticeKind.EVALUATION_RESULT:
            texts = _CAUSES.get(facts.cause, _NO_RESULT) if facts.cause else _PUBLISHED
        case _:
            return None
    names = _QUESTIONNAIRES.get(facts.questionnaire or "", _UNKNOWN)
    more = {"until": facts.until, "day": facts.list_day, "code": _grouped(facts.short_code or ""), "page": PAGE}
    zh, en = (text.format(name=name, **more) for text, name in zip(texts, names, strict=True))
    return zh, en


def of_evaluation(
    kind: NoticeKind,
    facts: Facts,
    enrollments: Iterable[Enrollment],
    *,
    project: str,
    base: str | None,
    at: datetime,
    event: str,
) -> list[Notice]:
    """To those who have attended, and to the base where it is concerned.

    Args:
        kind: What the notices are about.
        facts: What their sentences say.
        enrollments: Of those who have attended.
        project: The project.
        base: Its base; None where only the attendees are told.
        at: Domain time.
        event: Id of the event that says so.
    """
    boxes = {trainee_box(enrollment.teacher): enrollment.id for enrollment in enrollments}
    told = [*boxes.items(), *([(base_box(base), None)] if base else [])]
    return [
        Notice(
            id=f"{order_of(at)}:{project}:{box}:{kind.value}:{event}",
            to=box,
            kind=kind,
            enrollment=enrollment,
            project=project,
            reason=None,
            at=at,
            facts=facts,
        )
        for box, enrollment in told
    ]


def _grouped(code: str) -> str:
    """A code in groups of four letters, as the page shows it."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
