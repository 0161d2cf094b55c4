"""The questionnaires of a project, on the side of the register: who may answer, with which keys, when (R34–R36)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kernel.ballots import short_code
from kernel.dates import start_of, today
from kernel.encoding import canonical
from services.assessment.domain.evaluation_events import (
    EvaluationEvent,
    EvaluationKeysListed,
    EvaluationOpened,
    EvaluationPublished,
    EvaluationReminded,
    EvaluationSuppressed,
)
from services.assessment.domain.project import Project, RatedTeacher
from services.assessment.domain.refusals import EVALUATION_CLOSED, EVALUATION_NOT_OPEN, REMINDED_LATELY
from services.assessment.domain.tally import Form, Tally
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState

OPEN_DAYS = 14
"""From the day after the end of the training on (R34)."""
REMINDED_BEFORE = timedelta(days=3)
"""How long before the closing the attendees are reminded, once [D]."""
REMINDED_EVERY = timedelta(days=3)
"""How often a base may have them reminded at most; the reminder before the closing counts [D]."""
SETTLING = timedelta(seconds=60)
"""After the last moment the box is closed; longer than any ballot is under way."""
MOST_TEACHERS = 40
TOO_FEW, KEY_LOST = "TOO_FEW", "KEY_LOST"
_HEX_DIGITS = 25
Change = tuple["Instrument", list[EvaluationEvent]]
"""A changed questionnaire with the events of the change."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire of a project.

    Attributes:
        id: `ins` and 25 hexadecimal digits, which follow from project and kind.
        version: Optimistic version.
        project: The project's id.
        base: The base's id.
        year: The year of the project's round.
        kind: Evaluation of teaching, or satisfaction survey.
        form: The version of the form.
        form_sha256: The hash of the form.
        token_key: The modulus of the key that signs rights to answer, base64url.
        token_sealed: Its private half, sealed by the vault; None once nobody may answer any more.
        register_key: The point of the register's key, base64url.
        box_key: The point of the box's key, base64url; None until the box is set up.
        made_on: The day it was made.
        province: Two-digit code of the base's province.
        faculty: The teachers who may be rated; those of the last amendment before the window is known.
        state: Where it stands.
        list_day: The day of the key list that names it; None before.
        opens_at: From when answers are taken; None until the training is over.
        closes_at: From when none are.
        eligible: How many may answer.
        turnout: How many ballots there were at the last midnight.
        turnout_day: The day that began then.
        reminded: Whether the attendees were reminded before its closing.
        reminded_at: When they were reminded last, by whomever; None before.
        counted: How many ballots the box had at its closing; None before, and where nothing is published.
        issued: How many tokens were issued; likewise.
        everybody: From how many ballots on everybody who could answer has; 0 before its closing, and where nothing is
            published.
        result: What is published; None before, and where nothing is.
        receipts_root: The Merkle root over the receipts; likewise.
        cause: Why nothing is published; None otherwise.
        ended: Whether all keys, rights and ballots of an ended questionnaire are destroyed.
    """

    id: str
    version: int
    project: str
    base: str
    year: int
    kind: InstrumentKind
    form: str
    form_sha256: str
    token_key: str
    token_sealed: str | None
    register_key: str
    box_key: str | None
    made_on: date
    province: str = "00"
    faculty: tuple[RatedTeacher, ...] = ()
    state: InstrumentState = InstrumentState.SCHEDULED
    list_day: date | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    eligible: int = 0
    turnout: int = 0
    turnout_day: date | None = None
    reminded: bool = False
    reminded_at: datetime | None = None
    counted: int | None = None
    issued: int | None = None
    everybody: int = 0
    result: Tally | None = None
    receipts_root: str | None = None
    cause: str | None = None
    ended: bool = False

    @property
    def rated(self) -> list[str]:
        """The keys of the teachers who may be rated."""
        return [teacher.key for teacher in self.faculty]

    def require_takes_requests(self, now: datetime) -> None:
        """Require that tokens are still issued: until the closing (R34).

        Raises:
            Refusal: `EVALUATION_CLOSED`.
        """
        over = self.state not in (InstrumentState.SCHEDULED, InstrumentState.OPEN) or self.token_sealed is None
        if over or (self.closes_at is not None and now >= self.closes_at):
            raise EVALUATION_CLOSED(closesAt=self.closes_at.isoformat() if self.closes_at else None)

    def about(self) -> dict[str, Any]:
        """What all its events say."""
        where = {"project": self.project, "base": self.base, "province": self.province}
        return {"instrument": self.id, "kind": self.kind} | where


@dataclass(frozen=True, slots=True)
class KeyList:
    """The list of a day's new questionnaires with their keys (R34).

    Attributes:
        id: The day, ISO.
        version: Always 1.
        text: The canonical JSON, byte for byte what was hashed.
        sha256: Its hash.
        instruments: The ids that it names.
    """

    id: str
    version: int
    text: str
    sha256: str
    instruments: tuple[str, ...]

    @property
    def short_code(self) -> str:
        """Twelve letters of the hash, for comparing by eye."""
        return short_code(self.sha256)


def instrument_id(project: str, kind: InstrumentKind) -> str:
    """The id of a project's questionnaire of a kind: always the same, so that it is made once."""
    digest = hashlib.sha256(b"guopei-ballot/1 instrument\n" + project.encode() + b"\n" + kind.value.encode())
    return f"ins{digest.hexdigest()[:_HEX_DIGITS]}"


def list_keys(instruments: Sequence[Instrument], now: datetime) -> tuple[KeyList, list[EvaluationKeysListed]]:
    """The list of today, which names these questionnaires, with its event."""
    day = today(now).isoformat()
    rows = [
        {
            "id": instrument.id,
            "kind": instrument.kind.value,
            "project": instrument.project,
            "form": instrument.form,
            "formSha256": instrument.form_sha256,
            "tokenKey": instrument.token_key,
            "boxKey": instrument.box_key,
            "registerKey": instrument.register_key,
        }
        for instrument in sorted(instruments, key=lambda instrument: instrument.id)
    ]
    text = canonical({"v": 1, "day": day, "instruments": rows})
    digest = hashlib.sha256(text).hexdigest()
    listed = KeyList(day, 1, text.decode(), digest, tuple(str(row["id"]) for row in rows))
    return listed, [EvaluationKeysListed(day=day, sha256=digest, instruments=len(rows))]


def window(now: datetime) -> tuple[datetime, datetime]:
    """When answers are taken: from the day after today on, for 14 days."""
    opens = start_of(today(now) + timedelta(days=1))
    return opens, opens + timedelta(days=OPEN_DAYS)


def schedule(instrument: Instrument, project: Project, opened: tuple[datetime, datetime], eligible: int) -> Instrument:
    """Set the window, and who may be rated: those who teach at the end (R34)."""
    faculty = project.faculty[:MOST_TEACHERS] if instrument.kind is InstrumentKind.TEACHING else ()
    return replace(instrument, opens_at=opened[0], closes_at=opened[1], faculty=faculty, eligible=eligible)


def open_window(instrument: Instrument, listed: KeyList, opened: tuple[datetime, datetime]) -> Change:
    """Let the attendees answer, and tell them (R34, R35)."""
    event = EvaluationOpened(
        **instrument.about(),
        opens_at=opened[0],
        closes_at=opened[1],
        list_day=listed.id,
        list_sha256=listed.sha256,
        short_code=listed.short_code,
    )
    return replace(instrument, state=InstrumentState.OPEN), [event]


def remind(instrument: Instrument, closes_at: datetime, now: datetime) -> Change:
    """Remind the attendees before the closing, once and all alike (R34, R35, ADR 59).

    Nothing is asked about tokens: who is reminded would tell for ever who had none.
    """
    event = EvaluationReminded(**instrument.about(), closes_at=closes_at)
    return replace(instrument, reminded=True, reminded_at=now), [event]


def remind_for_base(found: Sequence[Instrument], now: datetime) -> list[Change]:
    """Remind all attendees of a project's open questionnaires because its base asks for it (R35).

    It is all of them alike, and of all that are open: the base knows of nobody whether he or she has answered.

    Args:
        found: The project's questionnaires.
        now: Domain time.

    Raises:
        Refusal: `EVALUATION_NOT_OPEN`, `REMINDED_LATELY`.
    """
    open_now = [
        (instrument, instrument.closes_at)
        for instrument in found
        if instrument.state is InstrumentState.OPEN and instrument.closes_at and now < instrument.closes_at
    ]
    if not open_now:
        raise EVALUATION_NOT_OPEN()
    last = max((instrument.reminded_at for instrument in found if instrument.reminded_at), default=None)
    if last and now < last + REMINDED_EVERY:
        raise REMINDED_LATELY(at=last.isoformat(), until=(last + REMINDED_EVERY).isoformat())
    return [
        (
            replace(instrument, reminded_at=now),
            [EvaluationReminded(**instrument.about(), closes_at=closes_at)],
        )
        for instrument, closes_at in open_now
    ]


def close(instrument: Instrument, *, counted: int, eligible: int, issued: int) -> Instrument:
    """Close the questionnaire, and settle who everybody is where all answer alike (R36).

    The base says who attends, until the closing; so everybody is the least of who could answer at the end of the
    training, who could at the closing, and who asked for a token. Otherwise one more attendee, marked by the base,
    would show what each of the others has answered.

    Args:
        instrument: The questionnaire.
        counted: How many ballots its box has.
        eligible: How many may answer now.
        issued: How many tokens were issued.
    """
    everybody = min(instrument.eligible, eligible, issued)
    closed = replace(instrument, state=InstrumentState.CLOSED, counted=counted)
    return replace(closed, eligible=eligible, issued=issued, everybody=everybody)


def publish(instrument: Instrument, result: Tally, receipts_root: str) -> Change:
    """Publish the result, once (R36)."""
    published = replace(
        instrument,
        state=InstrumentState.PUBLISHED,
        result=replace(result, texts=()),
        receipts_root=receipts_root,
        token_sealed=None,
    )
    event = EvaluationPublished(
        **instrument.about(),
        year=instrument.year,
        eligible=instrument.eligible,
        issued=instrument.issued or 0,
        counted=result.counted,
        invalid=result.invalid,
        mean_hundredths=result.mean_hundredths,
        receipts_root=receipts_root,
    )
    return published, [event]


def suppress(instrument: Instrument, cause: str) -> Change:
    """Publish nothing, not even a number (R36)."""
    hidden = replace(
        instrument,
        state=InstrumentState.SUPPRESSED,
        cause=cause,
        turnout=0,
        counted=None,
        issued=None,
        everybody=0,
        token_sealed=None,
    )
    return hidden, [EvaluationSuppressed(**instrument.about(), year=instrument.year, cause=cause)]


def void(instrument: Instrument) -> Instrument:
    """End a questionnaire whose project was cancelled."""
    return replace(instrument, state=InstrumentState.VOID, token_sealed=None)


def form_of(content: dict[str, Any]) -> tuple[Form, str]:
    """A form of the reference data as the tally needs it, and the hash of its whole content."""
    sizes = {name: len(content[name]) for name in ("faculty", "project", "texts")}
    return Form(content["version"], content["kind"], **sizes), hashlib.sha256(canonical(content)).hexdigest()
