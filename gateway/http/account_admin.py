"""`/auth/accounts`: accounts in the hands of the ministry and of schools (R3, R4, R5)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.storage.cursor import PageRequest
from gateway.http.authentication import posted, scope_of, token_of
from gateway.http.responses import guarded, reply, told
from gateway.identity.account import Account, AccountState
from gateway.identity.account_admin import MOST_ROWS, Issued, Selection, issue, managed, manager, reissue, withdraw
from gateway.identity.deps import Deps
from kernel.refusals import BAD_REQUEST

_BODY_BYTES = 64 * 1024
_USUAL = 50
_DIGITS = len(str(MOST_ROWS))


def account_routes(deps: Deps) -> list[Route]:
    """The routes: list, issue (up to 200 at a time), another code, close.

    Args:
        deps: The dependencies of its use cases.
    """

    async def listed(request: Request) -> Response:
        by = await manager(deps, token_of(request))
        query = request.query_params
        page = PageRequest(_first(query.get("first")), [query["after"]] if "after" in query else None)
        which = Selection(
            scope=scope_of(query.get("scope")),
            state=_state(query.get("state")),
            home=query.get("home"),
            login=query.get("login"),
        )
        found = await managed(deps, by, which, page)
        rows = found[: page.first]
        more = {"hasNextPage": len(found) > page.first, "endCursor": rows[-1].id if rows else None}
        return reply({"accounts": [_shown(one) for one in rows], "pageInfo": more})

    async def issued(body: dict[str, Any], request: Request) -> dict[str, Any]:
        by = await manager(deps, token_of(request))
        rows = body.get("accounts")
        if not isinstance(rows, list):
            raise BAD_REQUEST(detail=("缺少 accounts", "accounts is missing"), field="accounts")
        return {"accounts": [_row(one, request) for one in await issue(deps, by, rows)]}

    async def code(_: dict[str, Any], request: Request) -> dict[str, Any]:
        by = await manager(deps, token_of(request))
        return _row(await reissue(deps, by, request.path_params["id"]), request)

    async def disable(_: dict[str, Any], request: Request) -> dict[str, Any]:
        by = await manager(deps, token_of(request))
        return {"account": _shown(await withdraw(deps, by, request.path_params["id"]))}

    return [
        Route("/auth/accounts", guarded(listed), methods=["GET"]),
        Route("/auth/accounts", posted(issued, _BODY_BYTES), methods=["POST"]),
        Route("/auth/accounts/{id}/code", posted(code), methods=["POST"]),
        Route("/auth/accounts/{id}/disable", posted(disable), methods=["POST"]),
    ]


def _row(one: Issued, request: Request) -> dict[str, Any]:
    shown: dict[str, Any] = {"account": _shown(one.account), "code": one.code} if one.account else {}
    return shown | ({"refusal": told(one.refusal, request)} if one.refusal else {})


def _shown(account: Account) -> dict[str, Any]:
    """An account without its secret, and without what is not said of it."""
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


def _first(given: str | None) -> int:
    if given is None:
        return _USUAL
    if given.isascii() and given.isdecimal() and len(given) <= _DIGITS and 0 < int(given) <= MOST_ROWS:
        return int(given)
    raise BAD_REQUEST(detail=(f"first 应为1至{MOST_ROWS}", f"first is 1 to {MOST_ROWS}"), limit=MOST_ROWS)


def _state(given: str | None) -> AccountState | None:
    if given is None or given in set(AccountState):
        return AccountState(given) if given else None
    states = [state.value for state in AccountState]
    raise BAD_REQUEST(detail=("未知账号状态", "no such state"), states=states)
