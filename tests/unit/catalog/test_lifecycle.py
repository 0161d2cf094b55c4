"""R18, R28, R33: what becomes of a published project."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from kernel.free_text import PersonName
from services.catalog.domain import decision, lifecycle, window
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.plan import FacultyMember, Venue
from services.catalog.domain.project import Project
from services.catalog.domain.vocabulary import DecisionOutcome, ProjectStatus
from tests.unit.catalog.examples import REVIEWING, a_base, a_decided, a_draft, a_published, round_2024, why

FIRST_DAY = datetime(2024, 7, 8, 8, tzinfo=SHANGHAI)
LAST_DAY = datetime(2024, 7, 14, 18, tzinfo=SHANGHAI)
NEXT_DAY = datetime(2024, 7, 15, 0, tzinfo=SHANGHAI)
DECEMBER = datetime(2024, 12, 1, 9, tzinfo=SHANGHAI)


def a_running() -> Project:
    return lifecycle.start(a_published(), None, FIRST_DAY)[0]


def test_new_dates_move_the_timetable_and_the_old_ones_stay_in_the_history() -> None:
    """R18: a change is versioned."""
    given = Amendment(reason="台风", starts_on=date(2024, 7, 15), venue=Venue("45", "南宁市"))
    project, (event,) = lifecycle.amend(a_published(), a_base(), round_2024(), given, REVIEWING)
    assert (project.plan.starts_on, project.plan.ends_on) == (date(2024, 7, 15), date(2024, 7, 21))
    assert [session.date.day for session in event.sessions] == [15, 16]
    assert event.changed == ("startsOn", "endsOn", "venue", "timetable")
    assert project.history[-1].replaced == a_published().design
    assert event.venue_province == "45"


def test_a_session_may_get_a_date_of_its_own() -> None:
    given = Amendment(reason="调课", session_dates={"s2": date(2024, 7, 12)})
    project, _ = lifecycle.amend(a_published(), a_base(), round_2024(), given, REVIEWING)
    assert [session.date.day for session in project.plan.timetable] == [8, 12]


def test_r18_r29_a_session_of_a_begun_project_is_not_moved_into_the_past() -> None:
    """Else attendance could be marked at once of a session that nobody has held."""
    third_day = datetime(2024, 7, 10, 8, tzinfo=SHANGHAI)
    past = Amendment(reason="调课", session_dates={"s2": date(2024, 7, 8)})
    later = lifecycle.amend(
        a_running(),
        a_base(),
        round_2024(),
        Amendment(reason="调课", session_dates={"s2": date(2024, 7, 12)}),
        FIRST_DAY,
    )[0]
    for project in (a_running(), later):
        with pytest.raises(Refusal) as refused:
            lifecycle.amend(project, a_base(), round_2024(), past, third_day)
        assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R18")
        assert refused.value.details["fields"] == ["timetable"]
    for day in (10, 11):
        today = Amendment(reason="调课", session_dates={"s2": date(2024, 7, day)})
        assert lifecycle.amend(later, a_base(), round_2024(), today, third_day)[0].plan.timetable[1].date.day == day


def test_r7_r18_fewer_days_are_taught_and_a_session_by_somebody_else_of_the_faculty() -> None:
    before = a_published()
    faculty = (*before.plan.faculty, FacultyMember("赵工"))
    project, (event,) = lifecycle.amend(
        before, a_base(), round_2024(), Amendment(reason="换人", faculty=faculty), REVIEWING,
        days=6, session_teachers={"s2": PersonName.of("赵工", "teacher")},
    )  # fmt: skip
    assert (project.plan.days, [each.teacher for each in project.plan.timetable][1]) == (6, "赵工")
    assert project.plan.timetable[0] == before.plan.timetable[0]
    assert (event.changed, event.days) == (("days", "timetable", "faculty"), 6)
    assert "HOURS_DIFFER" not in {warning.code for warning in project.warnings}
    assert project.history[-1].replaced == before.design


@pytest.mark.parametrize(
    ("further", "code", "fields"),
    [
        ({"session_teachers": {"s2": PersonName.of("赵工", "teacher")}}, "INVALID_PLAN", ["timetable"]),
        ({"session_teachers": {"s9": PersonName.of("周教授", "teacher")}}, "INVALID_PLAN", ["timetable"]),
        ({"days": 0}, "INVALID_PLAN", ["days"]),
        ({"days": 8}, "INVALID_PLAN", ["days"]),
        ({"days": 1}, "INVALID_PLAN", None),
        ({"days": 7}, "NOTHING_CHANGED", None),
    ],
)
def test_r7_r18_days_and_teachers_are_amended_within_the_rules_of_a_plan(
    further: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    with pytest.raises(Refusal) as refused:
        lifecycle.amend(a_published(), a_base(), round_2024(), Amendment(reason="改"), REVIEWING, **further)
    assert refused.value.code == code
    assert fields is None or refused.value.details["fields"] == fields


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Amendment(reason="无"), "NOTHING_CHANGED"),
        (Amendment(reason=" ", venue=Venue("45", "南宁市")), "REASON_MISSING"),
        (Amendment(reason="改", starts_on=date(2024, 5, 20)), "OUTSIDE_WINDOW"),
        (Amendment(reason="改", ends_on=date(2024, 12, 20)), "OUTSIDE_WINDOW"),
        (Amendment(reason="改", ends_on=date(2024, 7, 10)), "INVALID_PLAN"),
        (Amendment(reason="改", starts_on=date.max), "OUTSIDE_WINDOW"),
        (Amendment(reason="改", faculty=()), "PLAN_INCOMPLETE"),
        (Amendment(reason="改", venue=Venue("45", " ")), "INVALID_PLAN"),
        (Amendment(reason="改", session_dates={"s9": date(2024, 7, 9)}), "INVALID_PLAN"),
    ],
)
def test_what_an_amendment_may_not_do(given: Amendment, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        lifecycle.amend(a_published(), a_base(), round_2024(), given, REVIEWING)
    assert refused.value.code == code


def test_only_a_published_project_is_amended_and_a_begun_one_keeps_its_first_day() -> None:
    given = Amendment(reason="改", starts_on=date(2024, 7, 9), ends_on=date(2024, 7, 15))
    for project in (a_draft(), a_running()):
        with pytest.raises(Refusal) as refused:
            lifecycle.amend(project, a_base(), round_2024(), given, FIRST_DAY)
        assert refused.value.code == "WRONG_STATE"
    suspended = lifecycle.suspend(a_running(), why("抽检整改"), FIRST_DAY)[0]
    with pytest.raises(Refusal, match="2024-07-08"):
        lifecycle.amend(suspended, a_base(), round_2024(), given, FIRST_DAY)
    faculty = Amendment(reason="换人", faculty=(FacultyMember("赵工"),))
    assert lifecycle.amend(a_running(), a_base(), round_2024(), faculty, FIRST_DAY)[1][0].faculty == ("赵工",)


def test_training_starts_on_its_first_day_and_ends_on_its_last() -> None:
    with pytest.raises(Refusal) as early:
        lifecycle.start(a_published(), None, REVIEWING)
    assert (early.value.code, early.value.rule) == ("TOO_EARLY", "R28")
    with pytest.raises(Refusal, match="2024-07-14"):
        lifecycle.finish(a_running(), round_2024(), FIRST_DAY)
    finished, (event,) = lifecycle.finish(a_running(), round_2024(), LAST_DAY)
    assert (finished.status, event.overrun) == (ProjectStatus.FINISHED, False)
    assert lifecycle.complete(finished, LAST_DAY, settled=True)[0].status is ProjectStatus.COMPLETED


def test_an_overrun_is_flagged_unless_the_ministry_extended_it() -> None:
    """R28: an end after the window."""
    running = a_running()
    assert lifecycle.overruns(running, round_2024(), DECEMBER)
    finished, (event,) = lifecycle.finish(running, round_2024(), DECEMBER)
    assert event.overrun
    assert lifecycle.overruns(finished, round_2024(), DECEMBER)
    extended, _ = window.extend(running, round_2024(), until=date(2024, 12, 5), reason=why("停课补训"), now=LAST_DAY)
    assert not lifecycle.finish(extended, round_2024(), DECEMBER)[1][0].overrun


def test_an_extension_is_later_than_allowed_and_of_a_live_project() -> None:
    for project, until, code in (
        (a_running(), date(2024, 11, 30), "INVALID_EXTENSION"),
        (lifecycle.finish(a_running(), round_2024(), LAST_DAY)[0], date(2024, 12, 5), "WRONG_STATE"),
    ):
        with pytest.raises(Refusal) as refused:
            window.extend(project, round_2024(), until=until, reason=why(), now=LAST_DAY)
        assert refused.value.code == code


def test_a_suspended_project_goes_on_where_it_stopped() -> None:
    for project in (a_published(), a_running()):
        suspended, _ = lifecycle.suspend(project, why("抽检整改"), FIRST_DAY)
        resumed, (event,) = lifecycle.resume(suspended, FIRST_DAY)
        assert resumed.status is event.status is project.status
        assert resumed.resumes_to is None


def test_a_suspended_project_does_not_start_by_itself() -> None:
    suspended, _ = lifecycle.suspend(a_published(), why("抽检整改"), FIRST_DAY)
    with pytest.raises(Refusal, match="已暂停"):
        lifecycle.start(suspended, None, FIRST_DAY)


def test_cancellation_says_why_and_by_whom() -> None:
    """R33: by the base or the ministry."""
    cancelled, (event,) = lifecycle.cancel(a_running(), why("生源不足"), "base", FIRST_DAY)
    assert (cancelled.status, event.by, event.reason) == (ProjectStatus.CANCELLED, "base", "生源不足")
    _, (called_off,) = lifecycle.cancel(a_running(), why("抽检不合格"), "ministry", FIRST_DAY)
    assert called_off.by == "ministry"


def test_what_is_not_published_is_not_cancelled() -> None:
    with pytest.raises(Refusal, match="草稿"):
        lifecycle.cancel(a_draft(), why("不办了"), "base", FIRST_DAY)


def test_new_dates_are_not_over_already() -> None:
    """R18, R28: a project that has not begun does not start in the past, and none is cut short backwards."""
    later = FIRST_DAY + timedelta(days=2)
    for project, given, field in (
        (a_published(), Amendment(reason="改", starts_on=date(2024, 7, 9)), "startsOn"),
        (a_running(), Amendment(reason="改", ends_on=date(2024, 7, 9)), "endsOn"),
    ):
        with pytest.raises(Refusal) as refused:
            lifecycle.amend(project, a_base(), round_2024(), given, later)
        assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R18")
        assert refused.value.details["fields"] == [field]
    today = Amendment(reason="提前", starts_on=later.date(), ends_on=date(2024, 7, 16))
    assert lifecycle.amend(a_published(), a_base(), round_2024(), today, later)[0].plan.starts_on == later.date()


def test_r28_a_start_after_the_planned_first_day_needs_a_reason_and_is_marked_as_late() -> None:
    on_time, (event,) = lifecycle.start(a_published(), None, FIRST_DAY.replace(hour=23))
    assert (on_time.started_late, event.late, event.reason) == (False, False, None)
    with pytest.raises(Refusal) as refused:
        lifecycle.start(a_published(), None, LAST_DAY)
    assert (refused.value.code, refused.value.rule) == ("REASON_MISSING", "R28")
    late, (told,) = lifecycle.start(a_published(), "台风推迟", LAST_DAY)
    assert (late.status, late.started_late, late.history[-1].reason) == (ProjectStatus.RUNNING, True, "台风推迟")
    assert (told.late, told.reason) == (True, "台风推迟")


def test_r28_nothing_begins_after_its_end() -> None:
    with pytest.raises(Refusal) as refused:
        lifecycle.start(a_published(), "忘记开班", NEXT_DAY)
    assert (refused.value.code, refused.value.rule, refused.value.details) == ("TOO_LATE", "R28", {"day": "2024-07-14"})


def test_r28_a_missed_start_is_told_once_for_each_planned_day() -> None:
    missed = FIRST_DAY + timedelta(days=1)
    with pytest.raises(Refusal):
        lifecycle.tell_missed_start(a_published(), FIRST_DAY.replace(hour=23))
    told, (event,) = lifecycle.tell_missed_start(a_published(), missed)
    assert (event.starts_on, event.ends_on, event.title) == (date(2024, 7, 8), date(2024, 7, 14), told.plan.title)
    assert told.awaits_start
    assert not lifecycle.start(told, "补开", missed)[0].awaits_start
    with pytest.raises(Refusal):
        lifecycle.tell_missed_start(told, missed)
    moved, _ = lifecycle.amend(
        told, a_base(), round_2024(), Amendment(reason="改期", starts_on=date(2024, 7, 15)), missed
    )
    assert not moved.awaits_start
    assert lifecycle.tell_missed_start(moved, datetime(2024, 7, 16, 1, tzinfo=SHANGHAI))[1][0].starts_on.day == 15


def test_r28_what_nobody_started_is_recorded_as_held_with_its_planned_dates() -> None:
    with pytest.raises(Refusal) as early:
        lifecycle.record_as_held(a_published(), round_2024(), why("忘记开班"), LAST_DAY, accepted=1)
    assert (early.value.code, early.value.details) == ("TOO_EARLY", {"day": "2024-07-15"})
    held, (event,) = lifecycle.record_as_held(a_published(), round_2024(), why("忘记开班"), DECEMBER, accepted=1)
    assert (held.status, held.recorded_afterwards, held.overran) == (ProjectStatus.FINISHED, True, False)
    assert (held.plan, held.history[-1].reason) == (a_published().plan, "忘记开班")
    assert (event.recorded_afterwards, event.overrun, event.reason) == (True, False, "忘记开班")


def test_r33_what_was_not_held_counts_as_a_cancellation() -> None:
    with pytest.raises(Refusal) as early:
        lifecycle.record_as_not_held(a_published(), why("无人报到"), LAST_DAY)
    assert early.value.code == "TOO_EARLY"
    ended, (event,) = lifecycle.record_as_not_held(a_published(), why("无人报到"), NEXT_DAY)
    assert (ended.status, ended.history[-1].reason) == (ProjectStatus.CANCELLED, "无人报到")
    assert (event.reason, event.by, event.not_held) == ("无人报到", "base", True)


def test_r28_what_was_started_is_not_recorded_afterwards() -> None:
    for record in (
        lambda: lifecycle.record_as_held(a_running(), round_2024(), why(), DECEMBER, accepted=1),
        lambda: lifecycle.record_as_not_held(a_running(), why(), DECEMBER),
    ):
        with pytest.raises(Refusal) as refused:
            record()
        assert refused.value.code == "WRONG_STATE"


def test_r28_a_finished_project_is_completed_when_the_rounds_days_are_over() -> None:
    """They count from the end, or from the day on which it was recorded."""
    current = replace(round_2024(), completion_days=30)
    finished, _ = lifecycle.finish(a_running(), current, LAST_DAY)
    with pytest.raises(Refusal) as early:
        lifecycle.complete_overdue(finished, current, datetime(2024, 8, 13, 23, tzinfo=SHANGHAI))
    assert (early.value.code, early.value.details) == ("TOO_EARLY", {"day": "2024-08-14"})
    completed, (event,) = lifecycle.complete_overdue(finished, current, datetime(2024, 8, 14, tzinfo=SHANGHAI))
    assert (completed.status, completed.history[-1].by, event.settled) == (ProjectStatus.COMPLETED, "system", False)
    held, _ = lifecycle.record_as_held(a_published(), current, why("忘记开班"), DECEMBER, accepted=1)
    with pytest.raises(Refusal):
        lifecycle.complete_overdue(held, current, DECEMBER)
    assert lifecycle.complete_overdue(held, current, DECEMBER + timedelta(days=31))


def test_an_overrun_is_flagged_while_suspended_and_only_if_it_has_begun() -> None:
    """R28: a begun project that is suspended across the end of the window."""
    suspended, _ = lifecycle.suspend(a_running(), why("抽检整改"), FIRST_DAY)
    assert lifecycle.overruns(suspended, round_2024(), DECEMBER)
    for other in (
        lifecycle.suspend(a_published(), why("抽检整改"), FIRST_DAY)[0],
        lifecycle.cancel(suspended, why("抽检不合格"), "ministry", FIRST_DAY)[0],
    ):
        assert not lifecycle.overruns(other, round_2024(), DECEMBER)


def test_an_extension_of_what_is_not_published_reaches_no_province() -> None:
    """R15, R17, R28: the audit has every act, the provinces what is public."""
    approved, until = a_decided(DecisionOutcome.APPROVE), date(2024, 12, 5)
    extended, (secret,) = window.extend(approved, round_2024(), until=until, reason=why("补训"), now=REVIEWING)
    assert (secret.province, extended.province) == ("00", "44")
    published, _ = decision.publish(approved, round_2024(), override=None, now=REVIEWING)
    _, (public,) = window.extend(published, round_2024(), until=until, reason=why("补训"), now=REVIEWING)
    assert public.province == "44"


def test_no_extension_goes_beyond_the_next_year() -> None:
    window.extend(a_running(), round_2024(), until=date(2025, 12, 31), reason=why("补训"), now=LAST_DAY)
    for until in (date(2026, 1, 1), date.max):
        with pytest.raises(Refusal) as refused:
            window.extend(a_running(), round_2024(), until=until, reason=why("补训"), now=LAST_DAY)
        assert refused.value.code == "INVALID_EXTENSION"


def test_suspension_names_no_rule_of_the_notice() -> None:
    for act in (
        lambda: lifecycle.suspend(a_draft(), why("整改"), FIRST_DAY),
        lambda: lifecycle.resume(a_draft(), FIRST_DAY),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.rule) == ("WRONG_STATE", None)


def test_r28_a_missed_end_is_told_once_and_the_class_finishes_by_itself_a_week_later() -> None:
    """It ended as planned, and so did not go past its window, though the window is over by then."""
    with pytest.raises(Refusal):
        lifecycle.tell_missed_finish(a_running(), LAST_DAY)
    told, (event,) = lifecycle.tell_missed_finish(a_running(), NEXT_DAY)
    assert (event.ends_on, event.until, event.title) == (date(2024, 7, 14), date(2024, 7, 22), told.plan.title)
    with pytest.raises(Refusal):
        lifecycle.tell_missed_finish(told, NEXT_DAY)
    for project, day in ((a_running(), DECEMBER), (told, NEXT_DAY + timedelta(days=6, hours=23))):
        with pytest.raises(Refusal) as early:
            lifecycle.finish_overdue(project, round_2024(), day)
        assert early.value.code == "TOO_EARLY"
    finished, (ended,) = lifecycle.finish_overdue(told, round_2024(), DECEMBER)
    assert (finished.status, finished.history[-1].by, finished.overran) == (ProjectStatus.FINISHED, "system", False)
    assert (ended.by, ended.overrun, ended.finished_on) == ("system", False, DECEMBER.date())


def test_r18_r28_a_new_last_day_an_extension_or_a_pause_gives_the_base_its_week_again() -> None:
    told, _ = lifecycle.tell_missed_finish(a_running(), NEXT_DAY)
    given = Amendment(reason="补课", ends_on=date(2024, 7, 16))
    longer, _ = lifecycle.amend(told, a_base(), round_2024(), given, NEXT_DAY)
    extended, _ = window.extend(told, round_2024(), until=date(2024, 12, 5), reason=why("补训"), now=NEXT_DAY)
    paused, _ = lifecycle.suspend(told, why("抽检整改"), NEXT_DAY)
    with pytest.raises(Refusal, match="已暂停"):
        lifecycle.finish_overdue(paused, round_2024(), DECEMBER)
    resumed, _ = lifecycle.resume(paused, DECEMBER)
    for project in (longer, extended, resumed):
        with pytest.raises(Refusal) as early:
            lifecycle.finish_overdue(project, round_2024(), DECEMBER)
        assert early.value.code == "TOO_EARLY"
        assert lifecycle.tell_missed_finish(project, DECEMBER)[1][0].until == date(2024, 12, 8)
    venue = Amendment(reason="换场地", venue=Venue("45", "南宁市"))
    assert lifecycle.amend(told, a_base(), round_2024(), venue, NEXT_DAY)[0].finishes_on == told.finishes_on


def test_r28_a_class_in_which_nobody_was_accepted_is_not_recorded_as_held() -> None:
    with pytest.raises(Refusal) as refused:
        lifecycle.record_as_held(a_published(), round_2024(), why("忘记开班"), DECEMBER, accepted=0)
    assert (refused.value.code, refused.value.rule, refused.value.unblock) == ("NOBODY_ACCEPTED", "R28", "BASE")
    assert lifecycle.record_as_not_held(a_published(), why("无人报名"), DECEMBER)


@pytest.mark.parametrize(
    ("day", "over"),
    [(datetime(2024, 7, 9, tzinfo=SHANGHAI), ["startsOn"]), (NEXT_DAY, ["startsOn", "endsOn"])],
)
def test_r17_a_plan_whose_training_should_have_begun_is_not_published(day: datetime, over: list[str]) -> None:
    approved = a_decided(DecisionOutcome.APPROVE)
    assert decision.publish(approved, round_2024(), override=why("补发"), now=FIRST_DAY)
    for override in (None, why("补发")):
        with pytest.raises(Refusal) as refused:
            decision.publish(approved, round_2024(), override=override, now=day)
        assert (refused.value.code, refused.value.rule, refused.value.unblock) == ("PLAN_OVER", "R17", "MINISTRY")
        assert refused.value.details["fields"] == over


def test_r28_an_extension_is_shortened_to_a_day_from_today_on_that_the_plan_does_not_pass() -> None:
    wrong, _ = window.extend(a_running(), round_2024(), until=date(2025, 12, 5), reason=why("补训"), now=LAST_DAY)
    given = Amendment(reason="补课", ends_on=date(2024, 12, 3))
    longer, _ = lifecycle.amend(wrong, a_base(), round_2024(), given, LAST_DAY)

    def extended(project: Project, until: date, now: datetime) -> date:
        result, (event,) = window.extend(project, round_2024(), until=until, reason=why("年份有误"), now=now)
        assert (event.until, result.history[-1].reason) == (until, "年份有误")
        return window.last_day(result, round_2024())

    assert extended(wrong, date(2024, 12, 5), LAST_DAY) == date(2024, 12, 5)
    assert extended(wrong, date(2024, 11, 30), LAST_DAY) == date(2024, 11, 30)  # it is taken back
    assert extended(longer, date(2024, 12, 3), DECEMBER) == date(2024, 12, 3)
    for project, until, now in (
        (wrong, date(2025, 12, 5), LAST_DAY),
        (wrong, date(2024, 11, 29), LAST_DAY),
        (wrong, date(2024, 11, 30), DECEMBER),
        (longer, date(2024, 12, 2), DECEMBER),
    ):
        with pytest.raises(Refusal) as refused:
            window.extend(project, round_2024(), until=until, reason=why("年份有误"), now=now)
        assert (refused.value.code, refused.value.rule) == ("INVALID_EXTENSION", "R28")
