"""What the use cases of identity work with."""

from dataclasses import dataclass

from gateway.identity.password_hashing import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore


@dataclass(frozen=True, slots=True)
class Deps:
    """What the use cases need.

    Attributes:
        store: Accounts and sessions.
        passwords: Hashing.
        sessions: Tokens.
        literal: The notice's literal mode: every initial password is 123456 instead of a random code (R4).
    """

    store: IdentityStore
    passwords: Passwords
    sessions: Sessions
    literal: bool = False
