"""A roster: an uploaded list of people and projects that is checked, and later committed by one command (R22)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from kernel.errors import Refusal, Unblock
from kernel.refusals import WRONG_STATE
from services.enrollment.domain.events import RosterCommitted, RosterFinished
from services.enrollment.domain.refusals import ROSTER_EXPIRED, ROSTER_HAS_BAD_ROWS, ROSTER_HAS_NO_GOOD_ROW
from services.enrollment.domain.teacher import Sealed
from services.enrollment.domain.vocabulary import Audience, Employment, RosterMode, RosterState

OPEN_FOR = timedelta(days=7)
"""How long a checked roster may be committed."""
KEPT_FOR = timedelta(days=14)
"""How long a roster and its rows are stored. It is longer than `OPEN_FOR`, so that no run loses rows."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a warning as it is stored with a row."""

    code: str
    zh: str
    en: str
    rule: str | None = None
    unblock: Unblock | None = None
    details: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, refusal: Refusal, field: str | None = None) -> Self:
        """The refusal as it is stored.

        Args:
            refusal: The refusal.
            field: The column that it is about, where it is about one and does not say so itself.
        """
        details = ({"field": field} if field else {}) | refusal.details
        return cls(refusal.code, refusal.zh, refusal.en, refusal.rule, refusal.unblock, details or None)

    def refusal(self) -> Refusal:
        """The refusal that was stored."""
        return Refusal(self.code, self.zh, self.en, rule=self.rule, unblock=self.unblock, **dict(self.details or {}))


class RowState(StrEnum):
    """How far a row is."""

    STAGED = "STAGED"
    ENTERED = "ENTERED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a roster.

    Attributes:
        id: `<roster>:<number>`.
        number: The line's number in the file.
        said: The text of its cells by column, personal numbers masked (R41).
        kept_until: Real time at which the database removes it.
        id_number: Sealed; None where the cell holds no valid number.
        mobile: Likewise.
        project_code: As the file has it, in ASCII.
        rank: Its place among the school's candidates (R21).
        tail: The last four characters of the ID number, where the file has no more of it.
        registered: The id of a teacher on file, where the file has it.
        faults: Problems of the file itself, whatever is on file.
        problems: All problems as of the last check, the faults included.
        warnings: What does not block the row, as of the last check.
        teacher: The id of the row's teacher, once the row is in.
        enrollment: The id of the enrollment that the row has made or submitted.
    """

    id: str
    roster: str
    number: int
    said: Mapping[str, str]
    name: str
    kept_until: datetime
    id_number: Sealed | None = None
    mobile: Sealed | None = None
    post: Audience | None = None
    employment: Employment | None = None
    title: str | None = None
    major_category: int | None = None
    project_code: str | None = None
    rank: int | None = None
    tail: str | None = None
    registered: str | None = None
    faults: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    state: RowState = RowState.STAGED
    teacher: str | None = None
    enrollment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One uploaded file: what was found, and how far its run is.

    Attributes:
        school: The code of the school whose it is; nobody else sees it.
        by: The designated person who staged it, then who committed it (R5).
        total: Rows of the file.
        good: Rows without a problem when they were checked.
        warned: Rows with a warning when they were checked.
        ignored: Headers of columns that are not a roster's.
        warnings: About the whole file: sheets and lines that were left out.
        expires_at: Real time until which it may be committed.
        kept_until: Real time at which the database removes it.
        done: Rows that the run has dealt with.
        entered: Rows that are in.
        committed_at: Domain time of the commit, which counts for the deadline.
        committer: The principal who committed it, for the audit of the rows' events.
        fence: The token of the worker that last took it on.
        follows: The last rank that the school had given before its rows, by project, 0 for none (R21).
    """

    id: str
    version: int
    school: str
    province: str
    file_name: str
    by: str
    total: int
    good: int
    warned: int
    ignored: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    kept_until: datetime
    state: RosterState = RosterState.STAGED
    mode: RosterMode | None = None
    done: int = 0
    entered: int = 0
    committed_at: datetime | None = None
    finished_at: datetime | None = None
    committer: Mapping[str, str | None] | None = None
    traceparent: str | None = None
    fence: int = 0
    warnings: tuple[Problem, ...] = ()
    follows: Mapping[str, int] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """Rows with a problem when they were checked."""
        return self.total - self.good

    @property
    def refused(self) -> int:
        """Rows that the run has refused."""
        return self.done - self.entered


def commit(
    roster: Roster, mode: RosterMode, by: str, now: datetime, real_now: datetime
) -> tuple[Roster, list[RosterCommitted]]:
    """Commit a roster: a worker then puts its rows in (R5, R22).

    Args:
        roster: The staged roster.
        mode: Which rows go in.
        by: The designated person's name.
        now: Domain time; it counts for the deadline, however long the rows take.
        real_now: Real time, for the expiry.

    Raises:
        Refusal: `WRONG_STATE`, `ROSTER_EXPIRED`, `ROSTER_HAS_BAD_ROWS` or `ROSTER_HAS_NO_GOOD_ROW`.
    """
    if roster.state is not RosterState.STAGED:
        raise WRONG_STATE(
            rule="R22",
            detail=("该名单已经提交", "The roster has been put in"),
            roster=roster.id,
            state=roster.state.value,
        )
    if real_now >= roster.expires_at:
        raise ROSTER_EXPIRED(roster=roster.id)
    if mode is RosterMode.ALL_OR_NOTHING and roster.bad:
        raise ROSTER_HAS_BAD_ROWS(roster=roster.id, bad=roster.bad)
    if not roster.good:
        raise ROSTER_HAS_NO_GOOD_ROW(roster=roster.id)
    committed = replace(roster, state=RosterState.COMMITTING, mode=mode, by=by, committed_at=now)
    event = RosterCommitted(
        roster=roster.id, school=roster.school, mode=mode, rows=roster.total, province=roster.province
    )
    return committed, [event]


def finish(roster: Roster, state: RosterState, now: datetime) -> tuple[Roster, list[RosterFinished]]:
    """End the run of a roster.

    Args:
        roster: The roster with its last counts.
        state: How it ended: `COMMITTED`, `REFUSED` or `FAILED`.
        now: Domain time.
    """
    finished = replace(roster, state=state, finished_at=now)
    event = RosterFinished(
        roster=roster.id,
        school=roster.school,
        state=state,
        entered=finished.entered,
        refused=finished.refused,
        province=roster.province,
    )
    return finished, [event]
