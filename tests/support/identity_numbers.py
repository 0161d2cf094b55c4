"""Numbers of persons that are valid and that nobody has."""

from stdnum.cn import ric


def id_number(serial: int) -> str:
    """A resident identity number of somebody born on 1 January 1980 in Beijing.

    Args:
        serial: Up to 999.
    """
    return numbered(f"11010119800101{serial:03d}")


def numbered(body: str) -> str:
    """An ID number with its check character.

    Args:
        body: Its first 17 digits.
    """
    return body + str(ric.calc_check_digit(f"{body}0"))


def mobile(serial: int) -> str:
    """A mobile number.

    Args:
        serial: Up to 9999.
    """
    return f"1380000{serial:04d}"
