"""A base's annual assessment from its draft to its published grade (R38)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain import annual, annual_year, complaint
from services.assessment.domain.annual import AnnualText, Assessment
from services.assessment.domain.annual_events import (
    AnnualAppealDecided,
    AnnualAppealed,
    AnnualCommented,
    AnnualCommentsOpened,
    AnnualFinalized,
    AnnualItemAdjusted,
    AssessmentsComputed,
    GradesPublished,
)
from services.assessment.domain.indicators import EvidenceRow, Facts, measure
from services.assessment.domain.rubric import Grade, ItemKind
from services.assessment.domain.vocabulary import AnnualState, EvidenceKind, InstrumentKind, ProjectPhase, Severity
from tests.unit.assessment.annual_facts import (
    DAY,
    NATIONAL,
    NOW,
    ONLY,
    SHA,
    SICHUAN,
    SUBJECT,
    attendee,
    drafted,
    facts,
    finding,
    project,
    questionnaire,
    scoring,
)
from tests.unit.assessment.examples import code
from tests.unit.assessment.test_indicators import years

WHY = Reason("核对原始材料")
TEXT = AnnualText("有一期因台风延期")
COMMENT_UNTIL = date(2024, 12, 23)
"""Fifteen working days after Monday the second of December 2024."""
AFTERWARDS = datetime(2024, 12, 24, 4, tzinfo=UTC)
NO_MORE_APPEALS = datetime(2025, 3, 1, 4, tzinfo=UTC)


def opened(assessment: Assessment | None = None) -> Assessment:
    """An assessment that its base may comment on."""
    rubric = NATIONAL if assessment is None or assessment.rubric == NATIONAL.version else ONLY
    return annual.open_comments(assessment or drafted(), rubric, NOW)[0]


def final(assessment: Assessment | None = None, year: Sequence[Assessment] = ()) -> Assessment:
    """An assessment with its grade."""
    known = assessment or opened()
    rubric = NATIONAL if known.rubric == NATIONAL.version else ONLY
    return annual.finalize(known, year or [known], rubric, AFTERWARDS)[0]


def appealed() -> Assessment:
    """An assessment that its base has appealed against."""
    return annual.appeal(final(), TEXT, AFTERWARDS)[0]


def decided(*, upheld: bool) -> Assessment:
    """An assessment whose appeal is decided."""
    return annual.decide_appeal(appealed(), upheld=upheld, reason=WHY, now=AFTERWARDS)[0]


def adjusted(assessment: Assessment, item: str = "A1", hundredths: int = 500) -> Assessment:
    """An assessment with other points of an item."""
    return annual.adjust(assessment, NATIONAL, item, hundredths=hundredths, reason=WHY, now=NOW)[0]


def recomputed(
    current: Assessment, of: Facts, rubric: Any = NATIONAL, sha: str = SHA, complaints: Sequence[str] = ()
) -> Assessment:
    """The assessment, computed anew."""
    found, later = measure(rubric, of, DAY), NOW + timedelta(days=1)
    return annual.compute(current, SUBJECT, rubric, found, rubric_sha256=sha, now=later, complaints=complaints)


# Computing


def test_r38_an_assessment_is_of_one_base_and_one_year_by_a_version_of_the_rubric() -> None:
    draft = drafted()
    assert (draft.id, draft.base, draft.year, draft.rubric) == ("2024/b1", "b1", 2024, "2024.1")
    assert (draft.state, draft.computation) == (AnnualState.DRAFT, 1)
    assert draft.score_hundredths == 9_999 + 1
    assert draft.grade is Grade.EXCELLENT


def test_r38_every_number_says_how_many_facts_are_behind_it() -> None:
    rows = {item.code: item.evidence for item in drafted().items}
    assert (rows["A1"], rows["A2"], rows["C1"], rows["D1"], rows["E1"]) == (1, 3, 2, 1, 0)


def test_r38_a_base_without_projects_is_not_assessed_which_is_no_zero() -> None:
    draft = drafted(facts(projects=[], attendees=[], applications=[], questionnaires=[]))
    assert (draft.grade, draft.score_hundredths) == (Grade.NOT_ASSESSED, None)
    assert {item.computed_hundredths for item in draft.items} == {None}


def test_r38_an_item_without_data_is_left_out_and_its_weight_spread() -> None:
    draft = drafted(facts(questionnaires=[]))
    by_code = {item.code: item for item in draft.items}
    assert by_code["D1"].computed_hundredths is None
    assert by_code["A1"].most_hundredths == by_code["A1"].computed_hundredths == 1333
    assert draft.score_hundredths == pytest.approx(10_000, abs=10)


@given(years(), st.sampled_from([NATIONAL, SICHUAN]))
def test_r38_to_compute_again_from_the_same_facts_changes_nothing(year: Facts, rubric: Any) -> None:
    draft = drafted(year, rubric)
    assert recomputed(draft, year, rubric) is draft


@given(years())
def test_r38_the_most_that_all_items_can_bring_is_a_hundred_points(year: Facts) -> None:
    draft = drafted(year)
    counted = [item for item in draft.items if item.hundredths is not None]
    for item in counted:
        assert item.least_hundredths <= (item.hundredths or 0) <= item.most_hundredths
    if counted:
        assert abs(sum(item.most_hundredths for item in counted) - 10_000) <= len(counted)


def test_r38_to_compute_again_is_a_new_version_and_keeps_the_one_before() -> None:
    draft = drafted()
    later = recomputed(draft, facts(projects=[project(), project("p2", overrun=True)]))
    assert (later.computation, later.version, later.id) == (2, draft.version, draft.id)
    assert [(each.number, each.items) for each in later.earlier] == [(1, draft.items)]
    other = recomputed(later, facts(), SICHUAN, "1" * 64)
    assert (other.rubric, other.computation, len(other.earlier)) == ("sichuan.1", 3, 2)


def test_other_facts_with_the_same_sums_are_a_new_version_too() -> None:
    draft = drafted()
    other = recomputed(draft, facts(attendees=[attendee("e1"), attendee("e3")]))
    assert other is not draft


def test_r38_nothing_is_computed_before_december_of_the_year() -> None:
    with pytest.raises(Refusal) as refused:
        annual_year.require_season(2024, datetime(2024, 11, 30, 15, 59, tzinfo=UTC))
    assert code(refused) == ("WRONG_STATE", "R38")
    annual_year.require_season(2024, datetime(2024, 11, 30, 16, 0, tzinfo=UTC))


def test_r38_a_year_whose_bases_were_asked_is_not_computed_anew() -> None:
    annual_year.require_drafting(None)
    annual_year.require_drafting(_computed())
    with pytest.raises(Refusal) as refused:
        annual_year.require_drafting(annual_year.note_comments(_computed(), opened()))
    assert code(refused) == ("WRONG_STATE", "R38")


def test_r38_no_base_is_shown_what_an_interrupted_computation_has_left() -> None:
    """It leaves drafts of two rubrics, or of two looks at the facts, side by side."""
    annual_year.require_computed(_computed(), [drafted()], [])
    later = NOW + timedelta(days=1)
    for left in (replace(drafted(), rubric_sha256="f" * 64), replace(drafted(), computed_at=later)):
        with pytest.raises(Refusal) as refused:
            annual_year.require_computed(_computed(), [drafted(), left], [])
        assert code(refused) == ("WRONG_STATE", "R38")


def test_r38_no_base_is_shown_what_a_complaint_since_has_outdated() -> None:
    """Also by a rubric that does not count complaints: to compute again takes note of it, so nobody is stuck."""
    filed, _ = complaint.record("c1", SUBJECT, drafted(), AnnualText("经查属实"), NOW)
    with pytest.raises(Refusal) as refused:
        annual_year.require_computed(_computed(), [drafted()], [filed])
    assert code(refused) == ("ASSESSMENT_OUTDATED", "R38")
    assert (refused.value.details["count"], refused.value.details["bases"]) == (1, ["b1"])
    again = recomputed(drafted(), facts(), complaints=["c1"])
    assert (again.computation, again.items) == (2, drafted().items)
    annual_year.require_computed(_computed(), [replace(again, computed_at=NOW)], [filed])
    assert recomputed(again, facts(), complaints=["c1"]) is again
    annual_year.require_computed(_computed(), [], [filed])


@pytest.mark.parametrize("state", [AnnualState.COMMENTING, AnnualState.FINAL, AnnualState.APPEALED])
def test_r38_what_a_base_was_shown_is_not_computed_anew(state: AnnualState) -> None:
    with pytest.raises(Refusal) as refused:
        recomputed(replace(drafted(), state=state), facts())
    assert code(refused) == ("WRONG_STATE", "R38")


# The base's word


def test_r38_the_base_may_comment_for_fifteen_working_days() -> None:
    commenting, events = annual.open_comments(drafted(), NATIONAL, NOW)
    assert commenting.comment_until == COMMENT_UNTIL
    assert events == [
        AnnualCommentsOpened(base="b1", year=2024, province="44", base_name="某基地", until=COMMENT_UNTIL)
    ]
    last_moment = datetime(2024, 12, 23, 15, 59, tzinfo=UTC)
    commented, told = annual.comment(commenting, "A1", TEXT, last_moment)
    assert [(each.item, each.text) for each in commented.comments] == [("A1", TEXT.text)]
    assert isinstance(told[0], AnnualCommented)
    assert TEXT.text not in repr(told)
    with pytest.raises(Refusal) as refused:
        annual.comment(commenting, None, TEXT, last_moment + timedelta(minutes=1))
    assert code(refused) == ("NOT_COMMENTING", "R38")


def test_a_comment_has_a_text_and_an_item_that_there_is() -> None:
    for item, text, expected in ((None, AnnualText(""), "REASON_MISSING"), ("Z9", TEXT, "NOT_FOUND")):
        with pytest.raises(Refusal) as refused:
            annual.comment(opened(), item, text, NOW)
        assert refused.value.code == expected


def test_a_base_comments_fifty_times_at_most() -> None:
    commenting = opened()
    for _ in range(annual.MOST_COMMENTS):
        commenting, _events = annual.comment(commenting, None, TEXT, NOW)
    with pytest.raises(Refusal) as refused:
        annual.comment(commenting, None, TEXT, NOW)
    assert code(refused) == ("TOO_MANY_ROWS", "R38")


def test_r38_nobody_comments_on_a_draft_or_a_grade() -> None:
    for assessment in (drafted(), final(), appealed()):
        with pytest.raises(Refusal) as refused:
            annual.comment(assessment, None, TEXT, NOW)
        assert code(refused) == ("NOT_COMMENTING", "R38")


# Adjustments


def test_r38_the_ministry_adjusts_with_a_reason_and_the_computed_points_stay() -> None:
    before = opened()
    after, events = annual.adjust(before, NATIONAL, "A1", hundredths=500, reason=WHY, now=NOW)
    item = after.item("A1")
    assert (item.computed_hundredths, item.hundredths, item.reason) == (1000, 500, WHY.text)
    assert after.score_hundredths == (before.score_hundredths or 0) - 500
    assert [(each.code, each.before, each.after, each.reason) for each in after.adjustments] == [
        ("A1", 1000, 500, WHY.text)
    ]
    assert isinstance(events[0], AnnualItemAdjusted)
    again, _ = annual.adjust(after, NATIONAL, "A1", hundredths=700, reason=WHY, now=NOW)
    assert [each.after for each in again.adjustments] == [500, 700]
    assert again.item("A1").computed_hundredths == 1000


def test_to_adjust_to_the_same_points_changes_nothing() -> None:
    before = adjusted(opened())
    assert annual.adjust(before, NATIONAL, "A1", hundredths=500, reason=WHY, now=NOW) == (before, [])


@pytest.mark.parametrize(("item", "hundredths"), [("A1", -1), ("A1", 1001), ("F1", 1), ("F1", -1001)])
def test_r38_points_are_within_what_the_item_can_bring(item: str, hundredths: int) -> None:
    with pytest.raises(Refusal) as refused:
        adjusted(opened(), item, hundredths)
    assert code(refused) == ("POINTS_OUT_OF_RANGE", "R38")


def test_a_deduction_is_adjusted_below_nothing() -> None:
    assert adjusted(opened(), "F1", -300).score_hundredths == 9700


@pytest.mark.parametrize("item", ["Z9", "D1"])
def test_an_item_that_is_unknown_or_without_data_is_not_adjusted(item: str) -> None:
    with pytest.raises(Refusal) as refused:
        adjusted(opened(drafted(facts(questionnaires=[]))), item)
    assert code(refused) == ("NOT_FOUND", "R38")


def test_r38_no_points_are_changed_before_comments_are_open_or_after_the_grade() -> None:
    for assessment in (drafted(), final(), appealed(), decided(upheld=False)):
        with pytest.raises(Refusal) as refused:
            adjusted(assessment)
        assert code(refused) == ("WRONG_STATE", "R38")


# Grades


def test_r38_the_ministry_finalises_a_grade_once_the_time_for_comments_is_over() -> None:
    commenting = opened()
    with pytest.raises(Refusal) as refused:
        annual.finalize(commenting, [commenting], NATIONAL, datetime(2024, 12, 23, 15, 59, tzinfo=UTC))
    assert code(refused) == ("COMMENT_PERIOD_OPEN", "R38")
    graded, events = annual.finalize(commenting, [commenting], NATIONAL, datetime(2024, 12, 23, 16, 0, tzinfo=UTC))
    assert graded.state is AnnualState.FINAL
    (event,) = events
    assert isinstance(event, AnnualFinalized)
    assert (event.grade, event.version) == (graded.grade, 1)
    assert event.appeal_until == graded.appeal_until == date(2025, 1, 15), "of 2025 the first of January is off"


def test_r38_a_grave_finding_is_the_lowest_grade_whatever_is_adjusted() -> None:
    draft = drafted(facts(findings=[finding("f1", Severity.GRAVE)]))
    assert draft.grade is Grade.UNQUALIFIED
    assert adjusted(opened(draft), "E1", 1500).grade is Grade.UNQUALIFIED


def test_r38_nobody_is_excellent_with_a_major_finding() -> None:
    draft = drafted(facts(findings=[finding("f1", Severity.MAJOR, rectified=True)]))
    assert (draft.score_hundredths or 0) >= NATIONAL.bands[0].from_hundredths
    assert (draft.grade, draft.barred) == (Grade.QUALIFIED, True)
    graded = final(opened(draft))
    assert (graded.grade, graded.barred, graded.capped) == (Grade.QUALIFIED, True, False)


def test_a_base_that_is_not_assessed_is_graded_so() -> None:
    draft = drafted(facts(projects=[project(phase=ProjectPhase.SUSPENDED)], questionnaires=[]))
    assert final(opened(draft)).grade is Grade.NOT_ASSESSED


def graded_year(scores: Sequence[int], major: Sequence[int] = ()) -> list[Assessment]:
    """A year whose bases have these scores, all of them graded one after the other."""
    year = {
        each.id: each
        for place, score in enumerate(scores)
        if (each := opened(scoring(f"b{place:03d}", score, major=place in major)))
    }
    for key in list(year):
        year[key] = annual.finalize(year[key], year.values(), ONLY, AFTERWARDS)[0]
    return list(year.values())


def test_r38_a_fifth_of_the_assessed_bases_is_excellent_and_the_rest_is_capped() -> None:
    year = graded_year([9900, 9800, 9700, 9600, 9500, 9400, 9300, 9200, 9100, 8000])
    assert [each.grade for each in year[:3]] == [Grade.EXCELLENT, Grade.EXCELLENT, Grade.QUALIFIED]
    assert [each.capped for each in year] == [False, False, *[True] * 7, False]


def test_r38_whoever_ties_with_the_last_excellent_base_is_excellent_too() -> None:
    year = graded_year([9900, 9800, 9800, 9800, 9500, 9400, 9300, 9200, 9100, 8000])
    assert [each.grade is Grade.EXCELLENT for each in year] == [True] * 4 + [False] * 6


def test_r38_a_major_finding_leaves_its_place_to_the_next() -> None:
    year = graded_year([9900, 9800, 9700, 9600, 9500, 8000, 8000, 8000, 8000, 8000], major=[0])
    assert [each.grade is Grade.EXCELLENT for each in year[:4]] == [False, True, True, False]


@given(
    st.lists(st.integers(80, 100).map(lambda points: points * 100), min_size=1, max_size=30),
    st.sets(st.integers(0, 29), max_size=5),
)
def test_r38_no_more_than_a_fifth_is_excellent_but_for_ties(scores: list[int], major: set[int]) -> None:
    year = graded_year(scores, sorted(major))
    best = [each.score_hundredths or 0 for each in year if each.grade is Grade.EXCELLENT]
    places = len(scores) * 2000 // 10_000
    assert sum(score > min(best) for score in best) < places if best else True
    if len(best) > places:
        assert best.count(min(best)) > 1
    reached = [each for each in year if (each.score_hundredths or 0) >= 9000 and not each.barred]
    assert all(each.capped for each in reached if each.grade is not Grade.EXCELLENT)
    assert len(best) >= min(places, len(reached)), "no place stays empty that somebody has reached"
    assert not any(each.grade is Grade.EXCELLENT for each in year if each.barred)


def test_r38_grades_that_are_final_keep_their_places() -> None:
    """Who is adjusted past an excellent base afterwards finds the share taken, and is graded one lower."""
    year = [opened(scoring(f"b{place}", score)) for place, score in enumerate([9500, 9400, 9300, 9200, 9100])]
    year[0] = final(year[0], year)
    assert year[0].grade is Grade.EXCELLENT
    past = annual.adjust(year[1], ONLY, "P", hundredths=9600, reason=WHY, now=NOW)[0]
    late = final(past, [year[0], past, *year[2:]])
    assert (late.grade, late.capped) == (Grade.QUALIFIED, True)
    tied = annual.adjust(year[1], ONLY, "P", hundredths=9500, reason=WHY, now=NOW)[0]
    assert final(tied, [year[0], tied, *year[2:]]).grade is Grade.EXCELLENT, "a tie is in"


def test_r38_an_appeal_that_is_upheld_after_the_places_are_taken_stops_no_year() -> None:
    """It is made final one grade lower, so that the grades of the year can be published."""
    year = [opened(scoring(f"b{place}", score)) for place, score in enumerate([9500, 9300, 9200, 9100, 9000])]
    year[:2] = [final(each, year) for each in year[:2]]
    assert [each.grade for each in year[:2]] == [Grade.EXCELLENT, Grade.QUALIFIED]
    upheld = annual.appeal(year[1], TEXT, AFTERWARDS)[0]
    upheld = annual.decide_appeal(upheld, upheld=True, reason=WHY, now=AFTERWARDS)[0]
    upheld = annual.adjust(upheld, ONLY, "P", hundredths=9600, reason=WHY, now=AFTERWARDS)[0]
    again = final(upheld, [year[0], upheld, *year[2:]])
    assert (again.state, again.grade, again.capped) == (AnnualState.FINAL, Grade.QUALIFIED, True)


def test_r38_a_grade_is_made_final_once() -> None:
    for assessment in (drafted(), final(), appealed(), decided(upheld=False)):
        with pytest.raises(Refusal) as refused:
            annual.finalize(assessment, [assessment], NATIONAL, AFTERWARDS)
        assert code(refused) == ("WRONG_STATE", "R38")


# Appeals


def test_r38_the_base_may_appeal_within_fifteen_working_days() -> None:
    graded = final()
    last_moment = datetime(2025, 1, 15, 15, 59, tzinfo=UTC)
    contested, events = annual.appeal(graded, TEXT, last_moment)
    assert contested.state is AnnualState.APPEALED
    assert contested.grade is graded.grade
    assert isinstance(events[0], AnnualAppealed)
    assert TEXT.text not in repr(events)
    with pytest.raises(Refusal) as refused:
        annual.appeal(graded, TEXT, last_moment + timedelta(minutes=1))
    assert code(refused) == ("APPEAL_TOO_LATE", "R38")


def test_an_appeal_says_why_and_is_made_against_a_grade_once() -> None:
    for assessment, text, expected in (
        (final(), AnnualText(""), "REASON_MISSING"),
        (drafted(), TEXT, "WRONG_STATE"),
        (opened(), TEXT, "WRONG_STATE"),
        (appealed(), TEXT, "WRONG_STATE"),
        (decided(upheld=False), TEXT, "WRONG_STATE"),
    ):
        with pytest.raises(Refusal) as refused:
            annual.appeal(assessment, text, AFTERWARDS)
        assert refused.value.code == expected


def test_r38_an_appeal_that_is_dismissed_leaves_the_grade() -> None:
    before = appealed()
    after, events = annual.decide_appeal(before, upheld=False, reason=WHY, now=AFTERWARDS)
    assert (after.state, after.grade, after.finals) == (AnnualState.FINAL, before.grade, before.finals)
    assert events == [
        AnnualAppealDecided(base="b1", year=2024, province="44", base_name="某基地", upheld=False, reason=WHY.text)
    ]


def test_r38_an_appeal_that_is_upheld_opens_the_points_and_leads_to_the_next_version() -> None:
    before = decided(upheld=True)
    assert before.state is AnnualState.APPEALED
    assert before.takes_adjustments
    lower = adjusted(before, "B1", 0)
    after, events = annual.finalize(lower, [lower], NATIONAL, AFTERWARDS)
    assert (after.state, len(after.finals)) == (AnnualState.FINAL, 2)
    assert after.finals[0].score_hundredths == 10_000
    assert after.finals[1].score_hundredths == 9_000
    (event,) = events
    assert isinstance(event, AnnualFinalized)
    assert event.version == 2
    assert after.appeal_until == before.appeal_until


def test_an_appeal_is_decided_once() -> None:
    for assessment in (final(), decided(upheld=True), decided(upheld=False)):
        with pytest.raises(Refusal) as refused:
            annual.decide_appeal(assessment, upheld=True, reason=WHY, now=AFTERWARDS)
        assert code(refused) == ("WRONG_STATE", "R38")


# Publication


def _computed(bases: int = 1) -> annual_year.AssessmentYear:
    return annual_year.note_computation(None, 2024, NATIONAL, SHA, bases=bases, changed=bases, now=NOW)[0]


def test_a_computation_is_told_with_its_rubric_unless_nothing_is_different() -> None:
    year, events = annual_year.note_computation(None, 2024, NATIONAL, SHA, bases=2, changed=2, now=NOW)
    assert events == [AssessmentsComputed(year=2024, rubric="2024.1", rubric_sha256=SHA, bases=2, changed=2)]
    assert annual_year.note_computation(year, 2024, NATIONAL, SHA, bases=2, changed=0, now=NOW) == (year, [])
    later = NOW + timedelta(days=1)
    changed, events = annual_year.note_computation(year, 2024, NATIONAL, SHA, bases=2, changed=1, now=later)
    assert (changed.computed_at, len(events)) == (later, 1)


def test_r38_grades_are_published_when_every_one_of_them_stays() -> None:
    settled = final()
    for assessment, at in (
        (opened(), NO_MORE_APPEALS),
        (appealed(), NO_MORE_APPEALS),
        (decided(upheld=True), NO_MORE_APPEALS),
        (settled, datetime(2025, 1, 15, 15, 59, tzinfo=UTC)),
    ):
        with pytest.raises(Refusal) as refused:
            annual_year.publish_grades(_computed(), [assessment], at)
        assert code(refused) == ("WRONG_STATE", "R38")
    published, events = annual_year.publish_grades(_computed(), [settled], datetime(2025, 1, 15, 16, tzinfo=UTC))
    assert [(each.base, each.grade) for each in published.grades] == [("b1", settled.grade)]
    assert events == [GradesPublished(year=2024, bases=1)]
    assert annual_year.publish_grades(published, [settled], NO_MORE_APPEALS) == (published, [])


def test_r38_an_appeal_that_is_decided_holds_no_publication_up() -> None:
    published, _ = annual_year.publish_grades(_computed(), [decided(upheld=False)], AFTERWARDS)
    assert published.published_at == AFTERWARDS


def test_r38_who_is_not_assessed_has_no_published_grade() -> None:
    not_assessed = final(opened(drafted(facts(projects=[], questionnaires=[]), base="b2")))
    published, _ = annual_year.publish_grades(_computed(2), [not_assessed, final()], NO_MORE_APPEALS)
    assert [each.base for each in published.grades] == ["b1"]


def test_a_year_without_assessments_has_nothing_to_publish() -> None:
    with pytest.raises(Refusal) as refused:
        annual_year.publish_grades(_computed(0), [], NO_MORE_APPEALS)
    assert code(refused) == ("WRONG_STATE", "R38")


@given(years(), st.sampled_from([NATIONAL, SICHUAN]))
def test_r38_every_score_follows_from_the_facts_that_are_kept(year: Facts, rubric: Any) -> None:
    rows = {code: found.rows for code, found in measure(rubric, year, DAY).items()}
    assert annual.faults_of(drafted(year, rubric), rubric, rows) == []


def test_r38_what_does_not_follow_from_the_facts_is_named() -> None:
    rows = {code: found.rows for code, found in measure(NATIONAL, facts(), DAY).items()}
    draft = opened()
    assert annual.faults_of(adjusted(draft), NATIONAL, rows) == [], "what the ministry gives follows from its acts"
    assert annual.faults_of(draft, NATIONAL, rows | {"C1": rows["C1"][:1]}) == ["C1: evidence", "C1: inputs"]
    a1, *others = draft.items
    forged = replace(draft, items=(replace(a1, inputs={"done": 0, "of": 1}), *others))
    assert annual.faults_of(forged, NATIONAL, rows) == ["A1: inputs", "A1: points"]
    assert annual.faults_of(replace(draft, score_hundredths=1), NATIONAL, rows) == ["score"]
    assert annual.faults_of(replace(draft, grade=Grade.BASIC), NATIONAL, rows) == ["score"]


RUBRICS = {"2024.1": NATIONAL, "only": ONLY}


def two_bases() -> tuple[list[Assessment], dict[str, dict[str, tuple[EvidenceRow, ...]]]]:
    """Two bases of ten answers of 4.00 and thirty of 4.80, and the facts behind them."""
    teaching = InstrumentKind.TEACHING
    parts = {
        "b1": [questionnaire("i1", teaching, 400, counted=10)],
        "b2": [questionnaire("i2", teaching, 480, counted=30)],
    }
    national = dict.fromkeys(InstrumentKind, 0) | {teaching: 460}
    years = {base: facts(questionnaires=part, national=national) for base, part in parts.items()}
    rows = {
        f"2024/{base}": {code: found.rows for code, found in measure(NATIONAL, year, DAY).items()}
        for base, year in years.items()
    }
    return [drafted(year, base=base) for base, year in years.items()], rows


def test_r38_the_national_mean_follows_from_the_facts_of_all_bases() -> None:
    """A fact of one base that is changed with its own hash and sums is found in the mean that others were drawn to."""
    year, rows = two_bases()
    assert annual.national_faults_of(year, RUBRICS, rows) == []
    changed = EvidenceRow(EvidenceKind.INSTRUMENT, "i2", {"count": 30, "total_hundredths": 30 * 500})
    forged = rows | {"2024/b2": rows["2024/b2"] | {"D1": (changed,)}}
    wrong = ["2024/b1: D1: national mean", "2024/b2: D1: national mean"]
    assert annual.national_faults_of(year, RUBRICS, forged) == wrong
    assert annual.national_faults_of(year[:1], RUBRICS, rows) == wrong[:1], "a base that is missing is found too"


def test_r38_who_has_the_best_grade_follows_from_the_points_while_none_has_changed_since() -> None:
    year = finals_of([scoring(f"b{number}", 9_900 - number) for number in range(10)])
    assert [each.capped for each in year] == [False, False] + [True] * 8
    assert annual.follows_share(year)
    assert annual.national_faults_of(year, RUBRICS, {}) == []
    favoured = [*year[:2], replace(year[2], capped=False), *year[3:]]
    assert annual.national_faults_of(favoured, RUBRICS, {}) == ["2024/b2: share"]
    later = annual.Adjustment("P", 1, 2, "核对原始材料", AFTERWARDS + timedelta(days=1))
    assert not annual.follows_share([*year[:9], replace(year[9], adjustments=(later,))])
    assert not annual.follows_share([*year[:9], replace(year[9], state=AnnualState.APPEALED)])


def finals_of(drafts: list[Assessment]) -> list[Assessment]:
    """The drafts as they are when all their grades are final."""
    year = [annual.open_comments(draft, ONLY, NOW)[0] for draft in drafts]
    for place, assessment in enumerate(year):
        year[place], _ = annual.finalize(assessment, year, ONLY, AFTERWARDS)
    return year


def test_every_kind_of_item_is_in_the_national_rubric() -> None:
    assert {item.kind for item in NATIONAL.items} == set(ItemKind)
