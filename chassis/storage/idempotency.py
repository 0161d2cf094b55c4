"""A mutation repeated under its `Idempotency-Key` takes effect once (architecture.md, The path of a command).

The mark of a request is kept in the aggregate, by the very write that is its effect; a repeat finds the mark and
answers with that aggregate as it is now. No personal number can be guessed from a mark: the input's digest is keyed by
the caller's key, which is not kept (R41).
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from chassis.context import current_act
from chassis.principal import Principal
from kernel.refusals import IDEMPOTENCY_KEY_REUSED

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
D = TypeVar("D", bound="Stored")
P = ParamSpec("P")


@dataclass(slots=True)
class RequestMark:
    """One request, as it is kept by the one aggregate that is its outcome.

    Attributes:
        collection: Where its outcome is.
        key: Digest of principal, idempotency key, command and row.
        input: Keyed digest of the input.
        bearer: The aggregate's id, once it is written; a transaction may write it again.
    """

    collection: str
    key: str
    input: str
    bearer: str | None = None


class Stored(Protocol):
    """The dependencies of a command."""

    @property
    def store(self) -> Any:
        """The service's repositories."""


class OutcomeRepository(Protocol[A_co]):
    """A repository whose writes keep the current mark."""

    @property
    def name(self) -> str:
        """The collection's name."""

    async def find_by_request(self, key: str) -> tuple[A_co, str] | None:
        """The aggregate that bears a mark, and the input's digest."""


Command = Callable[Concatenate[D, Principal, P], Coroutine[Any, Any, A]]
"""A use case that writes one aggregate."""
NAMES: set[str] = set()
"""The names of all commands that were made idempotent; a test compares them with the recorded ones."""
_CURRENT: ContextVar[RequestMark | None] = ContextVar("request_mark", default=None)


def mark_for(collection: str, aggregate: str) -> dict[str, str] | None:
    """What the write of that aggregate keeps of the request under way."""
    mark = _CURRENT.get()
    if mark is None or mark.collection != collection or mark.bearer not in {None, aggregate}:
        return None
    mark.bearer = aggregate
    return {"key": mark.key, "input": mark.input}


def idempotent(repository: str, *, name: str, row: str | None = None) -> Callable[[Command[D, P, A]], Command[D, P, A]]:
    """Make a command, `(deps, principal, …) -> aggregate`, take effect once under its `Idempotency-Key`.

    Args:
        repository: Name of the store's repository that keeps the aggregate which the command returns.
        name: The command's name inside the stored mark. It is data: a new one forgets the marks that there are.
        row: For one row of a bulk mutation, the keyword argument that names the row.
    """
    NAMES.add(name)

    def decorate(command: Command[D, P, A]) -> Command[D, P, A]:
        @wraps(command)
        async def run(deps: D, principal: Principal, /, *args: P.args, **arguments: P.kwargs) -> A:
            act = partial(command, deps, principal, *args, **arguments)
            marked = f"{name}|{arguments[row] if row else ''}"
            return await run_once(getattr(deps.store, repository), principal, marked, (args, arguments), act)

        return run

    return decorate


async def run_once(
    repository: OutcomeRepository[A], principal: Principal, name: str, given: Any, act: Callable[[], Awaitable[A]]
) -> A:
    """Act, unless the same request has acted before; then give its outcome as it is now.

    Args:
        repository: Where the outcome is kept.
        principal: Whose request it is; nobody else's key is ever met.
        name: The command, and of a bulk mutation the row.
        given: The whole input.
        act: Writes the outcome, with its mark, by `repository`.

    Raises:
        Refusal: `IDEMPOTENCY_KEY_REUSED`: the key came with other input before; or whatever `act` refuses.
    """
    secret = current_act().idempotency_key
    if secret is None:
        return await act()
    mark = _mark(secret, repository.name, principal, name, given)
    if (known := await _outcome(repository, mark)) is not None:
        return known
    token = _CURRENT.set(mark)
    try:
        return await act()
    except Exception:
        # The same request may have been under way beside this one, and have won.
        if (known := await _outcome(repository, mark)) is not None:
            return known
        raise
    finally:
        _CURRENT.reset(token)


async def _outcome(repository: OutcomeRepository[A], mark: RequestMark) -> A | None:
    found = await repository.find_by_request(mark.key)
    if found is None:
        return None
    aggregate, digest = found
    if not hmac.compare_digest(digest, mark.input):
        raise IDEMPOTENCY_KEY_REUSED()
    return aggregate


def _mark(secret: str, collection: str, principal: Principal, name: str, given: Any) -> RequestMark:
    key = hashlib.sha256(f"{principal.subject}\n{secret}\n{name}".encode()).hexdigest()
    content = msgspec.json.encode(given, order="deterministic", enc_hook=str)
    return RequestMark(collection, key, hmac.new(secret.encode(), content, hashlib.sha256).hexdigest())
