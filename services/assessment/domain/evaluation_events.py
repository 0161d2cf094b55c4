"""The events of evaluations. None of them says of anybody whether or what he or she has answered (R34–R36)."""

from dataclasses import dataclass
from datetime import datetime

from services.assessment.domain.vocabulary import InstrumentKind

NATION = "00"


@dataclass(frozen=True, kw_only=True)
class EvaluationKeysListed:
    """The keys of a day's new questionnaires stand in a list with this hash; no token is issued before (R34).

    Attributes:
        day: The list's day, ISO.
        sha256: The hash of the list, whose bytes are public.
        instruments: How many questionnaires it names.
        province: `00`: it goes to every province.
    """

    day: str
    sha256: str
    instruments: int
    province: str = NATION


@dataclass(frozen=True, kw_only=True)
class EvaluationEvent:
    """Base of the events of a questionnaire.

    Attributes:
        instrument: Its id.
        project: The project's id.
        base: The id of the base that held it.
        kind: Evaluation of teaching, or satisfaction survey.
        province: Two-digit code of the base's province.
    """

    instrument: str
    project: str
    base: str
    kind: InstrumentKind
    province: str


@dataclass(frozen=True, kw_only=True)
class EvaluationOpened(EvaluationEvent):
    """The attendees may answer from now on (R34, R35).

    Attributes:
        opens_at: The first moment.
        closes_at: From then on nobody may.
        list_day: The day of the list that its keys stand in, ISO.
        list_sha256: The hash of that list.
        short_code: Its first 60 bits, for comparing by eye.
    """

    opens_at: datetime
    closes_at: datetime
    list_day: str
    list_sha256: str
    short_code: str


@dataclass(frozen=True, kw_only=True)
class EvaluationReminded(EvaluationEvent):
    """The attendees may answer for a few days more; it is told to all of them alike, whoever has a token (R34, R35).

    Attributes:
        closes_at: From then on nobody may.
    """

    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class EvaluationPublished(EvaluationEvent):
    """The result is published, once (R36).

    Attributes:
        year: The year of the project's round.
        eligible: How many might answer.
        issued: How many had a token.
        counted: How many valid sheets there were.
        invalid: How many others.
        mean_hundredths: The mean of what is shown, in hundredths; None where nothing is.
        receipts_root: The Merkle root over the receipts of all ballots (RFC 6962).
    """

    year: int
    eligible: int
    issued: int
    counted: int
    invalid: int
    mean_hundredths: int | None
    receipts_root: str


@dataclass(frozen=True, kw_only=True)
class EvaluationSuppressed(EvaluationEvent):
    """There is no result, for there were too few ballots, or a key was lost; nothing is said of their number (R36).

    Attributes:
        year: The year of the project's round.
        cause: `TOO_FEW` or `KEY_LOST`.
    """

    year: int
    cause: str
