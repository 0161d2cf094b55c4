"""The texts of notices and mails (R24); a notice names person and project, and never a number (R41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.personal_numbers import holds_number
from services.enrollment.domain.annual_news import annual_sentence
from services.enrollment.domain.evaluation_news import evaluation_sentence
from services.enrollment.domain.inspection_news import inspection_sentence
from services.enrollment.domain.notifications import Delivery, Facts, Notice, NoticeKind
from services.enrollment.domain.project import SHANGHAI, Project
from services.enrollment.domain.refusals import SCHOOL_CLOSED, SECOND_SIGN_UP
from services.enrollment.domain.vocabulary import DeliveryRecipient, EnrollmentStatus, Outcome

_SENTENCES: dict[EnrollmentStatus, tuple[str, str]] = {
    EnrollmentStatus.ACCEPTED: ("报名已被基地录取", "The base has accepted the enrollment"),
    EnrollmentStatus.REJECTED: ("报名未被基地录取", "The base has rejected the enrollment"),
    EnrollmentStatus.WAITLISTED: ("报名已列入候补名单", "The enrollment is on the waiting list"),
    EnrollmentStatus.OFFERED: (
        "候补名单有名额递补，请学校在时限内确认",
        "A seat is offered; take it in time",
    ),
    EnrollmentStatus.DECLINED: ("学校未同意报名", "The school has declined the sign-up"),
    EnrollmentStatus.WITHDRAWN: ("学校已撤回报名", "The school has withdrawn the enrollment"),
    EnrollmentStatus.EXPIRED: ("递补名额逾期未确认，已失效", "The offered seat was not taken in time"),
    EnrollmentStatus.SUBSTITUTED: (
        "学校已将录取名额转给本校另一名教师",
        "The seat has gone to a colleague",
    ),
    EnrollmentStatus.LAPSED: (
        "项目已到开班日期，报名失效",
        "The training's first day has come without a seat for the enrollment",
    ),
}
_REVISED: dict[EnrollmentStatus, tuple[str, str]] = {
    EnrollmentStatus.ACCEPTED: (
        "核准决定已更正，现为：予以录取",
        "The decision has been corrected: the enrollment is accepted",
    ),
    EnrollmentStatus.REJECTED: (
        "核准决定已更正，现为：不予录取",
        "The decision has been corrected: the enrollment is rejected",
    ),
    EnrollmentStatus.WAITLISTED: (
        "核准决定已更正，现为：列入候补名单",
        "The decision has been corrected: the enrollment is on the waiting list",
    ),
}
_RESTORED: dict[EnrollmentStatus, tuple[str, str]] = {
    EnrollmentStatus.SIGNED_UP: (
        "报名已恢复，待学校提交",
        "The enrollment stands again and waits for the school to submit it",
    ),
    EnrollmentStatus.SUBMITTED: (
        "报名已恢复，待基地核准",
        "The enrollment stands again and waits for the base's decision",
    ),
    EnrollmentStatus.WAITLISTED: ("报名已恢复，列入候补名单", "The enrollment stands again, on the waiting list"),
    EnrollmentStatus.ACCEPTED: ("报名已恢复，予以录取", "The enrollment stands again: it is accepted"),
}
_PARTS = {
    "themes": ("培训主题", "themes"),
    "durationNorms": ("培训天数标准", "duration norms"),
    "phases": ("日程", "calendar"),
    "planLimits": ("方案限值", "limits of plans"),
}
"""The parts of a round that bases are told of."""
_PLAIN: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.TRANSFER_REQUESTED: (
        "有学校申请调入或聘用教师，请原学校在期限内答复",
        "A school requests a teacher; the school where the teacher is now answers in time",
    ),
    NoticeKind.TRANSFER_CONFIRMED: ("教师调动或兼职申请已获准", "The request for the teacher is granted"),
    NoticeKind.TRANSFER_REFUSED: ("教师调动或兼职申请未获准", "The request for the teacher is refused"),
    NoticeKind.TRANSFER_ESCALATED: (
        "原学校逾期未答复教师调动申请，已上报",
        "The school has not answered the request for the teacher in time; it is handed on for a decision",
    ),
    NoticeKind.TRANSFER_WITHDRAWN: ("教师调动或兼职申请已撤回", "The request for the teacher is taken back"),
    NoticeKind.CANCELLED: ("项目已取消，报名终止", "The project is called off, and the enrollment with it"),
    NoticeKind.AMENDED: ("项目的地点、日期或师资有变更", "The project's venue, dates or faculty have changed"),
    NoticeKind.REVIVED: (
        "培训改期，因原开班日失效的报名已恢复",
        "The training is put off, and the enrollment that ended on the former first day stands again",
    ),
    NoticeKind.NOT_REVIVED: (
        "培训改期，但因原开班日失效的报名未能恢复",
        "The training is put off, but the enrollment that ended on the former first day has not come back",
    ),
    NoticeKind.OVERLAP: ("日期变更后与另一录取项目时间重叠", "With the new dates it overlaps another acceptance"),
    NoticeKind.ESCALATED: (
        "基地逾期未核准报名，已上报教师工作司",
        "The base has missed the deadline for decisions; the ministry decides",
    ),
    NoticeKind.REVIEW_ASSIGNED: ("方案已分配给您评审", "The plan is assigned to you for review"),
    NoticeKind.RETURNED: ("申报方案被退回修改", "The plan is returned for revision"),
    NoticeKind.APPROVED: ("申报方案已通过，等待发布", "The plan is approved and will be published"),
    NoticeKind.REJECTED: ("申报方案未通过", "The plan is rejected"),
    NoticeKind.PUBLISHED: ("项目已发布", "The project is published"),
    NoticeKind.SUSPENDED: ("项目已被暂停", "The project is suspended"),
    NoticeKind.RESUMED: ("项目已恢复", "The project goes on"),
    NoticeKind.OVERRUN: (
        "培训超出规定时段且未获准延期",
        "The training went past its window without an extension",
    ),
    NoticeKind.NOT_STARTED: (
        "已过计划开班日，基地尚未登记开班",
        "The planned first day has passed, and the base has not started the training",
    ),
    NoticeKind.STARTED: ("培训已开班", "The training has begun"),
    NoticeKind.NO_SHOW: ("未报到参训", "The trainee did not attend"),
    NoticeKind.WITHDRAWAL_REQUESTED: (
        "教师申请退出该项目，请学校处理",
        "The teacher asks to leave the project: the school answers",
    ),
    NoticeKind.WITHDRAWAL_TAKEN_BACK: ("教师已撤回退出申请", "The teacher has taken the request to leave back"),
    NoticeKind.WITHDRAWAL_REFUSED: (
        "学校未同意退出申请，报名仍然有效",
        "The school has not granted the request to leave: the enrollment stands",
    ),
    NoticeKind.WITHDRAWAL_LAPSED: (
        "培训已开始，退出申请未获答复而失效，报名仍然有效",
        "The training has begun, and the request to leave has lapsed without an answer: the enrollment stands",
    ),
    NoticeKind.ENROLLMENT_RETURNED: (
        "基地复核学员资格后将报名退回学校，更正后须重新提交",
        "The base has returned the enrollment to the school, which corrects it and submits it again",
    ),
    NoticeKind.SCHOOL_CLOSED: ("学校已关闭", "The school is closed"),
    NoticeKind.SCHOOL_REOPENED: ("学校已恢复", "The school is open again"),
    NoticeKind.SCHOOL_MERGED: ("学校已并入其他学校", "The school is merged into another one"),
    NoticeKind.CREDIT_REVOKED: ("学时已被撤销", "The credit is revoked"),
    NoticeKind.CERTIFICATE: ("结业证书已签发", "The certificate is issued"),
    NoticeKind.CERTIFICATE_REVOKED: (
        "结业证书已撤销或已由新证书替代",
        "The certificate is revoked, or a corrected one has replaced it",
    ),
    NoticeKind.CREDIT_RESTORED: ("学时已恢复，此前的撤销有误", "The credit holds again; it was revoked by mistake"),
}
_WHY_NOT_REVIVED: dict[str, tuple[str, str]] = {
    SCHOOL_CLOSED.code: (
        "培训改期，但学校已关闭或并入其他学校，原报名未能恢复",
        "The training is put off, but the school is closed or merged: the enrollment has not come back",
    ),
    SECOND_SIGN_UP.code: (
        "培训改期，但本人在该班已有其他报名，原报名未能恢复",
        "The training is put off, but another enrollment has taken the place: the former one has not come back",
    ),
}
_OF_ASSESSMENT = frozenset(
    {
        NoticeKind.RESULT,
        NoticeKind.RESULT_CORRECTED,
        NoticeKind.RESULTS_DUE,
        NoticeKind.CREDIT_TO_CONFIRM,
        NoticeKind.CREDIT,
    }
)
_OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.PASSED: ("合格", "passed"),
    Outcome.FAILED: ("不合格", "failed"),
    Outcome.INCOMPLETE: ("未完成", "incomplete"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a notice's sentence calls its subjects; whatever its reader may not know is None.

    Attributes:
        person: The name of the trainee, or of the teacher whom a school requests.
        school: The name of the trainee's school, or of the school that requests the teacher or has ended.
        title: The project's title.
        code: The project's code.
        successor: The name of the teacher who has taken the seat (R26).
        into: The name of the school that another one was merged into (R3).
    """

    person: str | None = None
    school: str | None = None
    title: str | None = None
    code: str | None = None
    successor: str | None = None
    into: str | None = None


NO_NAMES = Names()


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A mail, ready to be sent.

    Attributes:
        id: The delivery's, the same at every attempt.
        to: The recipient's address.
        text: Plain text.
    """

    id: str
    to: str
    subject: str
    text: str


def sentence(notice: Notice | Delivery) -> tuple[str, str]:
    """The sentence of a notice or a mail, in Chinese and in English."""
    if plain := _PLAIN.get(notice.kind):
        return plain
    if notice.kind is NoticeKind.REVISED and notice.status:
        return _REVISED.get(notice.status, ("核准决定已更正", "The decision has been corrected"))
    if notice.kind is NoticeKind.RESTORED and notice.status:
        return _RESTORED.get(notice.status, ("报名已恢复", "The enrollment stands again"))
    if notice.expires_at:
        until = f"{notice.expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        return (
            f"候补名单有名额递补，请学校在{until}（北京时间）前确认",
            f"A seat is offered; take it before {until} (Beijing time)",
        )
    return _SENTENCES.get(notice.status or EnrollmentStatus.SIGNED_UP, ("报名状态有变化", "The enrollment has changed"))


def message(notice: Notice, names: Names = NO_NAMES) -> tuple[str, str]:
    """What a notice says, with the names of person and project, in Chinese and in English.

    Args:
        notice: The notice.
        names: What its reader may know.
    """
    facts = notice.facts
    said = (
        _WHY_NOT_REVIVED.get(facts.cause or "")
        or _counted(notice.kind, facts, names)
        or inspection_sentence(facts)
        or annual_sentence(facts)
        or evaluation_sentence(notice.kind, facts)
        or sentence(notice)
    )
    subject = _subject(notice, names)
    return (f"{subject[0]}：{said[0]}", f"{subject[1]}: {said[1]}") if subject[0] else said


def _counted(kind: NoticeKind, facts: Facts, names: Names) -> tuple[str, str] | None:
    """The sentences that have a number, a day or another person in them; None for the other kinds."""
    if kind in _OF_ASSESSMENT:
        return _assessed(kind, facts)
    said = None
    match kind:
        case NoticeKind.QUOTA:
            said = (
                f"{facts.year}年度项目数量由{facts.before}调整为{facts.limit}",
                f"The quota of {facts.year} changes from {facts.before} to {facts.limit}",
            )
        case NoticeKind.ROUND_AMENDED:
            said = _amended(facts)
        case NoticeKind.DECISIONS_DUE:
            said = (
                f"还有{facts.count}人的报名待核准，请在{facts.until} 24:00前完成",
                f"{facts.count} enrollments wait for a decision until the end of {facts.until}",
            )
        case NoticeKind.EXTENSION:
            said = (f"教师工作司同意培训延至{facts.until}结束", f"The training may end until {facts.until}")
        case NoticeKind.NOT_FINISHED:
            said = (
                f"已过培训最后一日，尚未登记结业；{facts.until}将自动登记",
                f"The last day has passed, and nobody has ended the training: it is ended by itself on {facts.until}",
            )
        case NoticeKind.TRANSFER_REQUESTED if facts.person:
            said = ("请原学校在期限内答复", "the school where the teacher is now answers in time")
        case NoticeKind.SCHOOL_MERGED if names.into:
            said = (f"学校已并入{names.into}", f"The school is merged into {names.into}")
        case NoticeKind.SUBSTITUTED:
            said = _substituted(names)
        case _:
            pass
    return said


def _assessed(kind: NoticeKind, facts: Facts) -> tuple[str, str]:
    """What is told of results and credits (R30, R31)."""
    zh, en = _OUTCOMES[facts.outcome] if facts.outcome else ("", "")
    match kind:
        case NoticeKind.RESULT:
            return f"考核结果：{zh}", f"The result is: {en}"
        case NoticeKind.RESULT_CORRECTED:
            return f"考核结果已更正，现为：{zh}", f"The result has been corrected: {en}"
        case NoticeKind.RESULTS_DUE if facts.overdue:
            return (
                f"已过成绩发布时限（{facts.until}），请尽快发布；结束满30日将按现有登记自动发布",
                f"Results were due by {facts.until}; 30 days after the end they are published as they are",
            )
        case NoticeKind.RESULTS_DUE:
            return f"请在{facts.until} 24:00前发布成绩", f"Publish the results by the end of {facts.until}"
        case NoticeKind.CREDIT_TO_CONFIRM:
            return f"{facts.hours}学时待学校确认", f"{facts.hours} class hours wait for the school to confirm them"
        case _:
            return f"学校已确认{facts.hours}学时", f"The school has confirmed {facts.hours} class hours"


def _substituted(names: Names) -> tuple[str, str]:
    """Who has taken the seat (R26)."""
    if names.successor:
        return f"学校已将名额转给{names.successor}", f"The school has passed the seat on to {names.successor}"
    return _SENTENCES[EnrollmentStatus.SUBSTITUTED]


def _amended(facts: Facts) -> tuple[str, str]:
    """Which parts of a round have changed (R1)."""
    parts = [_PARTS[part] for part in facts.changed or () if part in _PARTS]
    zh, en = "、".join(part[0] for part in parts), " and ".join(part[1] for part in parts)
    return (
        f"{facts.year}年度的{zh}有调整，尚未提交的培训计划按新的要求检查",
        f"The {en} of {facts.year} have changed; plans that are not handed in are checked by the new ones",
    )


def _subject(notice: Notice, names: Names) -> tuple[str, str]:
    """Whom and what a notice is about; empty where it says so itself."""
    title, code = names.title or notice.facts.title, names.code or notice.facts.code
    project = (f"《{title}》（{code}）" if title else f"项目{code}") if code else ""
    if notice.facts.person:
        return _request(notice, names)
    if not project:
        organization = notice.facts.base_name or names.school or ""
        return organization, organization
    said = f"“{title}” ({code})" if title else f"Project {code}"
    if not notice.enrollment:
        return project, said
    if notice.to.startswith("teacher:"):
        return f"您报名的{project}", f"Your enrollment in {said}"
    who = f"{names.school or ''}{names.person or '教师'}"
    who_en = ", ".join(filter(None, (names.person or "A teacher", names.school)))
    return f"{who}报名的{project}", f"{who_en}, in {said}"


def _request(notice: Notice, names: Names) -> tuple[str, str]:
    """Which school requests whom; a province is not told the person's name (R27)."""
    own = notice.to.startswith("teacher:")
    whom, whom_en = ("您", "you") if own else (f"教师{names.person or ''}", names.person or "a teacher")
    return (
        f"{names.school or '有学校'}申请调入或聘用{whom}",
        f"The request of {names.school or 'a school'} for {whom_en}",
    )


def digest(delivery: Delivery, messages: Sequence[tuple[datetime, str]], *, to: str, name: str, unread: int) -> Letter:
    """Write the day's mail of what is unread, in Chinese.

    Args:
        delivery: The digest's delivery.
        messages: When, and what the latest unread notices say; a number in one, from an earlier release, is left out.
        to: The recipient's address.
        name: The recipient's name.
        unread: How many notices are unread in all.
    """
    lines = [f"{name}：", "", f"您在国培平台有{unread}条未读通知："]
    lines += [f"- {at.astimezone(SHANGHAI):%m-%d %H:%M} {said}" for at, said in messages if not holds_number(said)]
    if unread > len(messages):
        lines.append(f"……另有{unread - len(messages)}条")
    lines += ["", "详情请登录国培平台查看。本邮件由系统自动发出，请勿回复。", ""]
    return Letter(delivery.id, to, f"国培平台：{unread}条未读通知", "\n".join(lines))


def letter(delivery: Delivery, project: Project, *, to: str, name: str, trainee: str) -> Letter:
    """Write the mail of a delivery, in Chinese.

    A reason that an earlier release has stored with a personal number is left out (R41).

    Args:
        delivery: The delivery.
        project: The enrollment's project.
        to: The recipient's address.
        name: The recipient's name: the trainee's, or that of the school's designated person.
        trainee: The trainee's name.
    """
    message, _ = sentence(delivery)
    whose = "您" if delivery.recipient is DeliveryRecipient.TRAINEE else f"贵校教师{trainee}"
    lines = [f"{name}：", "", f"{whose}报名的项目《{project.title}》（{project.code}）：{message}。"]
    if delivery.reason and not holds_number(delivery.reason):
        lines.append(f"理由：{delivery.reason}")
    lines += ["", "详情请登录国培平台查看。本邮件由系统自动发出，请勿回复。", ""]
    return Letter(delivery.id, to, f"国培报名反馈：{message}", "\n".join(lines))
