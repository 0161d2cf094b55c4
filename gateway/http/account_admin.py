"""`/auth/accounts`: the accounts that the ministry or a school manages (R3, R4, R5)."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.storage.cursor import PageRequest
from gateway.http.authentication import posted, scope_of, token_of
from gateway.http.responses import error_of, guarded, reply
from gateway.identity.account import Account, AccountState
from gateway.identity.account_admin import (
    MOST_ROWS,
    Issued,
    Selection,
    close_managed,
    issue,
    managed,
    manager,
    reissue,
    reset_second_factor,
)
from gateway.identity.deps import Deps
from kernel.refusals import BAD_CURSOR, BAD_REQUEST

_BODY_BYTES = 64 * 1024
_PAGE_ROWS = 50
_ID = re.compile(r"[0-9a-f]{28}")
_DIGITS = len(str(MOST_ROWS))


@dataclass(frozen=True, slots=True)
class AccountAdminEndpoints:
    """What the manager of accounts may ask.

    Attributes:
        deps: The dependencies of identity's use cases.
    """

    deps: Deps

    def routes(self) -> list[Route]:
        """The routes, a method each."""
        return [
            Route("/auth/accounts", guarded(self.page), methods=["GET"]),
            Route("/auth/accounts", posted(self.issue, _BODY_BYTES), methods=["POST"]),
            Route("/auth/accounts/{id}/code", posted(self.reissue), methods=["POST"]),
            Route("/auth/accounts/{id}/disable", posted(self.disable), methods=["POST"]),
            Route("/auth/accounts/{id}/second-factor/reset", posted(self.reset_factor), methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """A page of the managed accounts: `?first=&after=&scope=&state=&home=&login=`."""
        actor = await manager(self.deps, token_of(request))
        query = request.query_params
        page = PageRequest(_first(query.get("first")), _after(query.get("after")))
        selection = Selection(
            scope=scope_of(query.get("scope")),
            state=_state(query.get("state")),
            home=query.get("home"),
            login=query.get("login"),
        )
        accounts = await managed(self.deps, actor, selection, page)
        rows = accounts[: page.first]
        page_info = {"hasNextPage": len(accounts) > page.first, "endCursor": rows[-1].id if rows else None}
        return reply({"accounts": [_shown(account) for account in rows], "pageInfo": page_info})

    async def issue(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        """`{accounts: [row]}`, up to 200 rows, to an account with its code, or a refusal, for each row."""
        actor = await manager(self.deps, token_of(request))
        rows = body.get("accounts")
        if not isinstance(rows, list):
            raise BAD_REQUEST(detail=("缺少 accounts", "accounts is missing"), field="accounts")
        return {"accounts": [_row(issued, request) for issued in await issue(self.deps, actor, rows)]}

    async def reissue(self, _: dict[str, Any], request: Request) -> dict[str, Any]:
        """Another code for the account in the path."""
        actor = await manager(self.deps, token_of(request))
        return _row(await reissue(self.deps, actor, request.path_params["id"]), request)

    async def disable(self, _: dict[str, Any], request: Request) -> dict[str, Any]:
        """Close the account in the path."""
        actor = await manager(self.deps, token_of(request))
        return {"account": _shown(await close_managed(self.deps, actor, request.path_params["id"]))}

    async def reset_factor(self, _: dict[str, Any], request: Request) -> dict[str, Any]:
        """Remove the second factor of the account in the path."""
        actor = await manager(self.deps, token_of(request))
        return {"account": _shown(await reset_second_factor(self.deps, actor, request.path_params["id"]))}


def _row(issued: Issued, request: Request) -> dict[str, Any]:
    shown: dict[str, Any] = {"account": _shown(issued.account), "code": issued.code} if issued.account else {}
    return shown | ({"refusal": error_of(issued.refusal, request)} if issued.refusal else {})


def _shown(account: Account) -> dict[str, Any]:
    """An account as its manager sees it, never its secret; attributes without a value are left out."""
    shown = {
        "id": account.id,
        "login": account.login,
        "scope": account.scope.value,
        "state": account.state.value,
        "awaitsCode": account.waiting,
        "codeExpiresAt": account.code_expires_at.isoformat() if account.code_expires_at else None,
        "organization": account.organization,
        "bases": list(account.bases) or None,
        "school": account.school,
        "province": account.province,
        "home": account.home,
        "person": account.person,
        "name": account.name,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _after(text: str | None) -> list[str] | None:
    """The position after which a page begins: the id of the last account before it.

    Raises:
        Refusal: `BAD_CURSOR`: the text is no account's id.
    """
    if text is None:
        return None
    if not _ID.fullmatch(text):
        raise BAD_CURSOR(field="after")
    return [text]


def _first(text: str | None) -> int:
    """The size of a page, 50 accounts by default.

    Raises:
        Refusal: `BAD_REQUEST`.
    """
    if text is None:
        return _PAGE_ROWS
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and 0 < int(text) <= MOST_ROWS:
        return int(text)
    raise BAD_REQUEST(detail=(f"first 应为1至{MOST_ROWS}", f"first is 1 to {MOST_ROWS}"), limit=MOST_ROWS)


def _state(text: str | None) -> AccountState | None:
    """The state of that name, None for none.

    Raises:
        Refusal: `BAD_REQUEST`.
    """
    if text is None:
        return None
    if text in set(AccountState):
        return AccountState(text)
    states = [state.value for state in AccountState]
    raise BAD_REQUEST(detail=("未知账号状态", "no such state"), states=states)
