"""Names of people who do not exist."""

_DIGITS = "零一二三四五六七八九"


def person_name(serial: int | str, before: str = "教师") -> str:
    """A name that nobody else has: `教师一二` for 12; no name has digits (R22).

    Args:
        serial: A number from 0, or a code of which only the digits are taken.
        before: What the name begins with.
    """
    return before + "".join(_DIGITS[int(digit)] for digit in str(serial) if digit.isdigit())
