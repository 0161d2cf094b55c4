"""A random inspection: population, commitment, beacons, reveal, draw (R37; ADR 55).

Each step is published before the next can be known, so nobody can choose the sample. Whoever gives up in between does
so in everybody's sight: a voided inspection publishes its secret, and a secret that is kept back doubles the sample.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kernel.dates import SHANGHAI
from kernel.free_text import Reason, Title
from kernel.refusals import WRONG_STATE
from kernel.working_days import after_working_days
from services.assessment.domain import draw
from services.assessment.domain.beacon import Beacon, BeaconValue
from services.assessment.domain.draw import Candidate, Stratum
from services.assessment.domain.inspection_events import (
    InspectionAnnounced,
    InspectionBeaconsRecorded,
    InspectionClosed,
    InspectionDrawn,
    InspectionEvent,
    InspectionExtended,
    InspectionFrozen,
    InspectionReplaced,
    InspectionVoided,
)
from services.assessment.domain.refusals import (
    BEACON_MISSING,
    BEACON_NOT_DUE,
    BEACON_OUT,
    BEACON_TOO_LATE,
    BEACON_TOO_SOON,
    BEACON_VALUES_MISSING,
    FINDINGS_OPEN,
    INVALID_REVEAL_BY,
    NOT_INSPECTED,
    NOT_SAMPLED,
    NOT_WITNESSED,
    OBJECTION_PERIOD,
    POPULATION_EMPTY,
    REVEAL_BY_PASSED,
    REVEAL_TOO_EARLY,
    SHARE_INVALID,
    STRATUM_EXHAUSTED,
    TITLE_MISSING,
    UNKNOWN_STRATUM,
)
from services.assessment.domain.vocabulary import InspectionState

OBJECTION_WORKING_DAYS = 3
"""How many working days a population stands open to objection before its draw may be announced [D]."""
AHEAD = timedelta(hours=24)
"""How far a beacon lies ahead of its announcement, and how long its value is public before the reveal [D]."""
FARTHEST = timedelta(days=90)
"""How far ahead a beacon may lie at most [D]."""
LONGEST_REVEAL = timedelta(days=30)
"""The longest time between the last beacon and the end of the time for the reveal [D]."""
MOST_BEACONS = 10
_MOST_SHARE_BP = 10_000
_STATES = {
    InspectionState.FROZEN: ("总体已冻结、尚未公告抽取", "Frozen, and not announced"),
    InspectionState.ANNOUNCED: ("已公告、尚未抽取", "Announced, and not drawn"),
    InspectionState.DRAWN: ("已抽取", "Drawn"),
    InspectionState.CLOSED: ("抽检已结束", "The inspection is closed"),
    InspectionState.VOID: ("抽检已作废", "The inspection is void"),
}
TRANSITIONS: Mapping[InspectionState, frozenset[InspectionState]] = {
    InspectionState.FROZEN: frozenset({InspectionState.ANNOUNCED, InspectionState.VOID}),
    InspectionState.ANNOUNCED: frozenset({InspectionState.DRAWN, InspectionState.VOID}),
    InspectionState.DRAWN: frozenset({InspectionState.CLOSED}),
    InspectionState.CLOSED: frozenset(),
    InspectionState.VOID: frozenset(),
}
"""Which state may follow which."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A part of the rule of weights.

    Attributes:
        any_of: The facts of which one is enough.
        points: What they add to the weight.
    """

    any_of: tuple[str, ...]
    points: int


@dataclass(frozen=True, slots=True)
class WeightRule:
    """By what projects weigh in the draw [C].

    Attributes:
        version: Its name.
        least: The weight of a project of which nothing is known.
        most: The greatest weight.
        years: How many years before the inspection's the findings of earlier inspections count.
        adds: What adds to it.
    """

    version: str
    least: int
    most: int
    years: int
    adds: tuple[Addition, ...]

    def weigh(self, facts: Collection[str]) -> int:
        """The weight of a project.

        Args:
            facts: What is known of it (`facts_of`).
        """
        points = sum(addition.points for addition in self.adds if not set(addition.any_of).isdisjoint(facts))
        return min(self.least + points, self.most)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A project of the sample.

    Attributes:
        project: Its id.
        stratum: Its stratum.
        order: Its place in the stratum's order, from 1.
        replaced_for: Why it cannot be inspected; None where it is.
    """

    project: str
    stratum: str
    order: int
    replaced_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A random inspection of a year's projects.

    Attributes:
        id: `<year>-<number>`.
        version: For its repository.
        year: The year of the projects' round.
        title: Of the inspection.
        state: Where it stands.
        frozen_at: Domain time, as all instants here.
        population_sha256: SHA-256 of the file of the population.
        size: How many projects the population has.
        share_bp: The share to be drawn, in basis points.
        weights: The version of the rule of weights.
        strata: By name.
        announced_at: When the draw was announced.
        commitment: The secret's hash.
        secret_sealed: The secret in hexadecimal, sealed by the vault; nobody sees it before `secret`.
        beacons: In the order of their announcement.
        reveal_by: The end of the time for the reveal, included.
        audit_sequence: The announcement's number in the audit log; None before it is there.
        witnessed_at: When the announcement was seen in the audit log.
        recorded_at: When the beacons' values were last recorded.
        corrections: How often the values were recorded before.
        drawn_at: When the sample was drawn.
        withheld: Whether it was drawn without the secret.
        secret: The secret in hexadecimal, once it is public.
        seed: Of the draw, in hexadecimal.
        sample: By stratum and order; who was replaced stays in it.
        void_reason: Why it was given up.
        closed_at: When it was closed.
    """

    id: str
    version: int = 1
    year: int
    title: str
    state: InspectionState = InspectionState.FROZEN
    frozen_at: datetime
    population_sha256: str
    size: int
    share_bp: int
    weights: str
    strata: tuple[Stratum, ...]
    announced_at: datetime | None = None
    commitment: str | None = None
    secret_sealed: str | None = None
    beacons: tuple[Beacon, ...] = ()
    reveal_by: datetime | None = None
    audit_sequence: int | None = None
    witnessed_at: datetime | None = None
    recorded_at: datetime | None = None
    corrections: int = 0
    drawn_at: datetime | None = None
    withheld: bool = False
    secret: str | None = None
    seed: str | None = None
    sample: tuple[Sampled, ...] = ()
    void_reason: str | None = None
    closed_at: datetime | None = None

    @property
    def allocation(self) -> dict[str, int]:
        """How many are drawn, by stratum."""
        return {stratum.name: stratum.drawn for stratum in self.strata}

    @property
    def objections_until(self) -> datetime:
        """Until when the population stands open to objection: the first instant at which it does no more."""
        return after_working_days(self.frozen_at, OBJECTION_WORKING_DAYS)

    @property
    def inspected(self) -> list[str]:
        """The projects that are inspected: the sample without who was replaced."""
        return [drawn.project for drawn in self.sample if drawn.replaced_for is None]

    def ceremony(self) -> dict[str, Any] | None:
        """What is public of the draw so far: the content of `ceremony.json`; None before the announcement.

        Before the draw there is no `secret`; afterwards it is null where it was withheld.
        """
        if self.commitment is None:
            return None
        public = _said(self) | {"format": draw.FORMAT, "reveal_by": _rfc3339(self.reveal_by)}
        drawn = self.seed is not None or self.state is InspectionState.VOID
        return public | ({"secret": self.secret} if drawn else {})

    def drawn_sample(self) -> dict[str, Any] | None:
        """What the public programs print of this draw: the content of `sample.json`; None before the draw.

        Replacements and extensions are not in it: they came later, by the order that it fixes.
        """
        if self.seed is None:
            return None
        times = 1 + self.withheld
        sample: dict[str, list[str]] = {
            stratum.name: [
                drawn.project
                for drawn in self.sample
                if drawn.stratum == stratum.name and drawn.order <= stratum.drawn * times
            ]
            for stratum in self.strata
        }
        return {"id": self.id, "revealed": not self.withheld, "sample": sample, "seed": self.seed}


Change = tuple[Inspection, list[InspectionEvent]]


def freeze(
    key: str, *, year: int, title: Title, share_bp: int, candidates: Sequence[Candidate], weights: str, now: datetime
) -> tuple[Inspection, list[InspectionEvent], bytes]:
    """Freeze the population of an inspection.

    Args:
        key: The new inspection's id.
        year: The year of the projects' round.
        title: Of the inspection.
        share_bp: The share to be drawn, in basis points.
        candidates: The population.
        weights: The version of the rule of weights.
        now: Domain time.

    Returns:
        The inspection, its events, and the file of the population.

    Raises:
        Refusal: `TITLE_MISSING`, `SHARE_INVALID` or `POPULATION_EMPTY`.
    """
    require_share(title, share_bp)
    if not candidates:
        raise POPULATION_EMPTY(field="year", year=year)
    population = draw.population_file(candidates)
    sizes = draw.sizes_of(candidates)
    allocation = draw.allocate(sizes, draw.wanted(len(candidates), share_bp))
    frozen = Inspection(
        id=key,
        year=year,
        title=title.text,
        frozen_at=now,
        population_sha256=draw.digest(population),
        size=len(candidates),
        share_bp=share_bp,
        weights=weights,
        strata=tuple(Stratum(name, size, allocation[name]) for name, size in sizes.items()),
    )
    event = InspectionFrozen(
        inspection=key,
        year=year,
        title=title.text,
        population_sha256=frozen.population_sha256,
        size=frozen.size,
        share_bp=share_bp,
        weights=weights,
        strata=frozen.strata,
    )
    return frozen, [event], population


def require_share(title: Title, share_bp: int) -> None:
    """Check what an inspection is called and how much of the population it draws.

    Raises:
        Refusal: `TITLE_MISSING` or `SHARE_INVALID`.
    """
    if not title.text:
        raise TITLE_MISSING(field="title")
    if not 1 <= share_bp <= _MOST_SHARE_BP:
        raise SHARE_INVALID(field="shareBp")


def announce(
    inspection: Inspection,
    beacons: Sequence[tuple[Title, datetime]],
    reveal_by: datetime,
    *,
    secret: bytes,
    sealed: str,
    now: datetime,
) -> Change:
    """Commit to a secret, and name the beacons and the end of the time for the reveal.

    Args:
        inspection: A frozen one.
        beacons: Names and aware instants.
        reveal_by: Until when the secret is to be revealed, included; aware.
        secret: 32 random bytes.
        sealed: The same, sealed by the vault.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `OBJECTION_PERIOD`, `BEACON_MISSING`, `BEACON_TOO_SOON`, `BEACON_TOO_LATE` or
            `INVALID_REVEAL_BY`.
    """
    require_beacons(beacons)
    _require_step(inspection, InspectionState.ANNOUNCED)
    if now < inspection.objections_until:
        raise OBJECTION_PERIOD(until=_rfc3339(inspection.objections_until))
    for source, at in beacons:
        if at < now + AHEAD:
            raise BEACON_TOO_SOON(field="beacons", source=source.text)
        if at > now + FARTHEST:
            raise BEACON_TOO_LATE(field="beacons", source=source.text)
    named = tuple(Beacon(source.text, _to_the_second(at)) for source, at in beacons)
    last = max(beacon.at for beacon in named)
    if not last + AHEAD < reveal_by <= last + LONGEST_REVEAL:
        latest = _rfc3339(last + LONGEST_REVEAL)
        raise INVALID_REVEAL_BY(field="revealBy", earliest=_rfc3339(last + AHEAD), latest=latest)
    end = _to_the_second(reveal_by)
    announced = replace(
        inspection,
        state=InspectionState.ANNOUNCED,
        announced_at=now,
        commitment=draw.commitment_of(secret),
        secret_sealed=sealed,
        beacons=named,
        reveal_by=end,
    )
    event = InspectionAnnounced(
        inspection=inspection.id,
        year=inspection.year,
        population_sha256=inspection.population_sha256,
        allocation=inspection.allocation,
        commitment=draw.commitment_of(secret),
        beacons=named,
        reveal_by=end,
    )
    return announced, [event]


def require_beacons(beacons: Sequence[tuple[Title, datetime]]) -> None:
    """Check that there are beacons, and that each has a name.

    Raises:
        Refusal: `BEACON_MISSING`.
    """
    if not beacons or not all(source.text for source, _ in beacons):
        raise BEACON_MISSING(field="beacons")


def witness(inspection: Inspection, sequence: int, now: datetime) -> Inspection:
    """Note that the announcement stands in the audit log, which everybody's log witnesses with it.

    Args:
        inspection: An announced one.
        sequence: The announcement's number in the audit log.
        now: Domain time at which it was seen there.
    """
    return replace(inspection, audit_sequence=sequence, witnessed_at=now)


def record_beacons(inspection: Inspection, values: Sequence[BeaconValue], now: datetime) -> Change:
    """Record or correct the values of all beacons, in the order of their announcement; until the draw.

    Each time they stand open for a day before the secret may be revealed.

    Raises:
        Refusal: `WRONG_STATE`, `REVEAL_BY_PASSED`, `BEACON_NOT_DUE`, `NOT_WITNESSED` or `BEACON_VALUES_MISSING`.
    """
    _require_state(inspection, InspectionState.ANNOUNCED)
    _require_in_time(inspection, now)
    for beacon in inspection.beacons:
        if now < beacon.at:
            raise BEACON_NOT_DUE(source=beacon.source, at=_rfc3339(beacon.at))
    if not _witnessed_in_time(inspection):
        raise NOT_WITNESSED()
    texts = [value.text for value in values]
    if len(texts) != len(inspection.beacons) or not all(texts):
        raise BEACON_VALUES_MISSING(field="values", sources=[beacon.source for beacon in inspection.beacons])
    beacons = tuple(replace(beacon, value=value) for beacon, value in zip(inspection.beacons, texts, strict=True))
    if beacons == inspection.beacons:
        return inspection, []
    corrections = inspection.corrections + (inspection.recorded_at is not None)
    recorded = replace(inspection, beacons=beacons, recorded_at=now, corrections=corrections)
    event = InspectionBeaconsRecorded(
        inspection=inspection.id, year=inspection.year, beacons=beacons, correction=corrections
    )
    return recorded, [event]


def reveal(inspection: Inspection, candidates: Iterable[Candidate], secret: bytes, now: datetime) -> Change:
    """Reveal the secret, and draw.

    Args:
        inspection: An announced one, whose beacons are recorded.
        candidates: Its population.
        secret: That it is committed to.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `REVEAL_BY_PASSED`, `BEACON_VALUES_MISSING` or `REVEAL_TOO_EARLY`.
        ValueError: It is another secret.
    """
    require_revealable(inspection, now)
    if draw.commitment_of(secret) != inspection.commitment:
        raise ValueError("the sealed secret is not the one that was committed to")
    return _drawn(replace(inspection, secret=secret.hex()), candidates, secret, now)


def require_revealable(inspection: Inspection, now: datetime) -> None:
    """Require that the secret may be revealed now.

    Raises:
        Refusal: `WRONG_STATE`, `REVEAL_BY_PASSED`, `BEACON_VALUES_MISSING` or `REVEAL_TOO_EARLY`.
    """
    _require_step(inspection, InspectionState.DRAWN)
    _require_in_time(inspection, now)
    if inspection.recorded_at is None:
        raise BEACON_VALUES_MISSING(sources=[beacon.source for beacon in inspection.beacons])
    if now < inspection.recorded_at + AHEAD:
        raise REVEAL_TOO_EARLY(until=_rfc3339(inspection.recorded_at + AHEAD))


def withhold(inspection: Inspection, candidates: Iterable[Candidate], now: datetime) -> Change:
    """Draw without the secret, for it was not revealed in time: by a secret of zeros, and twice as many.

    Beacons that were not recorded count as empty. So whoever keeps a secret back gains at best a second draw, of
    twice the size, in everybody's sight.

    Args:
        inspection: An announced one whose time for the reveal is over.
        candidates: Its population.
        now: Domain time.
    """
    beacons = tuple(replace(beacon, value=beacon.value or "") for beacon in inspection.beacons)
    return _drawn(replace(inspection, withheld=True, beacons=beacons), candidates, draw.WITHHELD_SECRET, now)


def is_overdue(inspection: Inspection, now: datetime) -> bool:
    """Whether the secret should have been revealed by now."""
    announced = inspection.state is InspectionState.ANNOUNCED
    return announced and inspection.reveal_by is not None and now > inspection.reveal_by


def void(inspection: Inspection, reason: Reason, secret: bytes | None, now: datetime) -> Change:
    """Give an inspection up before its first beacon is out; an announced one publishes its secret.

    From then on whoever knows the secret knows the draw, and would undo one that is unwelcome. One that the audit log
    did not have in time is given up later, too: it cannot be revealed.

    Args:
        inspection: A frozen or an announced one.
        reason: Why, for everybody.
        secret: That it is committed to; None where it is not announced.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `REVEAL_BY_PASSED`: the draw without the secret is due, and is not given up; or
            `BEACON_OUT`.
    """
    _require_step(inspection, InspectionState.VOID)
    _require_in_time(inspection, now)
    first = min(inspection.beacons, key=lambda beacon: beacon.at, default=None)
    if first and now >= first.at and _witnessed_in_time(inspection):
        raise BEACON_OUT(source=first.source, until=_rfc3339(inspection.reveal_by))
    shown = secret.hex() if secret else None
    voided = replace(
        inspection, state=InspectionState.VOID, void_reason=reason.text, secret=shown, secret_sealed=None, closed_at=now
    )
    event = InspectionVoided(
        inspection=inspection.id,
        year=inspection.year,
        reason=reason.text,
        commitment=inspection.commitment,
        secret=shown,
    )
    return voided, [event]


def substitute(inspection: Inspection, candidates: Iterable[Candidate], project: str, reason: Reason) -> Change:
    """Let the next of its stratum take the place of a project that cannot be inspected; nobody else moves.

    Args:
        inspection: A drawn one.
        candidates: Its population.
        project: That cannot be inspected.
        reason: Why, for everybody.

    Raises:
        Refusal: `WRONG_STATE`, `NOT_SAMPLED` or `STRATUM_EXHAUSTED`.
    """
    _require_state(inspection, InspectionState.DRAWN)
    gone = next((drawn for drawn in inspection.sample if drawn.project == project and not drawn.replaced_for), None)
    if gone is None:
        raise NOT_SAMPLED(project=project)
    (added,) = _next(inspection, candidates, gone.stratum, 1)
    marked = tuple(replace(drawn, replaced_for=reason.text) if drawn is gone else drawn for drawn in inspection.sample)
    event = InspectionReplaced(
        inspection=inspection.id,
        year=inspection.year,
        title=inspection.title,
        stratum=gone.stratum,
        project=project,
        replacement=added.project,
        reason=reason.text,
    )
    return replace(inspection, sample=_sorted((*marked, added))), [event]


def extend(inspection: Inspection, candidates: Iterable[Candidate], stratum: str, count: int, reason: Reason) -> Change:
    """Inspect the next projects of a stratum too.

    Args:
        inspection: A drawn one.
        candidates: Its population.
        stratum: The stratum's name.
        count: How many more, from 1.
        reason: Why, for everybody.

    Raises:
        Refusal: `WRONG_STATE`, `UNKNOWN_STRATUM` or `STRATUM_EXHAUSTED`.
    """
    _require_state(inspection, InspectionState.DRAWN)
    if stratum not in inspection.allocation:
        raise UNKNOWN_STRATUM(field="stratum", stratum=stratum[:80])
    added = _next(inspection, candidates, stratum, count)
    event = InspectionExtended(
        inspection=inspection.id,
        year=inspection.year,
        title=inspection.title,
        stratum=stratum,
        projects=tuple(drawn.project for drawn in added),
        reason=reason.text,
    )
    return replace(inspection, sample=_sorted((*inspection.sample, *added))), [event]


def require_sampled(inspection: Inspection, project: str) -> None:
    """Require that a project is inspected now.

    Raises:
        Refusal: `WRONG_STATE` or `NOT_SAMPLED`.
    """
    _require_state(inspection, InspectionState.DRAWN)
    if project not in inspection.inspected:
        raise NOT_SAMPLED(field="projectId", project=project)


def close(inspection: Inspection, *, found: Collection[str], open_findings: int, now: datetime) -> Change:
    """Close an inspection.

    Args:
        inspection: A drawn one.
        found: The projects that have a finding.
        open_findings: How many of its findings are not closed.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `NOT_INSPECTED` or `FINDINGS_OPEN`.
    """
    _require_step(inspection, InspectionState.CLOSED)
    missing = [project for project in inspection.inspected if project not in found]
    if missing:
        raise NOT_INSPECTED(count=len(missing), projects=missing[:20])
    if open_findings:
        raise FINDINGS_OPEN(count=open_findings)
    closed = replace(inspection, state=InspectionState.CLOSED, closed_at=now)
    return closed, [InspectionClosed(inspection=inspection.id, year=inspection.year)]


def _drawn(inspection: Inspection, candidates: Iterable[Candidate], secret: bytes, now: datetime) -> Change:
    seed = draw.seed_of(secret, _said(inspection))
    orders = draw.in_order(candidates, seed)
    sample = draw.sample_of(orders, inspection.allocation, withheld=inspection.withheld)
    drawn = replace(
        inspection,
        state=InspectionState.DRAWN,
        drawn_at=now,
        secret_sealed=None,
        seed=seed.hex(),
        sample=tuple(
            Sampled(project, stratum, order)
            for stratum, projects in sample.items()
            for order, project in enumerate(projects, start=1)
        ),
    )
    event = InspectionDrawn(
        inspection=inspection.id,
        year=inspection.year,
        title=inspection.title,
        withheld=inspection.withheld,
        secret=inspection.secret,
        beacons=inspection.beacons,
        seed=seed.hex(),
        sample={stratum: tuple(projects) for stratum, projects in sample.items()},
    )
    return drawn, [event]


def _next(inspection: Inspection, candidates: Iterable[Candidate], stratum: str, count: int) -> list[Sampled]:
    """The next of a stratum's order, after the last one that was ever drawn.

    Raises:
        Refusal: `STRATUM_EXHAUSTED`.
    """
    order = draw.in_order(candidates, bytes.fromhex(inspection.seed or ""))[stratum]
    last = max((drawn.order for drawn in inspection.sample if drawn.stratum == stratum), default=0)
    following = order[last : last + count]
    if count < 1 or len(following) < count:
        raise STRATUM_EXHAUSTED(field="count", stratum=stratum, left=len(order) - last)
    return [Sampled(project, stratum, place) for place, project in enumerate(following, start=last + 1)]


def _sorted(sample: Iterable[Sampled]) -> tuple[Sampled, ...]:
    return tuple(sorted(sample, key=lambda drawn: (drawn.stratum, drawn.order)))


def _said(inspection: Inspection) -> dict[str, Any]:
    """What enters the seed."""
    return {
        "id": inspection.id,
        "population_sha256": inspection.population_sha256,
        "allocation": inspection.allocation,
        "commitment": inspection.commitment,
        "beacons": [
            {"source": beacon.source, "at": _rfc3339(beacon.at)}
            | ({} if beacon.value is None else {"value": beacon.value})
            for beacon in inspection.beacons
        ],
    }


def _witnessed_in_time(inspection: Inspection) -> bool:
    """Whether the audit log had the announcement before the first beacon was out."""
    seen_at = inspection.witnessed_at
    return seen_at is not None and seen_at < min(beacon.at for beacon in inspection.beacons)


def _require_step(inspection: Inspection, target: InspectionState) -> None:
    _require_state(inspection, *(state for state in InspectionState if target in TRANSITIONS[state]))


def _require_state(inspection: Inspection, *states: InspectionState) -> None:
    if inspection.state not in states:
        raise WRONG_STATE(rule="R37", state=inspection.state.value, detail=_STATES[inspection.state])


def _require_in_time(inspection: Inspection, now: datetime) -> None:
    if is_overdue(inspection, now):
        raise REVEAL_BY_PASSED(until=_rfc3339(inspection.reveal_by))


def _to_the_second(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI).replace(microsecond=0)


def _rfc3339(at: datetime | None) -> str:
    """The instant as the public files and the refusals write it."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds") if at else ""


def stratum_of(category: str, *, running: bool) -> str:
    """The name of the stratum of a project, by its category and whether it still runs."""
    return f"{category}/{'RUNNING' if running else 'FINISHED'}"


def facts_of(
    *, escalated: bool, overrun: bool, suspended: bool, complaint: bool, before: Mapping[str, int]
) -> set[str]:
    """What is known of a project, in the words of the rule of weights.

    Args:
        escalated: Whether its base left applications undecided (R23).
        overrun: Whether it went past its window without an extension (R28).
        suspended: Whether the ministry has suspended it.
        complaint: Whether a complaint about its base in that year was upheld (R38).
        before: Findings of earlier inspections of its base, by severity; a grave one counts as a major one.
    """
    known = {
        "ESCALATED": escalated,
        "OVERRUN": overrun,
        "SUSPENDED": suspended,
        "COMPLAINT": complaint,
        "MINOR_BEFORE": bool(before.get("MINOR")),
        "MAJOR_BEFORE": bool(before.get("MAJOR") or before.get("GRAVE")),
    }
    return {fact for fact, holds in known.items() if holds}
