"""A job of many classes: how far it is, and what was refused; taken up where it was left (R32)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from kernel.errors import Refusal, Unblock
from services.assessment.domain.events import CertificateJobStarted
from services.assessment.domain.vocabulary import JobState

MOST_REFUSALS = 1_000
"""How many refusals of a job are kept; all are counted."""
_UNDER_WAY = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRefusal:
    """Why there is no certificate for somebody.

    Attributes:
        enrollment: The enrollment's id.
        project: The project's id.
        code: Of the refusal; so are the following.
        zh: Its sentence in Chinese.
        en: The same in English.
        rule: The rule that refuses.
        unblock: Who can remove the cause.
        details: Its facts.
    """

    enrollment: str
    project: str
    code: str
    zh: str
    en: str
    rule: str | None = None
    unblock: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, refusal: Refusal, project: str, enrollment: str) -> Self:
        """From what was refused."""
        return cls(
            enrollment=enrollment,
            project=project,
            code=refusal.code,
            zh=refusal.zh,
            en=refusal.en,
            rule=refusal.rule,
            unblock=refusal.unblock.value if refusal.unblock else None,
            details=refusal.details,
        )

    def refusal(self) -> Refusal:
        """The refusal again, for who reads it in which language."""
        unblock = Unblock(self.unblock) if self.unblock else None
        return Refusal(self.code, self.zh, self.en, rule=self.rule, unblock=unblock, **self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateJob:
    """Certificates for all classes of a year whose results are published; there is one job a year.

    Attributes:
        id: `certificates-<year>`.
        version: Optimistic version.
        year: The year of the round.
        state: How far it is.
        run: How often it was started.
        cursor: The id of the last project that is done; blank before the first.
        total: Attendees with a published pass, counted at the start.
        done: Attendees who have their certificate, or whose certificate was revoked for good.
        refused: Attendees who have none, and why is among `refusals`.
        refusals: The first ones.
        subject: The account that has started it; under it the certificates are issued (R40).
        started_at: When.
        finished_at: When it was done; None before.
    """

    id: str
    version: int
    year: int
    state: JobState
    run: int
    total: int
    subject: str
    started_at: datetime
    cursor: str = ""
    done: int = 0
    refused: int = 0
    refusals: tuple[JobRefusal, ...] = ()
    finished_at: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in _UNDER_WAY

    @classmethod
    def key(cls, year: int) -> str:
        """The id of a year's job."""
        return f"certificates-{year}"

    @classmethod
    def new(cls, year: int, total: int, subject: str, now: datetime) -> Self:
        """A year's first run."""
        return cls(
            id=cls.key(year),
            version=1,
            year=year,
            state=JobState.WAITING,
            run=1,
            total=total,
            subject=subject,
            started_at=now,
        )

    def again(self, total: int, subject: str, now: datetime) -> Self:
        """A further run: who has got a result or a name since then gets a certificate."""
        fresh = type(self).new(self.year, total, subject, now)
        return replace(fresh, version=self.version, run=self.run + 1)

    def started(self) -> CertificateJobStarted:
        """The event of this run's start."""
        return CertificateJobStarted(year=self.year, run=self.run, attendees=self.total)

    def advanced(self, project: str, done: int, refusals: tuple[JobRefusal, ...], refused: int) -> Self:
        """After a class."""
        return replace(
            self,
            state=JobState.RUNNING,
            cursor=project,
            done=self.done + done,
            refused=self.refused + refused,
            refusals=(*self.refusals, *refusals)[:MOST_REFUSALS],
        )

    def ended(self, now: datetime) -> Self:
        """After the last class; results that came or went meanwhile are in `done` and `refused`."""
        return replace(self, state=JobState.DONE, total=self.done + self.refused, finished_at=now)
