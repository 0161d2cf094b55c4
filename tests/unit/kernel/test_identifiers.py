"""R3, R41: codes are normalised, checked and masked before they reach a domain."""

from datetime import date
from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from kernel import identifiers as codes
from kernel.errors import Refusal
from tests.support.identity_numbers import numbered

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_r3_a_school_code_is_ten_digits_with_a_known_province() -> None:
    assert codes.school_code(" ４１４４０００００１ ") == "4144000001"


@pytest.mark.parametrize("text", ["414400000", "41440000011", "4199000001", "41440000A1", ""])
def test_r3_a_wrong_school_code_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        codes.school_code(text)
    assert refused.value.extensions() == {
        "code": "INVALID_SCHOOL_CODE",
        "rule": "R3",
        "clause": "三（一）项目申报",
        "unblock": "SELF",
    }


def test_r3_real_credit_codes_pass() -> None:
    for code in ("91110000600037341L", "91350100M000100Y43", "12100000400000624D"):
        assert codes.credit_code(code.lower()) == code


@given(st.text(ALPHABET, min_size=2, max_size=2), st.text("0123456789", min_size=6, max_size=6), st.data())
def test_r3_one_changed_character_breaks_a_credit_code(head: str, region: str, data: st.DataObject) -> None:
    body = head + region + data.draw(st.text(ALPHABET, min_size=9, max_size=9))
    code = body + codes.credit_check_character(body)
    assert codes.credit_code(code) == code
    place = data.draw(st.integers(8, 16))
    other = data.draw(st.sampled_from([char for char in ALPHABET if char != code[place]]))
    with pytest.raises(Refusal) as refused:
        codes.credit_code(code[:place] + other + code[place + 1 :])
    assert refused.value.code == "INVALID_CREDIT_CODE"


def test_r3_credit_codes_with_a_letter_prefix_are_accepted() -> None:
    body = "N2440000MF0000001"
    assert codes.organization_code(body + codes.credit_check_character(body)).startswith("N2")


@pytest.mark.parametrize("number", ["440106197005121010", "44030519800512101X", "500103198005121012"])
def test_r41_an_id_number_may_have_a_county_code_that_is_younger_than_the_person(number: str) -> None:
    assert codes.id_number(number) == number


def test_r41_an_id_number_with_a_future_date_of_birth_is_refused() -> None:
    body = "44010629990512101"
    with pytest.raises(Refusal):
        codes.id_number(body + ric.calc_check_digit(body + "0"))


ROUND = date(2024, 5, 12)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("11010119800101001", "SHAPE"),
        ("11010119800101A011", "SHAPE"),
        ("110105194912310021", "CHECK_CHARACTER"),
        (numbered("00010119800101001"), "REGION"),
        (numbered("99010119800101001"), "REGION"),
        (numbered("66010119800101001"), "REGION"),
        (numbered("11010119801301001"), "BIRTH_DATE"),
        (numbered("11010118000101001"), "AGE"),
        (numbered("11010120200101001"), "AGE"),
        (numbered("11010120080513001"), "AGE"),
        (numbered("11010119480512001"), "AGE"),
    ],
)
def test_r20_an_id_number_of_nobody_of_working_age_is_refused_by_the_check_that_failed(
    number: str, problem: str
) -> None:
    with pytest.raises(Refusal) as refused:
        codes.id_number(number, ROUND)
    extensions = refused.value.extensions()
    assert (extensions["code"], extensions["problem"]) == ("INVALID_ID_NUMBER", problem)
    assert extensions["rule"] == ("R20" if problem == "AGE" else "R41")
    assert number not in str(extensions) + refused.value.zh + refused.value.en


@pytest.mark.parametrize("body", ["11010120080512001", "11010119480513001", "71000019800101001", "83000019800101001"])
def test_r20_who_is_sixteen_to_seventy_five_on_that_day_is_taken(body: str) -> None:
    number = numbered(body)
    assert codes.id_number(number, ROUND) == number


@given(st.dates(date(1880, 1, 1), date(2024, 5, 12)), st.dates(date(2024, 5, 12), date(2030, 12, 31)))
def test_r20_the_age_is_counted_in_full_years_on_the_day(born: date, on: date) -> None:
    number = numbered(f"440106{born:%Y%m%d}101")
    birthdays = sum((year, born.month, born.day) <= (on.year, on.month, on.day) for year in range(born.year + 1, 2031))
    try:
        codes.id_number(number, on)
        taken = True
    except Refusal:
        taken = False
    assert taken == (16 <= birthdays <= 75)


def test_r41_a_number_of_a_child_is_personal_all_the_same() -> None:
    assert codes.is_personal(numbered("11010120200101001"))
    assert codes.is_personal(numbered("99010119800101001"))


def test_r41_an_id_number_has_a_check_character_and_is_never_repeated() -> None:
    assert codes.id_number("11010519491231002x") == "11010519491231002X"
    with pytest.raises(Refusal) as refused:
        codes.id_number("110105194912310021")
    assert refused.value.code == "INVALID_ID_NUMBER"
    assert "1101" not in str(refused.value.extensions()) + refused.value.zh + refused.value.en


def test_r41_a_mobile_is_eleven_digits() -> None:
    assert codes.mobile("+86 138 0013 8000") == "13800138000"
    with pytest.raises(Refusal) as refused:
        codes.mobile("12800138000")
    assert (refused.value.code, refused.value.extensions()["field"]) == ("INVALID_MOBILE", "mobile")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+86 138 0013 8000", "13800138000"),
        ("０７５５-1234 5678", None),  # no local number begins with 1
        ("0755-8234 5678", "0755-82345678"),
        ("(010)66096194-8001", "(010)66096194-8001"),
        ("6609 6194", "66096194"),
        ("400-810-8888", "400-810-8888"),
        ("66094", None),
        ("12800138000", None),
        ("张主任 66096194", None),
    ],
)
def test_r5_a_telephone_number_is_a_mobile_or_a_landline(typed: str, kept: str | None) -> None:
    assert codes.phone(typed) == kept


def test_r41_masks_show_head_and_tail_only() -> None:
    assert codes.mask("110105194912310021") == "110***********0021"
    assert codes.mask("13800138000") == "138****8000"


@given(st.text(st.characters(categories=["Nd"], include_characters="+-"), max_size=30))
def test_r41_a_mask_hides_four_characters_at_least(text: str) -> None:
    masked = codes.mask(text)
    shown = masked.replace("*", "")
    assert masked.count("*") >= 4
    assert len(masked) == max(len(text), 4)
    assert len(shown) <= 7
    assert all(hidden in {"*", plain} for hidden, plain in zip(masked, text, strict=False))


@pytest.mark.parametrize(
    "text", ["13800138000", "+86 138 0013 8000", "１３８００１３８０００", "11010519491231002X", "11010519491231002x"]
)
def test_r41_id_and_mobile_numbers_are_personal_in_any_spelling(text: str) -> None:
    assert codes.is_personal(text)


@pytest.mark.parametrize(
    "text", ["3144000011", "91110000600037341L", "t31440000", "e20481734", "110105194912310020", "moe"]
)
def test_r41_codes_and_issued_names_are_not_personal(text: str) -> None:
    assert not codes.is_personal(text)


def test_r24_a_mail_address_is_ascii_and_one_line() -> None:
    assert codes.email(" Zhang.San@mail.example.edu.cn ") == "Zhang.San@mail.example.edu.cn"
    for wrong in (
        "",
        "zhang",
        "@example.cn",
        "a@b",
        "张@example.cn",
        "a@例.cn",
        "a b@example.cn",
        "a@b.cn\nBcc: c@d.cn",
        "a..b@example.cn",
        ".a@example.cn",
        "a.@example.cn",
        "=?utf-8?q?a?=@example.cn",
        "a" * 65 + "@example.cn",
    ):
        with pytest.raises(Refusal) as refused:
            codes.email(wrong)
        assert refused.value.code == "INVALID_EMAIL"
        assert not wrong or wrong not in str(refused.value.extensions()) + refused.value.zh + refused.value.en


def test_r24_every_accepted_mail_address_is_valid_in_a_mail_header() -> None:
    """What passes is what a mail can be addressed to, for all the characters that an atom may have."""
    for address in ("a.b@example.cn", "a'b+c=d@example.cn", "a" * 64 + "@example.cn", "?=x@a-b.example.cn"):
        assert Address(addr_spec=codes.email(address)).addr_spec == address


def test_r41_a_masked_mail_address_shows_its_first_letter_and_its_domain() -> None:
    assert codes.mask_email("zhang@example.cn") == "z***@example.cn"
