"""A random inspection cannot be chosen by anybody, and everybody can recompute it (R37; ADR 55)."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason, Title
from kernel.reference import inspection_weights
from kernel.working_days import after_working_days, is_working_day
from services.assessment.domain import draw, inspection
from services.assessment.domain.beacon import BeaconValue
from services.assessment.domain.draw import Candidate
from services.assessment.domain.inspection import Addition, Inspection, WeightRule
from services.assessment.domain.vocabulary import InspectionState

FROZEN_AT = datetime.fromisoformat("2024-06-03T09:00:00+08:00")  # a Monday
ANNOUNCED_AT = datetime.fromisoformat("2024-06-07T00:00:00+08:00")
BEACONS = [
    (Title("双色球2024067期开奖号码"), datetime.fromisoformat("2024-06-13T21:15:00+08:00")),
    (Title("上证综指2024-06-14收盘点位（两位小数）"), datetime.fromisoformat("2024-06-14T15:00:00+08:00")),
]
VALUES = [BeaconValue("03 07 12 20 27 31 + 09"), BeaconValue("3032.63")]
RECORDED_AT = datetime.fromisoformat("2024-06-14T16:00:00+08:00")
REVEAL_BY = datetime.fromisoformat("2024-06-18T17:00:00+08:00")
REVEALED_AT = RECORDED_AT + timedelta(hours=24)
SECRET = bytes(range(32))
REASON = Reason("台风")
CANDIDATES = [
    Candidate(f"p{number:03}", f"{category}/{state}", 1 + number % 8)
    for category in ("DUAL_QUALIFIED_TEACHER", "PRINCIPAL")
    for state in ("RUNNING", "FINISHED")
    for number in range(
        {"DUAL_QUALIFIED_TEACHER": 0, "PRINCIPAL": 40}[category] + (0 if state == "RUNNING" else 20),
        {"DUAL_QUALIFIED_TEACHER": 20, "PRINCIPAL": 50}[category] + (0 if state == "RUNNING" else 20),
    )
]


def refused(act: Callable[[], object], code: str) -> Refusal:
    """The refusal of that code which an act meets."""
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.code == code
    return caught.value


def frozen(share_bp: int = 2000, candidates: Sequence[Candidate] = CANDIDATES) -> Inspection:
    return inspection.freeze(
        "2024-1",
        year=2024,
        title=Title("2024年第一次随机抽检"),
        share_bp=share_bp,
        candidates=candidates,
        weights="weights-2024.1",
        now=FROZEN_AT,
    )[0]


def announced(secret: bytes = SECRET, before: Inspection | None = None, now: datetime = ANNOUNCED_AT) -> Inspection:
    return inspection.announce(before or frozen(), BEACONS, REVEAL_BY, secret=secret, sealed="sealed", now=now)[0]


def witnessed(secret: bytes = SECRET) -> Inspection:
    return inspection.witness(announced(secret), 7, ANNOUNCED_AT + timedelta(minutes=1))


def recorded(secret: bytes = SECRET, values: Sequence[BeaconValue] = VALUES) -> Inspection:
    return inspection.record_beacons(witnessed(secret), values, RECORDED_AT)[0]


def drawn(secret: bytes = SECRET, values: Sequence[BeaconValue] = VALUES) -> Inspection:
    return inspection.reveal(recorded(secret, values), CANDIDATES, secret, REVEALED_AT)[0]


# --- the order of the steps


def test_r37_the_hash_of_the_population_is_published_with_its_strata_before_any_chance_is_known() -> None:
    made, (event,), population = inspection.freeze(
        "2024-1",
        year=2024,
        title=Title("抽检"),
        share_bp=2000,
        candidates=CANDIDATES,
        weights="weights-2024.1",
        now=FROZEN_AT,
    )
    assert draw.digest(population) == made.population_sha256 == event.population_sha256  # type: ignore[attr-defined]
    assert made.commitment is None
    assert made.ceremony() is None
    assert {stratum.name: stratum.size for stratum in made.strata} == draw.sizes_of(CANDIDATES)


def test_r37_a_population_stands_open_to_objection_for_three_working_days() -> None:
    early = ANNOUNCED_AT - timedelta(milliseconds=1)
    refusal = refused(lambda: announced(now=early), "OBJECTION_PERIOD")
    assert refusal.details == {"until": "2024-06-07T00:00:00+08:00"}
    assert announced(now=ANNOUNCED_AT).state is InspectionState.ANNOUNCED


def test_working_days_follow_the_holidays_of_the_year() -> None:
    """A waiting period of R37 skips the Dragon Boat Festival, and counts a Saturday on which people work."""
    assert after_working_days(datetime.fromisoformat("2024-06-07T12:00:00+08:00"), 1) == datetime.fromisoformat(
        "2024-06-12T00:00:00+08:00"
    )
    assert is_working_day(datetime.fromisoformat("2024-09-14").date())
    assert not is_working_day(datetime.fromisoformat("2024-09-16").date())
    assert is_working_day(datetime.fromisoformat("2031-10-01").date())  # no holidays on file: a Wednesday


@pytest.mark.parametrize("ahead", [timedelta(hours=24) - timedelta(seconds=1), timedelta(), -timedelta(days=1)])
def test_r37_a_beacon_that_could_be_known_is_refused(ahead: timedelta) -> None:
    late = [BEACONS[0], (Title("上证综指"), ANNOUNCED_AT + ahead)]
    refused(
        lambda: inspection.announce(frozen(), late, REVEAL_BY, secret=SECRET, sealed="s", now=ANNOUNCED_AT),
        "BEACON_TOO_SOON",
    )


@pytest.mark.parametrize("beacons", [[], [(Title(""), BEACONS[0][1])]])
def test_r37_an_announcement_names_its_beacons(beacons: list[Any]) -> None:
    refused(
        lambda: inspection.announce(frozen(), beacons, REVEAL_BY, secret=SECRET, sealed="s", now=ANNOUNCED_AT),
        "BEACON_MISSING",
    )


@pytest.mark.parametrize("end", ["2024-06-15T15:00:00+08:00", "2024-07-14T15:00:01+08:00"])
def test_r37_the_time_for_the_reveal_leaves_the_values_a_day_and_ends(end: str) -> None:
    reveal_by = datetime.fromisoformat(end)
    refused(
        lambda: inspection.announce(frozen(), BEACONS, reveal_by, secret=SECRET, sealed="s", now=ANNOUNCED_AT),
        "INVALID_REVEAL_BY",
    )


def test_r37_before_the_draw_the_public_file_has_no_secret_and_no_values() -> None:
    public = announced().ceremony()
    assert public is not None
    assert "secret" not in public
    assert [set(beacon) for beacon in public["beacons"]] == [{"source", "at"}] * 2
    assert SECRET.hex() not in str(public)
    assert public["commitment"] == draw.commitment_of(SECRET)


def test_r37_values_are_recorded_when_all_beacons_are_out() -> None:
    refusal = refused(
        lambda: inspection.record_beacons(witnessed(), VALUES, BEACONS[1][1] - timedelta(seconds=1)), "BEACON_NOT_DUE"
    )
    assert refusal.details["source"] == BEACONS[1][0].text


@pytest.mark.parametrize("values", [[], VALUES[:1], [VALUES[0], BeaconValue("")], [*VALUES, BeaconValue("1")]])
def test_r37_all_values_are_needed(values: list[BeaconValue]) -> None:
    refused(lambda: inspection.record_beacons(witnessed(), values, RECORDED_AT), "BEACON_VALUES_MISSING")


@pytest.mark.parametrize("seen_at", [None, BEACONS[0][1]])
def test_r37_an_announcement_that_no_log_had_before_the_beacon_draws_nothing(seen_at: datetime | None) -> None:
    late = inspection.witness(announced(), 7, seen_at) if seen_at else announced()
    refused(lambda: inspection.record_beacons(late, VALUES, RECORDED_AT), "NOT_WITNESSED")


def test_r37_values_stand_open_for_a_day_and_anew_after_a_correction() -> None:
    first = recorded()
    early = REVEALED_AT - timedelta(milliseconds=1)
    refused(lambda: inspection.reveal(first, CANDIDATES, SECRET, early), "REVEAL_TOO_EARLY")
    corrected, (event,) = inspection.record_beacons(first, [VALUES[0], BeaconValue("3032.64")], early)
    assert event.correction == 1  # type: ignore[attr-defined]
    refused(lambda: inspection.reveal(corrected, CANDIDATES, SECRET, REVEALED_AT), "REVEAL_TOO_EARLY")
    assert inspection.reveal(corrected, CANDIDATES, SECRET, early + timedelta(hours=24))


def test_recording_the_same_values_again_changes_nothing() -> None:
    """R37: a repeat does not move the time of the reveal."""
    assert inspection.record_beacons(recorded(), VALUES, REVEALED_AT) == (recorded(), [])


def test_r37_nothing_is_revealed_before_the_values_are_recorded() -> None:
    refused(lambda: inspection.reveal(witnessed(), CANDIDATES, SECRET, REVEALED_AT), "BEACON_VALUES_MISSING")


def test_another_secret_than_the_committed_one_is_a_defect() -> None:
    """R37: a vault that opens something else must not draw."""
    with pytest.raises(ValueError, match="committed"):
        inspection.reveal(recorded(), CANDIDATES, bytes(32), REVEALED_AT)


def test_r37_after_the_draw_the_secret_is_public_and_not_sealed_any_more() -> None:
    after = drawn()
    public = after.ceremony()
    assert public is not None
    assert public["secret"] == SECRET.hex()
    assert after.secret_sealed is None


# --- the sample


def test_r37_the_sample_has_so_many_of_each_stratum() -> None:
    sample = drawn().drawn_sample()
    assert sample is not None
    assert {stratum: len(projects) for stratum, projects in sample["sample"].items()} == frozen().allocation


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 60), min_size=1, max_size=9), st.integers(1, 300)
)
def test_r37_allocation_is_proportional_within_one_and_never_more_than_there_is(
    sizes: dict[str, int], number: int
) -> None:
    shares, everything = draw.allocate(sizes, number), sum(sizes.values())
    assert set(shares) == set(sizes)
    assert all(1 <= shares[name] <= sizes[name] for name in sizes)
    rest = max(number - len(sizes), 0)
    for name, size in sizes.items():
        exact = 1 + rest * size / everything
        assert shares[name] == size or exact - 1 < shares[name] < exact + 1
    assert sum(shares.values()) <= max(number, len(sizes))


def test_r37_the_share_is_rounded_up() -> None:
    assert [draw.wanted(60, share) for share in (1, 2000, 2001, 10_000)] == [1, 12, 13, 60]


@pytest.mark.parametrize("share", [0, -1, 10_001])
def test_r37_a_share_is_one_to_ten_thousand_basis_points(share: int) -> None:
    refused(lambda: frozen(share), "SHARE_INVALID")


def test_r37_nothing_is_drawn_of_nothing() -> None:
    refused(lambda: frozen(candidates=[]), "POPULATION_EMPTY")


@given(st.integers(0, 500))
def test_r37_the_order_of_one_stratum_does_not_depend_on_the_others(number: int) -> None:
    """The order of a stratum is by its own tickets: a project that comes or goes elsewhere moves nobody."""
    seed = number.to_bytes(32, "big")
    alone = [candidate for candidate in CANDIDATES if candidate.stratum == "PRINCIPAL/RUNNING"]
    assert draw.in_order(alone, seed)["PRINCIPAL/RUNNING"] == draw.in_order(CANDIDATES, seed)["PRINCIPAL/RUNNING"]


def test_r37_a_heavier_project_is_drawn_more_often_as_its_weight_says() -> None:
    """Of nine projects of weight 1 and one of weight 8, the heavy one comes first in 8 of 17 draws."""
    candidates = [Candidate("heavy", "S", 8), *(Candidate(f"light{number}", "S", 1) for number in range(9))]
    trials = 2_000
    hits = sum(draw.in_order(candidates, number.to_bytes(32, "big"))["S"][0] == "heavy" for number in range(trials))
    expected, deviation = trials * 8 / 17, (trials * 8 / 17 * 9 / 17) ** 0.5
    assert abs(hits - expected) < 4 * deviation


def test_r37_weights_are_data() -> None:
    """By `weights-2024.1` a project weighs 1, more by what is known of it, and 8 at most."""
    (data,) = inspection_weights()
    adds = tuple(Addition(tuple(part["any_of"]), part["points"]) for part in data["adds"])
    rule = WeightRule(data["version"], data["least"], data["most"], data["years"], adds)
    nothing = {"escalated": False, "overrun": False, "suspended": False, "complaint": False}

    def weight(before: dict[str, int] | None = None, **known: bool) -> int:
        return rule.weigh(inspection.facts_of(**nothing | known, before=before or {}))

    assert rule.version == "weights-2024.1"
    assert weight() == 1
    assert [weight(escalated=True), weight(overrun=True), weight({"MINOR": 2})] == [2, 2, 2]
    assert weight(suspended=True) == weight(complaint=True) == weight(suspended=True, complaint=True) == 3
    assert [weight({"MAJOR": 1}), weight({"GRAVE": 1})] == [4, 4]
    assert weight({"MINOR": 1, "MAJOR": 1}, escalated=True, overrun=True, suspended=True) == 8
    assert weight({"NONE": 5}) == 1


# --- nobody chooses


def suits(sample: dict[str, list[str]]) -> bool:
    """What a dishonest office would like: a disliked project is drawn, and three friends are spared."""
    projects = {project for drawn_of_stratum in sample.values() for project in drawn_of_stratum}
    return "p003" in projects and not projects & {"p006", "p007", "p015"}


def sample_of(secret: bytes, values: Sequence[BeaconValue]) -> dict[str, list[str]]:
    """What a secret would draw under given values of the beacons."""
    said = {"beacons": [value.text for value in values], "allocation": frozen().allocation}
    orders = draw.in_order(CANDIDATES, draw.seed_of(secret, said))
    return draw.sample_of(orders, frozen().allocation, withheld=False)


def test_r37_without_a_beacon_a_secret_can_be_ground_out_until_the_sample_suits() -> None:
    """The attack that the order of steps is made against: it works where nothing is unknown at the commitment."""
    assert any(suits(sample_of(number.to_bytes(32, "big"), VALUES)) for number in range(2_000))


def test_r37_thousands_of_secrets_are_useless_before_the_beacon_is_known() -> None:
    """Secrets that suit under a guessed value suit under the real one no more often than any secret."""
    guess = [BeaconValue("01 02 03 04 05 06 + 07"), BeaconValue("3000.00")]
    tried = [number.to_bytes(32, "big") for number in range(3_000)]
    ground = [secret for secret in tried if suits(sample_of(secret, guess))]
    lucky = sum(suits(sample_of(secret, VALUES)) for secret in ground)
    rate = sum(suits(sample_of(secret, VALUES)) for secret in tried) / len(tried)
    expected, deviation = len(ground) * rate, (len(ground) * rate * (1 - rate)) ** 0.5
    assert len(ground) > 50
    assert abs(lucky - expected) < 4 * deviation + 1


def test_r37_once_the_beacon_is_known_no_other_secret_fits_the_commitment() -> None:
    """After the beacons only the committed secret is taken, whatever thousands of others would draw."""
    commitment = announced().commitment
    assert not any(draw.commitment_of(secrets.token_bytes(32)) == commitment for _ in range(5_000))


@given(st.text(max_size=20).filter(lambda text: text != VALUES[0].text))
def test_r37_another_beacon_value_makes_another_seed(value: str) -> None:
    assert drawn(values=[BeaconValue(value or "0"), VALUES[1]]).seed != drawn().seed


# --- kept back, given up


def test_r37_a_secret_that_is_kept_back_doubles_the_sample() -> None:
    late = REVEAL_BY + timedelta(seconds=1)
    assert inspection.is_overdue(recorded(), late)
    after, (event,) = inspection.withhold(recorded(), CANDIDATES, late)
    sample = after.drawn_sample()
    assert sample is not None
    assert not sample["revealed"]
    twice = {name: min(2 * count, draw.sizes_of(CANDIDATES)[name]) for name, count in frozen().allocation.items()}
    assert {name: len(projects) for name, projects in sample["sample"].items()} == twice
    assert event.withheld  # type: ignore[attr-defined]
    assert (after.ceremony() or {})["secret"] is None


def test_r37_a_beacon_that_was_not_recorded_counts_as_empty() -> None:
    after, _ = inspection.withhold(announced(), CANDIDATES, REVEAL_BY + timedelta(seconds=1))
    assert [beacon["value"] for beacon in (after.ceremony() or {})["beacons"]] == ["", ""]


@pytest.mark.parametrize("now", [REVEAL_BY + timedelta(seconds=1), REVEAL_BY + timedelta(days=9)])
def test_r37_past_its_time_nothing_is_revealed_recorded_or_given_up(now: datetime) -> None:
    refused(lambda: inspection.reveal(recorded(), CANDIDATES, SECRET, now), "REVEAL_BY_PASSED")
    refused(lambda: inspection.record_beacons(recorded(), VALUES, now), "REVEAL_BY_PASSED")
    refused(lambda: inspection.void(recorded(), REASON, SECRET, now), "REVEAL_BY_PASSED")


def test_r37_the_last_second_is_in_time() -> None:
    assert inspection.reveal(recorded(), CANDIDATES, SECRET, REVEAL_BY)[0].state is InspectionState.DRAWN


def test_r37_who_gives_an_announced_draw_up_publishes_its_secret() -> None:
    voided, (event,) = inspection.void(witnessed(), REASON, SECRET, BEACONS[0][1] - timedelta(milliseconds=1))
    assert (voided.state, voided.secret, voided.secret_sealed) == (InspectionState.VOID, SECRET.hex(), None)
    assert event.secret == SECRET.hex()  # type: ignore[attr-defined]
    assert (voided.ceremony() or {})["secret"] == SECRET.hex()


@pytest.mark.parametrize("now", [BEACONS[0][1], RECORDED_AT, REVEAL_BY])
def test_r37_a_draw_that_could_be_known_is_not_given_up(now: datetime) -> None:
    """From the first beacon on whoever knows the secret would undo the draws that are unwelcome."""
    for known in (witnessed(), recorded()):
        refusal = refused(lambda known=known: inspection.void(known, REASON, SECRET, now), "BEACON_OUT")  # type: ignore[misc]
        assert refusal.rule == "R37"
        assert refusal.details == {"source": BEACONS[0][0].text, "until": "2024-06-18T17:00:00+08:00"}


@pytest.mark.parametrize("seen_at", [None, BEACONS[0][1]])
def test_r37_what_no_log_had_before_the_beacon_is_given_up_after_it(seen_at: datetime | None) -> None:
    late = inspection.witness(announced(), 7, seen_at) if seen_at else announced()
    voided, (event,) = inspection.void(late, REASON, SECRET, RECORDED_AT)
    assert voided.state is InspectionState.VOID
    assert event.secret == SECRET.hex()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "typed",
    [
        *("3032.63\ufe0f", "3032\u034f.63", "\u115f3032.63", "3032.63\u3164", "3032.63\u200b", "03\u00a007"),
        *("03  07", "03\t07", "３０３２", "三", "1" * 201, "1=2", "_", "A1"),
    ],
)
def test_r37_a_beacon_value_has_one_spelling(typed: str) -> None:
    """Whoever knows the secret could choose the draw by a value that looks the same."""
    refusal = refused(lambda: BeaconValue.of(typed, "values"), "INVALID_BEACON_VALUE")
    assert (refusal.rule, refusal.details["field"]) == ("R37", "values")


@pytest.mark.parametrize(
    "typed", ["13578246901", "110101199003077758", "-0.25%", "2024/06/14 15:00", "a1,b2 + 09", "1" * 200]
)
def test_r37_a_beacon_value_may_look_like_a_personal_number(typed: str) -> None:
    assert BeaconValue.of(f" {typed} ", "values").text == typed
    assert BeaconValue.of("", "values").text == ""


def test_r37_who_gives_a_frozen_population_up_has_no_secret_to_publish() -> None:
    voided, (event,) = inspection.void(frozen(), REASON, None, FROZEN_AT)
    assert voided.secret is None
    assert event.commitment is None  # type: ignore[attr-defined]


def test_r37_a_drawn_sample_is_neither_drawn_again_nor_given_up() -> None:
    after = drawn()
    for step in (
        lambda: inspection.reveal(after, CANDIDATES, SECRET, REVEALED_AT),
        lambda: inspection.record_beacons(after, VALUES, REVEALED_AT),
        lambda: inspection.void(after, REASON, SECRET, REVEALED_AT),
        lambda: announced(before=after),
    ):
        refused(step, "WRONG_STATE")


# --- replaced, extended, closed


def test_r37_the_next_ticket_replaces_a_project_and_nobody_else_moves() -> None:
    before = drawn()
    gone = before.sample[0]
    after, (event,) = inspection.substitute(before, CANDIDATES, gone.project, REASON)
    order = draw.in_order(CANDIDATES, bytes.fromhex(before.seed or ""))[gone.stratum]
    following = order[before.allocation[gone.stratum]]
    assert event.replacement == following  # type: ignore[attr-defined]
    assert set(after.inspected) == set(before.inspected) - {gone.project} | {following}
    assert [row.replaced_for for row in after.sample if row.project == gone.project] == [REASON.text]
    assert after.drawn_sample() == before.drawn_sample()


def test_r37_a_replaced_project_is_not_replaced_again() -> None:
    project = drawn().sample[0].project
    after, _ = inspection.substitute(drawn(), CANDIDATES, project, REASON)
    refused(lambda: inspection.substitute(after, CANDIDATES, project, REASON), "NOT_SAMPLED")
    refused(lambda: inspection.require_sampled(after, project), "NOT_SAMPLED")


def test_r37_replacements_end_with_the_stratum() -> None:
    current, stratum = drawn(), "PRINCIPAL/RUNNING"

    def first() -> str:
        return next(row.project for row in current.sample if row.stratum == stratum and not row.replaced_for)

    for _ in range(10 - current.allocation[stratum]):
        current, _ = inspection.substitute(current, CANDIDATES, first(), REASON)
    refused(lambda: inspection.substitute(current, CANDIDATES, first(), REASON), "STRATUM_EXHAUSTED")
    assert len({row.project for row in current.sample if row.stratum == stratum}) == 10


def test_r37_an_extension_takes_the_next_tickets() -> None:
    before = drawn()
    after, (event,) = inspection.extend(before, CANDIDATES, "PRINCIPAL/RUNNING", 2, REASON)
    order = draw.in_order(CANDIDATES, bytes.fromhex(before.seed or ""))["PRINCIPAL/RUNNING"]
    first = before.allocation["PRINCIPAL/RUNNING"]
    assert list(event.projects) == order[first : first + 2]  # type: ignore[attr-defined]
    assert after.drawn_sample() == before.drawn_sample()


@pytest.mark.parametrize(
    ("stratum", "count", "code"),
    [
        ("PRINCIPAL/RUNNING", 0, "STRATUM_EXHAUSTED"),
        ("PRINCIPAL/RUNNING", 99, "STRATUM_EXHAUSTED"),
        ("X", 1, "UNKNOWN_STRATUM"),
    ],
)
def test_r37_an_extension_that_is_none_is_refused(stratum: str, count: int, code: str) -> None:
    refused(lambda: inspection.extend(drawn(), CANDIDATES, stratum, count, REASON), code)


def test_r37_an_inspection_closes_when_every_project_is_inspected_and_every_finding_closed() -> None:
    sample = drawn().inspected
    refusal = refused(
        lambda: inspection.close(drawn(), found=sample[1:], open_findings=0, now=REVEALED_AT), "NOT_INSPECTED"
    )
    assert refusal.details["projects"] == sample[:1]
    refused(lambda: inspection.close(drawn(), found=sample, open_findings=1, now=REVEALED_AT), "FINDINGS_OPEN")
    closed, _ = inspection.close(drawn(), found=sample, open_findings=0, now=REVEALED_AT)
    assert closed.state is InspectionState.CLOSED
