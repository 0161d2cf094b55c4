"""R24: mail tells of what the inbox has, over a real SMTP server; its state is apart from the inbox delivery's."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.principal import Principal, Scope
from services.enrollment.commands import Deps, deliver_pending
from services.enrollment.domain.notifications import RETRY_POLICIES, RetryPolicy
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault
from services.enrollment.messaging.smtp import Server, SmtpMailer
from tests.integration.enrollment.mail_server import MailServer, listening
from tests.integration.enrollment.season import ADD, BASE, GUANGDONG, HUNAN, OTHER_SCHOOL, SCHOOL, Season
from tests.support.eventually import eventually
from tests.support.principals import MINISTRY, NO_PROVINCE

EMAIL = DeliveryChannel.EMAIL
FEEDBACK = """query($id: ID!) { enrollment(id: $id) { fedBackAt
  feedback { recipient channel state attempts fault nextAttemptAt } } }"""
LEFT = """query { undeliveredFeedback(year: 2024) { totalCount
  nodes { recipient channel state attempts fault waitingSeconds enrollment { id } } } }"""
DESIGNATE = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"
QUICK = RetryPolicy(timedelta(milliseconds=10), timedelta(milliseconds=40), timedelta(seconds=4), most=4)
HOURLY = replace(QUICK, first=timedelta(hours=1), longest=timedelta(hours=1))


class Killed(Exception):  # noqa: N818 - an event, not an error
    """The process died."""


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that listens."""
    async with listening(MailServer()) as server:
        yield server


def sends_mail(deps: Deps, port: int, policy: RetryPolicy = QUICK) -> Deps:
    """The deps with a mail server."""
    server = Server(host="127.0.0.1", port=port, sender="noreply@guopei.example.cn", start_tls=False, seconds=2)
    return replace(deps, mailer=SmtpMailer(server), retry_policies={**RETRY_POLICIES, EMAIL: policy})


async def decided(season: Season, *, school: bool = False, teacher: bool = True) -> str:
    """An acceptance that is in both inboxes; who has an address on file gets mail."""
    if school:
        person = {"name": "赵主任", "phone": "13900000000", "email": "zhao@school.example.cn"}
        await season.act(SCHOOL, DESIGNATE, i=person)
    await season.publish()
    row = season.person(**({"email": "wang@example.cn"} if teacher else {}))
    (added,) = await season.act(SCHOOL, ADD, rows=[row])
    person_id = added["teacher"]["id"]
    who = Principal(f"account-{person_id}", Scope.TEACHER, school=SCHOOL.school, person=person_id)
    key = await season.submitted(who, "p1")
    await season.decide(key)
    assert await deliver_pending(season.deps) == 2
    return key


async def mails_of(season: Season, key: str) -> dict[str, dict[str, Any]]:
    """The mails of an enrollment by recipient, as the school sees them."""
    deliveries = (await season.act(SCHOOL, FEEDBACK, id=key))["feedback"]
    return {delivery["recipient"]: delivery for delivery in deliveries if delivery["channel"] == "EMAIL"}


async def until(season: Season, key: str, state: str) -> dict[str, Any]:
    """Send what is due again and again until the trainee's mail is in that state; the mail."""

    async def there() -> bool:
        await deliver_pending(season.deps, EMAIL)
        return bool((await mails_of(season, key))["TRAINEE"]["state"] == state)

    await eventually(there)
    return (await mails_of(season, key))["TRAINEE"]


async def make_due(season: Season) -> None:
    """Let every delivery that waits for its next attempt be due."""
    await season.deps.store.deliveries.collection.update_many({}, {"$set": {"due": datetime.now(UTC)}})


async def test_a_decision_is_mailed_to_whoever_has_an_address_on_file(season: Season, mail: MailServer) -> None:
    season.deps = sends_mail(season.deps, mail.port)
    key = await decided(season, school=True)
    assert await deliver_pending(season.deps, EMAIL) == 2
    assert sorted(mail.to) == ["wang@example.cn", "zhao@school.example.cn"]
    message = {str(message["To"]): message for message in mail.mails}["wang@example.cn"]
    assert message["Subject"] == "国培报名反馈：报名已被基地录取"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "《智能制造专业教师数字化能力提升》" in message.get_content()
    assert {delivery["state"] for delivery in (await mails_of(season, key)).values()} == {"DELIVERED"}
    assert await deliver_pending(season.deps, EMAIL) == 0
    assert len(mail.mails) == 2


async def test_nobody_is_mailed_without_an_address_or_without_a_server(season: Season, mail: MailServer) -> None:
    key = await decided(season)
    season.deps = sends_mail(season.deps, mail.port)
    other = await decided(season, teacher=False)
    assert await mails_of(season, key) == await mails_of(season, other) == {}
    assert (await season.act(SCHOOL, FEEDBACK, id=key))["fedBackAt"]
    assert await deliver_pending(season.deps, EMAIL) == 0


@pytest.mark.parametrize("when", ["on_recipient", "on_data"])
async def test_what_is_refused_for_now_is_tried_again(season: Season, mail: MailServer, when: str) -> None:
    setattr(mail, when, ["451 4.3.0 try later", "421 4.3.2 busy"])
    season.deps = sends_mail(season.deps, mail.port, HOURLY)
    key = await decided(season)
    before = datetime.now(UTC)
    assert await deliver_pending(season.deps, EMAIL) == 0
    waiting = (await mails_of(season, key))["TRAINEE"]
    assert (waiting["state"], waiting["attempts"], waiting["fault"]) == ("PENDING", 1, "UNAVAILABLE")
    assert datetime.fromisoformat(waiting["nextAttemptAt"]) - before > timedelta(minutes=59)
    assert await deliver_pending(season.deps, EMAIL) == 0  # not yet
    await make_due(season)
    season.deps = sends_mail(season.deps, mail.port)
    done = await until(season, key, "DELIVERED")
    assert (done["attempts"], done["fault"], len(mail.mails)) == (3, None, 1)


@pytest.mark.parametrize("when", ["on_recipient", "on_data"])
async def test_what_is_refused_for_good_has_failed_at_once(season: Season, mail: MailServer, when: str) -> None:
    setattr(mail, when, ["550 5.1.1 no such user wang@example.cn"])
    season.deps = sends_mail(season.deps, mail.port)
    key = await decided(season)
    assert await deliver_pending(season.deps, EMAIL) == 0
    failed = (await mails_of(season, key))["TRAINEE"]
    assert (failed["state"], failed["attempts"], failed["fault"]) == ("FAILED", 1, "REFUSED")
    assert await deliver_pending(season.deps, EMAIL) == 0
    assert mail.mails == []
    assert (await season.act(SCHOOL, FEEDBACK, id=key))["fedBackAt"]  # both have it in their inboxes


async def test_what_fails_too_often_has_failed(season: Season, mail: MailServer) -> None:
    mail.on_data = ["451 4.3.0 try later"] * 10
    season.deps = sends_mail(season.deps, mail.port)
    key = await decided(season)
    failed = await until(season, key, "FAILED")
    assert (failed["attempts"], failed["fault"]) == (QUICK.most, "UNAVAILABLE")


async def test_a_server_that_is_away_is_waited_for(season: Season) -> None:
    mail = MailServer()
    async with listening(mail):
        pass
    season.deps = sends_mail(season.deps, mail.port, replace(QUICK, most=None))
    key = await decided(season)
    assert await deliver_pending(season.deps, EMAIL) == 0
    assert (await mails_of(season, key))["TRAINEE"]["fault"] == "CONNECTION"
    async with listening(mail):
        await until(season, key, "DELIVERED")
    assert len(mail.mails) == 1


async def test_a_server_that_does_not_answer_holds_up_nothing_for_long(season: Season, mail: MailServer) -> None:
    stuck = asyncio.Event()

    async def never() -> None:
        await stuck.wait()

    mail.before_answer = never
    server = Server(host="127.0.0.1", port=mail.port, sender="noreply@guopei.example.cn", start_tls=False, seconds=0.2)
    season.deps = replace(sends_mail(season.deps, mail.port), mailer=SmtpMailer(server))
    key = await decided(season)
    assert await deliver_pending(season.deps, EMAIL) == 0
    assert (await mails_of(season, key))["TRAINEE"]["fault"] == "TIMEOUT"
    stuck.set()


async def test_two_replicas_send_one_mail(season: Season, mail: MailServer) -> None:
    answer = asyncio.Event()

    async def until_it_may_answer() -> None:
        await answer.wait()

    mail.before_answer = until_it_may_answer
    season.deps = sends_mail(season.deps, mail.port)
    await decided(season, school=True)
    replicas = [asyncio.ensure_future(deliver_pending(season.deps, EMAIL)) for _ in range(4)]
    await eventually(lambda: sum(replica.done() for replica in replicas) == 2)  # the others have one mail each
    answer.set()
    made = await asyncio.gather(*replicas)
    assert (sum(made), sorted(mail.to)) == (2, ["wang@example.cn", "zhao@school.example.cn"])


async def test_a_crash_after_sending_costs_one_copy_with_the_same_message_id(
    season: Season, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    season.deps = sends_mail(season.deps, mail.port, replace(QUICK, claim=timedelta(seconds=1)))
    key = await decided(season)

    async def die(*_: Any) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(season.deps.store.deliveries, "delivered", die)
        with pytest.raises(Killed):
            await deliver_pending(season.deps, EMAIL)
    assert await deliver_pending(season.deps, EMAIL) == 0  # the dead one's claim still stands
    await until(season, key, "DELIVERED")
    first, second = mail.mails
    assert first["Message-ID"] == second["Message-ID"]


async def test_an_attempt_whose_claim_has_ended_settles_nothing(season: Season, mail: MailServer) -> None:
    """Neither while another attempt is under way nor after it."""
    season.deps = sends_mail(season.deps, mail.port)
    key = await decided(season)
    store, now = season.deps.store.deliveries, datetime.now(UTC)
    slow = await store.claim(EMAIL, now, now, 1)
    quick = await store.claim(EMAIL, now, now + timedelta(minutes=1), 1)
    assert slow
    assert quick
    assert not await store.delivered(slow, now)
    assert not await store.fail(slow, DeliveryFault.TIMEOUT)
    assert (await mails_of(season, key))["TRAINEE"]["state"] == "PENDING"
    assert await store.delivered(quick, now)
    assert not await store.reschedule(slow, DeliveryFault.TIMEOUT, now)
    assert (await mails_of(season, key))["TRAINEE"]["state"] == "DELIVERED"


async def test_mail_that_waits_goes_to_the_corrected_address(season: Season, mail: MailServer) -> None:
    mail.on_recipient = ["450 4.2.1 mailbox busy"]
    season.deps = sends_mail(season.deps, mail.port, HOURLY)
    key = await decided(season)
    await deliver_pending(season.deps, EMAIL)
    enrollment = await season.deps.store.enrollments.get(key)
    who = Principal("account", Scope.TEACHER, school=SCHOOL.school, person=enrollment.teacher)
    change = "mutation($i: ContactInput!) { updateMyContact(input: $i) { email } }"
    await season.act(who, change, i={"email": "wang.new@example.cn"})
    await make_due(season)
    await until(season, key, "DELIVERED")
    assert mail.to == ["wang.new@example.cn"]


async def test_what_has_not_arrived_is_seen_by_its_school_its_province_and_the_ministry(
    season: Season, mail: MailServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mail.on_recipient = ["550 5.1.1 no such user wang@example.cn"]
    season.deps = sends_mail(season.deps, mail.port)
    key = await decided(season)
    await deliver_pending(season.deps, EMAIL)
    season.later(hours=3)
    for who in (SCHOOL, GUANGDONG, MINISTRY):
        page = await season.act(who, LEFT)
        (node,) = page["nodes"]
        assert (page["totalCount"], node["enrollment"]["id"], node["state"]) == (1, key, "FAILED")
        assert (node["channel"], node["fault"], node["attempts"]) == ("EMAIL", "REFUSED", 1)
        assert node["waitingSeconds"] >= 3 * 3600
    for who in (OTHER_SCHOOL, HUNAN):
        assert (await season.act(who, LEFT))["nodes"] == []
    await season.database["deliveries"].update_many({}, {"$set": {"province": "00"}})  # a line ministry's school
    assert (await season.act(NO_PROVINCE, LEFT))["nodes"] == []
    logged = caplog.text + "".join(capsys.readouterr())
    assert "undelivered" in logged
    assert "wang@example.cn" not in logged
    assert "127.0.0.1" not in logged
    assert (await season.act(BASE, FEEDBACK, id=key))["fedBackAt"]
