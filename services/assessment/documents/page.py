"""What is printed of a certificate (R32)."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is printed: all that the certificate claims, so that an edited page is seen when it is checked.

    Attributes:
        number: The certificate's number, 15 characters.
        printed: The number as people read it.
        name: The attendee's name.
        code: The project's code.
        title: The project's title.
        base: The base's name.
        starts_on: ISO 8601.
        ends_on: ISO 8601.
        class_hours: Class hours of the plan.
        attended_hours: Class hours attended.
        issued_on: ISO 8601.
        link: What the QR code holds.
        check: Where a number is checked, for people.
        jws: The signed twin, attached as `certificate.jwt`.
    """

    number: str
    printed: str
    name: str
    code: str
    title: str
    base: str
    starts_on: str
    ends_on: str
    class_hours: int
    attended_hours: int
    issued_on: str
    link: str
    check: str
    jws: str

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**content)
