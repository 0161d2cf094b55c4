"""R29–R31: what assessment tells leads an enrollment on; a no-show stays one, and a correction follows a revocation."""

import pytest

from services.enrollment.domain import results
from services.enrollment.domain.vocabulary import EnrollmentStatus, Outcome
from tests.unit.enrollment.examples import NOW, an_enrollment

S = EnrollmentStatus


def test_r29_r30_a_no_show_whose_result_is_incomplete_stays_a_no_show() -> None:
    assert results.assess(an_enrollment(S.NO_SHOW), Outcome.INCOMPLETE, NOW) is None
    change = results.assess(an_enrollment(S.NO_SHOW), Outcome.PASSED, NOW)  # attendance was corrected meanwhile
    assert change
    assert change[0].status is S.PASSED


def test_r29_who_is_incomplete_already_becomes_a_no_show_and_one_with_a_result_of_the_own_does_not() -> None:
    """Of a class that was recorded afterwards, no-shows are known after the results are published."""
    change = results.miss(an_enrollment(S.INCOMPLETE), NOW)
    assert change
    assert change[0].status is S.NO_SHOW
    for status in (S.ATTENDING, S.PASSED, S.FAILED, S.CREDITED, S.NO_SHOW):
        assert results.miss(an_enrollment(status), NOW) is None


def test_r34_who_attended_is_who_assessment_has_told_of_last() -> None:
    enrollment = an_enrollment(S.ACCEPTED)
    assert not enrollment.attended
    for present, attended, expected in ((True, 1, True), (False, 0, False), (True, 1, True)):
        change = results.attend(enrollment, NOW, present=present, attended=attended)
        assert change
        enrollment = change[0]
        assert enrollment.attended is expected
    assessed = results.assess(enrollment, Outcome.FAILED, NOW)
    assert assessed
    assert assessed[0].attended


@pytest.mark.parametrize("outcome", Outcome)
def test_r30_r31_a_corrected_result_follows_the_revocation_of_its_credit(outcome: Outcome) -> None:
    revoked = results.revoke(an_enrollment(S.CREDITED), "成绩更正", NOW)
    assert revoked
    change = results.assess(revoked[0], outcome, NOW)
    assert change
    assert change[0].status is S(outcome.value)
    assert results.credit(revoked[0], NOW) is None  # a late confirmation gives nothing back
