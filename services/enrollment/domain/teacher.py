"""Teachers, leaders and middle managers of schools; personal numbers are sealed (R20, R41)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from kernel.free_text import PersonName, Reason, Title
from kernel.refusals import NOT_FOUND
from services.enrollment.domain.affiliation import Affiliation, Affiliations, at_school, current, employed, ended
from services.enrollment.domain.events import TeacherAdded, TeacherCorrected, TeacherJoined, TeacherLeft
from services.enrollment.domain.refusals import INVALID_TEACHER, NOT_MAIN_SCHOOL
from services.enrollment.domain.vocabulary import Audience, Employment, TeacherField

_ORDINALS = range(1, 20)
_AS_TYPED = {"id_number": "idNumber", "major_category": "majorCategory"}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal number or address at rest (R41).

    Attributes:
        sealed: Encrypted.
        masked: As it is shown.
        hash: Keyed hash, for uniqueness and to see whether a correction changes it.
    """

    sealed: str
    masked: str
    hash: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The record of a correction; the values before it are not stored (R41).

    Attributes:
        at: Domain time.
        by: `teacher`, or the name under which the school acted (R5).
        fields: What was corrected.
    """

    at: datetime
    by: str
    fields: tuple[TeacherField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """A person who may be trained, on file at one school or at several (R20).

    Attributes:
        id: Also the `person` of the teacher's account.
        name: Spelled as `kernel.free_text.PersonName` does; names stored by earlier releases may hold blanks.
        school: The code of the main school, for which the person's account acts; of a person who has left every school
            the last one.
        province: The main school's, two digits; `00` for none.
        employment: At the main school.
        affiliations: Every school with its time there; empty where an earlier release has written the person, who is
            then at the main school alone (see `schools`).
        major_category: Ordinal 1–19, where one applies.
        email: Where feedback is mailed to, besides the inbox (R24).
    """

    id: str
    version: int
    name: str
    school: str
    province: str
    id_number: Sealed
    mobile: Sealed
    post: Audience
    employment: Employment
    title: str | None = None
    major_category: int | None = None
    email: Sealed | None = None
    corrections: tuple[Correction, ...] = ()
    affiliations: Affiliations = ()

    @property
    def schools(self) -> Affiliations:
        """Every school with the person's time there, in the order in which they began."""
        here = Affiliation(school=self.school, province=self.province, employment=self.employment)
        return self.affiliations or (here,)

    def at(self, school: str) -> Affiliation | None:
        """The person's time at a school that lasts; None where the person is not there."""
        return at_school(self.schools, school)

    @property
    def main(self) -> Affiliation | None:
        """The person's time at the main school; None where the person has left every school."""
        return self.at(self.school)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherDetails:
    """What a school says of a person, checked and sealed; the fields are those of `Teacher`."""

    name: PersonName
    id_number: Sealed
    mobile: Sealed
    post: Audience
    employment: Employment
    title: Title | None = None
    major_category: int | None = None
    email: Sealed | None = None


class TeacherChanges(TypedDict, total=False):
    """Fields of a teacher that are to be corrected, with their new values."""

    name: PersonName
    id_number: Sealed
    mobile: Sealed
    email: Sealed | None
    post: Audience
    employment: Employment
    title: Title | None
    major_category: int | None


def add_teacher(
    key: str, school: str, province: str, details: TeacherDetails, now: datetime | None = None
) -> tuple[Teacher, list[TeacherAdded]]:
    """Put a teacher on file (R22).

    Args:
        key: The teacher's id.
        school: The code of the teacher's school.
        province: The school's.
        details: What the school says of the person.
        now: Domain time.

    Raises:
        Refusal: `INVALID_TEACHER`: no name, or no such major category.
    """
    teacher = Teacher(
        id=key,
        version=1,
        name=details.name.text,
        school=school,
        province=province,
        id_number=details.id_number,
        mobile=details.mobile,
        post=details.post,
        employment=details.employment,
        title=_stored(details.title),
        major_category=details.major_category,
        email=details.email,
        affiliations=(Affiliation(school=school, province=province, employment=details.employment, since=now),),
    )
    _require_valid(teacher)
    event = TeacherAdded(
        teacher=teacher.id,
        school=teacher.school,
        post=teacher.post,
        employment=teacher.employment,
        province=teacher.province,
    )
    return teacher, [event]


def correct(
    before: Teacher, changes: TeacherChanges, by: str, now: datetime, *, school: str | None = None
) -> tuple[Teacher, list[TeacherCorrected]]:
    """Correct what is on file of a teacher; no event where nothing differs (R41).

    Args:
        before: The teacher as on file.
        changes: What is to stand on file from now on; what is not named stays.
        by: `teacher`, or the name under which the school acts (R5).
        now: Domain time.
        school: The code of the school that corrects; the employment there is meant. None for the main one.

    Raises:
        Refusal: `INVALID_TEACHER`; `NOT_MAIN_SCHOOL` where a school that is not the main one would correct more than
            its own employment of the person (R20, R41).
    """
    where = school or before.school
    foreign = [field for field in changes if field != "employment"]
    if foreign and where != before.school:
        raise NOT_MAIN_SCHOOL(fields=[_AS_TYPED.get(field, field) for field in foreign])
    stored: dict[str, Any] = {**changes}
    if "employment" in changes:
        stored["affiliations"] = employed(before.schools, where, changes["employment"])
        if where != before.school:
            del stored["employment"]
    if "name" in changes:
        stored["name"] = changes["name"].text
    if "title" in changes:
        stored["title"] = _stored(changes["title"])
    after = replace(before, **stored)
    _require_valid(after)
    fields = tuple(
        field for field in TeacherField if _comparable(before, field, where) != _comparable(after, field, where)
    )
    if not fields:
        return before, []
    province = here.province if (here := before.at(where)) else before.province
    event = TeacherCorrected(teacher=before.id, school=where, fields=fields, province=province)
    return replace(after, corrections=(*before.corrections, Correction(now, by, fields))), [event]


Joined = tuple[Teacher, list[TeacherJoined | TeacherLeft]]
"""A person after joining a school, and the events."""


def join(
    before: Teacher, school: str, province: str, employment: Employment, now: datetime, *, leaving: str | None = None
) -> Joined:
    """Put a person on file at a further school, or at another one than before (R20).

    Args:
        before: The person as on file.
        school: The code of the school.
        province: The school's.
        employment: How that school employs the person.
        now: Domain time.
        leaving: The code of the school that the person leaves for it, if any; the new one is then the main school
            where that one was.
    """
    here = Affiliation(school=school, province=province, employment=employment, since=now)
    others = before.schools
    joined = employed(others, school, employment) if before.at(school) else (*others, here)
    after = ended(joined, leaving, now, None) if leaving else joined
    moved = _settled(before, after, preferred=school if before.main is None or leaving == before.school else None)
    events: list[TeacherJoined | TeacherLeft] = [
        TeacherJoined(
            teacher=before.id,
            school=school,
            employment=employment,
            main_school=moved.school,
            main_province=moved.province,
            province=province,
        )
    ]
    if leaving and (left := before.at(leaving)):
        events.append(_left(moved, left))
    return moved, events


def leave(before: Teacher, school: str, reason: Reason, now: datetime) -> tuple[Teacher, list[TeacherLeft]]:
    """End a person's time at a school; whoever is at no school then is closed (R20).

    Args:
        before: The person as on file.
        school: The code of the school.
        reason: Why, as the school says.
        now: Domain time.

    Raises:
        Refusal: `NOT_FOUND`: the person is not there.
    """
    left = before.at(school)
    if left is None:
        raise NOT_FOUND(kind="teacher", id=before.id)
    after = _settled(before, ended(before.schools, school, now, reason.text))
    return after, [_left(after, left)]


def _left(after: Teacher, left: Affiliation) -> TeacherLeft:
    main = after.main
    return TeacherLeft(
        teacher=after.id,
        school=left.school,
        main_school=main.school if main else None,
        main_province=main.province if main else None,
        province=left.province,
    )


def _settled(before: Teacher, affiliations: Affiliations, preferred: str | None = None) -> Teacher:
    """The person with these affiliations, and the main school among those that last."""
    lasting = current(affiliations)
    wanted = (at_school(lasting, preferred or before.school), *lasting)
    main = next((affiliation for affiliation in wanted if affiliation), None)
    if main is None:
        return replace(before, affiliations=affiliations)
    return replace(
        before,
        affiliations=affiliations,
        school=main.school,
        province=main.province,
        employment=main.employment,
    )


def _stored(title: Title | None) -> str | None:
    return (title.text or None) if title else None


def _comparable(teacher: Teacher, field: TeacherField, school: str) -> object:
    if field is TeacherField.EMPLOYMENT and (here := teacher.at(school)):
        return here.employment
    value = getattr(teacher, field.value.lower())
    return value.hash if isinstance(value, Sealed) else value


def _require_valid(teacher: Teacher) -> None:
    require_name(teacher.name)
    require_major(teacher.major_category)


def require_name(name: str) -> None:
    """Refuse a teacher without a name (R22).

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    if not name:
        raise INVALID_TEACHER(field="name")


def require_major(ordinal: int | None) -> None:
    """Refuse an ordinal that no major category has; None is none (R22).

    Raises:
        Refusal: `INVALID_TEACHER`.
    """
    if ordinal is not None and ordinal not in _ORDINALS:
        raise INVALID_TEACHER(field="majorCategory")
