"""Names inside stored idempotency marks are data: who renames one lets a repeated request take effect again.

They are found where they are written: by `@idempotent`, in a call of `request_mark` or `run_once`, or in a call of a
function that passes its own parameter on to one of these. `*` stands for the row.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"
RECORDED = {
    "assessment": {
        "confirm_credits|*", "publish_results|", "record_attendance|*", "record_results|*",
        "remind_evaluation|", "reopen_records|*", "restore_credit|*", "revoke_credit|*",
        "announce_inspection|", "close_finding|", "close_inspection|", "extend_inspection|", "freeze_inspection|",
        "record_beacons|", "record_finding|", "replace_sampled|", "report_rectification|", "reveal_inspection|",
        "void_inspection|", "withdraw_finding|",
        "issue_certificates|*", "revoke_certificate|",
        "adjust_assessment_item|", "appeal_assessment|", "comment_assessment|", "compute_assessments|",
        "decide_appeal|", "decline_quota_proposal|", "finalize_assessments|*", "open_comments|", "publish_grades|",
        "record_complaint|",
        "check_in|*", "enter_workbook|*",
    },
    "catalog": {
        "_decide|", "_decide|*", "add_class|", "adjust_quota", "amend_project|", "amend_round|", "assign_experts|",
        "auto_assign_experts|*", "cancel_project|", "draft_project|", "extend_phase|", "extend_project|",
        "finish_project|", "open_round|", "publish_project|*", "record_as_held|", "record_as_not_held|",
        "register_base|", "register_expert|", "resume_project|", "set_base_team|", "start_project|", "submit_project|",
        "submit_review|", "suspend_project|", "update_project|", "withdraw_project|",
        "close_base|", "correct_expert|", "extend_base|", "merge_bases|", "recategorize_base|", "rename_base|",
        "rename_organization", "revise_project_decision|", "withdraw_expert|",
        "amend_base|", "reinstate_expert|", "reopen_base|",
    },
    "enrollment": {
        "_decide|*", "accept_offer|", "add_teachers|*", "answer_transfer|", "answer_withdrawal|", "close_teacher|",
        "commit_roster|", "confirm_eligibility|*", "correct_teacher|", "decide_transfer|", "decline_sign_ups|*",
        "close_school|", "designate_person|", "merge_school|", "reopen_school|",
        "enroll_teachers|*", "rank_sign_ups|*", "record_funding|", "register_schools|*", "register_school|",
        "rename_school|", "request_teacher|", "request_withdrawal|", "restore_enrollment|", "return_enrollments|*",
        "revise_decision|", "set_inner_cut_off|",
        "sign_up|", "submit_enrollments|*", "substitute_teacher|", "take_back_withdrawal_request|",
        "update_my_contact|", "withdraw_enrollment|", "withdraw_sign_up|", "withdraw_transfer|",
    },
}  # fmt: skip
_NAME = "\0"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Marker:
    """A function that marks a request under a name that it is given.

    Attributes:
        function: Its own name.
        parameter: Which parameter has the name.
        position: The parameter's place among the positional ones, `self` apart.
        pattern: What it makes of the name, which `_NAME` stands for.
    """

    function: str
    parameter: str
    position: int
    pattern: str = _NAME

    def named(self, call: ast.Call) -> ast.expr | None:
        """The expression of the name in a call; None where something else is called, or no name is given."""
        if ast.unparse(call.func).rpartition(".")[2] != self.function:
            return None
        by_keyword = [keyword.value for keyword in call.keywords if keyword.arg == self.parameter]
        return next(iter((*by_keyword, *call.args[self.position :])), None)


CHASSIS = frozenset({Marker("request_mark", "name", 2), Marker("run_once", "name", 2)})


def names_in(trees: Sequence[ast.Module]) -> set[str]:
    """The names that modules store, functions of their own included that pass one on."""
    markers, before = set(CHASSIS), 0
    while len(markers) > before:
        before = len(markers)
        markers |= {marker for tree in trees for marker in _helpers(tree, markers)}
    return {name for tree in trees for name in (*_decorated(tree), *_called(tree, markers))}


def _helpers(tree: ast.Module, markers: set[Marker]) -> Iterator[Marker]:
    for function in ast.walk(tree):
        if isinstance(function, Function):
            parameters = _parameters(function)
            for marker, expression in _marked(function, markers):
                first, rest = _parts(expression)
                if isinstance(first, ast.Name) and first.id in parameters:
                    pattern = marker.pattern.replace(_NAME, _NAME + rest)
                    yield Marker(function.name, first.id, parameters.index(first.id), pattern)


def _called(tree: ast.Module, markers: set[Marker]) -> Iterator[str]:
    passed_on = {
        ast.unparse(expression)
        for function in ast.walk(tree)
        if isinstance(function, Function)
        for _, expression in _marked(function, markers)
        if isinstance(first := _parts(expression)[0], ast.Name) and first.id in _parameters(function)
    }
    for marker, expression in _marked(tree, markers):
        first, rest = _parts(expression)
        if isinstance(first, ast.Constant):
            yield marker.pattern.replace(_NAME, str(first.value) + rest)
        else:
            assert ast.unparse(expression) in passed_on, f"not a literal name: {ast.unparse(expression)}"


def _decorated(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "idempotent":
            keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
            yield f"{keywords['name']}|{'*' if keywords.get('row') else ''}"


def _marked(tree: ast.AST, markers: set[Marker]) -> Iterator[tuple[Marker, ast.expr]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            for marker in markers:
                if (expression := marker.named(call)) is not None:
                    yield marker, expression


def _parts(expression: ast.expr) -> tuple[ast.expr, str]:
    """What a name begins with, and the rest of it as text."""
    if not isinstance(expression, ast.JoinedStr):
        return expression, ""
    first, *rest = (part.value if isinstance(part, ast.FormattedValue) else part for part in expression.values)
    return first, "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in rest)


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return names[1:] if names[:1] == ["self"] else names


def parsed(service: str) -> list[ast.Module]:
    return [ast.parse(file.read_text(encoding="utf-8")) for file in (SERVICES / service / "commands").glob("*.py")]


@pytest.mark.parametrize("service", RECORDED)
def test_every_stored_name_of_a_service_is_the_recorded_one(service: str) -> None:
    assert names_in(parsed(service)) == RECORDED[service]


HELPER = """
def each(principal, keys, *, command):
    def row_of(key):
        return request_mark("courses", principal, f"{command}|{key}", None)
    return [row_of(key) for key in keys]

class Rows:
    def both(self, name, key):
        return each(None, [key], command=name), request_mark("courses", None, name, None)
"""


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('request_mark("courses", principal, "rename", row)', {"rename"}),
        ('bulk.request_mark("courses", principal, content=row, name=f"rename|{key}")', {"rename|*"}),
        (f'{HELPER}\nbulk.each(principal, keys, command="rename")', {"rename|*"}),
        (f'{HELPER}\nrows.both("rename", key)', {"rename|*", "rename"}),
        ('@idempotent("courses", name="rename")\ndef rename(): ...', {"rename|"}),
        ('rename_row = idempotent("courses", name="rename", row="key")(rename)', {"rename|*"}),
    ],
)
def test_a_name_is_found_wherever_it_is_written(source: str, names: set[str]) -> None:
    assert names_in([ast.parse(source)]) == names


def test_a_name_that_is_no_literal_is_found_out() -> None:
    with pytest.raises(AssertionError, match="not a literal name"):
        names_in([ast.parse('request_mark("courses", principal, rename.__name__, row)')])
