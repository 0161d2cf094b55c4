"""A session's check-in code: shown by the base for half a minute, and worth nothing afterwards (R29, ADR 61).

Whoever checks in is known by the own login; the code proves only that one has it before one's eyes. It names project,
session and second, and is signed, so nothing about it is stored, and each replica of the service reads the others'.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from kernel.dates import today
from kernel.encoding import canonical, from_base64url, to_base64url
from services.assessment.domain.project import Project, Session
from services.assessment.domain.refusals import CHECK_IN_CLOSED, CHECK_IN_CODE_EXPIRED, CHECK_IN_CODE_INVALID
from services.assessment.domain.vocabulary import ProjectPhase

LIFETIME = timedelta(seconds=30)
"""How long a code is shown before the next one takes its place."""
SKEW = timedelta(seconds=5)
"""By how much the clocks of replicas may differ, and how long a code may be on its way."""
FORMAT = "guopei-check-in/1"
_LONGEST = 1_000
Sign = Callable[[str], str]
"""A keyed hash in hexadecimal."""


@dataclass(frozen=True, slots=True)
class CheckInCode:
    """What a code says.

    Attributes:
        project: The project's id.
        session: The session's id.
        second: When it was made, seconds since 1970; real time, whatever the domain clock says.
    """

    project: str
    session: str
    second: int

    @classmethod
    def at(cls, project: str, session: str, now: datetime) -> Self:
        """The code of a moment."""
        return cls(project, session, int(now.timestamp()))

    @property
    def expires_at(self) -> datetime:
        """When the next one is to be shown."""
        return datetime.fromtimestamp(self.second, UTC) + LIFETIME

    def text(self, sign: Sign) -> str:
        """The code as it is shown: what it says and its signature, in base64url."""
        said = to_base64url(canonical([self.project, self.session, self.second]))
        return f"{said}.{_signature(said, sign)}"

    @classmethod
    def read(cls, text: str, sign: Sign, now: datetime) -> Self:
        """The code that somebody sends.

        Args:
            text: As it was sent.
            sign: The keyed hash that it was signed by.
            now: Real time.

        Raises:
            Refusal: `CHECK_IN_CODE_INVALID`: it is none of ours; `CHECK_IN_CODE_EXPIRED`.
        """
        said, _, signature = text.strip().partition(".")
        well_formed = text.isascii() and len(text) <= _LONGEST
        if not well_formed or not hmac.compare_digest(signature.encode(), _signature(said, sign).encode()):
            raise CHECK_IN_CODE_INVALID()
        code = cls(*json.loads(from_base64url(said)))
        if not -SKEW <= now - datetime.fromtimestamp(code.second, UTC) <= LIFETIME + SKEW:
            raise CHECK_IN_CODE_EXPIRED(seconds=int(LIFETIME.total_seconds()))
        return code


def require_open(project: Project, session: Session, now: datetime) -> None:
    """Require that people may check in to a session: the training runs, and it is the session's day (R29).

    A timetable has days and no hours; that the base shows the code during the session only is its own doing.

    Args:
        project: The project.
        session: The session.
        now: Domain time.

    Raises:
        Refusal: `CHECK_IN_CLOSED`.
    """
    if project.phase is not ProjectPhase.RUNNING or session.date != today(now):
        raise CHECK_IN_CLOSED(session=session.id, date=session.date.isoformat())


def _signature(said: str, sign: Sign) -> str:
    return to_base64url(bytes.fromhex(sign(f"{FORMAT}\n{said}"))[:16])
