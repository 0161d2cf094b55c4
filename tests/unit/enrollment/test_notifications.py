"""R24: when a decision is fed back, how channels are tried again, and what a mail says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrollment.domain.notification_texts import Letter, letter, sentence
from services.enrollment.domain.notifications import (
    RETRY_POLICIES,
    Delivery,
    DeliveryFailed,
    NoticeKind,
    fed_back_at,
    feedback,
    mail_of,
    notice_of,
)
from services.enrollment.domain.vocabulary import (
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    EnrollmentStatus,
)
from services.enrollment.messaging.smtp import Server, SmtpMailer, compose
from tests.unit.enrollment.examples import NOW, a_project, an_enrollment

SERVER = Server(host="127.0.0.1", port=25, sender="noreply@guopei.example.cn")


def told(at: datetime = NOW, **changes: object) -> tuple[Delivery, Delivery]:
    """The two deliveries of a rejection."""
    enrollment = replace(an_enrollment(EnrollmentStatus.REJECTED), reason="条件不符", **changes)  # type: ignore[arg-type]
    trainee, school = feedback(enrollment, NoticeKind.DECISION, at)
    return trainee, school


def arrived(delivery: Delivery, after: int = 1) -> Delivery:
    """The delivery, some minutes later."""
    at = delivery.created_at + timedelta(minutes=after)
    return replace(delivery, state=DeliveryState.DELIVERED, delivered_at=at)


def a_letter(delivery: Delivery, name: str = "王老师") -> Letter:
    return letter(delivery, a_project(), to="wang@example.cn", name=name, trainee="王老师")


def test_r24_a_decision_is_fed_back_only_when_both_have_it() -> None:
    trainee, school = told()
    assert fed_back_at([]) is None
    for some in ([trainee, school], [arrived(trainee), school], [trainee, arrived(school)]):
        assert fed_back_at(some) is None
    assert fed_back_at([arrived(trainee, 1), arrived(school, 9)]) == NOW + timedelta(minutes=9)


def test_r24_mail_neither_makes_up_for_an_inbox_nor_holds_one_up() -> None:
    trainee, school = told()
    mails = [arrived(mail_of(one, NOW)) for one in (trainee, school)]
    assert fed_back_at([arrived(trainee), school, *mails]) is None
    failed = [replace(mail_of(one, NOW), state=DeliveryState.FAILED) for one in (trainee, school)]
    assert fed_back_at([arrived(trainee), arrived(school), *failed]) is not None


def test_r24_the_latest_decision_counts_and_other_news_does_not() -> None:
    first = [arrived(one) for one in told()]
    second = told(NOW + timedelta(days=1))
    amended = feedback(an_enrollment(), NoticeKind.AMENDED, NOW + timedelta(days=2))
    assert fed_back_at([*first, *amended]) is not None
    assert fed_back_at([*first, *second, *amended]) is None


def test_r24_pauses_grow_and_end_and_mail_is_tried_for_days() -> None:
    mail, inbox = RETRY_POLICIES[DeliveryChannel.EMAIL], RETRY_POLICIES[DeliveryChannel.INBOX]
    assert mail.most
    pauses = [mail.pause(attempt) for attempt in range(1, mail.most)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert all(one <= other for one, other in pairwise(pauses))
    assert timedelta(days=4) < sum(pauses, timedelta()) < timedelta(days=6)
    assert (mail.is_exhausted(mail.most - 1), mail.is_exhausted(mail.most)) == (False, True)
    assert not inbox.is_exhausted(10**6)
    assert inbox.pause(10**6) == inbox.longest


def test_r24_a_letter_says_whose_enrollment_became_what_and_why() -> None:
    trainee, school = told()
    said = a_letter(trainee)
    assert said.text.startswith(
        "王老师：\n\n您报名的项目《数字化能力提升》（GP-1）：报名未被基地录取。\n理由：条件不符\n"
    )
    assert said.subject == "国培报名反馈：报名未被基地录取"
    assert "贵校教师王老师报名的项目" in a_letter(school, "赵主任").text


def test_r25_an_offers_notice_says_until_when_it_stands_in_the_time_of_the_calendar() -> None:
    until = datetime(2024, 5, 14, 1, 30, tzinfo=UTC)
    offered = replace(an_enrollment(EnrollmentStatus.OFFERED), offer_expires_at=until)
    trainee, _ = feedback(offered, NoticeKind.DECISION, NOW)
    zh, en = sentence(notice_of(trainee, NOW))
    assert zh == "候补名单有名额递补，请学校在2024-05-14 09:30（北京时间）前确认"
    assert "before 2024-05-14 09:30 (Beijing time)" in en
    assert zh in a_letter(mail_of(trainee, NOW)).text
    taken, _ = feedback(replace(offered, status=EnrollmentStatus.EXPIRED), NoticeKind.DECISION, NOW)
    assert taken.expires_at is None


def test_r41_a_number_in_a_reason_does_not_get_into_mail() -> None:
    trainee, _ = told()
    for number in ("110101198001010010", "138 0000 0001"):
        assert number not in a_letter(replace(trainee, reason=f"身份证 {number} 有误")).text


async def test_r24_an_address_that_no_mail_can_bear_fails_for_good_and_is_not_said() -> None:
    """Files of earlier releases hold addresses such as these."""
    trainee, _ = told()
    for address in ("a..b@example.cn", ".a@example.cn", "=?utf-8?q?a?=@example.cn", "a@example..cn"):
        with pytest.raises(DeliveryFailed) as failed:
            await SmtpMailer(SERVER).send(replace(a_letter(trainee), to=address))
        assert (failed.value.fault, failed.value.permanent) == (DeliveryFault.NO_ADDRESS, True)
        assert failed.value.__suppress_context__


@given(st.text(max_size=300), st.sampled_from(list(DeliveryRecipient)))
def test_r24_any_letter_is_plain_text_that_mail_carries_unharmed(reason: str, recipient: DeliveryRecipient) -> None:
    (delivery,) = [one for one in told() if one.recipient is recipient]
    sent = a_letter(replace(delivery, reason=reason))
    raw = compose(sent, SERVER).as_bytes()
    assert raw.isascii()
    got = message_from_bytes(raw, policy=default)
    assert (got["Subject"], got["To"], got.get_content_type()) == (sent.subject, sent.to, "text/plain")
    assert got.get_content().split() == sent.text.split()


def test_r24_every_attempt_has_the_same_message_id() -> None:
    trainee, school = told()
    names = [compose(a_letter(mail_of(one, NOW)), SERVER)["Message-ID"] for one in (trainee, trainee, school)]
    assert names[0] == names[1] != names[2]
    assert names[0].endswith(":EMAIL@guopei.example.cn>".replace(":", "."))
