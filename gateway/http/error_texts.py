"""The engine's own errors in the caller's language; the errors of subgraphs come in it already."""

from collections.abc import Sequence
from typing import Any

from chassis.graphql_errors import in_chinese
from gateway import refusals
from gateway.federation.errors import UNAUTHORIZED
from kernel.refusals import INTERNAL, UNAUTHENTICATED, RefusalKind

_KINDS = {
    kind.code: kind
    for kind in (
        INTERNAL,
        UNAUTHENTICATED,
        refusals.SUBGRAPH_UNREACHABLE,
        refusals.OUTCOME_UNKNOWN,
        refusals.SUBGRAPH_MALFORMED_RESPONSE,
        refusals.SUBGRAPHS_DISAGREE,
        refusals.SUBSCRIPTION_INTERRUPTED,
        refusals.SUBGRAPH_OVERLOADED,
        refusals.UNPLANNABLE_OPERATION,
        refusals.OPERATION_NOT_OFFERED,
        refusals.QUERY_TOO_COMPLEX,
    )
}
_OF_NO_RULE = {"rule": None, "clause": None, "unblock": None}
"""What every error says, also of a subgraph that is not ours and of an answer that does not fit the schema."""
_ROLES = {
    "ministry": "教师工作司",
    "expert": "评审专家",
    "base": "培训基地",
    "school": "学校",
    "teacher": "教师",
    "province": "省级教育行政部门",
}
"""The roles as front ends name them (docs/glossary.md)."""


def in_language(errors: Sequence[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """The errors in the caller's language; copies, because the engine shares errors between requests."""
    return [_translated(error, language) for error in errors]


def _translated(error: dict[str, Any], language: str) -> dict[str, Any]:
    extensions = error.get("extensions", {})
    code = extensions.get("code")
    if code == UNAUTHORIZED and "service" not in extensions:  # a subgraph may say the same code with other details
        return _denied(error, language)
    if code in _KINDS:
        return _said(error, _KINDS[code], language)
    whole = error | {"extensions": _OF_NO_RULE | extensions}
    if language.startswith("en") or "service" in extensions:
        return whole
    return whole | {"message": in_chinese(error["message"], str(code), extensions.get("field"))}


def _denied(error: dict[str, Any], language: str) -> dict[str, Any]:
    """What a signed-in caller of another role is told: which roles may use the field (R3)."""
    extensions = error["extensions"]
    roles = extensions.get("roles", ())
    names = ("、".join(_ROLES.get(role, role) for role in roles), ", ".join(roles))
    return _said(error, refusals.UNAUTHORIZED_FIELD_OR_TYPE, language, names)


def _said(
    error: dict[str, Any], kind: RefusalKind, language: str, detail: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    refusal = kind(detail=detail)
    return error | {"message": refusal.message(language), "extensions": refusal.extensions() | error["extensions"]}
