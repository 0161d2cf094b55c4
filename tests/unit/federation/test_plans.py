"""Plans stay as they were read and found good; a change shows as a diff of `plans/*.txt`."""

import pytest

from tests.unit.federation.plans import planned, snapshots


@pytest.mark.parametrize(("feature", "query", "plan"), list(snapshots()))
def test_plan(feature: str, query: str, plan: str) -> None:
    assert planned(feature, query) == plan
