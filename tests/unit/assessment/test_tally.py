"""What is published of an evaluation, and what is not (R36)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.reference import questionnaires
from services.assessment.domain.instrument import form_of
from services.assessment.domain.tally import ItemResult, Tally, is_valid, masked, tally

EXAMPLES = json.loads(
    (Path(__file__).parents[2] / "contract" / "vectors" / "tally-examples.json").read_text(encoding="utf-8")
)
FORMS = {content["version"]: form_of(content)[0] for content in questionnaires()["forms"]}
SURVEY, TEACHING = FORMS["satisfaction-2024.1"], FORMS["teaching-2024.1"]


def _item(item: ItemResult) -> dict[str, Any]:
    spread = list(item.distribution) if item.distribution else None
    return {"answered": item.answered, "meanHundredths": item.mean_hundredths, "distribution": spread}


def shown(result: Tally | None) -> dict[str, Any]:
    """A result as the examples have it."""
    if result is None:
        return {"state": "SUPPRESSED"}
    return {
        "state": "PUBLISHED",
        "counted": result.counted,
        "invalid": result.invalid,
        "meanHundredths": result.mean_hundredths,
        "project": [_item(item) for item in result.project],
        "faculty": {teacher.key: [_item(item) for item in teacher.items] for teacher in result.faculty},
        "texts": [list(answers) for answers in result.texts],
    }


def sheet(*marks: int, texts: tuple[str, str] = ("", "")) -> dict[str, Any]:
    project = [*marks, *[0] * (10 - len(marks))]
    return {"v": 1, "form": "satisfaction-2024.1", "project": project, "texts": list(texts)}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_r36_a_tally_is_that_of_the_examples(example: dict[str, Any]) -> None:
    found = tally(FORMS[example["form"]], example["faculty"], example["eligible"], example["ballots"])
    assert shown(found) == example["expected"]


@pytest.mark.parametrize("number", range(7))
def test_r36_below_five_ballots_nothing_is_published(number: int) -> None:
    result = tally(SURVEY, [], 30, [sheet(4)] * number)
    assert (result is None) is (number < 5)


def test_r36_what_everybody_answers_alike_is_not_shown_and_does_not_enter_the_mean() -> None:
    result = tally(SURVEY, [], 5, [sheet(5, mark) for mark in (1, 2, 3, 4, 5)])
    assert result is not None
    assert result.project[0] == ItemResult(5, None, None)
    assert (result.project[1], result.mean_hundredths) == (ItemResult(5, 300, (1, 1, 1, 1, 1)), 300)


def test_r36_what_more_than_those_who_could_answer_give_alike_is_not_shown() -> None:
    result = tally(SURVEY, [], 5, [sheet(5)] * 6)
    assert result is not None
    assert result.project[0] == ItemResult(6, None, None)


def test_r36_a_question_that_four_answered_shows_not_even_their_number() -> None:
    result = tally(SURVEY, [], 30, [sheet(5, 4)] * 4 + [sheet(5)] * 4)
    assert result is not None
    assert (result.project[0].answered, result.project[1]) == (8, ItemResult(None, None, None))


def test_r36_texts_are_shown_from_five_on_and_in_no_order_of_theirs() -> None:
    four = [sheet(4, texts=("好", word)) for word in "戊丁丙乙"]
    result = tally(SURVEY, [], 30, [*four, sheet(4, texts=("好", ""))])
    assert result is not None
    assert result.texts == (("好",) * 5, ())


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {**sheet(4), "more": 1},
        {**sheet(4), "v": True},
        {**sheet(4), "v": 2},
        {**sheet(4), "form": "teaching-2024.1"},
        {**sheet(4), "project": [4] * 9},
        {**sheet(4), "project": [4] * 9 + [6]},
        {**sheet(4), "project": [4] * 9 + [-1]},
        {**sheet(4), "project": [4] * 9 + [True]},
        {**sheet(4), "project": [4] * 9 + [4.0]},
        {**sheet(4), "texts": [""]},
        {**sheet(4), "texts": ["x" * 251, ""]},
        {**sheet(4), "texts": ["a\nb", ""]},
        {**sheet(4), "texts": ["\u202e", ""]},
        {**sheet(4), "faculty": {}},
    ],
)
def test_r36_a_sheet_of_another_shape_does_not_count(wrong: Any) -> None:
    assert not is_valid(SURVEY, [], wrong)
    result = tally(SURVEY, [], 30, [sheet(4)] * 5 + [wrong])
    assert result is not None
    assert (result.counted, result.invalid) == (5, 1)


@pytest.mark.parametrize("text", ["\U0002ebf0老师讲得好", "\u31ef", "\u2ffc", "很好 谢谢", "𫖯"])
def test_r36_a_character_that_is_newer_than_our_unicode_voids_no_sheet(text: str) -> None:
    """GB 18030 has characters of names that this Python does not know."""
    assert is_valid(SURVEY, [], sheet(4, texts=(text, "")))


def test_r34_a_teacher_who_is_not_of_the_project_cannot_be_rated() -> None:
    good = {"v": 1, "form": "teaching-2024.1", "project": [4] * 6, "texts": [""] * 3, "faculty": {"f1": [5] * 4}}
    assert is_valid(TEACHING, ["f1", "f2"], good)
    assert not is_valid(TEACHING, ["f2"], good)
    assert not is_valid(TEACHING, ["f1"], {**good, "faculty": {"f1": [5] * 3}})
    assert not is_valid(TEACHING, ["f1"], {name: good[name] for name in good if name != "faculty"})


@given(st.lists(st.lists(st.integers(0, 5), min_size=10, max_size=10), min_size=5, max_size=30), st.integers(0, 40))
def test_r36_no_result_tells_of_fewer_than_five(rows: list[list[int]], more: int) -> None:
    sheets = [sheet(*row) for row in rows]
    result = tally(SURVEY, [], len(rows) + more, sheets)
    assert result == tally(SURVEY, [], len(rows) + more, sheets[::-1])
    assert result is not None
    for place, item in enumerate(result.project):
        given_marks = [row[place] for row in rows if row[place]]
        assert item.answered == (len(given_marks) if len(given_marks) >= 5 else None)
        if item.distribution is not None:
            assert sum(item.distribution) == len(given_marks) >= 5


def test_r41_a_long_number_in_a_text_is_masked() -> None:
    assert masked("请联系 138 0000-0001。第3期") == "请联系 …。第3期"
    assert masked("2024年第12期") == "2024年第12期"


@pytest.mark.parametrize(
    "written",
    [
        "138.1234.5678",
        "138/1234/5678",
        "138_1234_5678",
        "138  1234  5678",
        "１３８．１２３４．５６７８",
        "一三八一二三四五六七八",
        "11010519491231002X",
        "110105.19491231.002X",
        "010-12345678",
    ],
)
def test_r41_a_number_is_masked_however_it_is_written(written: str) -> None:
    assert masked(f"电话{written}") == "电话…"
