"""`make test ONLY=…`: what each kind of word selects."""

import pytest

from tests.support.selection import main, selected

HERE = "tests/unit/support/test_selection.py"


@pytest.mark.parametrize("path", ["tests/unit", HERE, f"{HERE}::test_a_path_stays_as_it_is[a b]"])
def test_a_path_stays_as_it_is(path: str) -> None:
    assert selected(path) == [path]


def test_a_part_of_a_name_selects_every_test_that_has_it() -> None:
    assert selected("test_a_part_of_a_name_selects") == [
        f"{HERE}::test_a_part_of_a_name_selects_every_test_that_has_it"
    ]


@pytest.mark.parametrize("word", ["R30", "r30"])
def test_a_rule_selects_what_cites_it_by_name_or_docstring(word: str) -> None:
    nodes = selected(word)
    assert "tests/integration/assessment/test_graph.py::test_r29_to_r31_mutations_of_each_role" in nodes, nodes
    assert len({node.partition("::")[0] for node in nodes}) > 1


def test_a_file_that_is_about_a_rule_is_selected_whole_and_once() -> None:
    files = [node for node in selected("R11") if node.startswith("tests/unit/catalog/test_declaration.py")]
    assert files == ["tests/unit/catalog/test_declaration.py"]


@pytest.mark.parametrize("word", ["r99", "there_is_no_such_test" + "_name"])
def test_what_fits_nothing_is_refused_with_what_a_word_may_be(word: str) -> None:
    with pytest.raises(SystemExit, match="name a file, a folder, a part of a test's name, or a rule"):
        main(word)
