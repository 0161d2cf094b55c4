"""Settings under which a rule would not hold are refused when the process starts."""

import pytest
from pydantic import ValidationError

from services.enrollment.settings import EnrollmentSettings


def wrong_settings(**settings: object) -> set[object]:
    """The names of the settings that are refused; those that are not given here are missing."""
    with pytest.raises(ValidationError) as wrong:
        EnrollmentSettings(**settings)  # type: ignore[arg-type]
    return {name for error in wrong.value.errors() for name in error["loc"]}


@pytest.mark.parametrize("hours", [0, -48, float("nan")])
def test_r25_an_offer_is_open_for_some_time(hours: float) -> None:
    assert "offer_hours" in wrong_settings(offer_hours=hours)
    assert "offer_hours" not in wrong_settings(offer_hours=0.5)
