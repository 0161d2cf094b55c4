"""The tables of refusals: one kind a code, and a code that several processes use is the kernel's."""

from collections import Counter

from contracts.refusals_page import tables


def test_a_code_has_one_kind_wherever_it_is_used() -> None:
    codes = Counter(kind.code for _, kinds in tables() for kind in kinds)
    assert len(codes) > 10
    assert [code for code, count in codes.items() if count > 1] == []


def test_every_kind_speaks_both_languages() -> None:
    for _, kinds in tables():
        for kind in kinds:
            assert kind.zh, kind.code
            assert kind.en, kind.code
            assert kind.zh != kind.en, kind.code
