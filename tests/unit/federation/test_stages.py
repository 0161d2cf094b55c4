"""What each stage of planning made can be printed."""

from gateway.federation.explain import explain
from tests.unit.federation.case import SUPERGRAPHS

_QUERY = "query($a: Boolean!) { products { name stock @include(if: $a) } }"


def test_every_stage_is_told_in_order() -> None:
    text = explain((SUPERGRAPHS / "conditions.graphql").read_text(encoding="utf-8"), _QUERY, stages=True)
    told = [line for line in text.splitlines() if line.startswith("# ")]
    assert told == ["# selection", "# paths", "# groups", "# merged groups", "# schedule", "# plan"]
    assert "stock  on Product  if $a" in text
    assert "enter Product in STOCK, with products.id  if $a" in text
    assert "2 STOCK  if $a  after 1 SHOP" in text


def test_the_plan_alone_is_the_rule() -> None:
    text = explain((SUPERGRAPHS / "conditions.graphql").read_text(encoding="utf-8"), _QUERY)
    assert text.startswith("QueryPlan {")
