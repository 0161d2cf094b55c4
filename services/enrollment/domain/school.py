"""Schools and their designated persons (R3, R5)."""

from dataclasses import dataclass, replace
from datetime import datetime

from kernel.free_text import Name, PersonName, Reason
from kernel.refusals import INVALID_CONTACT
from services.enrollment.domain.events import PersonDesignated, SchoolRegistered, SchoolRenamed
from services.enrollment.domain.refusals import (
    DESIGNATED_PERSON_MISSING,
    INVALID_SCHOOL,
    NO_LONGER_DESIGNATED,
    PROVINCE_MISMATCH,
    SCHOOL_CLOSED,
)

_SCHOOL_CODE_DIGITS = 10
_NO_PROVINCE = "00"
PERSON = ("专人", "The designated person")
"""What a refusal calls whose name or number is missing."""
_XPCC_IN_XINJIANG = ("66", "65")
"""Schools of the Xinjiang Production and Construction Corps (66) may have codes with Xinjiang's digits (65)."""


@dataclass(frozen=True, slots=True)
class DesignatedPerson:
    """The person who acts for a school (专人); the phone is sealed (R5, R41).

    Attributes:
        id: The person's, by which the gateway makes the account; None in documents of earlier releases.
    """

    name: str
    phone_sealed: str
    phone_masked: str
    email: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number at rest (R41): encrypted, and as everybody sees it."""

    sealed: str
    masked: str


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a school (R3).

    Attributes:
        at: Domain time.
        reason: Why, as whoever closed it said.
        into: The code of the school that it was merged into; None where it was closed.
        settled: Whether its persons, its requests for persons and what it had under way have followed.
    """

    at: datetime
    reason: str
    into: str | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class School:
    """A vocational school.

    Attributes:
        id: Its code: school identification code, or unified social credit code (R3).
        province: Two digits; `00` for schools of line ministries and ministry-affiliated universities.
        closed: How it ended; None while it has not.
    """

    id: str
    version: int
    name: str
    province: str
    designated: DesignatedPerson | None = None
    closed: Closing | None = None


def register_school(code: str, name: Name, province: str) -> tuple[School, list[SchoolRegistered]]:
    """Put a school on file (R3).

    Args:
        code: School identification code, or unified social credit code.
        name: Its name.
        province: Two digits; `00` for none.

    Raises:
        Refusal: `INVALID_SCHOOL`: it has no name; `PROVINCE_MISMATCH`.
    """
    if not name.text:
        raise INVALID_SCHOOL()
    _require_fit(code, province)
    school = School(code, 1, name.text, province)
    return school, [SchoolRegistered(school=code, name=school.name, province=province)]


def rename(school: School, name: Name, reason: Reason) -> tuple[School, list[SchoolRenamed]]:
    """Give a school another name; no event where it has that name already (R3).

    Args:
        school: The school.
        name: Its new name.
        reason: Why, such as the approval of the change.

    Raises:
        Refusal: `SCHOOL_CLOSED`, or `INVALID_SCHOOL`: the name is empty.
    """
    require_open(school)
    if not name.text:
        raise INVALID_SCHOOL()
    if name.text == school.name:
        return school, []
    event = SchoolRenamed(school=school.id, name=name.text, reason=reason.text, province=school.province)
    return replace(school, name=name.text), [event]


def _require_fit(code: str, province: str) -> None:
    """Refuse a province that contradicts the school identification code (R3, ADR 17).

    A school of a line ministry (`00`) lies in a province but belongs to none, so its code does not bind it. Nor does a
    unified social credit code, which says who registered the organisation and not where the school is.
    """
    if len(code) != _SCHOOL_CODE_DIGITS or province == _NO_PROVINCE:
        return
    code_province = code[2:4]
    if code_province != province and (province, code_province) != _XPCC_IN_XINJIANG:
        raise PROVINCE_MISMATCH(school=code, codeProvince=code_province, province=province)


def designate(
    school: School, name: PersonName, phone: Phone, email: str | None = None, *, person: str
) -> tuple[School, list[PersonDesignated]]:
    """Name or replace the designated person, or correct how the person is reached (R5).

    Whoever has the name of the present one is the present one, with the account kept.

    Args:
        school: The school.
        name: The person's.
        phone: The person's, sealed.
        email: Where feedback is mailed to, besides the inbox (R24).
        person: The id of a person who was not designated before.

    Raises:
        Refusal: `INVALID_CONTACT`: the person has no name.
    """
    if not name.text:
        raise INVALID_CONTACT(field="name", rule="R5", detail=PERSON)
    former = school.designated
    stays = former is not None and former.name == name.text
    key = (former.id if former and stays else None) or person
    event = PersonDesignated(
        school=school.id,
        replaced=former is not None and not stays,
        person=key,
        name=name.text,
        province=school.province,
    )
    return replace(school, designated=DesignatedPerson(name.text, phone.sealed, phone.masked, email, key)), [event]


def require_open(school: School) -> None:
    """Refuse what a school that was closed or merged into another one does no more (R3).

    Raises:
        Refusal: `SCHOOL_CLOSED`, with the successor's code where there is one.
    """
    if school.closed:
        raise SCHOOL_CLOSED(school=school.id, into=school.closed.into)


def require_person(school: School, person: str | None) -> None:
    """Refuse an account of a school that has ended, or of a person who is not the designated one any more (R3, R5).

    Args:
        school: The school that the account acts for.
        person: The account's person; None for the school's own account.

    Raises:
        Refusal: `SCHOOL_CLOSED` or `NO_LONGER_DESIGNATED`.
    """
    require_open(school)
    require_not_replaced(school, person)


def require_not_replaced(school: School, person: str | None) -> None:
    """Refuse an account of a person who is not the school's designated one any more, whether it has ended or not (R5).

    Raises:
        Refusal: `NO_LONGER_DESIGNATED`.
    """
    if person and (school.designated is None or school.designated.id != person):
        raise NO_LONGER_DESIGNATED()


def acts_as(school: School) -> str:
    """The name under which a school acts: the designated person's, or its own where it has named nobody (R5)."""
    return school.designated.name if school.designated else school.name


def require_designated(school: School) -> str:
    """The name of the designated person, without whom the school may not act (R5).

    Raises:
        Refusal: `DESIGNATED_PERSON_MISSING`.
    """
    if school.designated is None:
        raise DESIGNATED_PERSON_MISSING()
    return school.designated.name
