"""A mutation repeated under its `Idempotency-Key` takes effect once (docs/architecture.md, The path of a command).

The mark of a request is stored in the aggregate that is the request's outcome, by the same write as the effect: there
is no moment in which one exists without the other. A repeat finds the mark and is answered with that aggregate as it is
now. Two copies at the same moment are decided by the unique index of marks: the write of the second fails, and it is
answered with the outcome of the first.

A mark holds no input, only a digest that is keyed by the caller's key. That key is not stored, so nobody who reads the
database can test guesses of a personal number against the digest (R41).
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
    """The mark of the request under way, to be stored with its outcome.

    Attributes:
        collection: The collection of the outcome.
        key: Digest of the principal, the idempotency key, the command and the row.
        input: Digest of the input, keyed by the idempotency key.
        bearer: Id of the aggregate that carries the mark, once it was written. Only that aggregate is marked, but it
            may be written again: a transaction that met a conflict runs anew.
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
    """A repository that stores the current mark with every write (`chassis.storage.repository`)."""

    @property
    def name(self) -> str:
        """The collection's name."""

    async def find_by_request(self, key: str) -> tuple[A_co, str] | None:
        """The aggregate that carries a mark, and the digest of the input."""


Command = Callable[Concatenate[D, Principal, P], Coroutine[Any, Any, A]]
"""A use case that writes one aggregate."""
_CURRENT: ContextVar[RequestMark | None] = ContextVar("request_mark", default=None)


def mark_for(collection: str, aggregate: str) -> dict[str, str] | None:
    """The mark that the write of an aggregate must store; None where the aggregate is not the request's outcome.

    Args:
        collection: The collection written to.
        aggregate: The aggregate's id.
    """
    mark = _CURRENT.get()
    if mark is None or mark.collection != collection or mark.bearer not in {None, aggregate}:
        return None
    mark.bearer = aggregate
    return {"key": mark.key, "input": mark.input}


def request_mark(collection: str, principal: Principal, name: str, content: Any) -> RequestMark | None:
    """The mark of the request under way; None where it came without an `Idempotency-Key`.

    Args:
        collection: The collection of the outcome.
        principal: Whose request it is; part of the key, so that nobody meets another's marks.
        name: The command's name, and the row's where a mutation has several. It is data.
        content: The whole input; a repeat must bring the same.
    """
    secret = current_act().idempotency_key
    if secret is None:
        return None
    key = hashlib.sha256(f"{principal.subject}\n{secret}\n{name}".encode()).hexdigest()
    encoded = msgspec.json.encode(content, order="deterministic", enc_hook=str)
    return RequestMark(collection, key, hmac.new(secret.encode(), encoded, hashlib.sha256).hexdigest())


def idempotent(repository: str, *, name: str, row: str | None = None) -> Callable[[Command[D, P, A]], Command[D, P, A]]:
    """Make a command, `(deps, principal, …) -> aggregate`, take effect once under its `Idempotency-Key`.

    The names of the keyword arguments, and of the fields inside them, enter the digest: they are data too.

    Args:
        repository: Name of the store's repository that keeps the aggregate which the command returns.
        name: The command's name inside the mark. It is data: under another name, stored marks are not found again.
        row: For one row of a bulk mutation, the keyword argument that names the row.
    """

    def decorate(command: Command[D, P, A]) -> Command[D, P, A]:
        @wraps(command)
        async def run(deps: D, principal: Principal, /, *args: P.args, **arguments: P.kwargs) -> A:
            act = partial(command, deps, principal, *args, **arguments)
            marked_name = f"{name}|{arguments[row] if row else ''}"
            return await run_once(getattr(deps.store, repository), principal, marked_name, (args, arguments), act)

        return run

    return decorate


async def run_once(
    repository: OutcomeRepository[A], principal: Principal, name: str, content: Any, act: Callable[[], Awaitable[A]]
) -> A:
    """Run `act`, unless the same request took effect before; then return its outcome as it is now.

    Without an `Idempotency-Key` in the current act, `act` is simply run.

    Args:
        repository: Stores the outcome with the mark.
        principal: Whose request it is; part of the key, so that nobody meets another's marks.
        name: The command's name, and the row's where a mutation has several. It is data.
        content: The whole input; a repeat must bring the same.
        act: Writes the outcome by `repository`.

    Raises:
        Refusal: `IDEMPOTENCY_KEY_REUSED`: the key came with other input before; or what `act` refuses.
    """
    mark = request_mark(repository.name, principal, name, content)
    if mark is None:
        return await act()
    if (earlier := await _outcome(repository, mark)) is not None:
        return earlier
    token = _CURRENT.set(mark)
    try:
        return await act()
    except Exception:
        # Two copies of a request may run at the same moment. The slower one fails on what the faster has just written:
        # a stale version, a duplicate key, or a refusal of the new state. It is answered as the repeat that it is.
        if (earlier := await _outcome(repository, mark)) is not None:
            return earlier
        raise
    finally:
        _CURRENT.reset(token)


async def _outcome(repository: OutcomeRepository[A], mark: RequestMark) -> A | None:
    marked = await repository.find_by_request(mark.key)
    if marked is None:
        return None
    aggregate, digest = marked
    if not hmac.compare_digest(digest, mark.input):
        raise IDEMPOTENCY_KEY_REUSED()
    return aggregate
