"""R3, R5: whatever acts for a school says that it is refused for one that has ended, and to who was replaced."""

import ast
from pathlib import Path

import pytest

_GUARDS = {
    "own_school",
    "require_still_designated",
    "name_of_school",
    "name_of_designated",
    "raise_for_school",
    "_within_reach",
}
_SERVICE = Path("services/enrollment")


def acting() -> dict[str, str]:
    """Module and name of each documented function that acts for a school, to its docstring."""
    found = {}
    for file in sorted(_SERVICE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            calls = {
                call.func.id
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
            }
            doc = ast.get_docstring(node) or ""
            if calls & _GUARDS and "Raises:" in doc:
                found[f"{file.relative_to(_SERVICE)}:{node.name}"] = doc.partition("Raises:")[2]
    return found


@pytest.mark.parametrize("function", acting())
def test_r3_who_acts_for_a_school_says_that_one_that_has_ended_is_refused(function: str) -> None:
    raises = acting()[function]
    assert "`SCHOOL_CLOSED`" in raises
    assert "`NO_LONGER_DESIGNATED`" in raises


def test_r3_the_commands_of_schools_are_among_them() -> None:
    assert {"commands/reveals.py:reveal_teachers", "commands/schools.py:designate_person"} <= set(acting())
