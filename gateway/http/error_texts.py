"""The engine's own errors in the caller's language; the errors of subgraphs come in it already."""

from collections.abc import Sequence
from typing import Any

from gateway.federation.errors import INTERRUPTED, MALFORMED, UNAUTHORIZED, UNKNOWN_OUTCOME, UNREACHABLE
from gateway.resilience import OVERLOADED
from kernel.errors import Unblock

_CHINESE = {
    UNAUTHORIZED: "当前身份无权访问该字段",
    UNREACHABLE: "所需服务暂时没有应答",
    UNKNOWN_OUTCOME: "未能确认操作是否生效，可能已经生效；请用同一 Idempotency-Key 重发以确认",
    MALFORMED: "所需服务的应答有误",
    INTERRUPTED: "事件流意外中断，请从最后的 cursor 之后重新订阅",
    OVERLOADED: "所需服务繁忙，请稍后再试",
    "UNPLANNABLE_OPERATION": "无法完成该查询",
    "OPERATION_NOT_OFFERED": "此处不提供该类操作",
}
_ENGLISH = {UNKNOWN_OUTCOME: "It may have taken effect: send it again under the same Idempotency-Key to find out"}
_EXTENSIONS = {
    UNAUTHORIZED: {"rule": "R3", "unblock": Unblock.ADMINISTRATOR.value},
    UNKNOWN_OUTCOME: {"unblock": Unblock.SELF.value},
}


def in_language(errors: Sequence[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """The errors in the caller's language; copies, because the engine shares errors between requests."""
    return [_translated(error, language) for error in errors]


def _translated(error: dict[str, Any], language: str) -> dict[str, Any]:
    extensions = error.get("extensions", {})
    code = extensions.get("code")
    if code not in _CHINESE:
        return error
    message = _ENGLISH.get(code, error["message"]) if language == "en" else _CHINESE[code]
    return error | {"message": message, "extensions": extensions | _EXTENSIONS.get(code, {})}
