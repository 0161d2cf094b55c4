"""A small client of the graph, as a front end would have one: for the seed, the demo and the end-to-end tests."""

import io
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Refused(Exception):  # noqa: N818 - named for what the graph did
    """The graph answered with errors.

    Attributes:
        errors: The GraphQL errors, or one made of an HTTP refusal.
    """

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{self._code(error)}: {error.get('message')}" for error in errors))

    @property
    def codes(self) -> list[str]:
        """The codes of all errors."""
        return [self._code(error) for error in self.errors]

    @staticmethod
    def _code(error: dict[str, Any]) -> str:
        return str(error.get("extensions", {}).get("code"))


@dataclass(slots=True)
class Client:
    """One role's session with the gateway; `Client(url, http)` is the public.

    Attributes:
        url: The gateway's root, such as `http://127.0.0.1:8000`.
        http: The HTTP session, shared by clients.
        token: The access token, None for the public.
        headers: Further headers of every request.
    """

    url: str
    http: aiohttp.ClientSession
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def answer(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole reply, `data` and `errors`."""
        return await self.post("/graphql", {"query": query, "variables": variables})

    async def ask(self, query: str, /, **variables: Any) -> Any:
        """The reply's `data`.

        Raises:
            Refused: There are errors.
        """
        reply = await self.answer(query, **variables)
        if reply.get("errors"):
            raise Refused(reply["errors"])
        return reply["data"]

    async def do(self, query: str, /, **variables: Any) -> Any:
        """The value of the one root field of an operation.

        Raises:
            Refused: There are errors.
        """
        data = await self.ask(query, **variables)
        (value,) = data.values()
        return value

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST JSON and return the JSON reply, whatever its status."""
        headers = self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        async with self.http.post(self.url + path, json=body, headers=headers, timeout=_TIMEOUT) as reply:
            content: dict[str, Any] = await reply.json(content_type=None)
            return content

    async def fetch(self, path: str) -> tuple[int, bytes]:
        """GET what is no GraphQL: its status and its content."""
        headers = self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        async with self.http.get(self.url + path, headers=headers, timeout=_TIMEOUT) as reply:
            return reply.status, await reply.read()

    async def login(self, login: str, password: str, scope: str | None = None) -> Self:
        """A client signed in as that account.

        Raises:
            Refused: The login was refused.
        """
        body = {"login": login, "password": password} | ({"scope": scope} if scope else {})
        reply = await self.post("/auth/login", body)
        if "accessToken" not in reply:
            raise Refused(reply.get("errors", [reply]))
        return type(self)(self.url, self.http, reply["accessToken"], self.headers)

    async def activate(self, login: str, code: str, password: str, scope: str | None = None) -> Self:
        """Use an account's one-time code once, set its password (R4), and sign in with it.

        Raises:
            Refused: The code or the password was refused.
        """
        initial = await self.login(login, code, scope)
        reply = await initial.post("/auth/password", {"currentPassword": code, "newPassword": password})
        if reply.get("errors"):
            raise Refused(reply["errors"])
        return await self.login(login, password, scope)


async def send(client: Client, raw: bytes, kind: str = "text/csv") -> dict[str, Any]:
    """POST a file and return the JSON reply, whatever its status."""
    headers = {"Content-Type": kind} | authorization(client)
    address, query = f"{client.url}/rosters", {"filename": "名单.csv"}
    async with client.http.post(
        address, data=io.BytesIO(raw), params=query, headers=headers, timeout=_TIMEOUT
    ) as reply:
        content: dict[str, Any] = await reply.json(content_type=None)
        return content


async def fetch(client: Client, path: str) -> tuple[int, bytes]:
    """A file's status and content."""
    async with client.http.get(client.url + path, headers=authorization(client), timeout=_TIMEOUT) as reply:
        return reply.status, await reply.read()


def authorization(client: Client) -> dict[str, str]:
    """The headers that say who calls."""
    return client.headers | ({"Authorization": f"Bearer {client.token}"} if client.token else {})
