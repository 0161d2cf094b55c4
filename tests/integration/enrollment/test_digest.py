"""C4: one mail a day and recipient with what is unread, over a real SMTP server (R24, ADR 36)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.enrollment.commands import Deps, deliver_pending, leave_digests
from services.enrollment.domain.vocabulary import DeliveryChannel
from tests.integration.enrollment.mail_server import MailServer, listening
from tests.integration.enrollment.season import SCHOOL, Season
from tests.integration.enrollment.test_mail import DESIGNATE, sends_mail

EMAIL = DeliveryChannel.EMAIL


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that listens."""
    async with listening(MailServer()) as server:
        yield server


async def noticed(season: Season) -> None:
    """A teacher and the school with an address each, who have not read that the base has accepted."""
    person = {"name": "赵主任", "phone": "13900000000", "email": "zhao@school.example.cn"}
    await season.act(SCHOOL, DESIGNATE, i=person)
    await season.publish()
    (teacher,) = await season.teachers(1, name="王小明", email="wang@example.cn")
    await season.decide(await season.submitted(teacher, "p1"))
    assert await deliver_pending(season.deps) == 2  # without a mailer: only the inboxes


async def digest(deps: Deps) -> int:
    """What the morning's timer and the sender do; how many mails went out."""
    await leave_digests(deps)
    return await deliver_pending(deps, EMAIL)


async def test_r24_each_recipient_gets_one_mail_a_day_of_what_is_unread(season: Season, mail: MailServer) -> None:
    deps = sends_mail(season.deps, mail.port)
    await noticed(season)
    season.at("2024-05-13T07:59")
    assert await digest(deps) == 0
    season.at("2024-05-13T08:00")
    assert await digest(deps) == 2
    assert await digest(deps) == 0
    season.at("2024-05-13T20:00")
    assert await digest(deps) == 0
    letters = {message["To"]: message.get_content() for message in mail.mails}
    assert "您报名的《智能制造专业教师数字化能力提升》（GP-1）：报名已被基地录取" in letters["wang@example.cn"]
    assert "王小明报名的《智能制造" in letters["zhao@school.example.cn"]
    assert letters["zhao@school.example.cn"].startswith("赵主任：")


async def test_r24_nobody_is_mailed_again_about_what_a_digest_has_told(season: Season, mail: MailServer) -> None:
    deps = sends_mail(season.deps, mail.port)
    await noticed(season)
    season.at("2024-05-13T08:00")
    assert await digest(deps) == 2
    season.at("2024-05-14T08:00")
    assert await digest(deps) == 0
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    season.at("2024-05-15T08:00")
    assert await digest(deps) == 1
    told = mail.mails[-1]
    assert (told["To"], told["Subject"]) == ("wang@example.cn", "国培平台：2条未读通知")


async def test_r24_what_was_read_before_the_digest_went_out_is_not_mailed(season: Season, mail: MailServer) -> None:
    deps = sends_mail(season.deps, mail.port)
    await noticed(season)
    season.at("2024-05-13T08:00")
    assert await leave_digests(deps) == 2
    await season.database["notices"].update_many({}, {"$set": {"read_at": deps.clock.now()}})
    await deliver_pending(deps, EMAIL)
    assert mail.mails == []


async def test_a_replica_that_leaves_digests_too_leaves_no_second_one(season: Season, mail: MailServer) -> None:
    deps = sends_mail(season.deps, mail.port)
    await noticed(season)
    season.at("2024-05-13T08:00")
    await leave_digests(deps)
    await season.database["milestones"].delete_many({})  # the other one looked before this one was done
    await leave_digests(replace(deps))
    assert await deliver_pending(deps, EMAIL) == 2


async def test_without_a_mail_server_there_is_no_digest(season: Season) -> None:
    await noticed(season)
    season.at("2024-05-13T08:00")
    assert await leave_digests(season.deps) == 0
    assert await season.database["deliveries"].count_documents({"kind": "DIGEST"}) == 0
