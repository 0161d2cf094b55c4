"""R30: the book of a class says how far its records are, is published whole, and reminds the base in time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kernel.errors import Refusal
from services.assessment.domain import book as books
from services.assessment.domain.settlement import is_settled, settle
from services.assessment.domain.vocabulary import BookState, ProjectPhase, ResultOutcome
from tests.unit.assessment.examples import (
    BY,
    FINISHED,
    NOW,
    PROJECT,
    RECORD,
    code,
    confirmed,
    drafted,
    marked,
    passed,
    published,
)

ABSENT = marked(replace(RECORD, id="e2"), hours=dict.fromkeys(("s1", "s2", "s3", "s4"), 0))
BOOK = books.new_book(FINISHED)
FINAL = replace(BOOK, published_at=NOW)


def test_r30_the_book_is_open_then_closing_and_final_once_published() -> None:
    assert books.state_of(PROJECT, None) is BookState.OPEN
    assert books.state_of(FINISHED, None) is BookState.CLOSING
    assert books.state_of(FINISHED, replace(BOOK, reminded=2)) is BookState.CLOSING
    assert books.state_of(FINISHED, FINAL) is BookState.FINAL
    completed = replace(FINISHED, phase=ProjectPhase.COMPLETED)
    assert books.state_of(completed, None) is BookState.CLOSING
    assert books.state_of(replace(completed, finished_on=None), None) is BookState.FINAL  # completed before books


def test_r30_nothing_is_published_while_the_training_runs_or_a_result_is_lacking() -> None:
    with pytest.raises(Refusal) as refused:
        books.require_results([passed()], replace(BY, project=PROJECT))
    assert code(refused) == ("NOT_FINISHED", "R30")
    with pytest.raises(Refusal) as refused:
        books.require_results([drafted(marked(RECORD)), marked(replace(RECORD, id="e3")), ABSENT], BY)
    assert code(refused) == ("RESULTS_INCOMPLETE", "R30")
    assert refused.value.details == {"count": 1, "enrollments": ["e3"]}
    books.require_results([drafted(marked(RECORD)), ABSENT], BY)


def test_r29_r30_a_class_without_a_single_mark_is_no_class_of_no_shows() -> None:
    with pytest.raises(Refusal) as refused:
        books.require_results([RECORD], BY)
    assert code(refused) == ("RESULTS_INCOMPLETE", "R30")


def test_r30_the_publication_tells_the_counts_of_the_class() -> None:
    failed = published(marked(replace(RECORD, id="e3")), ResultOutcome.FAILED, 20)
    book, (event,) = books.publish(BOOK, [passed(), failed, published(ABSENT, ResultOutcome.INCOMPLETE, None)], BY)
    assert (book.published_at, book.late) == (NOW, False)
    counts = (event.attendees, event.passed, event.failed, event.incomplete, event.no_shows)
    assert counts == (3, 1, 1, 1, 1)
    assert (event.attended_hours, event.due_hours, event.late, event.province) == (64, 96, False, "44")


def test_r29_r30_the_counts_of_a_running_class_are_of_what_was_held() -> None:
    counts = books.count([marked(RECORD), replace(RECORD, id="e2")], replace(BY, project=PROJECT))
    assert (counts.attendees, counts.unmarked, counts.unassessed, counts.no_shows) == (2, 1, 2, 0)


def test_r30_the_base_is_reminded_before_on_and_after_the_day_once_each() -> None:
    """Due fifteen days after the end on 06-06: 06-21."""
    book, told = BOOK, []
    for offset in range(20):
        day = date(2024, 6, 10) + timedelta(days=offset)
        book, events = books.remind(book, FINISHED, day)
        told += [(day, event.due_on, event.overdue) for event in events]
    due = date(2024, 6, 21)
    assert told == [(date(2024, 6, 16), due, False), (due, due, False), (date(2024, 6, 22), due, True)]
    assert books.remind(replace(BOOK, published_at=NOW), FINISHED, due) == (FINAL, [])
    _, (late,) = books.remind(BOOK, FINISHED, date(2024, 8, 1))
    assert late.overdue  # after a pause one reminder is enough


def test_r30_a_project_is_settled_once_its_results_are_published() -> None:
    assert is_settled(FINISHED, FINAL)
    assert not is_settled(FINISHED, BOOK)
    assert not is_settled(FINISHED, None)
    assert not is_settled(replace(FINISHED, phase=ProjectPhase.COMPLETED), FINAL)
    settlement, (event,) = settle(FINISHED, [confirmed(passed()), passed(), ABSENT])
    assert (settlement.attendees, settlement.passed, settlement.credited) == (3, 2, 1)
    assert event.year == 2024
