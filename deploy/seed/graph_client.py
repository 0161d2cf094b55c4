"""A client of the gateway, as a front end would have one: for the seed, the demo and the end-to-end tests."""

import io
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_RENEWED_SECONDS = 60.0
"""How long before an access token ends a client gets the next one."""
_IDLE_SECONDS = 4.0
"""How long an idle connection may be used again: less than servers keep one (uvicorn and Node: 5 s)."""


def session() -> aiohttp.ClientSession:
    """An HTTP session that gives up its idle connections before the server does.

    aiohttp keeps them for 15 s, and a request on a connection that the server is closing fails.
    """
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS))


class Refused(Exception):  # noqa: N818 - named for what the graph did
    """The gateway refused a request.

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
class Renewal:
    """What gets a session its next access token; copies of a client share it, for a refresh token is good once.

    Attributes:
        access_token: The latest access token.
        refresh_token: What gets the next one; None once the session is over.
        due_at: When that is done, by `time.monotonic()`.
    """

    access_token: str
    refresh_token: str | None
    due_at: float

    @classmethod
    def of(cls, reply: dict[str, Any]) -> Self:
        """That of a reply with tokens."""
        due_at = time.monotonic() + reply.get("expiresIn", 0) - _RENEWED_SECONDS
        return cls(reply["accessToken"], reply.get("refreshToken"), due_at)


@dataclass(slots=True)
class Client:
    """One account's requests to the gateway; `Client(url, http)` has no account and is the public.

    A client that has signed in renews its access token before it ends.

    Attributes:
        url: The gateway's root, such as `http://127.0.0.1:8000`.
        http: The HTTP session, shared by clients; `session()` makes one.
        token: The access token, None for the public.
        headers: Further headers of every request.
        renewal: What gets the next access token; None where the client was given one.
    """

    url: str
    http: aiohttp.ClientSession
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    renewal: Renewal | None = None

    async def execute(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole reply to a GraphQL operation: `data` and `errors`.

        A mutation goes under an `Idempotency-Key` of its own where `headers` hold none, so that it may be repeated.
        """
        body = {"query": query, "variables": variables}
        key = {"Idempotency-Key": secrets.token_hex(16)} if query.lstrip().startswith("mutation") else {}
        return await self.post("/graphql", body, headers=key, repeatable=True)

    async def ask(self, query: str, /, **variables: Any) -> Any:
        """The `data` of an operation's reply.

        Raises:
            Refused: The reply has errors.
        """
        reply = await self.execute(query, **variables)
        if reply.get("errors"):
            raise Refused(reply["errors"])
        return reply["data"]

    async def do(self, query: str, /, **variables: Any) -> Any:
        """The value of an operation's only root field.

        Raises:
            Refused: The reply has errors.
        """
        data = await self.ask(query, **variables)
        (value,) = data.values()
        return value

    async def post(
        self, path: str, body: dict[str, Any], *, headers: dict[str, str] | None = None, repeatable: bool = False
    ) -> dict[str, Any]:
        """POST JSON and return the JSON reply, whatever its status.

        Args:
            path: Absolute path at the gateway.
            body: What is sent, as JSON.
            headers: Further headers of this request; those of the client win over them.
            repeatable: Whether to send it again, once, where the connection closed before the reply began; aiohttp
                does so by itself for GET (RFC 9110, 9.2.2).

        Raises:
            aiohttp.ClientError: No reply came.
            TimeoutError: None came within 30 s.
        """
        try:
            reply = await self._send(path, body, headers or {})
        except aiohttp.ClientConnectorError:
            raise  # there is no server to repeat it to
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not repeatable:
                raise
            reply = await self._send(path, body, headers or {})
        async with reply:
            content: dict[str, Any] = await reply.json(content_type=None)
            return content

    async def fetch(self, path: str) -> tuple[int, bytes]:
        """GET a file or a page: its HTTP status and its content."""
        await self.renew()
        async with self.http.get(self.url + path, headers=self._headers(), timeout=_TIMEOUT) as reply:
            return reply.status, await reply.read()

    async def upload_roster(self, content: bytes, content_type: str = "text/csv") -> dict[str, Any]:
        """Upload a roster (R22) and return the JSON reply, whatever its status."""
        await self.renew()
        headers = {"Content-Type": content_type} | self._headers()
        address, query = f"{self.url}/rosters", {"filename": "名单.csv"}
        async with self.http.post(
            address, data=io.BytesIO(content), params=query, headers=headers, timeout=_TIMEOUT
        ) as reply:
            result: dict[str, Any] = await reply.json(content_type=None)
            return result

    async def login(self, login: str, password: str, scope: str | None = None) -> Self:
        """A client signed in to an account.

        Args:
            login: The account's login name.
            password: Its password, or its one-time code.
            scope: Which account of that login name, where it has several.

        Raises:
            Refused: The login was refused.
        """
        body = {"login": login, "password": password} | ({"scope": scope} if scope else {})
        reply = await self.post("/auth/login", body, repeatable=True)  # at worst one session more
        if "accessToken" not in reply:
            raise Refused(reply.get("errors", [reply]))
        return self._signed_in(reply)

    async def activate(self, login: str, code: str, password: str, scope: str | None = None) -> Self:
        """Use an account's one-time code and set its password (R4), which signs in.

        Args:
            login: The account's login name.
            code: Its one-time code.
            password: The password to set.
            scope: Which account of that login name, where it has several.

        Raises:
            Refused: The code or the password was refused.
        """
        initial = await self.login(login, code, scope)
        reply = await initial.post("/auth/password", {"newPassword": password})
        if "accessToken" not in reply:
            raise Refused(reply.get("errors", [reply]))
        return self._signed_in(reply)

    def _signed_in(self, reply: dict[str, Any]) -> Self:
        """A client with the tokens of a reply."""
        return type(self)(self.url, self.http, reply["accessToken"], self.headers, Renewal.of(reply))

    async def renew(self) -> bool:
        """Get the next access token if the one at hand ends soon; every request begins with that.

        Once the session is over, nothing more is tried.

        Returns:
            Whether it was tried: the gateway writes a renewal into the session.
        """
        if self.renewal is None:
            return False
        tried = bool(self.renewal.refresh_token) and time.monotonic() >= self.renewal.due_at
        if tried:
            body = {"refreshToken": self.renewal.refresh_token}
            async with self.http.post(self.url + "/auth/refresh", json=body, timeout=_TIMEOUT) as reply:
                if reply.ok:
                    found = Renewal.of(await reply.json())
                    self.renewal.access_token, self.renewal.due_at = found.access_token, found.due_at
                    self.renewal.refresh_token = found.refresh_token
                elif reply.status == HTTPStatus.UNAUTHORIZED:
                    self.renewal.refresh_token = None
        self.token = self.renewal.access_token
        return tried

    async def _send(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> aiohttp.ClientResponse:
        await self.renew()
        headers = headers | self._headers()
        return await self.http.post(self.url + path, json=body, headers=headers, timeout=_TIMEOUT)

    def _headers(self) -> dict[str, str]:
        return self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
