"""Which name assessment was told of an attendee: once, and again when it is corrected (R32, ADR 52)."""

from dataclasses import dataclass, replace

from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.events import AttendeeNamed
from services.enrollment.domain.seats import ADMITTED
from services.enrollment.domain.teacher import Teacher


@dataclass(frozen=True, slots=True)
class AttendeeName:
    """What was told of an attendee's name; the name itself is not in it.

    Attributes:
        id: The enrollment's id.
        version: 1 when the name was told first, one more with every correction.
        teacher: The attendee's id.
        digest: Keyed hash of the name that was told last.
    """

    id: str
    version: int
    teacher: str
    digest: str


@dataclass(frozen=True, slots=True)
class SealedName:
    """A name for one reader.

    Attributes:
        key: The id of the key that opens it.
        text: The sealed name, base64url.
    """

    key: str
    text: str


def is_due(enrollment: Enrollment, told: AttendeeName | None, digest: str) -> bool:
    """Whether a name is to be told: of somebody who has a seat, and not told before (R23, R32)."""
    return enrollment.status in ADMITTED and (told is None or told.digest != digest)


def tell(
    enrollment: Enrollment, teacher: Teacher, told: AttendeeName | None, digest: str, sealed: SealedName
) -> tuple[AttendeeName, AttendeeNamed]:
    """Note that a name is told, with the event that tells it.

    Args:
        enrollment: The attendee's enrollment.
        teacher: The attendee.
        told: What was told before; None for nothing.
        digest: Keyed hash of the name.
        sealed: The name, for assessment.
    """
    name = replace(told, digest=digest) if told else AttendeeName(enrollment.id, 1, teacher.id, digest)
    event = AttendeeNamed(
        enrollment=enrollment.id,
        teacher=teacher.id,
        school=enrollment.school,
        province=enrollment.province,
        key=sealed.key,
        sealed=sealed.text,
    )
    return name, event
