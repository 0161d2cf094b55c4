"""The points of an annual assessment, by the golden examples and by what must hold of every rubric (R38, ADR 56)."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.reference import rubric_data
from services.assessment.domain.rubric import Grade, ItemKind, Rubric, points

VERSIONS = ("2024.1", "sichuan.1")
RUBRICS = {version: msgspec.convert(rubric_data(version), Rubric) for version in VERSIONS}
EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "rubric-examples.json").read_text("utf-8")
)
NATIONAL = RUBRICS["2024.1"]


@st.composite
def inputs(draw: st.DrawFn, rubric: Rubric = NATIONAL) -> dict[str, dict[str, int]]:
    """What a base's year may look like: some items without data, few or many of everything."""
    found: dict[str, dict[str, int]] = {}
    for item in rubric.items:
        if item.kind is ItemKind.RATIO:
            of = draw(st.integers(0, 50))
            found[item.code] = {"done": draw(st.integers(0, of)), "of": of}
        elif item.kind is ItemKind.MEAN:
            count = draw(st.integers(0, 300))
            total = count * draw(st.integers(100, 500))
            found[item.code] = {"count": count, "total_hundredths": total, "national_mean_hundredths": 452}
        else:
            names = sorted(item.loss_hundredths or {})
            found[item.code] = draw(st.dictionaries(st.sampled_from(names), st.integers(0, 4)))
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_the_golden_examples(example: dict[str, Any]) -> None:
    rubric = RUBRICS[example["rubric"].removeprefix("rubric-").removesuffix(".json")]
    made = points(rubric, example["inputs"])
    assert msgspec.to_builtins(made) == example["expected"]


@pytest.mark.parametrize("rubric", RUBRICS.values(), ids=lambda rubric: rubric.version)
def test_the_weights_of_a_rubric_add_up_to_a_hundred_and_its_bands_end_at_nothing(rubric: Rubric) -> None:
    assert rubric.weight == 100
    assert [band.from_hundredths for band in rubric.bands] == sorted(
        (band.from_hundredths for band in rubric.bands), reverse=True
    )
    assert rubric.bands[-1].from_hundredths == 0
    codes = {item.code for item in rubric.items}
    assert len(codes) == len(rubric.items)
    assert {code for code, _ in rubric.veto} <= codes
    assert all(item.events for item in rubric.items)
    assert {code for code, _ in rubric.excellent.not_with} <= codes
    assert set(rubric.quota.factor_bp) == set(Grade)
    for code, name in (*rubric.veto, *rubric.excellent.not_with):
        (item,) = (item for item in rubric.items if item.code == code)
        assert name in (item.loss_hundredths or {})


@given(inputs())
def test_a_score_is_the_sum_of_its_items_and_never_beyond_a_hundred(given: dict[str, dict[str, int]]) -> None:
    made = points(NATIONAL, given)
    if made.score_hundredths is None:
        assert (made.grade, made.items) == (Grade.NOT_ASSESSED, {})
    else:
        assert made.score_hundredths == max(sum(made.items.values()), 0)
        assert 0 <= made.score_hundredths <= 10_000 + len(NATIONAL.items)  # each item is rounded once


@given(inputs(), st.sampled_from([item.code for item in NATIONAL.items if item.kind is ItemKind.RATIO]))
def test_doing_more_never_costs_points(given: dict[str, dict[str, int]], code: str) -> None:
    before = points(NATIONAL, given)
    done, of = given[code]["done"], given[code]["of"]
    after = points(NATIONAL, given | {code: {"done": min(done + 1, of), "of": of}})
    assert (after.score_hundredths or 0) >= (before.score_hundredths or 0)


def test_a_base_without_data_for_half_of_the_weight_is_not_assessed() -> None:
    assert points(NATIONAL, {}).grade is Grade.NOT_ASSESSED
    assert points(NATIONAL, {"A1": {"done": 1, "of": 1}}).grade is Grade.NOT_ASSESSED


def test_a_grave_finding_is_the_lowest_grade_whatever_the_score() -> None:
    best = {item.code: {"done": 1, "of": 1} for item in NATIONAL.items if item.kind is ItemKind.RATIO}
    assert points(NATIONAL, best).grade is Grade.EXCELLENT
    assert points(NATIONAL, best | {"E1": {"GRAVE": 1}}).grade is Grade.UNQUALIFIED


def test_an_occurrence_that_the_rubric_does_not_know_is_a_defect_and_costs_nothing_in_silence() -> None:
    with pytest.raises(ValueError, match="HUGE"):
        points(NATIONAL, {"E1": {"HUGE": 1}})
