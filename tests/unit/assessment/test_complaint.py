"""Complaints about a base that were upheld (R38)."""

from hashlib import sha256

import pytest

from kernel.errors import Refusal
from services.assessment.domain import annual, complaint
from services.assessment.domain.annual import AnnualText
from services.assessment.domain.annual_events import ComplaintRecorded
from tests.unit.assessment.annual_facts import NATIONAL, NOW, SUBJECT, drafted

TEXT = AnnualText("收费与公布的标准不符，经查属实")


def test_r38_a_complaint_is_recorded_with_its_text_and_told_without_it() -> None:
    recorded, events = complaint.record("c1", SUBJECT, drafted(), TEXT, NOW)
    assert (recorded.base, recorded.year, recorded.province, recorded.text) == ("b1", 2024, "44", TEXT.text)
    digest = sha256(TEXT.text.encode()).hexdigest()
    assert events == [
        ComplaintRecorded(complaint="c1", base="b1", year=2024, province="44", base_name="某基地", text_sha256=digest)
    ]
    assert complaint.record("c1", SUBJECT, None, TEXT, NOW)[0] == recorded, "before anything is computed"


def test_r38_what_a_base_was_shown_takes_no_complaint_any_more() -> None:
    """Such a one would count nowhere: the ministry adjusts the item instead, with the reason."""
    opened, _ = annual.open_comments(drafted(), NATIONAL, NOW)
    with pytest.raises(Refusal) as refused:
        complaint.record("c1", SUBJECT, opened, TEXT, NOW)
    assert (refused.value.code, refused.value.details["state"]) == ("WRONG_STATE", "COMMENTING")


def test_r38_a_complaint_says_what_it_is_about() -> None:
    with pytest.raises(Refusal) as refused:
        complaint.record("c1", SUBJECT, None, AnnualText(""), NOW)
    assert (refused.value.code, refused.value.details) == ("REASON_MISSING", {"field": "text"})
