"""A real Chromium without a window, driven by its DevTools protocol: a phone's page, what it sends and complains of."""

import asyncio
import itertools
import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.eventually import eventually

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PHONE: dict[str, int] = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")
_START_SECONDS = 60.0
_ANSWER_SECONDS = 60.0
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # tests run as root in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
)


def program() -> str | None:
    """Where a Chromium is; None where there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class PageError(Exception):
    """An expression has thrown in the page; the text is the browser's."""


@dataclass
class Sent:
    """A request of the page, as it left the browser.

    Attributes:
        method: Its method.
        url: Its address.
        body: Its body, as text.
        headers: What was sent on the wire, names in lower case.
    """

    method: str = ""
    url: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Tab:
    """A page of a browser.

    Attributes:
        requests: What it has sent, by the browser's id.
        complaints: What the browser has said of it: errors, refusals by its policy, exceptions nobody caught.
        clicks: How often something was pressed, ticked or chosen.
    """

    socket: aiohttp.ClientWebSocketResponse
    session: str = ""
    requests: dict[str, Sent] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    clicks: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _waiting: dict[int, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict)

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command of the DevTools protocol and await its answer.

        Raises:
            PageError: It was refused.
        """
        number, waiting = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.send_json(message | ({"sessionId": self.session} if self.session else {}))
        answer: dict[str, Any] = await asyncio.wait_for(waiting, _ANSWER_SECONDS)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self) -> None:
        """Take what the browser says, until it has gone."""
        async for message in self.socket:
            said = json.loads(message.data)
            if waiting := self._waiting.pop(said.get("id", 0), None):
                waiting.set_result(said)
            else:
                self._note(said.get("method", ""), said.get("params", {}))

    async def resize(self, width: int, height: int) -> None:
        """Show the page in so many points; up to 720 across it is a phone's."""
        mobile = width <= PHONE["width"] * 2
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        await self.command("Emulation.setDeviceMetricsOverride", **size)
        await self.command("Emulation.setTouchEmulationEnabled", enabled=mobile)

    async def open(self, url: str) -> None:
        """Go to an address, and wait until the page is there."""
        await self.command("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page.

        Raises:
            PageError: It has thrown.
        """
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = await self.command("Runtime.evaluate", **asked)
        if thrown := answer.get("exceptionDetails"):
            raise PageError(json.dumps(thrown, ensure_ascii=False))
        return answer["result"].get("value")

    async def until(self, expression: str, deadline: float = 60.0) -> Any:
        """Wait until an expression is true of the page, and answer its value; a page that is going has none."""

        async def true() -> Any:
            with suppress(PageError):
                return await self.evaluate(expression)
            return None

        return await eventually(true, deadline=deadline, every=0.1)

    async def reads(self, text: str, deadline: float = 60.0) -> None:
        """Wait until the page shows a text."""
        await self.until(f"document.body.innerText.includes({json.dumps(text)})", deadline)

    async def press(self, text: str, within: str = "body") -> None:
        """Press the first button or link below a selector that says so, once it can be pressed."""
        found = (
            f"[...document.querySelector({json.dumps(within)}).querySelectorAll('button, a')]"
            f".find((each) => each.textContent === {json.dumps(text)} && !each.disabled)"
        )
        await self.click(found)

    async def click(self, element: str) -> None:
        """Press an element, which an expression finds, once it is there."""
        await self.until(f"Boolean({element})")
        self.clicks += 1
        await self.evaluate(f"({element}).click()")

    async def write(self, selector: str, text: str) -> None:
        """Type a text into a field, as a keyboard does."""
        await self.until(f"Boolean(document.querySelector({json.dumps(selector)}))")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.command("Input.insertText", text=text)

    async def text(self, selector: str) -> str:
        """What an element says, once it is there."""
        await self.until(f"Boolean(document.querySelector({json.dumps(selector)}))")
        return str(await self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    async def picture(self, file: Path) -> None:
        """Write a picture of what is seen, for people who look into a failure."""
        shot = await self.command("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(file.write_bytes, b64decode(shot["data"]))

    def sent(self, path: str) -> list[Sent]:
        """The requests to a path."""
        return [each for each in self.requests.values() if each.url.partition("?")[0].endswith(path)]

    def _note(self, method: str, said: dict[str, Any]) -> None:
        request = self.requests.setdefault(said["requestId"], Sent()) if "requestId" in said else Sent()
        match method:
            case "Network.requestWillBeSent":
                asked = said["request"]
                request.method, request.url, request.body = asked["method"], asked["url"], asked.get("postData", "")
            case "Network.requestWillBeSentExtraInfo":
                request.headers |= {name.lower(): value for name, value in said["headers"].items()}
            case "Log.entryAdded" if said["entry"]["level"] == "error":
                self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["exceptionDetails"], ensure_ascii=False))
            case "Runtime.consoleAPICalled" if said["type"] in {"error", "warning"}:
                self.complaints.append(json.dumps(said["args"], ensure_ascii=False))
            case _:
                pass


@asynccontextmanager
async def phone(profile: Path) -> AsyncIterator[Tab]:
    """A page of 360 by 740 points in a browser of its own.

    Args:
        profile: The folder of what the browser keeps; the same folder again is the same device.
    """
    found = program()
    assert found, f"there is no Chromium: apt-get install {PROGRAMS[0]}"
    await asyncio.to_thread(profile.mkdir, parents=True, exist_ok=True)
    environment = os.environ | {"HOME": str(profile)}
    process = await asyncio.create_subprocess_exec(
        *(found, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    listening = asyncio.ensure_future(_address(process.stderr))
    draining: asyncio.Future[Any] | None = None
    try:
        address = await asyncio.wait_for(listening, _START_SECONDS)
        draining = asyncio.ensure_future(process.stderr.read())
        async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            tab = Tab(socket)
            hearing = asyncio.ensure_future(tab.listen())
            try:
                await _attach(tab)
                yield tab
                with suppress(PageError, asyncio.TimeoutError):  # a browser that is ended writes down what it keeps
                    tab.session = ""
                    await tab.command("Browser.close")
            finally:
                hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await hearing
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _START_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if draining:
            await draining


async def _address(errors: asyncio.StreamReader) -> str:
    async for line in errors:
        if said := _LISTENING.search(line):
            return said[1].decode()
    raise AssertionError("Chromium has ended before it listened")


async def _attach(tab: Tab) -> None:
    targets = (await tab.command("Target.getTargets"))["targetInfos"]
    page = next(target["targetId"] for target in targets if target["type"] == "page")
    tab.session = (await tab.command("Target.attachToTarget", targetId=page, flatten=True))["sessionId"]
    for domain in ("Page", "Runtime", "Network", "Log"):
        await tab.command(f"{domain}.enable")
    await tab.command("Emulation.setDeviceMetricsOverride", **PHONE)
    await tab.command("Emulation.setTouchEmulationEnabled", enabled=True)
