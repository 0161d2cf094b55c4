"""docs/rules.md misses no rule, says of none that it is built when it is not, and finds every citation."""

import ast
from itertools import chain

from contracts import citations
from contracts.citations import MODULE
from contracts.rules_page import BUILT, FILE, every_rule

LAST = 43
NOT_WHOLE: set[str] = set()
"""What is still without code or without a test of its own; a rule that gets both leaves, and none may come back."""
CODE = '''
"""A module about R1."""

LIMIT = rule("R2")


@described("R3")
class Kept:
    """Keeps R4–R6."""

    def one(self) -> None:
        raise Refusal(rule="R7")  # R8 is only a comment


def test_r9_to_r10_hold() -> None:
    """R11, but neither SR12 nor R123."""
'''


def test_every_rule_is_on_the_page_in_its_order() -> None:
    assert [rule.number for rule in every_rule()] == [f"R{number}" for number in range(1, LAST + 1)]
    page = FILE.read_text(encoding="utf-8")
    for rule in every_rule():
        assert f"{rule.number} {rule.zh} · {rule.en}\n" in page
        assert rule.notice is None or f"> {rule.notice}（{rule.clause}）" in page


def test_a_rule_has_code_and_tests_unless_it_is_known_to_lack_them() -> None:
    assert {rule.number for rule in every_rule() if rule.state != BUILT} == NOT_WHOLE


def test_nothing_cites_a_rule_that_there_is_not() -> None:
    numbers = {rule.number for rule in every_rule()}
    assert set(chain(citations.in_code(), citations.in_tests())) <= numbers


def test_the_page_has_no_line_numbers_and_leads_to_files_that_are_there() -> None:
    page = FILE.read_text(encoding="utf-8")
    targets = {link.split(")")[0] for link in page.split("](../")[1:]}
    assert len(targets) > 100
    assert not [target for target in targets if not (FILE.parent.parent / target).is_file()]


def test_code_cites_in_any_string_under_its_innermost_definition() -> None:
    assert _found(citations.of_code) == {
        (MODULE, 1),
        (MODULE, 2),
        ("Kept", 3),
        *(("Kept", number) for number in (4, 5, 6)),
        ("Kept.one", 7),
        ("test_r9_to_r10_hold", 11),
    }


def test_tests_cite_in_names_and_docstrings() -> None:
    cited = {place for place in _found(citations.of_tests) if place[0] != "Kept"}
    assert cited == {(MODULE, 1), *(("test_r9_to_r10_hold", number) for number in (9, 10, 11))}


def _found(read: citations.Reader) -> set[tuple[str, int]]:
    return {
        (symbol, int(rule.removeprefix("R")))
        for symbol, text in read(ast.parse(CODE), MODULE)
        for rule in citations.rules_in(text)
    }
