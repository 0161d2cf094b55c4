"""The dependencies of identity's use cases."""

from dataclasses import dataclass

from gateway.identity.password_hashing import Passwords
from gateway.identity.second_factor import FactorRules
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies.

    Attributes:
        store: Accounts and sessions.
        passwords: Hashes and checks passwords and codes.
        sessions: Issues and checks tokens.
        literal: Whether every initial password is the notice's literal 123456 instead of a random code (R4).
        factor: Who needs a second factor; None for nobody.
    """

    store: IdentityStore
    passwords: Passwords
    sessions: Sessions
    literal: bool = False
    factor: FactorRules | None = None
