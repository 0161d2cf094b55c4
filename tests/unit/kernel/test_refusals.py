"""A refusal kind makes refusals whose sentences tell the case and never a personal number (R41)."""

import pytest

from kernel.errors import Unblock
from kernel.refusals import NOT_FOUND, TOO_MANY_ROWS, RefusalKind

WRONG = RefusalKind("WRONG", "不能{detail}：{used}", "Cannot {detail}: {used}", rule="R11", unblock=Unblock.BASE)


def test_details_are_in_the_sentences_and_in_the_extensions() -> None:
    refusal = WRONG(used=20, detail=("提交", "submit"))
    assert (refusal.zh, refusal.en) == ("不能提交：20", "Cannot submit: 20")
    assert refusal.extensions() | {"clause": None} == {
        "code": "WRONG",
        "rule": "R11",
        "clause": None,
        "unblock": "BASE",
        "used": 20,
    }


def test_a_case_may_name_its_own_rule_and_who_unblocks_it() -> None:
    refusal = WRONG(used=1, rule="R39", unblock=Unblock.MINISTRY)
    assert (refusal.rule, refusal.unblock) == ("R39", Unblock.MINISTRY)


def test_r41_a_detail_with_a_personal_number_is_not_repeated() -> None:
    assert NOT_FOUND(kind="teacher", id="110101198001010010").details == {"kind": "teacher", "id": "…"}
    several = WRONG(used=["请联系13800138000", "D1"], detail=("找13800138000", "ask"))
    assert several.details == {"used": ["…", "D1"]}
    assert several.zh == "不能…：['…', 'D1']"
    assert NOT_FOUND(kind="teacher", id="a13800138000b13800138000cc00").details["id"] == "a13800138000b13800138000cc00"


def test_a_detail_that_the_sentence_needs_must_be_given() -> None:
    with pytest.raises(KeyError):
        TOO_MANY_ROWS()
