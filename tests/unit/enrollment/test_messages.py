"""R1, R20, R22: refusals name states, phases and steps in words, and keep the codes for programs."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.language import Language
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain import transfer as transfers
from services.enrollment.domain.eligibility import require_step
from services.enrollment.domain.labels import LABELS
from services.enrollment.domain.project import ADMIT, ELIGIBILITY, ENROL, RECHECK, Phase, require_phase
from services.enrollment.domain.transfer import TRANSITIONS, TransferRequest
from services.enrollment.domain.vocabulary import Employment, EnrollmentStatus, TransferKind, TransferState
from tests.unit.enrollment.examples import CALENDAR, NOW, a_project, a_teacher

_CODE = re.compile("[A-Z]{2}")
WHY = Reason.of("工作需要", "R20")


@pytest.mark.parametrize("status", EnrollmentStatus)
def test_r22_an_enrollments_state_is_a_word_in_the_message_and_a_code_beside_it(status: EnrollmentStatus) -> None:
    signed_up, _ = enrollments.sign_up("e1", a_teacher(), a_project(), NOW)
    refusal = enrollments.wrong_state(replace(signed_up, status=status), "R22")
    zh, en = LABELS[status]
    assert refusal.message(Language.ZH) == f"报名为“{zh}”状态，当前不允许此操作"
    assert f"“{en}”" in refusal.message(Language.EN)
    assert refusal.extensions()["status"] == status.value


@pytest.mark.parametrize(
    "state", [state for state in TransferState if TransferState.CONFIRMED not in TRANSITIONS.get(state, ())]
)
def test_r20_a_requests_state_is_a_word_in_the_message_and_a_code_beside_it(state: TransferState) -> None:
    asked = TransferRequest(kind=TransferKind.TRANSFER, employment=Employment.FULL_TIME, reason=WHY)
    waiting, _ = transfers.request(
        "r1", a_teacher(), asked, NOW, at=("4143000001", "43"), by="钱主任", time=timedelta(days=10)
    )
    with pytest.raises(Refusal) as refused:
        transfers.answer(replace(waiting, state=state), confirms=True, reason=None, by="赵主任", now=NOW)
    message = refused.value.message(Language.ZH)
    assert f"“{LABELS[state][0]}”" in message
    assert not _CODE.search(message)
    assert refused.value.extensions()["status"] == state.value


def test_r1_a_closed_phase_is_named_with_its_first_and_last_day() -> None:
    at = datetime(2024, 5, 21, tzinfo=SHANGHAI)
    with pytest.raises(Refusal) as refused:
        require_phase(CALENDAR, ENROL, at, "R19")
    window = CALENDAR.calendar[ENROL]
    opens, closes = window.opens_at.date(), (window.closes_at - timedelta(days=1)).date()
    assert refused.value.message(Language.ZH) == f"当前不在学员报名阶段（{opens}至{closes}）的开放时间内"
    assert refused.value.message(Language.EN) == (
        f"The phase of enrollment ({opens} to {closes}, both included) is not open now"
    )


@pytest.mark.parametrize("name", [ENROL, ADMIT, ELIGIBILITY, RECHECK])
def test_r1_every_phase_and_step_has_a_name_with_dates_or_without(name: str) -> None:
    day = datetime(2024, 5, 1, tzinfo=SHANGHAI)
    dated = replace(CALENDAR, calendar={}, steps={name: Phase(day, day + timedelta(days=2))})
    for calendar in (dated, None):
        with pytest.raises(Refusal) as refused:
            require_phase(calendar, name, day + timedelta(days=9), "R22")
        message = refused.value.message(Language.ZH)
        assert ("（2024-05-01至2024-05-02）" in message) is (calendar is not None)
        assert not _CODE.search(message)
        assert refused.value.extensions()["phase"] == name


def test_r1_a_step_that_the_round_does_not_have_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        require_step(CALENDAR, ELIGIBILITY, "R22")
    assert refused.value.message(Language.ZH).endswith("参训资格审核")
    assert refused.value.extensions()["step"] == ELIGIBILITY
