"""Progressive `@override`: by label, and for a share of the requests."""

import pytest

from gateway.federation.override import Overrides
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Ask, Case

OVERRIDE = load_supergraph((SUPERGRAPHS / "override.graphql").read_text(encoding="utf-8"))
_BILLS = {"data": {"bills": [{"tax": 1}]}}
_TAX = "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Bill { tax } } }"


async def test_a_label_that_does_not_hold_leaves_the_field_where_it_was() -> None:
    case = Case("off", "{ bills { tax } }", [Ask("old", "query { bills { tax } }", _BILLS)], {"bills": [{"tax": 1}]})
    await case.check(OVERRIDE)


async def test_a_label_that_holds_moves_it() -> None:
    sent = {"representations": [{"__typename": "Bill", "id": "b"}]}
    asks = [
        Ask("old", "query { bills { id } }", {"data": {"bills": [{"id": "b"}]}}),
        Ask("new", _TAX, {"data": {"_entities": [{"tax": 2}]}}, sent),
    ]
    await Case("on", "{ bills { tax } }", asks, {"bills": [{"tax": 2}]}).check(
        OVERRIDE, override_labels=frozenset({"new-tax"})
    )


@pytest.mark.parametrize(
    ("drawn", "active"),
    [(0.0, {"percent(50)", "percent(5)"}), (0.05, {"percent(50)"}), (0.49, {"percent(50)"}), (0.5, set())],
)
def test_a_percentage_is_a_share_of_the_requests(drawn: float, active: set[str]) -> None:
    assert Overrides(OVERRIDE, chance=lambda: drawn).draw().active_labels == active


def test_without_labels_nothing_is_drawn() -> None:
    plain = load_supergraph((SUPERGRAPHS / "keys.graphql").read_text(encoding="utf-8"))
    assert Overrides(plain, chance=lambda: pytest.fail("drawn")).draw() is plain
