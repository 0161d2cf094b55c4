"""The benchmark of the write path counts each row's answer, and shows a miss as a miss."""

from collections import Counter

import pytest

from bench.writes.__main__ import BEFORE, MEASURES, extract
from bench.writes.callers import NO_ANSWER, codes_of
from bench.writes.measures import Load, Sample
from bench.writes.report import MORE_IS_BETTER, NEW, OLD, Samples, expected, figures, page

LOAD = Load()


def samples(better: float, outcomes: Counter[str] | None = None) -> Samples:
    """Two rounds of all measures in which the new side is so many times better, with these answers to acceptances."""
    found: dict[tuple[str, str], list[Sample]] = {}
    for measure in MEASURES:
        rows = [one for one in figures(LOAD) if one.measure == measure]
        answers = expected(LOAD).get(measure, Counter())
        old = {one.value: 20.0 for one in rows} | {"bare": 900.0, "bare cpu": 1.0, "cpu of mongod": 7.0}
        new = old | {one.value: 20.0 * better if one.unit in MORE_IS_BETTER else 20.0 / better for one in rows}
        found[measure, OLD] = [Sample(old, answers)] * 2
        found[measure, NEW] = [Sample(new, (outcomes if measure == "accept" else None) or answers)] * 2
    return found


def shown(given: Samples) -> str:
    return page(given, LOAD, commits={OLD: BEFORE, NEW: "this"}, idle={OLD: 0.04, NEW: 0.04})


def test_every_figure_has_a_measure_and_every_measure_a_figure() -> None:
    assert {figure.measure for figure in figures(LOAD)} == set(MEASURES)


def test_a_page_without_a_miss_says_so_nowhere() -> None:
    text = shown(samples(30.0))
    assert "missed" not in text
    assert "30.0× (30.0–30.0) | ≥ 12× | yes |" in text


def test_a_ratio_that_was_not_reached_is_shown_as_missed() -> None:
    assert "| 3.0× (3.0–3.0) | ≥ 12× | **missed** |" in shown(samples(3.0))


def test_one_wrong_answer_in_a_round_is_shown_as_missed() -> None:
    wrong = Counter({"ok": LOAD.seats, "CLASS_FULL": LOAD.accepted - LOAD.seats - 1, "INTERNAL": 1})
    assert "| 40 ok, 179 CLASS_FULL, 1 INTERNAL | 40 ok, 180 CLASS_FULL, **missed** |" in shown(samples(30.0, wrong))


def test_every_row_of_an_answer_is_counted_by_its_code() -> None:
    rows = [{"ok": True, "refusal": None}, {"ok": False, "refusal": {"code": "CLASS_FULL"}}]
    assert codes_of({"data": {"decideEnrollments": rows}}) == ["ok", "CLASS_FULL"]
    assert codes_of({"data": {"signUp": {"id": "1"}}}) == ["ok"]
    assert codes_of({"data": None, "errors": [{"extensions": {"code": NO_ANSWER}}]}) == [NO_ANSWER]


def test_a_commit_that_the_history_lacks_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(SystemExit, match="lacks 0000000"):
        extract("0000000", tmp_path_factory.mktemp("code"))
