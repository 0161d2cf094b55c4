"""Sign in as somebody whose role needs no second factor."""

from typing import Any

from gateway.identity import authentication
from gateway.identity.deps import Deps
from gateway.identity.sessions import Tokens


async def log_in(deps: Deps, **how: Any) -> Tokens:
    """The tokens of a login that no further step follows."""
    tokens = await authentication.log_in(deps, **how)
    assert isinstance(tokens, Tokens)
    return tokens


async def set_password(deps: Deps, **how: Any) -> Tokens:
    """The tokens of a change of password that no further step follows."""
    tokens = await authentication.set_password(deps, **how)
    assert isinstance(tokens, Tokens)
    return tokens
