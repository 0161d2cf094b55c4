"""R34–R36: what notices of evaluations say, in both languages, of every kind of questionnaire and end."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.personal_numbers import holds_number
from services.enrollment.domain.notification_texts import message
from services.enrollment.domain.notifications import Facts, Notice, NoticeKind
from tests.unit.enrollment.examples import NOW

FACTS = Facts(until=date(2024, 7, 28), list_day="2024-07-09", short_code="K7M2Q9XDE0A1")


def said(kind: NoticeKind, facts: Facts) -> tuple[str, str]:
    return message(Notice(id="1", to="teacher:t1", kind=kind, reason=None, at=NOW, facts=facts))


@pytest.mark.parametrize(
    ("questionnaire", "zh", "en"),
    [
        ("TEACHING", "匿名评教", "The anonymous evaluation of teaching"),
        ("SATISFACTION", "满意度调查", "The satisfaction survey"),
        ("OF_A_LATER_RELEASE", "问卷", "The questionnaire"),
        (None, "问卷", "The questionnaire"),
    ],
)
def test_r34_r35_what_to_do_where_and_until_when_is_said_in_both_languages(
    questionnaire: str | None, zh: str, en: str
) -> None:
    for kind in (NoticeKind.EVALUATION, NoticeKind.EVALUATION_REMINDER):
        chinese, english = said(kind, replace(FACTS, questionnaire=questionnaire))
        assert zh in chinese
        assert en in english
        for text in (chinese, english):
            assert "2024-07-28" in text
            assert "/ballot/" in text
            assert "None" not in text
            assert not holds_number(text), "or the day's mail would leave it out"


def test_r34_the_notice_of_the_opening_has_the_code_of_the_list_of_keys() -> None:
    for text in said(NoticeKind.EVALUATION, replace(FACTS, questionnaire="TEACHING")):
        assert text.endswith("K7M2-Q9XD-E0A1")
        assert "2024-07-09" in text


def test_r36_every_end_is_said_in_both_languages_and_none_with_a_number() -> None:
    endings = {
        cause: said(NoticeKind.EVALUATION_RESULT, Facts(questionnaire="TEACHING", cause=cause))
        for cause in (None, "TOO_FEW", "KEY_LOST", "OF_A_LATER_RELEASE")
    }
    assert len({zh for zh, _ in endings.values()}) == len({en for _, en in endings.values()}) == 4
    assert "published" in endings[None][1]
