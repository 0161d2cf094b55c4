"""R17: full-text search of Chinese by pairs of neighbouring characters (ADR 12)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.catalog.domain.search import terms_of, terms_wanted

TEXT = "“双师型”教师数字化教学能力提升——ＡＩ＋Python 实训（第2期）"
HAN = st.text(st.sampled_from("数控机床教师培训，。、“”（） Ａa1"), max_size=30)


def finds(search: str, *texts: str) -> bool:
    wanted = set(terms_wanted(search))
    return bool(wanted) and wanted <= set(terms_of(*texts))


@pytest.mark.parametrize(
    "search",
    [
        "双师型教师",
        "「双师型」教师",
        "《双师型》教师",
        "双师型",
        "教师 提升",
        "提升，教师",
        "ai",
        "ＰＹＴＨＯＮ",
        "pyth",
        "python实训",
        "第２期",
        "师",
    ],
)
def test_a_text_is_found_by_its_words_however_they_are_typed(search: str) -> None:
    assert finds(search, TEXT)


@pytest.mark.parametrize("search", ["教师双师", "能力教学", "pthon", "第3期", "提升 校长", "", " ", "，。“”"])
def test_what_a_text_does_not_say_does_not_find_it(search: str) -> None:
    assert not finds(search, TEXT)


def test_nothing_is_found_across_two_texts() -> None:
    assert not finds("提升机械", "能力提升", "机械工程")


@given(text=st.one_of(HAN, st.text(max_size=60)), data=st.data())
def test_every_part_of_a_text_of_two_letters_or_more_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, min(len(text), start + 50)))]
    assert set(terms_wanted(part)) <= set(terms_of("别的", text))
    assert terms_wanted(part) or sum(char.isalnum() for char in part) == 0


@given(search=HAN, text=HAN)
def test_nothing_is_found_that_lacks_a_pair(search: str, text: str) -> None:
    def letters(word: str) -> str:
        return "".join(char for char in word.replace("Ａ", "a") if char.isalnum())

    searchable = letters(text)
    pairs = {a + b for word in search.replace("，", " ").replace("。", " ").replace("、", " ").split()
             for a, b in pairwise(letters(word))}  # fmt: skip
    if finds(search, text):
        assert all(pair in searchable for pair in pairs)


def test_a_search_without_an_end_is_refused() -> None:
    assert terms_wanted("教" * 100)
    with pytest.raises(Refusal) as refused:
        terms_wanted("教" * 101)
    assert (refused.value.code, refused.value.rule) == ("SEARCH_TOO_LONG", "R17")
