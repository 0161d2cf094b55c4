"""Names inside stored idempotency marks are data: who renames one lets a repeated request take effect again."""

import ast
from collections.abc import Iterator
from pathlib import Path

from chassis.storage.idempotency import NAMES
from services.assessment import commands as assessment
from services.catalog import commands as catalog
from services.enrollment import commands as enrollment

SERVICES = Path(__file__).resolve().parents[2] / "services"
OF_COMMANDS = {
    "_decide", "add_class", "amend_project", "assign_experts", "cancel_project", "draft_project", "extend_phase",
    "extend_project", "finish_project", "open_round", "publish_project", "register_base", "register_expert",
    "resume_project", "set_base_team", "start_project", "submit_project", "submit_review", "suspend_project",
    "update_project", "withdraw_project",
    "commit_roster", "correct_teacher", "designate_person", "record_funding", "register_school",
    "set_inner_cut_off", "update_my_contact",
}  # fmt: skip
OF_ROWS = {"add_teachers", "adjust_quota", "auto_assign_experts", "register_schools"}
OF_LANE = {
    "_decide", "accept_offer", "decline_sign_ups", "rank_sign_ups", "sign_up", "submit_enrollments",
    "substitute_teacher", "withdraw_enrollment", "withdraw_sign_up",
}  # fmt: skip
BULK = {
    "confirm_credits", "record_attendance", "record_results", "revoke_credit",
}  # fmt: skip


def calls(name: str) -> Iterator[ast.Call]:
    for file in SERVICES.glob("*/commands/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


def text_of(node: ast.expr) -> str | None:
    """The literal that an expression begins with, up to `|`; None where it begins with a variable."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return str(first.value).partition("|")[0] if isinstance(first, ast.Constant) else None


def test_every_idempotent_command_keeps_its_recorded_name() -> None:
    assert all((catalog, enrollment, assessment))
    ours = {name for name, modules in NAMES.items() if any(module.startswith("services.") for module in modules)}
    assert ours == OF_COMMANDS


def test_every_row_of_a_bulk_command_keeps_its_recorded_name() -> None:
    rows = [*calls("run_once"), *calls("request_mark")]
    assert {text for call in rows if (text := text_of(call.args[2]))} == OF_ROWS
    assert {text_of(call.args[2]) for call in calls("change_records")} == BULK


def test_every_row_of_the_lane_keeps_its_recorded_name() -> None:
    names = [keyword.value for call in calls("row_of") for keyword in call.keywords if keyword.arg == "name"]
    assert {text_of(name) for name in names} == OF_LANE
