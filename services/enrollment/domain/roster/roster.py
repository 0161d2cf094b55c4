"""A roster: a file of people and projects that is checked, kept for some days, and put in by one command (R22)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
"""How long a checked roster may be put in."""
KEPT_FOR = timedelta(days=14)
"""How long it can be looked at; then it is gone, rows and all. Longer than it may be put in: no run loses a row."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a warning as it is kept with a row."""

    code: str
    zh: str
    en: str
    rule: str | None = None
    unblock: Unblock | None = None
    details: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """What is kept of a refusal."""
        return cls(refusal.code, refusal.zh, refusal.en, refusal.rule, refusal.unblock, refusal.details or None)

    def refusal(self) -> Refusal:
        """The refusal again."""
        return Refusal(self.code, self.zh, self.en, rule=self.rule, unblock=self.unblock, **dict(self.details or {}))


class RowState(StrEnum):
    """What has become of a row."""

    STAGED = "STAGED"
    ENTERED = "ENTERED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a roster.

    Attributes:
        id: `<roster>:<number>`.
        number: The line's number in the file.
        said: What the file says by column, personal numbers masked (R41).
        id_number: Sealed; None where it is none.
        project_code: As the file has it, in ASCII.
        faults: What is wrong with the row whatever is on file.
        problems: Everything that is wrong, as of the last check.
        warnings: What does not block, as of the last check.
        enrollment: What the row has become.
        kept_until: Real time at which the database removes it.
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
    faults: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    state: RowState = RowState.STAGED
    teacher: str | None = None
    enrollment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The job of one file.

    Attributes:
        school: Whose it is; nobody else sees it.
        by: The designated person under whom it was staged, then committed (R5).
        committer: The principal who put it in, for the audit of what follows.
        good: Rows without a problem when they were checked.
        done: Rows that the run has dealt with.
        entered: Rows that are in.
        committed_at: Domain time of the command: what counts for the deadline.
        expires_at: Real time until which it may be put in.
        kept_until: Real time at which the database removes it.
        fence: The token of the worker that last took it on.
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
    """The designated person puts the roster in; the moment of this command counts for the deadline (R5, R22).

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
    """The run is over."""
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
