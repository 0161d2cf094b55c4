"""The dates for which a person is accepted; no two of them may overlap (R19)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations

from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.project import Project
from services.enrollment.domain.refusals import OVERLAPPING_ACCEPTANCE


@dataclass(frozen=True, slots=True)
class Interval:
    """The training days of an accepted enrollment, first and last included."""

    enrollment: str
    project: str
    starts_on: date
    ends_on: date

    def overlaps(self, starts_on: date, ends_on: date) -> bool:
        """Whether it has a day in common with these days, first and last included."""
        return self.starts_on <= ends_on and starts_on <= self.ends_on


@dataclass(frozen=True, slots=True)
class Commitments:
    """The accepted dates of one teacher.

    Attributes:
        id: The teacher's id.
        accepted: The dates of every accepted enrollment.
    """

    id: str
    accepted: tuple[Interval, ...] = ()

    def hold(self, enrollment: Enrollment, project: Project) -> "Commitments":
        """Add the dates of an enrollment that is accepted.

        Raises:
            Refusal: `OVERLAPPING_ACCEPTANCE`.
        """
        if any(interval.overlaps(project.starts_on, project.ends_on) for interval in self.accepted):
            raise OVERLAPPING_ACCEPTANCE()
        interval = Interval(enrollment.id, project.id, project.starts_on, project.ends_on)
        return replace(self, accepted=(*self.accepted, interval))

    def free(self, enrollment: Enrollment) -> "Commitments":
        """Take the dates of an enrollment away."""
        kept = tuple(interval for interval in self.accepted if interval.enrollment != enrollment.id)
        return replace(self, accepted=kept)

    def conflicts(self) -> Iterator[tuple[Interval, Interval]]:
        """Every two intervals that overlap, in both orders; new dates of a project may lead to them (R18)."""
        for first, second in permutations(self.accepted, 2):
            if first.overlaps(second.starts_on, second.ends_on):
                yield first, second
