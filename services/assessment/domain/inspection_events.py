"""The events of random inspections: the public facts of each step, whole (R37).

Texts of findings and rectifications are in no event, only their hashes; nobody's name is in any of them (R41).
"""

from dataclasses import dataclass
from datetime import date, datetime

from services.assessment.domain.beacon import Beacon
from services.assessment.domain.draw import Stratum
from services.assessment.domain.vocabulary import FindingState, Severity

NATIONWIDE = "00"
"""The province of an event that concerns all of them."""


@dataclass(frozen=True, kw_only=True)
class InspectionEvent:
    """What every event of an inspection says.

    Attributes:
        inspection: Its id, `<year>-<number>`.
        year: The year of its projects.
        province: `00`: its projects are in several.
    """

    inspection: str
    year: int
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class InspectionFrozen(InspectionEvent):
    """The population was frozen, with its hash, before any chance is known.

    Attributes:
        title: Of the inspection.
        population_sha256: SHA-256 of the file `population.jsonl`.
        size: How many projects are in it.
        share_bp: The share to be drawn, in basis points.
        weights: The version of the rule of weights.
        strata: With how many are to be drawn of each.
    """

    title: str
    population_sha256: str
    size: int
    share_bp: int
    weights: str
    strata: tuple[Stratum, ...]


@dataclass(frozen=True, kw_only=True)
class InspectionAnnounced(InspectionEvent):
    """The draw was announced: the commitment to a secret, and beacons that nobody knows yet.

    Attributes:
        population_sha256: As frozen.
        allocation: How many are drawn, by stratum.
        commitment: The secret's hash.
        beacons: Without values.
        reveal_by: Until when the secret is to be revealed.
    """

    population_sha256: str
    allocation: dict[str, int]
    commitment: str
    beacons: tuple[Beacon, ...]
    reveal_by: datetime


@dataclass(frozen=True, kw_only=True)
class InspectionBeaconsRecorded(InspectionEvent):
    """The values of the beacons were recorded or corrected.

    Attributes:
        beacons: With their values.
        correction: How often they were recorded before.
    """

    beacons: tuple[Beacon, ...]
    correction: int


@dataclass(frozen=True, kw_only=True)
class InspectionDrawn(InspectionEvent):
    """The sample was drawn.

    Attributes:
        title: Of the inspection.
        withheld: Whether the secret was not revealed in time: drawn by the secret of zeros, twice as many.
        secret: The secret in hexadecimal; None where it was withheld.
        beacons: With the values that entered the seed.
        seed: In hexadecimal.
        sample: By stratum, the projects in the order of their tickets.
    """

    title: str
    withheld: bool
    secret: str | None
    beacons: tuple[Beacon, ...]
    seed: str
    sample: dict[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class InspectionReplaced(InspectionEvent):
    """A drawn project that cannot be inspected made way for the next of its stratum.

    Attributes:
        title: Of the inspection.
        stratum: Of both.
        project: That cannot be inspected.
        replacement: That is inspected instead.
        reason: Why.
    """

    title: str
    stratum: str
    project: str
    replacement: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class InspectionExtended(InspectionEvent):
    """The sample grew by the next projects of a stratum.

    Attributes:
        title: Of the inspection.
        stratum: Of which more are inspected.
        projects: That are inspected too.
        reason: Why.
    """

    title: str
    stratum: str
    projects: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class InspectionVoided(InspectionEvent):
    """An inspection was given up before its draw; an announced one publishes its secret.

    Attributes:
        reason: Why.
        commitment: As announced; None where it was not.
        secret: In hexadecimal, so that everybody sees what would have been drawn; None where nothing was announced.
    """

    reason: str
    commitment: str | None
    secret: str | None


@dataclass(frozen=True, kw_only=True)
class InspectionClosed(InspectionEvent):
    """Every project of the sample was inspected, and every finding is closed."""


@dataclass(frozen=True, kw_only=True)
class FindingEvent:
    """What every event of a finding says.

    Attributes:
        finding: Its id.
        inspection: The inspection's id.
        project: The inspected project.
        base: The project's base.
        severity: How grave it is.
        state: The finding's state after the event.
        due_on: The last day for the rectification, included; None where nothing is to be rectified.
        province: The base's, two digits.
    """

    finding: str
    inspection: str
    project: str
    base: str
    severity: Severity
    state: FindingState
    due_on: date | None
    province: str


@dataclass(frozen=True, kw_only=True)
class FindingRecorded(FindingEvent):
    """What the inspection of a project has found.

    Attributes:
        text_sha256: SHA-256 of the finding's text.
    """

    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class RectificationReported(FindingEvent):
    """The base reported what it has rectified.

    Attributes:
        text_sha256: SHA-256 of the report's text.
        in_time: Whether it came by the last day.
    """

    text_sha256: str
    in_time: bool


@dataclass(frozen=True, kw_only=True)
class RectificationReturned(FindingEvent):
    """The ministry did not accept a rectification; the base has to report anew.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class RectificationDue(FindingEvent):
    """A rectification is due soon, or is overdue; told once a day.

    Attributes:
        overdue: Whether its last day is past.
    """

    overdue: bool


@dataclass(frozen=True, kw_only=True)
class FindingWithdrawn(FindingEvent):
    """A finding was wrong, and counts nowhere any more.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class FindingClosed(FindingEvent):
    """Nothing is left of a finding.

    Attributes:
        reason: Why the rectification was accepted; None where there was nothing to rectify.
        rectified_in_time: Whether it was reported by its last day; None where there was nothing to rectify.
    """

    reason: str | None
    rectified_in_time: bool | None
