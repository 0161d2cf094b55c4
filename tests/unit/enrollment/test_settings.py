"""Settings that would undo a rule are refused at the start."""

import pytest
from pydantic import ValidationError

from services.enrollment.settings import EnrollmentSettings


def complaints(**given: object) -> set[object]:
    """The settings that are wrong; others are missing here."""
    with pytest.raises(ValidationError) as wrong:
        EnrollmentSettings(**given)  # type: ignore[arg-type]
    return {name for one in wrong.value.errors() for name in one["loc"]}


@pytest.mark.parametrize("hours", [0, -48, float("nan")])
def test_r25_an_offer_is_open_for_some_time(hours: float) -> None:
    assert "offer_hours" in complaints(offer_hours=hours)
    assert "offer_hours" not in complaints(offer_hours=0.5)
