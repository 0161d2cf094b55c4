"""What the use cases of an account's holder share: who acts, and that no secret can be guessed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from prometheus_client import Counter

from chassis.context import acting, current_act
from gateway.identity.account import Account, AccountState
from gateway.identity.deps import Deps
from gateway.identity.login_throttle import LoginThrottle
from gateway.refusals import INVALID_CREDENTIALS
from kernel.errors import Refusal
from kernel.refusals import UNAUTHENTICATED

GUESSES = Counter("guopei_gateway_guesses", "Secrets that were tried: right, wrong, or made to wait", ["outcome"])


@contextmanager
def acts(account: Account) -> Iterator[None]:
    """The events that the block writes name this account as their actor (R5, R40)."""
    with acting(replace(current_act(), principal=account.principal())):
        yield


async def signed_in(deps: Deps, token: str) -> Account:
    """The account of an access token, read anew, so that a closed account or an ended session does nothing.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`.
    """
    verified = deps.sessions.check(token)
    account = await deps.store.accounts.find(verified.principal.subject)
    if account is None or account.state is not AccountState.ACTIVE or await _has_ended(deps, verified.session):
        raise UNAUTHENTICATED()
    return account


async def _has_ended(deps: Deps, session: str) -> bool:
    """Whether a token's session is over; the tokens of the release before name none."""
    return bool(session) and await deps.store.session(session) is None


@asynccontextmanager
async def attempt(throttle: LoginThrottle, login: str, address: str) -> AsyncIterator[None]:
    """Throttle the block, which tries a secret; only an attempt that ends in `INVALID_CREDENTIALS` stays counted."""
    async with throttle.turn(login, address), _counted(throttle, login, address):
        yield


@asynccontextmanager
async def _counted(throttle: LoginThrottle, login: str, address: str) -> AsyncIterator[None]:
    try:
        counted = await throttle.begin(login, address)
    except Refusal:
        GUESSES.labels("waited").inc()
        raise
    try:
        yield
    except Exception as error:
        if isinstance(error, Refusal) and error.code == INVALID_CREDENTIALS.code:
            GUESSES.labels("wrong").inc()
        else:
            await throttle.withdraw(counted)
        raise
    GUESSES.labels("right").inc()
    await throttle.succeed(counted)
