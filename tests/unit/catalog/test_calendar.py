"""R1: the iCalendar feed as calendar programs read it (RFC 5545, RFC 7986)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from kernel.dates import SHANGHAI
from services.catalog.domain.opening import extend_phase, open_round
from services.catalog.domain.round import Contact, Round
from services.catalog.domain.round_amendment import Use, amend_round
from services.catalog.domain.vocabulary import PhaseName
from services.catalog.http.calendar import icalendar
from tests.unit.catalog.examples import DECLARING, round_2024, why

DECLARED = "2024-03-28至2024-05-06（北京时间，均含当日）"
LATE = datetime(2024, 5, 8, 10, tzinfo=SHANGHAI)
TYPED = st.text(
    st.sampled_from("国培2024,;:\\\"'\r\n\t ，；＼é\U0001f393") | st.characters(codec="utf-8"), max_size=80
).map(str.strip)


def opened() -> Round:
    """The round of the notice, as it was opened."""
    return open_round(round_2024(), DECLARING)[0]


def extended(current: Round, closes: date) -> Round:
    """The round with a later last day of declaration."""
    return extend_phase(current, PhaseName.DECLARE, closes, reason=why("系统故障"), actor="张处", now=LATE)[0]


def parsed(current: Round) -> Any:
    """What a calendar program makes of the feed."""
    calendar = Calendar.from_ical(icalendar(current))
    assert isinstance(calendar, Calendar)
    assert not [error for part in calendar.walk() for error in part.errors]
    return calendar


def events(current: Round) -> dict[str, Any]:
    """Its events by their identity."""
    return {str(event["UID"]): event for event in parsed(current).walk("VEVENT")}


def printable(text: str) -> str:
    """The text's lines without what no calendar may hold."""
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines())


def declaration(current: Round) -> Any:
    """The event of the declare phase."""
    return events(current)["2024-declare@guopei-graph"]


def test_every_phase_is_a_whole_day_event_whose_end_is_the_day_after_its_last() -> None:
    current = opened()
    by_uid = events(current)
    assert list(by_uid) == [f"2024-{name.value.lower()}@guopei-graph" for name in PhaseName]
    for event, phase in zip(by_uid.values(), current.phases, strict=True):
        assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
        assert (event.start, event.end) == (phase.opens, phase.closes + timedelta(days=1))
        assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")


def test_the_feed_says_what_it_is_called_and_when_to_look_again() -> None:
    calendar = parsed(opened())
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "国家级职业教育培训基地2024年培训"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=6)
    assert (calendar["VERSION"], calendar["METHOD"], calendar["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")


def test_an_event_bears_the_instant_it_was_told_in_utc() -> None:
    event = declaration(opened())
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == DECLARING.astimezone(UTC)
    assert "DTSTAMP:20240420T010000Z\r\n" in icalendar(opened())


def test_r1_an_amendment_of_what_events_show_makes_a_later_edition_of_them_all() -> None:
    current, contacts = opened(), (Contact("另一处", ("010-66096580",)),)
    for amended, sequence in (
        (replace(current, title="另一标题"), 1),
        (replace(current, contacts=contacts), 1),
        (replace(current, completion_days=current.completion_days + 1), 0),
    ):
        told, _ = amend_round(current, amended, Use(), reason=why(), actor="张处", now=LATE)
        assert {event["SEQUENCE"] for event in events(told).values()} == {sequence}


def test_an_extension_keeps_the_event_and_makes_a_later_edition_of_it_alone() -> None:
    once = extended(opened(), date(2024, 5, 8))
    twice = extended(once, date(2024, 5, 9))
    for current, sequence in ((opened(), 0), (once, 1), (twice, 2)):
        by_uid = events(current)
        assert [event["SEQUENCE"] for event in by_uid.values()] == [sequence, 0, 0, 0, 0]
    event = declaration(twice)
    assert event.end == date(2024, 5, 10)
    assert event["SUMMARY"] == "2024年项目申报（已延期）"
    assert "原定截止2024-05-06，延至2024-05-08\n原定截止2024-05-08，延至2024-05-09" in event["DESCRIPTION"]
    assert event["DTSTAMP"].dt == LATE.astimezone(UTC)
    assert "系统故障" not in icalendar(twice)


def test_a_deadline_reminds_in_the_morning_of_the_day_before() -> None:
    by_uid = events(opened())
    (alarm,) = by_uid["2024-enrol@guopei-graph"].walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].params["RELATED"]) == ("DISPLAY", "END")
    end = datetime(2024, 5, 21, tzinfo=SHANGHAI)
    assert end + alarm["TRIGGER"].dt == datetime(2024, 5, 19, 9, tzinfo=SHANGHAI)
    assert not by_uid["2024-train@guopei-graph"].walk("VALARM")


def test_r43_an_event_says_where_to_ask() -> None:
    assert "咨询：系统管理平台 4008757650（语音提示后拨数字2）" in declaration(opened())["DESCRIPTION"]


@settings(deadline=None)
@given(title=TYPED, department=TYPED)
@example(title=r"D:\New\note\\N;1,2", department="\\")
def test_any_text_comes_through_and_no_line_is_longer_than_75_octets(title: str, department: str) -> None:
    current = replace(opened(), title=title, contacts=(Contact(department, ("010",)),))
    text = icalendar(current)
    assert text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.count("\n") == text.count("\r\n") == text.count("\r")
    description = declaration(current)["DESCRIPTION"]
    assert description == "\n".join((printable(title), DECLARED, printable(f"咨询：{department} 010")))


def test_the_text_is_the_same_until_the_round_changes() -> None:
    assert icalendar(opened()) == icalendar(opened())
    assert icalendar(opened()) != icalendar(extended(opened(), date(2024, 5, 9)))
