"""R41: no text of an account holds anybody's ID number or mobile, however it is written into it."""

from typing import Any, cast

import pytest

from gateway.identity.deps import Deps
from gateway.identity.provisioning import provision_all
from kernel.errors import Refusal

EXPERT: dict[str, Any] = {"scope": "expert", "login": "e1", "person": "x1", "name": "陈明远"}
BASE: dict[str, Any] = {"scope": "base", "login": "b1", "bases": ["1"]}
NUMBERS = ("110101199003077758", "13800138000", "何敏13800138000", "１３８００１３８０００", "138 0013 8000")


async def refused(row: dict[str, Any]) -> str:
    """The reason why a list of this row is refused before anything is stored; no store is there."""
    with pytest.raises(Refusal) as refusal:
        await provision_all(cast("Deps", None), [row])
    assert refusal.value.code == "INVALID_ACCOUNTS"
    (wrong,) = refusal.value.details["rows"]
    return str(wrong["reason"])


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("row", "field", "code"),
    [(EXPERT, "login", "PERSONAL_LOGIN"), (EXPERT, "name", "INVALID_TEXT"), (EXPERT, "person", "INVALID_TEXT")],
)
async def test_r41_a_personal_number_in_a_text_of_an_account_is_refused(
    row: dict[str, Any], field: str, code: str, number: str
) -> None:
    assert await refused(row | {field: number}) == code


@pytest.mark.parametrize("number", NUMBERS)
async def test_r41_a_personal_number_is_no_base_and_no_code(number: str) -> None:
    assert await refused(BASE | {"bases": ["1", number]}) == "INVALID_TEXT"
    for field in ("organization", "school"):
        assert await refused(EXPERT | {field: number}) in {"INVALID_CREDIT_CODE", "INVALID_SCHOOL_CODE"}
    assert await refused(EXPERT | {"province": number}) == "UNKNOWN_PROVINCE"


async def test_r5_the_holder_of_an_account_has_the_name_of_one_person() -> None:
    for name in ("字" * 51, "a\x07b", "张三、李四", "专家1", "无", "···"):
        assert await refused(EXPERT | {"name": name}) == "INVALID_NAME"
