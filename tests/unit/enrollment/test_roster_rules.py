"""R5, R20, R22: what a line means, what a row would write, and when a roster may be put in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from kernel.errors import Refusal
from kernel.reference import major_categories, roster_words
from services.enrollment.domain.roster.check import Facts, check, enter
from services.enrollment.domain.roster.roster import Roster, Row, commit, finish
from services.enrollment.domain.roster.rows import Codes, row_of, with_conflicts
from services.enrollment.domain.roster.sheet import Column, Line, ascii_code
from services.enrollment.domain.teacher import Sealed
from services.enrollment.domain.vocabulary import Audience, Employment, EnrollmentStatus, RosterMode, RosterState
from tests.unit.enrollment.examples import CALENDAR, NOW, a_project, a_teacher, an_enrollment

CODES = Codes.of(["GP-1"])
REAL = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = {
    Column.NAME: "教师",
    Column.ID_NUMBER: "x",
    Column.MOBILE: "x",
    Column.POST: "校长",
    Column.EMPLOYMENT: "兼职",
    Column.PROJECT: "GP-1",
}


def a_row(number: int = 1, person: str = "hash", mobile: str = "mobile", **texts: str | None) -> Row:
    """A row of a new leader; texts by column, None leaves one blank."""
    said = {column: text for column, text in (TEXTS | {Column(key): one for key, one in texts.items()}).items() if text}
    row = Row(
        id=f"r:{number}",
        roster="r",
        number=number,
        said={},
        name="",
        kept_until=REAL,
        id_number=Sealed("s", "m", person),
        mobile=Sealed("s", "m", mobile) if Column.MOBILE in said else None,
    )
    return row_of(Line(number, said), row, CODES, major_categories())


def the_facts(**more: Any) -> Facts:
    return Facts("4144100001", "44", NOW, projects={"GP-1": a_project()}, rounds={2024: CALENDAR}, **more)


def codes(row: Row) -> list[str]:
    return [one.code for one in row.problems]


def a_roster(**changes: Any) -> Roster:
    roster = Roster(
        id="r",
        version=1,
        school="4144100001",
        province="44",
        file_name="",
        by="赵主任",
        total=2,
        good=2,
        warned=0,
        ignored=(),
        created_at=NOW,
        expires_at=REAL + timedelta(days=7),
        kept_until=REAL + timedelta(days=14),
    )
    return replace(roster, **changes)


@pytest.mark.parametrize("word", ["6", "06", "６", "装备制造", "装备制造大类", "06装备制造", "6、装备制造大类"])
def test_a_major_category_is_known_by_its_ordinal_its_name_or_both(word: str) -> None:
    row = a_row(majorCategory=word)
    assert (row.major_category, row.faults) == (6, ())


@pytest.mark.parametrize(
    ("word", "post"),
    [
        *[(word, Audience.MIDDLE_MANAGER) for word in ("教务处主任", "系主任", "中层干部", " 学生处 处长")],
        *[(word, Audience.LEADER) for word in ("党委书记", "副校长", "校领导")],
        *[(word, Audience.TEACHER) for word in ("任课教师", "实训指导教师", "老师", "专任教师")],
    ],
)
def test_r20_the_words_that_offices_write_for_posts_are_understood(word: str, post: Audience) -> None:
    row = a_row(post=word)
    assert (row.post, row.faults) == (post, ())


@pytest.mark.parametrize(
    ("word", "employment"),
    [
        *[(word, Employment.FULL_TIME) for word in ("专任教师", "在编", "专职")],
        *[(word, Employment.PART_TIME) for word in ("兼职教师", "外聘", "兼职")],
    ],
)
def test_r20_the_words_that_offices_write_for_employment_are_understood(word: str, employment: Employment) -> None:
    row = a_row(employment=word)
    assert (row.employment, row.faults) == (employment, ())


@pytest.mark.parametrize(
    ("word", "ordinal"), [("电子信息大类", 11), ("土木建筑类", 4), ("11电子信息", 11), ("财经与商贸", 13)]
)
def test_r22_the_words_that_offices_write_for_major_categories_are_understood(word: str, ordinal: int) -> None:
    row = a_row(majorCategory=word)
    assert (row.major_category, row.faults) == (ordinal, ())


def test_the_words_of_offices_are_codes_and_mean_one_thing() -> None:
    for kind, meant in roster_words().items():
        words = [word for words in meant.values() for word in words]
        assert len(words) == len(set(words)), kind
        assert [word for word in words if ascii_code(word) != word] == []
    assert not {word for words in roster_words()["major_categories"].values() for word in words} & {
        *major_categories().values()
    }


@pytest.mark.parametrize("word", ["20", "0", "7装备制造", "航天", "装备", "9" * 30, "00061"])
def test_another_major_category_is_refused(word: str) -> None:
    assert [one.code for one in a_row(majorCategory=word).faults] == ["UNKNOWN_MAJOR_CATEGORY"]


@pytest.mark.parametrize("word", ["0", "-1", "1.5", "一", "10000"])
def test_a_rank_is_a_place(word: str) -> None:
    assert [one.code for one in a_row(rank=word).faults] == ["INVALID_RANK"]
    assert a_row(rank="０３").rank == 3


def test_r20_posts_and_employments_are_known_by_schools_words_and_by_ours() -> None:
    assert (a_row().post, a_row().employment) == (Audience.LEADER, Employment.PART_TIME)
    assert a_row(post="middle_manager").post is Audience.MIDDLE_MANAGER


def test_people_on_file_need_no_more_than_name_number_and_project() -> None:
    row = a_row(mobile="", post=None, employment=None)
    assert codes(check(row, the_facts())) == ["FIELD_MISSING"]
    assert codes(check(row, the_facts(people={"hash": a_teacher()}))) == []
    assert codes(check(a_row(name=None, projectCode=None), the_facts())) == ["FIELD_MISSING"]


def test_r22_a_name_is_the_same_however_it_was_spaced_when_it_was_put_on_file() -> None:
    row = a_row(name="张三")
    assert codes(check(row, the_facts(people={"hash": a_teacher(name="张 三")}))) == []
    assert codes(check(row, the_facts(people={"hash": a_teacher(name="张四")}))) == ["NAME_MISMATCH"]


def test_r22_the_moment_of_the_commit_counts_for_the_deadline() -> None:
    late = replace(the_facts(), at=CALENDAR.calendar["ENROL"].closes_at)
    assert codes(check(a_row(), late)) == ["PHASE_CLOSED"]
    assert codes(check(a_row(), replace(late, at=late.at - timedelta(seconds=1)))) == []


def test_two_lines_that_contradict_each_other_are_found_and_the_first_stands() -> None:
    rows = [
        a_row(1),
        a_row(2, name="另一"),
        a_row(3, mobile="other"),
        a_row(4, person="other", mobile="mobile"),
        a_row(5, projectCode="GP-2"),
        a_row(6),
    ]
    found = [[(one.code, (one.details or {}).get("row")) for one in row.faults] for row in with_conflicts(rows)]
    assert found == [
        [],
        [("CONFLICTING_ROWS", 1), ("DUPLICATE_ROW", 1)],
        [("CONFLICTING_ROWS", 1), ("DUPLICATE_ROW", 1)],
        [],
        [],
        [("DUPLICATE_ROW", 1)],
    ]


def test_r5_a_row_writes_a_teacher_and_a_submitted_enrollment_under_the_designated_person() -> None:
    facts, ids = the_facts(), count(1)
    entry = enter(check(a_row(rank="2"), facts), facts, "赵主任", lambda: f"id{next(ids)}")
    assert entry.teacher
    assert (entry.teacher[0].id, entry.row.teacher, entry.row.enrollment) == ("id1", "id1", "id2")
    assert [type(event).__name__ for event in entry.events] == ["SignedUp", "Ranked", "Submitted"]
    assert (entry.enrollment.status, entry.enrollment.submitted_at) == (EnrollmentStatus.SUBMITTED, NOW)
    assert {change.by for change in entry.enrollment.history} == {"赵主任"}
    assert codes(check(a_row(2), facts)) == ["SECOND_SIGN_UP"]


def test_a_sign_up_of_the_teachers_own_is_handed_in() -> None:
    facts = the_facts(people={"hash": a_teacher()}, live={("t1", "p1"): an_enrollment()})
    entry = enter(check(a_row(), facts), facts, "赵主任", lambda: "new")
    assert (entry.teacher, entry.signed_up, entry.enrollment.id) == (None, an_enrollment(), "e1")
    assert [type(event).__name__ for event in entry.events] == ["Submitted"]


def test_what_is_in_the_file_never_changes_what_is_on_file() -> None:
    facts = the_facts(people={"hash": a_teacher()})
    checked = check(a_row(title="教授"), facts)
    assert [(one.code, one.details) for one in checked.warnings] == [
        ("DIFFERS_FROM_FILE", {"columns": ["mobile", "post", "employment", "title"]})
    ]
    enter(checked, facts, "赵主任", lambda: "new")
    assert facts.people["hash"] == a_teacher()


@pytest.mark.parametrize(
    ("roster", "mode", "code"),
    [
        (a_roster(state=RosterState.COMMITTING), RosterMode.VALID_ROWS, "WRONG_STATE"),
        (a_roster(expires_at=REAL), RosterMode.VALID_ROWS, "ROSTER_EXPIRED"),
        (a_roster(good=1), RosterMode.ALL_OR_NOTHING, "ROSTER_HAS_BAD_ROWS"),
        (a_roster(good=0), RosterMode.VALID_ROWS, "ROSTER_HAS_NO_GOOD_ROW"),
    ],
)
def test_r22_what_may_not_be_put_in_is_refused(roster: Roster, mode: RosterMode, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        commit(roster, mode, "赵主任", NOW, REAL)
    assert (refused.value.code, refused.value.rule) == (code, "R22")


def test_a_roster_tells_of_its_commit_and_of_its_end() -> None:
    committed, (told,) = commit(a_roster(good=1), RosterMode.VALID_ROWS, "钱主任", NOW, REAL)
    assert (committed.state, committed.committed_at, committed.by) == (RosterState.COMMITTING, NOW, "钱主任")
    assert (told.rows, told.mode) == (2, RosterMode.VALID_ROWS)
    ended, (last,) = finish(replace(committed, done=2, entered=1), RosterState.COMMITTED, NOW)
    assert (ended.finished_at, last.entered, last.refused) == (NOW, 1, 1)
