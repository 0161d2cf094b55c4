"""docs/accounts.md has every endpoint below `/auth`, and none that is not there."""

import re
from typing import cast

from gateway.http.account_admin import AccountAdminEndpoints
from gateway.http.authentication import AuthenticationEndpoints
from gateway.http.second_factor import SecondFactorEndpoints
from gateway.http.sign_on import SignOnEndpoints
from gateway.identity.deps import Deps
from gateway.identity.sign_on import SignOnDeps
from tests.contract.reading import text_of


def test_the_page_on_accounts_lists_the_endpoints_of_the_gateway() -> None:
    deps = cast("Deps", None)  # the routes are listed, none is called
    routes = [
        *AuthenticationEndpoints(deps).routes(),
        *SecondFactorEndpoints(deps).routes(),
        *SignOnEndpoints(SignOnDeps(deps)).routes(),
        *AccountAdminEndpoints(deps).routes(),
    ]
    served = {(method, route.path) for route in routes for method in (route.methods or ()) if method != "HEAD"}
    listed = set(re.findall(r"`(GET|POST|DELETE) (/auth/[^`?]+)", text_of("docs/accounts.md")))
    assert listed == served
