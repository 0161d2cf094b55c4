"""At which schools a person is on file, how employed, since when and until when (R20)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.enrollment.domain.vocabulary import Employment


@dataclass(frozen=True, slots=True, kw_only=True)
class Affiliation:
    """A person's time at one school.

    Attributes:
        school: The school's code.
        province: The school's, two digits; `00` for none.
        employment: How the school employs the person.
        since: Domain time at which it began; None where an earlier release has put the person on file.
        until: Domain time at which it ended; None while it lasts.
        reason: Why it ended, as the school has said; None for a move to another school.
    """

    school: str
    province: str
    employment: Employment
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None


Affiliations = tuple[Affiliation, ...]
"""All of a person's, in the order in which they began."""


def current(affiliations: Iterable[Affiliation]) -> Affiliations:
    """Those that last."""
    return tuple(affiliation for affiliation in affiliations if affiliation.until is None)


def at_school(affiliations: Iterable[Affiliation], school: str) -> Affiliation | None:
    """The one that lasts at a school; None where the person is not there."""
    return next((affiliation for affiliation in current(affiliations) if affiliation.school == school), None)


def ended(affiliations: Affiliations, school: str, now: datetime, reason: str | None) -> Affiliations:
    """With the one that lasts at a school ended."""
    return tuple(
        replace(affiliation, until=now, reason=reason)
        if affiliation.until is None and affiliation.school == school
        else affiliation
        for affiliation in affiliations
    )


def employed(affiliations: Affiliations, school: str, employment: Employment) -> Affiliations:
    """With another employment at a school, for as long as the person is there."""
    return tuple(
        replace(affiliation, employment=employment)
        if affiliation.until is None and affiliation.school == school
        else affiliation
        for affiliation in affiliations
    )
