"""Codes and numbers that people type, normalised and validated before they reach a domain (R3, R41)."""

import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime

from stdnum.cn import ric
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from kernel.dates import SHANGHAI
from kernel.reference import id_number_regions, provinces, working_age
from kernel.refusals import (
    CERTIFICATE_NUMBER_INVALID,
    INVALID_CREDIT_CODE,
    INVALID_EMAIL,
    INVALID_ID_NUMBER,
    INVALID_MOBILE,
    INVALID_SCHOOL_CODE,
)

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}\d{{6}}[{_CREDIT_ALPHABET}]{{10}}")
CERTIFICATE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What certificate numbers are made of: Crockford's Base32, in which no two letters look alike (R32)."""
_CERTIFICATE = re.compile(rf"GP\d{{4}}[{CERTIFICATE_LETTERS}]{{9}}")
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SCHOOL_CODE = re.compile(r"\d{10}")
_ID_NUMBER = re.compile(r"\d{17}[\dX]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(
    r"(?:\+?86-?)?(?:\(0\d{2,3}\)|0\d{2,3}-?)?[2-8]\d{6,7}(?:(?:-|转|EXT\.?)\d{1,6})?|[48]00-?\d{3}-?\d{4}"
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
# The local part is a dot-atom (RFC 5322), at most 64 characters, and does not begin as an encoded word does (RFC 2047).
_EMAIL = re.compile(rf"(?!=\?)(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_EMAIL = 254
_LONGEST_TYPED_NUMBER = 60  # with dashes, blanks and full-width letters
_LEAST_HIDDEN = 4
_AGE = "AGE"
_WORDS = {
    "SHAPE": ("应为18位，末位可为X", "it has 18 characters, digits but for a last X"),
    "CHECK_CHARACTER": ("末位校验码不符，请核对各位数字", "its last character does not fit: check every digit"),
    "REGION": ("前两位不是地区代码", "its first two digits are no region"),
    "BIRTH_DATE": ("第7至14位不是出生日期", "its digits 7 to 14 are no date of birth"),
    _AGE: ("年龄应为{least}至{most}周岁", "the person is between {least} and {most} years old"),
}
"""What is said of each problem of an ID number, in Chinese and in English."""


def _plain(text: str) -> str:
    """The code without what office programs do to it: full-width characters as ASCII, no blanks, upper case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def school_code(text: str) -> str:
    """Check a school identification code (学校标识码): 2 digits of type, 2 of province, 6 of serial number (R3).

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`.
    """
    code = _plain(text)
    if not _SCHOOL_CODE.fullmatch(code) or code[2:4] not in provinces():
        raise INVALID_SCHOOL_CODE()
    return code


def certificate_number(text: str) -> str:
    """Check the number of a certificate: `GP`, year, province, eight random letters, check character (R32).

    The check character is that of ISO/IEC 7064's hybrid system with M = 32: every single slip and 99.9 % of swapped
    neighbours are found without looking anything up. Dashes and blanks do not count; O is read as 0, I and L as 1.

    Args:
        text: As it was typed, such as `gp2411-k7m2-q9xd-e`.

    Returns:
        The 15 characters.

    Raises:
        Refusal: `CERTIFICATE_NUMBER_INVALID`.
    """
    number = _plain(text[:_LONGEST_TYPED_NUMBER]).replace("-", "").translate(_MISREAD)
    if not _CERTIFICATE.fullmatch(number) or not mod_37_36.is_valid(number, CERTIFICATE_LETTERS):
        raise CERTIFICATE_NUMBER_INVALID()
    return number


def numbered(body: str) -> str:
    """A certificate's number from its 14 first characters: with its check character (R32)."""
    return body + str(mod_37_36.calc_check_digit(body, CERTIFICATE_LETTERS))


def credit_code(text: str) -> str:
    """Check a unified social credit code: 18 characters, the last one a check character (R3, GB 32100-2015).

    python-stdnum refuses legal prefixes with a letter, such as `N2`, so it is not used here.

    Raises:
        Refusal: `INVALID_CREDIT_CODE`.
    """
    code = _plain(text)
    if not _CREDIT_CODE.fullmatch(code) or code[-1] != credit_check_character(code[:17]):
        raise INVALID_CREDIT_CODE()
    return code


def credit_check_character(body: str) -> str:
    """The 18th character of a credit code, computed from the first 17 (GB 32100-2015: weights 3^i mod 31)."""
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _CREDIT_ALPHABET[(31 - total) % 31]


def organization_code(text: str) -> str:
    """Check the login name of an organisation: a school code, or else a unified social credit code (R3).

    Raises:
        Refusal: `INVALID_SCHOOL_CODE` or `INVALID_CREDIT_CODE`.
    """
    code = _plain(text)
    return school_code(code) if len(code) <= 10 else credit_code(code)  # noqa: PLR2004 - the two lengths of R3


def province_of(code: str) -> str | None:
    """The province that an organisation's code tells; None for a body that is registered with the State (R3).

    The third and fourth characters are the province in both: of a school's code (学校标识码), and in the division where
    a unified social credit code was registered (GB 32100-2015, GB/T 2260).

    Args:
        code: A school code or a credit code, checked.
    """
    return code[2:4] if code[2:4] in provinces() else None


def id_number(text: str, on: date | None = None) -> str:
    """Check a resident identity number of 18 characters (R41, GB 11643).

    The county is not looked up: a number has the county code of the day it was issued, and codes have gone since.

    Args:
        text: The number as it was typed.
        on: The day on which the person must be of working age (R20); None where that does not matter.

    Raises:
        Refusal: `INVALID_ID_NUMBER`, whose `problem` is the check that failed (a key of `_WORDS`); it does not repeat
            the number.
    """
    code = _plain(text)
    if problem := _problem_of(code, on):
        least, most = working_age()
        zh, en = _WORDS[problem]
        words = zh.format(least=least, most=most), en.format(least=least, most=most)
        raise INVALID_ID_NUMBER(problem=problem, detail=words, rule="R20" if problem == _AGE else None)
    return code


def _problem_of(code: str, on: date | None) -> str | None:
    """Which check an ID number fails first; None for a good one."""
    if not _ID_NUMBER.fullmatch(code):
        return "SHAPE"
    if ric.calc_check_digit(code) != code[-1]:
        return "CHECK_CHARACTER"
    if code[:2] not in id_number_regions():
        return "REGION"
    born = _birth_date(code)
    if born is None:
        return "BIRTH_DATE"
    least, most = working_age()
    return _AGE if on and not least <= _age(born, on) <= most else None


def _birth_date(code: str) -> date | None:
    """The date of birth in an ID number; None where it is no date, or one to come."""
    with suppress(ValidationError):
        born: date = ric.get_birth_date(code)
        return born if born <= datetime.now(SHANGHAI).date() else None
    return None


def _age(born: date, on: date) -> int:
    """How many full years somebody is old on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _is_id_number(code: str) -> bool:
    """Whether it may be somebody's number: by shape, check character and date of birth, wherever it is from."""
    return bool(_ID_NUMBER.fullmatch(code)) and ric.calc_check_digit(code) == code[-1] and _birth_date(code) is not None


def mobile(text: str) -> str:
    """Check a mainland mobile number: 11 digits, with or without `+86` (R41).

    Raises:
        Refusal: `INVALID_MOBILE`; it does not repeat the number.
    """
    code = _plain(text).removeprefix("+86")
    if not _MOBILE.fullmatch(code):
        raise INVALID_MOBILE(field="mobile")
    return code


def phone(text: str) -> str | None:
    """A telephone number as it is kept: a mobile, or a landline with or without area code and extension (R5).

    Returns:
        The number without blanks; None for what is no number.
    """
    code = _plain(text)
    if _MOBILE.fullmatch(code.removeprefix("+86")):
        return code.removeprefix("+86")
    return code if _LANDLINE.fullmatch(code) else None


def is_personal(text: str) -> bool:
    """Whether the whole text is an identity number or a mobile number, which no name may be (R41)."""
    code = _plain(text)
    return _is_id_number(code) or bool(_MOBILE.fullmatch(code.removeprefix("+86")))


def email(text: str) -> str:
    """Check a mail address: ASCII only, which every mail server accepts (R24, RFC 5321).

    Raises:
        Refusal: `INVALID_EMAIL`; it does not repeat the address.
    """
    address = unicodedata.normalize("NFKC", text).strip()
    if not _EMAIL.fullmatch(address) or len(address) > _LONGEST_EMAIL:
        raise INVALID_EMAIL()
    return address


def mask_email(address: str) -> str:
    """A mail address with its user hidden: `z***@example.cn` (R41)."""
    user, _, domain = address.partition("@")
    return f"{user[:1]}***@{domain}"


def mask(text: str) -> str:
    """A number with at least four characters hidden: `110***********1234`, `8****00` (R41)."""
    shown = min(max(len(text) - _LEAST_HIDDEN, 0), 7)
    tail = (shown + 1) // 2
    hidden = max(len(text) - shown, _LEAST_HIDDEN)
    return f"{text[: shown - tail]}{'*' * hidden}{text[len(text) - tail :]}"
