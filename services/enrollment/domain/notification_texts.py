"""The texts of notices and mails about enrollments (R24)."""

from dataclasses import dataclass

from kernel.personal_numbers import holds_number
from services.enrollment.domain.notifications import Delivery, Notice, NoticeKind
from services.enrollment.domain.project import SHANGHAI, Project
from services.enrollment.domain.vocabulary import DeliveryRecipient, EnrollmentStatus

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
_CANCELLED = ("项目已取消，报名终止", "The project is called off, and the enrollment with it")
_AMENDED = ("项目的地点、日期或师资有变更", "The project's venue, dates or faculty have changed")
_OVERLAP = ("日期变更后与另一录取项目时间重叠", "With the new dates it overlaps another acceptance")


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
    match notice.kind:
        case NoticeKind.CANCELLED:
            return _CANCELLED
        case NoticeKind.AMENDED:
            return _AMENDED
        case NoticeKind.OVERLAP:
            return _OVERLAP
        case NoticeKind.REVISED:
            return _REVISED.get(notice.status, ("核准决定已更正", "The decision has been corrected"))
        case _ if notice.expires_at:
            until = f"{notice.expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            return (
                f"候补名单有名额递补，请学校在{until}（北京时间）前确认",
                f"A seat is offered; take it before {until} (Beijing time)",
            )
        case _:
            return _SENTENCES.get(notice.status, ("报名状态有变化", "The enrollment has changed"))


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
