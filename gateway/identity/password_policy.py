"""Refuse passwords that are guessed first (R4)."""

import re

from gateway.refusals import WEAK_PASSWORD
from kernel.errors import Refusal
from kernel.reference import weak_passwords

MINIMUM_LENGTH = 8
_KINDS = 2
_PIECES = 5
_AROUND = 6
_RUN = 3
_LOOKS_LIKE = str.maketrans("@4301!5$7", "aaeoiisst")
_KEYS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "!@#$%^&*()", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol")
_LINES = tuple(line for keys in (*_KEYS, *_COLUMNS) for line in (keys, keys[::-1]))


def check_new_password(password: str, *names: str | None) -> None:
    """Refuse a password that would be guessed first.

    Refused are: passwords that are short, or of letters, digits or symbols only; those that contain one of `names`;
    those made of a listed word, also with digits for letters, and little else; and runs over the keyboard and
    repetitions, such as `qwer1234` or `1qaz2wsx`.

    Args:
        password: The new password.
        names: Publicly known texts of the account: the login name, the organisation's codes.

    Raises:
        Refusal: `WEAK_PASSWORD`.
    """
    plain = password.lower()
    kinds = sum(any(test(char) for char in password) for test in (str.isdigit, str.isalpha, _is_other))
    named = any(name.lower() in plain for name in names if name)
    if len(plain) < MINIMUM_LENGTH or kinds < _KINDS or named or _is_listed(plain) or _pieces(plain) < _PIECES:
        raise weak_password()


def weak_password() -> Refusal:
    """The refusal of a password that would be guessed first, or that is the one to be replaced."""
    return WEAK_PASSWORD(minimum=MINIMUM_LENGTH)


def _is_listed(plain: str) -> bool:
    """Whether its letters, its digits, or its middle with digits read as letters is a listed word plus little else."""
    middle = re.sub("^[^a-z]+|[^a-z]+$", "", plain)
    cores = {re.sub("[^a-z]", "", plain), re.sub("[^0-9]", "", plain), middle.translate(_LOOKS_LIKE)}
    return any(len(plain) - len(core) <= _AROUND for core in cores & weak_passwords())


def _pieces(plain: str) -> int:
    """The number of pieces to remember: a run over the keyboard, a repetition, or any other single character."""
    count = 0
    while plain:
        length = max(_run(plain), _repetition(plain))
        plain = plain[length if length >= _RUN else 1 :]
        count += 1
    return count


def _run(text: str) -> int:
    length = 1
    while length < len(text) and any(text[: length + 1] in line for line in _LINES):
        length += 1
    return length


def _repetition(text: str) -> int:
    match = re.match(r"(.{1,4}?)\1+", text)
    return len(match.group()) if match else 1


def _is_other(char: str) -> bool:
    return not char.isalnum()
