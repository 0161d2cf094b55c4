"""docs/proven.md names tests that there are, for every one of R28–R39."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "proven.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (R\d+) \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)


def names_in(file: Path) -> set[str]:
    """The names of a file's tests."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_rule_of_the_time_after_enrollment_has_its_proofs() -> None:
    assert {rule for rule, _, _ in ROWS} == {f"R{number}" for number in range(28, 40)}
    assert not [sentence for _, sentence, proof in ROWS if "::test_" not in proof]


def test_every_proof_is_a_test_that_there_is() -> None:
    cited = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert len(cited) > 70
    missing = [
        (file, name)
        for file, name in cited
        if not (ROOT / file).is_file() or (name and name not in names_in(ROOT / file))
    ]
    assert not missing
