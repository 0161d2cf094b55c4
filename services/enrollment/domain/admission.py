"""The enrollments, seats and accepted dates that one transaction has loaded, moved step by step in memory (ADR 23).

A step of an enrollment moves its seat and its person's accepted dates with it, or is refused as a whole. The rows of
many callers are decided one after the other on one `Admission`; each sees what those before it have left.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kernel.refusals import NOT_FOUND
from services.enrollment.domain.commitments import Commitments
from services.enrollment.domain.cut_off import CutOffs, key_of
from services.enrollment.domain.enrollment import RANKABLE, Enrollment, Step
from services.enrollment.domain.events import EnrollmentEvent
from services.enrollment.domain.notifications import (
    NO_FACTS,
    Delivery,
    Facts,
    Notice,
    NoticeKind,
    base_box,
    feedback,
    notice_to,
)
from services.enrollment.domain.project import Project, Round, require_open, require_phase
from services.enrollment.domain.refusals import SECOND_SIGN_UP
from services.enrollment.domain.school import School
from services.enrollment.domain.school import require_open as require_school_open
from services.enrollment.domain.seats import ADMITTED, Seats, holds_seat, moved, moves_seats, with_seats
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import EnrollmentStatus, ProjectState
from services.enrollment.domain.waitlist import offer, offer_ends, place_in_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a row asks of an admission, and what has to be loaded to decide it.

    Attributes:
        decide: Takes the row's steps; returns the enrollment that it leads to, or None where there is nothing to do.
        enrollments: Ids of the enrollments that it is about.
        projects: Ids of projects besides those of the enrollments.
        teachers: Ids of teachers who get an enrollment by it, with their live enrollments.
        school: The code of the school that acts.
        takes_seats: Whether it may take a seat, or move an enrollment to the waiting list.
        frees_seats: Whether it may free a seat, which is then offered to the first in line (R25).
        revives: Whether it may bring an enrollment back that has ended; what the person has in its place is loaded,
            and with one that its school has ended, whom the school has ranked.
        lines: Ids of projects whose waiting list it is about.
        fresh: Whether it must see projects and rounds as they are now, not as a cache has them.
        ranked: Id of the project of which the candidates are loaded whom the school that acts has ranked.
        by_steps: Whether the steps of the round decide; unlike phases they may be amended so that they forbid what
            they allowed, so the round is not taken from a cache (ADR 23, ADR 33).
    """

    decide: Callable[["Admission"], Enrollment | None]
    enrollments: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    school: str | None = None
    takes_seats: bool = False
    frees_seats: bool = False
    revives: bool = False
    lines: tuple[str, ...] = ()
    fresh: bool = False
    ranked: str | None = None
    by_steps: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """A step to be stored.

    Attributes:
        enrollment: After the step; its version is that of before, unless it is new.
        events: Of the step, in order.
        is_new: Whether the step created the enrollment.
    """

    enrollment: Enrollment
    events: tuple[EnrollmentEvent, ...]
    is_new: bool = False


_ABSENT: Any = object()


@dataclass(slots=True, kw_only=True)
class Admission:
    """What one transaction has loaded for its rows; `settle` and `create` move it on.

    Attributes:
        now: Domain time, read once.
        offer_time: Validity of an offer (R25).
        enrollments: By id.
        projects: By id.
        rounds: By year, as text.
        schools: By code.
        teachers: By id.
        cut_offs: By `cut_off.key_of`.
        writes: The steps that were taken and are to be stored.
        deliveries: Feedback about the steps (R24).
        notices: Entries of inboxes besides.
        consulted: Ids of the projects that the steps were decided on.
        entered: Codes of the schools that were open for a step to be taken.
    """

    now: datetime
    offer_time: timedelta
    enrollments: dict[str, Enrollment]
    projects: Mapping[str, Project]
    rounds: Mapping[str, Round]
    schools: Mapping[str, School] = field(default_factory=dict)
    teachers: Mapping[str, Teacher] = field(default_factory=dict)
    cut_offs: Mapping[str, CutOffs] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    consulted: dict[str, None] = field(default_factory=dict)
    entered: dict[str, None] = field(default_factory=dict)
    _seats: dict[str, Seats] = field(default_factory=dict)
    _loaded_seats: dict[str, Seats] = field(default_factory=dict)
    _commitments: dict[str, Commitments] = field(default_factory=dict)
    _loaded_commitments: dict[str, Commitments] = field(default_factory=dict)
    _live: dict[tuple[str, str], str] = field(default_factory=dict)
    _waiting: dict[str, dict[str, None]] = field(default_factory=dict)
    _changes: list[tuple[MutableMapping[Any, Any], Any, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for enrollment in self.enrollments.values():
            self._index(enrollment)

    def add(self, enrollments: Iterable[Enrollment]) -> None:
        """Add enrollments that were loaded later, such as a waiting list."""
        for enrollment in enrollments:
            self.enrollments.setdefault(enrollment.id, enrollment)
            self._index(enrollment)

    def add_seats(self, seats: Mapping[str, Seats], commitments: Mapping[str, Commitments]) -> None:
        """Add what may move: seats by project, and accepted dates by teacher; what is missing cannot be moved."""
        self._seats, self._loaded_seats = dict(seats), dict(seats)
        self._commitments, self._loaded_commitments = dict(commitments), dict(commitments)

    def moved_seats(self, project: str) -> tuple[Seats, Seats] | None:
        """The seats of a project as they were loaded and as they are now; None where no step has moved them."""
        loaded, now = self._loaded_seats.get(project), self._seats.get(project)
        return (loaded, now) if loaded and now and now is not loaded else None

    def moved_commitments(self) -> list[Commitments]:
        """The accepted dates that a step has changed."""
        loaded = self._loaded_commitments
        return [held for teacher, held in self._commitments.items() if held is not loaded.get(teacher)]

    @contextmanager
    def row(self) -> Iterator[list[Write]]:
        """Take the steps of one row together: if the block raises, the admission is as it was before.

        Yields:
            A list that holds the row's steps once the block has ended.
        """
        self._changes.clear()
        lists: tuple[list[Any], ...] = (self.writes, self.deliveries, self.notices)
        lengths = [len(entries) for entries in lists]
        steps: list[Write] = []
        try:
            yield steps
        except Exception:
            for entries, length in zip(lists, lengths, strict=True):
                del entries[length:]
            for table, key, before in reversed(self._changes):
                if before is _ABSENT:
                    del table[key]
                else:
                    table[key] = before
            raise
        steps += self.writes[lengths[0] :]

    def enrollment(self, key: str) -> Enrollment:
        """The enrollment with that id.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        enrollment = self.enrollments.get(key)
        if enrollment is None:
            raise NOT_FOUND(kind="enrollment", id=key)
        return enrollment

    def ranked(self, school: str, project: str) -> list[Enrollment]:
        """The loaded candidates of a project whom a school has ranked, in their order (R21)."""
        found = (each for each in self.enrollments.values() if (each.school, each.project) == (school, project))
        candidates = [each for each in found if each.rank is not None and each.status in RANKABLE]
        return sorted(candidates, key=lambda each: (each.rank, each.id))

    def next_rank(self, school: str, project: str, *, besides: str | None) -> int:
        """The rank of a candidate who follows those whom the school has ranked for a project, from 1 (R21).

        Args:
            school: The school's code.
            project: The project's id.
            besides: The id of the candidate's own enrollment, if there is one.
        """
        ranked = (each.rank or 0 for each in self.ranked(school, project) if each.id != besides)
        return max(ranked, default=0) + 1

    def rank_again(self, enrollment: Enrollment, to: EnrollmentStatus) -> int | None:
        """The rank of an enrollment that comes back: its own, or the last where another candidate has that (R21).

        Args:
            enrollment: As it has ended.
            to: The state that it comes back to.
        """
        school, project = enrollment.school, enrollment.project
        if to not in RANKABLE or all(each.rank != enrollment.rank for each in self.ranked(school, project)):
            return enrollment.rank
        return self.next_rank(school, project, besides=enrollment.id)

    def waiting_rank_again(self, enrollment: Enrollment, to: EnrollmentStatus) -> int | None:
        """The base's rank of one that comes back to the waiting list: its own, or none where another has that (R25).

        Args:
            enrollment: As it has ended.
            to: The state that it comes back to.
        """
        line = self.waiting_list(enrollment.project)
        is_free = to is EnrollmentStatus.WAITLISTED and all(
            each.waiting_rank != enrollment.waiting_rank for each in line
        )
        return enrollment.waiting_rank if is_free else None

    def has_seat_left(self, project: str) -> bool:
        """Whether a seat of a project is free, whose seats were loaded (R23)."""
        return self._seats[project].left > 0

    def project(self, key: str) -> Project:
        """The project with that id, as enrollment knows it.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        project = self.projects.get(key)
        if project is None:
            raise NOT_FOUND(kind="project", id=key)
        return project

    def teacher(self, key: str) -> Teacher:
        """The teacher with that id.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        teacher = self.teachers.get(key)
        if teacher is None:
            raise NOT_FOUND(kind="teacher", id=key)
        return teacher

    def school(self, code: str) -> School:
        """The school with that code.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        school = self.schools.get(code)
        if school is None:
            raise NOT_FOUND(kind="school", id=code)
        return school

    def round_of(self, project: Project) -> Round | None:
        """The round of a project; None where there is none."""
        return self.rounds.get(str(project.year))

    def cut_offs_of(self, school: str, project: Project) -> CutOffs | None:
        """The inner cut-offs of a teacher's school for the project's year; None where it has set none (R21)."""
        return self.cut_offs.get(key_of(school, project.year))

    def project_in_phase(self, key: str, phase: str, rule: str) -> Project:
        """A published project whose round is in the given phase (R1).

        Args:
            key: The project's id.
            phase: The phase's name, `ENROL` or `ADMIT`.
            rule: The rule that a refusal names.

        Raises:
            Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
        """
        project = self.project(key)
        require_open(project, rule)
        require_phase(self.round_of(project), phase, self.now, rule)
        return project

    def live_enrollment(self, teacher: str, project: str) -> Enrollment | None:
        """The live enrollment of a teacher in a project, if there is one."""
        key = self._live.get((teacher, project))
        return self.enrollments[key] if key else None

    def require_first(self, teacher: str, project: str) -> None:
        """Refuse a second live enrollment of a teacher in a project (R19).

        Raises:
            Refusal: `SECOND_SIGN_UP`.
        """
        if (teacher, project) in self._live:
            raise SECOND_SIGN_UP(project=project)

    def enter(self, school: str) -> None:
        """Refuse what a school gets under way that has ended, and note that the step depends on its being open (R3).

        Raises:
            Refusal: `SCHOOL_CLOSED`.
        """
        if on_file := self.schools.get(school):
            require_school_open(on_file)
        self._set(self.entered, school, None)

    def passes_over(self, enrollment: Enrollment) -> bool:
        """Whether others come before an enrollment on the waiting list; False for one that is not on it (R25)."""
        if enrollment.status is not EnrollmentStatus.WAITLISTED:
            return False
        return min(self.waiting_list(enrollment.project), key=place_in_line).id != enrollment.id

    def waiting_list(self, project: str) -> list[Enrollment]:
        """The enrollments that wait for a seat, in no particular order."""
        return [self.enrollments[key] for key in self._waiting.get(project, ())]

    def create(self, step: Step) -> Enrollment:
        """Store a new enrollment; one that is accepted at once takes its seat and its dates.

        Args:
            step: The enrollment with its first events.

        Raises:
            Refusal: `SCHOOL_CLOSED`, `SECOND_SIGN_UP`, `CLASS_FULL` or `OVERLAPPING_ACCEPTANCE`.
        """
        created, events = step
        self.enter(created.school)
        self.require_first(created.teacher, created.project)
        events = self._move(None, created, events)
        self.writes.append(Write(created, tuple(events), is_new=True))
        self._put(created)
        return created

    def settle(self, before: Enrollment, step: Step) -> Enrollment:
        """Store a step of an enrollment, and move its seat and its person's accepted dates with it.

        Args:
            before: The enrollment before the step.
            step: The enrollment after it, with its events; the seats are added to them.

        Returns:
            The enrollment after the step, with its new version.

        Raises:
            Refusal: `CLASS_FULL` or `OVERLAPPING_ACCEPTANCE`.
        """
        after, events = step
        events = self._move(before, after, events)
        self.writes.append(Write(after, tuple(events)))
        saved = replace(after, version=after.version + 1)
        self._put(saved)
        return saved

    def feed_back(self, enrollment: Enrollment, kind: NoticeKind = NoticeKind.DECISION) -> None:
        """Leave the two deliveries about a step, to the trainee and to the school (R24)."""
        self.deliveries += feedback(enrollment, kind, self.now)

    def tell_base(
        self, enrollment: Enrollment, kind: NoticeKind = NoticeKind.DECISION, facts: Facts = NO_FACTS
    ) -> None:
        """Leave a notice about a step for the base, which gets no delivery."""
        self.notices.append(notice_to(base_box(enrollment.base), enrollment, kind, self.now, facts=facts))

    def tell(self, notices: Iterable[Notice]) -> None:
        """Leave notices; of those with one id, which rows of a batch may leave alike, one is stored."""
        known = {notice.id for notice in self.notices}
        self.notices += [notice for notice in notices if notice.id not in known]

    def offer_freed_seat(self, before: Enrollment) -> None:
        """Offer the seat that an enrollment has just freed (R25).

        Args:
            before: The enrollment as it was before the step; if it held no seat, none is offered. It is not offered its
                own seat again, should it wait from now on.
        """
        if holds_seat(before.status):
            self.offer_seat(self.project(before.project), besides=before.id)

    def offer_seat(self, project: Project, *, besides: str | None = None) -> Enrollment | None:
        """Offer a free seat to the first candidate on the waiting list, with feedback (R24, R25).

        Args:
            project: The project.
            besides: The id of an enrollment that is passed over.

        Returns:
            The enrollment with the offer; None where no seat is free, nobody waits, or the project is not published or
            has begun.
        """
        until = offer_ends(project, self.offer_time, self.now)
        waiting = [candidate for candidate in self.waiting_list(project.id) if candidate.id != besides]
        if project.state is not ProjectState.PUBLISHED or until <= self.now or not waiting:
            return None
        if not self.has_seat_left(project.id):
            return None
        candidate = min(waiting, key=place_in_line)
        offered = self.settle(candidate, offer(candidate, until, self.now))
        self.feed_back(offered)
        return offered

    def _move(
        self, before: Enrollment | None, after: Enrollment, events: Iterable[EnrollmentEvent]
    ) -> list[EnrollmentEvent]:
        """Move seats and accepted dates, both or neither; the events then tell the seats."""
        status = before.status if before else None
        seats = self._seats_after(status, after)
        commitments = self._commitments_after(status, after)
        self._set(self.consulted, after.project, None)
        if commitments:
            self._set(self._commitments, after.teacher, commitments)
        if seats is None:
            return list(events)
        self._set(self._seats, after.project, seats)
        return with_seats(list(events), seats)

    def _seats_after(self, status: EnrollmentStatus | None, after: Enrollment) -> Seats | None:
        if not moves_seats(status, after.status):
            return None
        return moved(self._seats[after.project], status, after.status)

    def _commitments_after(self, status: EnrollmentStatus | None, after: Enrollment) -> Commitments | None:
        was_admitted, is_admitted = status in ADMITTED, after.status in ADMITTED
        if was_admitted is is_admitted:
            return None
        commitments = self._commitments[after.teacher]
        return commitments.hold(after, self.project(after.project)) if is_admitted else commitments.free(after)

    def _put(self, enrollment: Enrollment) -> None:
        self._set(self.enrollments, enrollment.id, enrollment)
        self._index(enrollment)

    def _index(self, enrollment: Enrollment) -> None:
        """Renew which teachers have a live enrollment in which project, and who waits."""
        pair = enrollment.teacher, enrollment.project
        if enrollment.live:
            self._set(self._live, pair, enrollment.id)
        elif self._live.get(pair) == enrollment.id:
            self._remove(self._live, pair)
        line = self._waiting.setdefault(enrollment.project, {})
        if enrollment.status is EnrollmentStatus.WAITLISTED:
            self._set(line, enrollment.id, None)
        elif enrollment.id in line:
            self._remove(line, enrollment.id)

    def _set(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        self._changes.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def _remove(self, table: MutableMapping[Any, Any], key: Any) -> None:
        self._changes.append((table, key, table.pop(key)))
