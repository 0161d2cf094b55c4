"""A base's annual assessment: computed, commented on, adjusted with reasons, graded, appealed against (R38, ADR 60)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any, Self

from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Paragraph, Reason
from kernel.refusals import NOT_FOUND, REASON_MISSING, TOO_MANY_ROWS, WRONG_STATE
from kernel.working_days import after_working_days
from services.assessment.domain.annual_events import (
    AnnualAppealDecided,
    AnnualAppealed,
    AnnualCommented,
    AnnualCommentsOpened,
    AnnualEvent,
    AnnualFinalized,
    AnnualItemAdjusted,
)
from services.assessment.domain.indicators import NATIONAL_MEAN, EvidenceRow, Measured, hash_of, sums_of
from services.assessment.domain.project import Project
from services.assessment.domain.refusals import (
    APPEAL_TOO_LATE,
    COMMENT_PERIOD_OPEN,
    NOT_COMMENTING,
    POINTS_OUT_OF_RANGE,
)
from services.assessment.domain.rubric import (
    Grade,
    Indicator,
    ItemKind,
    Rubric,
    graded,
    half_up,
    most_points,
    occurs,
    points,
)
from services.assessment.domain.vocabulary import AnnualState

MOST_COMMENTS = 50
"""How many comments a base may make on one assessment."""
_BASIS_POINTS = 10_000
_ONE_DAY = timedelta(days=1)
_STATES = {
    AnnualState.DRAFT: ("考核结果尚未交基地提出意见", "The base has not been asked for its comments yet"),
    AnnualState.COMMENTING: ("考核尚未定级", "There is no grade yet"),
    AnnualState.FINAL: ("考核已定级", "The grade is final"),
    AnnualState.APPEALED: ("复核尚未办结", "An appeal is not settled"),
}
_APPEALED_ONCE = ("该年度考核已复核过一次", "This assessment was appealed against once")
TRANSITIONS: Mapping[AnnualState, frozenset[AnnualState]] = {
    AnnualState.DRAFT: frozenset({AnnualState.COMMENTING}),
    AnnualState.COMMENTING: frozenset({AnnualState.FINAL}),
    AnnualState.FINAL: frozenset({AnnualState.APPEALED}),
    AnnualState.APPEALED: frozenset({AnnualState.FINAL}),
}
"""Which state may follow which."""


class AnnualText(Paragraph):
    """What a base comments or appeals with: up to 4,000 characters."""

    __slots__ = ()
    longest = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualItem:
    """An item of an assessment.

    Attributes:
        code: The rubric's.
        least_hundredths: The fewest points that it may have: below 0 of a deduction.
        most_hundredths: The most, with what is spread over it of items without data.
        computed_hundredths: The points that follow from the inputs; None where it has no data.
        hundredths: The points in force: the computed ones, or what the ministry has given instead.
        reason: Why the ministry has given others; None while it has not.
        inputs: The numbers that the points follow from.
        evidence: How many facts these are the sums of.
        evidence_sha256: The hash of those facts.
        left_out: Ids of questionnaires that had not ended.
    """

    code: str
    least_hundredths: int
    most_hundredths: int
    computed_hundredths: int | None
    hundredths: int | None
    reason: str | None = None
    inputs: Mapping[str, int]
    evidence: int
    evidence_sha256: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Computation:
    """What was computed before, and has been computed anew since.

    Attributes:
        number: From 1 on.
        at: Domain time.
        rubric: The version of the indicators.
        rubric_sha256: The hash of their canonical JSON.
        items: As computed.
    """

    number: int
    at: datetime
    rubric: str
    rubric_sha256: str
    items: tuple[AnnualItem, ...]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Other points of an item than were computed, from the ministry.

    Attributes:
        code: The item's.
        before: Its points before, in hundredths.
        after: Its points from then on.
        reason: Why.
        at: Domain time.
    """

    code: str
    before: int
    after: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What the base has to say of what was computed.

    Attributes:
        item: The code of the item that it is about; None for all of it.
        text: The comment.
        at: Domain time.
    """

    item: str | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Appeal:
    """The base's appeal against its grade, and what became of it.

    Attributes:
        text: Why the base appeals.
        at: Domain time.
        upheld: Whether the base is right; None until it is decided.
        answer: Why; likewise.
        decided_at: When; likewise.
    """

    text: str
    at: datetime
    upheld: bool | None = None
    answer: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """A grade that was made final.

    Attributes:
        at: Domain time.
        score_hundredths: None where the base is not assessed.
        grade: The grade.
        capped: Whether the best grade was reached, and its share was taken up by better ones.
    """

    at: datetime
    score_hundredths: int | None
    grade: Grade
    capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The annual assessment of one base.

    Attributes:
        id: `<year>/<base>`: there is one of each.
        version: For its repository.
        base: The base's id.
        year: The year of the round.
        province: The base's, two digits.
        category: The base's; None where its projects do not say it.
        base_name: The base's name when its latest project was published; likewise.
        state: Where it stands.
        rubric: The version of the indicators.
        rubric_sha256: The hash of their canonical JSON.
        computation: The number of the computation in force, from 1 on.
        computed_at: When that was.
        items: In the rubric's order.
        score_hundredths: By the points in force; None where the base is not assessed.
        grade: By the score, and once it is final by the share of the best.
        barred: Whether the score is that of the best grade, and a finding rules it out.
        capped: Whether the best grade was reached, and its share was taken up by better ones.
        earlier: What was computed before.
        adjustments: Every adjustment, in their order.
        comments: Every comment of the base, likewise.
        comment_until: The last day for comments, included; None before they are open.
        finals: Every grade that was made final, in their order.
        appeal_until: The last day for an appeal, included; None before the first grade.
        appeal: The base's appeal; there is one at most.
        complaints: Ids of the complaints that the computation in force knew of, whether or not its rubric counts them.
    """

    id: str
    version: int = 1
    base: str
    year: int
    province: str
    category: str | None
    base_name: str | None = None
    state: AnnualState = AnnualState.DRAFT
    rubric: str
    rubric_sha256: str
    computation: int = 1
    computed_at: datetime
    items: tuple[AnnualItem, ...]
    score_hundredths: int | None
    grade: Grade
    barred: bool = False
    capped: bool = False
    earlier: tuple[Computation, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    comments: tuple[Comment, ...] = ()
    comment_until: date | None = None
    finals: tuple[Final, ...] = ()
    appeal_until: date | None = None
    appeal: Appeal | None = None
    complaints: tuple[str, ...] = ()

    @property
    def inputs(self) -> dict[str, Mapping[str, int]]:
        """By item the numbers that its points follow from."""
        return {item.code: item.inputs for item in self.items}

    @property
    def takes_adjustments(self) -> bool:
        """Whether the ministry may give other points: before the grade, and after an appeal that was upheld."""
        upheld = self.state is AnnualState.APPEALED and self.appeal is not None and bool(self.appeal.upheld)
        return self.state is AnnualState.COMMENTING or upheld

    def is_settled(self, day: date) -> bool:
        """Whether its grade stays: it is final, and an appeal is decided or comes too late."""
        if self.state is not AnnualState.FINAL or self.appeal_until is None:
            return False
        return self.appeal is not None or day > self.appeal_until

    def item(self, code: str) -> AnnualItem:
        """The item of that code that has data.

        Raises:
            Refusal: `NOT_FOUND`.
        """
        for item in self.items:
            if item.code == code and item.hundredths is not None:
                return item
        raise NOT_FOUND(rule="R38", kind="item", id=code)


Change = tuple[Assessment, list[AnnualEvent]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose year is assessed.

    Attributes:
        base: The base's id.
        year: The year of the round.
        province: The base's, two digits.
        category: The base's; None where its projects do not say it.
        base_name: The base's name when its latest project was published; likewise.
    """

    base: str
    year: int
    province: str
    category: str | None
    base_name: str | None = None

    @property
    def id(self) -> str:
        """The assessment's id."""
        return f"{self.year}/{self.base}"

    @classmethod
    def of(cls, held: Sequence[Project]) -> Self:
        """Whose year it is, by the base's projects of that year, one at least; the latest publication names it."""
        told = max(held, key=lambda project: (project.training is not None, project.category is not None, project.id))
        return cls(
            base=told.base,
            year=told.year,
            province=told.province,
            category=told.category,
            base_name=told.training.base if told.training else None,
        )


def compute(
    current: Assessment | None,
    subject: Subject,
    rubric: Rubric,
    measured: Mapping[str, Measured],
    *,
    rubric_sha256: str,
    now: datetime,
    complaints: Collection[str] = (),
) -> Assessment:
    """Compute an assessment, for the first time or anew.

    Args:
        current: As it stands; None where it was not computed before.
        subject: Whose year it is.
        rubric: The version of the indicators.
        measured: By item what was measured.
        rubric_sha256: The hash of the rubric's canonical JSON.
        now: Domain time.
        complaints: Ids of the complaints about the base that are among the facts.

    Returns:
        The assessment; the very same where nothing that was measured is different.

    Raises:
        Refusal: `WRONG_STATE`: its base was asked for comments already.
    """
    if current and current.state is not AnnualState.DRAFT:
        raise _wrong_state(current)
    inputs = {code: each.inputs for code, each in measured.items()}
    made = points(rubric, inputs)
    most = most_points(rubric, made.items)
    items = tuple(
        AnnualItem(
            code=item.code,
            least_hundredths=-most[item.code] if item.kind is ItemKind.DEDUCTION else 0,
            most_hundredths=0 if item.kind is ItemKind.DEDUCTION else most[item.code],
            computed_hundredths=made.items.get(item.code),
            hundredths=made.items.get(item.code),
            inputs=dict(measured[item.code].inputs),
            evidence=len(measured[item.code].rows),
            evidence_sha256=measured[item.code].sha256,
            left_out=measured[item.code].left_out,
        )
        for item in rubric.items
    )
    known = tuple(sorted(complaints))
    if current and (current.rubric_sha256, current.items, current.complaints) == (rubric_sha256, items, known):
        return current
    new = Assessment(
        id=subject.id,
        base=subject.base,
        year=subject.year,
        province=subject.province,
        category=subject.category,
        base_name=subject.base_name,
        rubric=rubric.version,
        rubric_sha256=rubric_sha256,
        computed_at=now,
        items=items,
        score_hundredths=None,
        grade=Grade.NOT_ASSESSED,
        complaints=known,
    )
    if current:
        before = Computation(
            current.computation, current.computed_at, current.rubric, current.rubric_sha256, current.items
        )
        new = replace(
            new,
            version=current.version,
            computation=current.computation + 1,
            earlier=(*current.earlier, before),
        )
    return _standing(new, rubric)


def open_comments(assessment: Assessment, rubric: Rubric, now: datetime) -> Change:
    """Show the base what was computed, and let it comment.

    Args:
        assessment: A draft.
        rubric: Its rubric, which says for how many working days.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    _require_step(assessment, AnnualState.COMMENTING)
    until = last_day(now, rubric.days.comment_working_days)
    opened = replace(assessment, state=AnnualState.COMMENTING, comment_until=until)
    return opened, [AnnualCommentsOpened(**_facts(opened), until=until)]


def comment(assessment: Assessment, item: str | None, text: AnnualText, now: datetime) -> Change:
    """Comment on what was computed, as the base.

    Args:
        assessment: An assessment of the base.
        item: The code of the item that it is about; None for all of it.
        text: The comment.
        now: Domain time.

    Raises:
        Refusal: `NOT_COMMENTING`, `REASON_MISSING`, `NOT_FOUND` or `TOO_MANY_ROWS`.
    """
    until = assessment.comment_until
    if assessment.state is not AnnualState.COMMENTING or until is None or today(now) > until:
        raise NOT_COMMENTING(state=assessment.state.value, until=until.isoformat() if until else None)
    if not text.text:
        raise REASON_MISSING(rule="R38", field="text")
    if item is not None and item not in assessment.inputs:
        raise NOT_FOUND(rule="R38", kind="item", id=item)
    if len(assessment.comments) >= MOST_COMMENTS:
        raise TOO_MANY_ROWS(rule="R38", field="comments", limit=MOST_COMMENTS)
    commented = replace(assessment, comments=(*assessment.comments, Comment(item, text.text, now)))
    return commented, [AnnualCommented(**_facts(commented), item=item, text_sha256=_digest(text))]


def adjust(
    assessment: Assessment, rubric: Rubric, code: str, *, hundredths: int, reason: Reason, now: datetime
) -> Change:
    """Give an item other points than were computed, as the ministry; the computed ones stay beside them.

    Args:
        assessment: Before its grade, or after an appeal that was upheld.
        rubric: Its rubric.
        code: The item's.
        hundredths: Its points from now on.
        reason: Why.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `NOT_FOUND` or `POINTS_OUT_OF_RANGE`.
    """
    if not assessment.takes_adjustments:
        raise _wrong_state(assessment)
    item = assessment.item(code)
    if not item.least_hundredths <= hundredths <= item.most_hundredths:
        raise POINTS_OUT_OF_RANGE(item=code, least=item.least_hundredths, most=item.most_hundredths)
    before = item.hundredths or 0
    if hundredths == before:
        return assessment, []
    items = tuple(
        replace(each, hundredths=hundredths, reason=reason.text) if each.code == code else each
        for each in assessment.items
    )
    adjustment = Adjustment(code, before, hundredths, reason.text, now)
    adjusted = _standing(replace(assessment, items=items, adjustments=(*assessment.adjustments, adjustment)), rubric)
    event = AnnualItemAdjusted(**_facts(adjusted), code=code, before=before, after=hundredths, reason=reason.text)
    return adjusted, [event]


def finalize(assessment: Assessment, year: Collection[Assessment], rubric: Rubric, now: datetime) -> Change:
    """Make a base's grade final.

    Args:
        assessment: One whose base has had its time for comments, or whose appeal was upheld.
        year: All assessments of the year, this one among them: of them a share may have the best grade.
        rubric: Its rubric.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE` or `COMMENT_PERIOD_OPEN`.
    """
    _require_step(assessment, AnnualState.FINAL)
    if not assessment.takes_adjustments:
        raise _wrong_state(assessment)
    until = assessment.comment_until
    if until and today(now) <= until:
        raise COMMENT_PERIOD_OPEN(until=until.isoformat())
    standing = _standing(assessment, rubric)
    is_among_the_best = standing.id in _best(year, rubric) and _leaves_a_place(standing, year, rubric)
    capped = standing.grade is Grade.EXCELLENT and not is_among_the_best
    if capped:
        standing = replace(standing, grade=_second(rubric))
    appeal_until = standing.appeal_until or last_day(now, rubric.days.appeal_working_days)
    final = replace(
        standing,
        state=AnnualState.FINAL,
        capped=capped,
        finals=(*standing.finals, Final(now, standing.score_hundredths, standing.grade, capped)),
        appeal_until=appeal_until,
    )
    return final, [_finalized(final, appeal_until)]


def appeal(assessment: Assessment, text: AnnualText, now: datetime) -> Change:
    """Appeal against a grade, as the base; once [D].

    Args:
        assessment: A final one.
        text: Why.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`, `APPEAL_TOO_LATE` or `REASON_MISSING`.
    """
    _require_step(assessment, AnnualState.APPEALED)
    if assessment.appeal:
        raise WRONG_STATE(rule="R38", state=assessment.state.value, detail=_APPEALED_ONCE)
    until = assessment.appeal_until
    if until is None or today(now) > until:
        raise APPEAL_TOO_LATE(until=until.isoformat() if until else None)
    if not text.text:
        raise REASON_MISSING(rule="R38", field="text")
    appealed = replace(assessment, state=AnnualState.APPEALED, appeal=Appeal(text.text, now))
    return appealed, [AnnualAppealed(**_facts(appealed), text_sha256=_digest(text))]


def decide_appeal(assessment: Assessment, *, upheld: bool, reason: Reason, now: datetime) -> Change:
    """Decide on an appeal, as the ministry: one that is upheld opens the points to adjustments again.

    Args:
        assessment: One that was appealed against.
        upheld: Whether the base is right.
        reason: Why.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    made = assessment.appeal
    if assessment.state is not AnnualState.APPEALED or made is None or made.upheld is not None:
        raise _wrong_state(assessment)
    answered = replace(made, upheld=upheld, answer=reason.text, decided_at=now)
    decided = replace(assessment, state=AnnualState.APPEALED if upheld else AnnualState.FINAL, appeal=answered)
    return decided, [AnnualAppealDecided(**_facts(decided), upheld=upheld, reason=reason.text)]


def faults_of(assessment: Assessment, rubric: Rubric, rows: Mapping[str, Sequence[EvidenceRow]]) -> list[str]:
    """Compute an assessment again from the facts that are kept, and say where it does not follow from them.

    Args:
        assessment: As it is stored.
        rubric: Its rubric.
        rows: By code of the item the facts that are kept behind it.

    Returns:
        By item what is wrong: `evidence` (other facts than were counted), `inputs` (they are not their sums), `points`
        (they do not follow from the inputs); and `score`.
    """
    made = points(rubric, assessment.inputs)
    faults = []
    for item in assessment.items:
        kept = rows.get(item.code, ())
        # Of the numbers this one is no sum: it is of all bases.
        told = {name: number for name, number in item.inputs.items() if name != NATIONAL_MEAN}
        checks = {
            "evidence": hash_of(kept) == item.evidence_sha256 and len(kept) == item.evidence,
            "inputs": sums_of(kept) == told,
            "points": made.items.get(item.code) == item.computed_hundredths,
        }
        faults += [f"{item.code}: {what}" for what, holds in checks.items() if not holds]
    standing = _standing(assessment, rubric)
    capped = assessment.capped and standing.grade is Grade.EXCELLENT
    graded_so = assessment.grade is (_second(rubric) if capped else standing.grade)
    if standing.score_hundredths != assessment.score_hundredths or not graded_so:
        faults.append("score")
    return faults


def national_faults_of(
    year: Sequence[Assessment],
    rubrics: Mapping[str, Rubric],
    rows: Mapping[str, Mapping[str, Sequence[EvidenceRow]]],
) -> list[str]:
    """Compute again what depends on all bases of a year, and say where an assessment does not follow from it.

    Args:
        year: All assessments of a year.
        rubrics: By version those that they were computed by.
        rows: By assessment and code of the item the facts that are kept.

    Returns:
        By assessment what is wrong: `national mean` (by item: it is not the mean of the facts of all bases), or `share`
        (of the best grade; only where `follows_share` is true).
    """
    sums: dict[Indicator, dict[str, int]] = {}
    means = [
        (assessment, item, each)
        for assessment in year
        for item in rubrics[assessment.rubric].items
        for each in assessment.items
        if item.kind is ItemKind.MEAN and each.code == item.code
    ]
    for assessment, item, _ in means:
        known = sums.setdefault(item.indicator, {"count": 0, "total_hundredths": 0})
        for name, number in sums_of(rows.get(assessment.id, {}).get(item.code, ())).items():
            known[name] = known.get(name, 0) + number
    faults = []
    for assessment, item, each in means:
        count, total = sums[item.indicator]["count"], sums[item.indicator]["total_hundredths"]
        mean = half_up(Fraction(total, count)) if count else 0
        if each.inputs.get(NATIONAL_MEAN, mean) != mean:
            faults.append(f"{assessment.id}: {item.code}: national mean")
    if follows_share(year):
        faults += [f"{assessment.id}: share" for assessment in year if not _shares(assessment, year, rubrics)]
    return faults


def follows_share(year: Collection[Assessment]) -> bool:
    """Whether who has the best grade follows from the points in force.

    All are final, once, and no points were adjusted after the first of them: a grade that is final is never taken away,
    so otherwise it depends on what the points were then.
    """
    if not year or any(each.state is not AnnualState.FINAL or len(each.finals) != 1 for each in year):
        return False
    first = min(each.finals[0].at for each in year)
    return all(adjustment.at <= first for each in year for adjustment in each.adjustments)


def _shares(assessment: Assessment, year: Collection[Assessment], rubrics: Mapping[str, Rubric]) -> bool:
    rubric = rubrics[assessment.rubric]
    reached = _standing(assessment, rubric).grade is Grade.EXCELLENT
    return assessment.capped == (reached and assessment.id not in _best(year, rubric))


def last_day(now: datetime, working_days: int) -> date:
    """The last day of a period of working days that begins tomorrow, included."""
    return today(after_working_days(now, working_days)) - _ONE_DAY


def _standing(assessment: Assessment, rubric: Rubric) -> Assessment:
    """The assessment with the score and the grade that follow from its points, whatever the share of the best."""
    in_force = {item.code: item.hundredths for item in assessment.items if item.hundredths is not None}
    if not in_force:
        return replace(assessment, score_hundredths=None, grade=Grade.NOT_ASSESSED, barred=False, capped=False)
    made = graded(rubric, in_force, assessment.inputs)
    barred = made.grade is Grade.EXCELLENT and occurs(rubric.excellent.not_with, assessment.inputs)
    return replace(
        assessment,
        score_hundredths=made.score_hundredths,
        grade=_second(rubric) if barred else made.grade,
        barred=barred,
        capped=False,
    )


def _second(rubric: Rubric) -> Grade:
    """The grade below the best."""
    return next(band.grade for band in rubric.bands if band.grade is not Grade.EXCELLENT)


def _places(year: Collection[Assessment], rubric: Rubric) -> int:
    """How many bases may have the best grade: a share of those that are assessed, rounded down."""
    assessed = sum(assessment.score_hundredths is not None for assessment in year)
    return assessed * rubric.excellent.most_bp // _BASIS_POINTS


def _best(year: Collection[Assessment], rubric: Rubric) -> frozenset[str]:
    """Who may have the best grade: by score, as many as there are places, and whoever ties with the last of them."""
    reached = [_standing(assessment, rubric) for assessment in year]
    scores = {each.id: each.score_hundredths or 0 for each in reached if each.grade is Grade.EXCELLENT}
    places = _places(year, rubric)
    if not scores or not places:
        return frozenset()
    line = sorted(scores.values(), reverse=True)[min(places, len(scores)) - 1]
    return frozenset(key for key, score in scores.items() if score >= line)


def _leaves_a_place(assessment: Assessment, year: Collection[Assessment], rubric: Rubric) -> bool:
    """Whether the best grades that are final already, of which none is taken away, leave a place; a tie is in."""
    final = (AnnualState.FINAL, AnnualState.APPEALED)
    scores = [
        each.score_hundredths or 0
        for each in year
        if each.id != assessment.id and each.state in final and each.grade is Grade.EXCELLENT
    ]
    scores.append(assessment.score_hundredths or 0)
    places = _places(year, rubric)
    better_than_the_last = sum(score > min(scores) for score in scores)
    return len(scores) <= places or better_than_the_last < places


def _finalized(assessment: Assessment, appeal_until: date) -> AnnualFinalized:
    return AnnualFinalized(
        **_facts(assessment),
        rubric=assessment.rubric,
        version=len(assessment.finals),
        grade=assessment.grade,
        appeal_until=appeal_until,
    )


def _facts(assessment: Assessment) -> dict[str, Any]:
    return {
        "base": assessment.base,
        "year": assessment.year,
        "province": assessment.province,
        "base_name": assessment.base_name,
    }


def _digest(text: AnnualText) -> str:
    return sha256(text.text.encode()).hexdigest()


def _require_step(assessment: Assessment, target: AnnualState) -> None:
    if target not in TRANSITIONS[assessment.state]:
        raise _wrong_state(assessment)


def _wrong_state(assessment: Assessment) -> Refusal:
    return WRONG_STATE(rule="R38", state=assessment.state.value, detail=_STATES[assessment.state])
