"""The engine's errors: what transports raise, and what clients read."""

from typing import Any, TypeGuard

from kernel.personal_numbers import without_numbers

Json = Any
Path = tuple[str | int, ...]
_INSIDE = {"exception", "stacktrace", "stackTrace", "debugMessage"}
UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
UNAUTHENTICATED = "UNAUTHENTICATED"
UNREACHABLE = "SUBGRAPH_UNREACHABLE"
UNKNOWN_OUTCOME = "OUTCOME_UNKNOWN"
MALFORMED = "SUBGRAPH_MALFORMED_RESPONSE"
DISAGREEMENT = "SUBGRAPHS_DISAGREE"
INTERRUPTED = "SUBSCRIPTION_INTERRUPTED"
TOO_COMPLEX = "QUERY_TOO_COMPLEX"
UNPLANNABLE = "UNPLANNABLE_OPERATION"
NOT_OFFERED = "OPERATION_NOT_OFFERED"
FAILED = "SUBGRAPH_ERROR"


class TransportError(Exception):
    """A subgraph did not answer.

    Args:
        subgraph: Its name; never an address.
        code: The error code that the client reads.
        sent: Whether the call was sent, or tried to be; False if it was refused before.
    """

    def __init__(self, subgraph: str, code: str = UNREACHABLE, *, sent: bool = True) -> None:
        super().__init__(subgraph)
        self.subgraph = subgraph
        self.code = code
        self.sent = sent


def coded(message: str, code: str, path: Path = (), **more: Json) -> dict[str, Json]:
    """An error of the gateway itself, as a GraphQL error.

    Args:
        message: The message in English.
        code: `extensions.code`.
        path: The client's path; empty for none.
        more: Further `extensions`.
    """
    error: dict[str, Json] = {"message": message}
    if path:
        error["path"] = list(path)
    return error | {"extensions": {"code": code, **more}}


def is_reply(content: Json) -> TypeGuard[dict[str, Json]]:
    """Whether what a subgraph sent is a GraphQL reply: data is an object, or null or absent beside errors (7.1)."""
    if not isinstance(content, dict):
        return False
    data, errors = content.get("data"), content.get("errors")
    return isinstance(data, dict) or (data is None and isinstance(errors, list) and bool(errors))


def passed_on(error: Json, path: Path, subgraph: str) -> dict[str, Json]:
    """A subgraph's error as the client reads it: message and extensions, without stack traces and debug messages.

    Whatever a subgraph sends, `code` is a text in it, and `retryAfter`, if any, a number of whole seconds.

    Args:
        error: The error as the subgraph sent it.
        path: The client's path; empty for none.
        subgraph: The subgraph's name.
    """
    original = error.get("extensions") if isinstance(error, dict) else None
    extensions = (
        {name: value for name, value in original.items() if name not in _INSIDE} if isinstance(original, dict) else {}
    )
    if not isinstance(extensions.get("code"), str):
        extensions["code"] = FAILED
    if not _is_seconds(extensions.get("retryAfter")):
        extensions.pop("retryAfter", None)
    extensions.setdefault("service", subgraph)
    message = error.get("message") if isinstance(error, dict) else None
    coded_error: dict[str, Json] = {"message": without_numbers(str(message or "The subgraph failed"))}
    if path:
        coded_error["path"] = list(path)
    return coded_error | {"extensions": extensions}


def _is_seconds(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
