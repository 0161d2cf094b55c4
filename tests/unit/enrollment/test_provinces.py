"""R3, R27: what binds a school to its province, what a funding record may say, and what is counted."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.principal import Principal, Scope
from kernel.errors import Refusal
from kernel.free_text import Name, Reason, Title
from kernel.reference import provinces
from services.enrollment.domain.funding import (
    MOST_FEN,
    Funding,
    FundingEntry,
    Recorded,
    correct_funding,
    record_funding,
)
from services.enrollment.domain.progress import Progress, Share
from services.enrollment.domain.school import register_school
from services.enrollment.domain.vocabulary import BaseCategory, EnrollmentStatus, FundingSource
from services.enrollment.store import own_province
from tests.unit.enrollment.examples import NOW

CODES = st.sampled_from(list(provinces()))
CREDIT_CODE = "121000004000000098"


@given(CODES, CODES)
def test_r3_a_school_code_binds_the_province_and_xpcc_may_have_xinjiangs(told: str, given_: str) -> None:
    code = f"31{told}000001"
    if told == given_ or (given_, told) == ("66", "65"):
        school, (event,) = register_school(code, Name("某校"), given_)
        assert (school.province, event.province) == (given_, given_)
        return
    with pytest.raises(Refusal) as refused:
        register_school(code, Name("某校"), given_)
    assert (refused.value.code, refused.value.rule) == ("PROVINCE_MISMATCH", "R3")


@given(CODES)
def test_r3_neither_a_line_ministrys_school_nor_a_credit_code_is_bound(province: str) -> None:
    assert register_school(f"41{province}000001", Name("部属院校"), "00")[0].province == "00"
    assert register_school(CREDIT_CODE, Name("某校"), province)[0].province == province


def test_r3_a_school_has_a_name() -> None:
    with pytest.raises(Refusal) as refused:
        register_school("3144000001", Name(""), "44")
    assert refused.value.code == "INVALID_SCHOOL"


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("province", [None, "00", "99", "44"])
def test_r27_only_a_provinces_account_has_a_province_and_none_is_00(scope: Scope, province: str | None) -> None:
    own = own_province(Principal("x", scope, province=province))
    assert own == (province if scope is Scope.PROVINCE and province in provinces() else None)


def an_entry(**changes: Any) -> FundingEntry:
    entry = FundingEntry(year=2024, amount=100, source=FundingSource.CENTRAL, item=Title("教师培训"))
    return replace(entry, **changes)


def recorded() -> Funding:
    return record_funding("f1", "44", an_entry(), NOW)[0]


@pytest.mark.parametrize("least", [1, 0])
@given(amount=st.integers(-2, 2) | st.integers(MOST_FEN - 2, MOST_FEN + 2))
def test_r27_a_payment_is_of_something_and_a_correction_may_be_of_nothing(least: int, amount: int) -> None:
    def act() -> Recorded:
        entry = an_entry(amount=amount)
        return (
            record_funding("f1", "44", entry, NOW)
            if least
            else correct_funding("f2", recorded(), entry, Reason("误"), NOW)
        )

    if least <= amount <= MOST_FEN:
        funding, (event,) = act()
        assert (funding.amount, event.amount, event.province) == (amount, amount, "44")
        return
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.details["fields"] == ["amount"]


def test_r27_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        correct_funding("f2", recorded(), an_entry(year=2025, amount=-1, item=Title("")), Reason("误"), NOW)
    assert refused.value.details["fields"] == ["year", "amount", "item"]


def test_r27_a_correction_is_a_later_revision_of_the_same_record() -> None:
    second, (event,) = correct_funding("f2", recorded(), an_entry(amount=80), Reason("金额录错"), NOW)
    third, _ = correct_funding("f3", second, an_entry(amount=0), Reason("重复"), NOW)
    assert [(one.record, one.revision, one.corrects) for one in (second, third)] == [("f1", 2, "f1"), ("f1", 3, "f2")]
    assert (second.item, second.reason, event.corrects, event.reason) == ("教师培训", "金额录错", "f1", "金额录错")


SHARE = st.builds(
    Share,
    st.sampled_from([None, *BaseCategory]),
    st.sampled_from(["00", "43", "44"]),
    st.sampled_from([*EnrollmentStatus]),
    st.integers(1, 9),
    st.integers(0, 1),
)


@given(st.lists(SHARE, max_size=30))
def test_r42_the_parts_of_a_progress_add_up_to_the_whole(shares: list[Share]) -> None:
    progress = Progress(
        province="44",
        year=2024,
        schools=1,
        schools_signed_up=1,
        schools_submitted=0,
        shares=tuple(shares),
        funding={},
    )
    whole = progress.whole()
    assert whole.sign_ups == sum(share.count for share in shares) == sum(whole.statuses.values())
    assert whole.passed <= whole.accepted <= whole.sign_ups
    for parts in (progress.by_category().values(), progress.by_base_province().values()):
        for name in ("sign_ups", "submitted", "accepted", "passed"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
