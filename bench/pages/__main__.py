"""`python -m bench.pages`: milliseconds until a page has rows, on a slow computer and line, with nothing kept before.

The round of `make run`, a new Chromium for each run, a sixth of this machine's CPU, 4 Mbit/s and 40 ms. A visitor opens
the catalogue; the designated person of a school opens the sign-ups, signs in and waits for the table. Times are the
page's own: from the start of its navigation, or from the press of the button.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import web
from deploy.local.suite import ROOT, Suite
from deploy.seed.loading import Seed, load_once
from tests.support.chromium import Tab, phone, program

RESULTS = ROOT / "bench" / "results" / "pages.md"
SLOWER, MEGABITS, LATENCY_MS = 6, 4, 40
SIZE = (1366, 768)
CATALOGUE, FORM = "visitor: the catalogue, first rows", "school: the form to sign in"
ROWS = "school: from the press of 登录 to the rows of the sign-ups"
_SEEN = {CATALOGUE: ".offer h3", FORM: "#field-password", ROWS: "main tbody tr"}
_WATCH = """(() => {{ window.seen = {{}}; const wanted = {wanted};
  const look = () => {{ for (const [name, selector] of Object.entries(wanted))
    if (!(name in window.seen) && document.querySelector(selector))
      requestAnimationFrame(() => {{ window.seen[name] ??= performance.now(); }}); }};
  new MutationObserver(look).observe(document, {{ childList: true, subtree: true }}); }})()"""
_SUBMIT = """(() => { const button = document.querySelector('main form button:not([type=button])');
  window.pressed = performance.now(); button.click(); })()"""


@asynccontextmanager
async def slow() -> AsyncIterator[Tab]:
    """A browser of its own that has kept nothing, on the slow computer and line."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with phone(Path(folder)) as tab:
            await tab.resize(*SIZE)
            await tab.command("Emulation.setCPUThrottlingRate", rate=SLOWER)
            speed = MEGABITS * 1_000_000 / 8
            await tab.command(
                "Network.emulateNetworkConditions",
                offline=False,
                latency=LATENCY_MS,
                downloadThroughput=speed,
                uploadThroughput=speed,
            )
            watch = _WATCH.format(wanted=json.dumps(_SEEN))
            await tab.command("Page.addScriptToEvaluateOnNewDocument", source=watch)
            yield tab


async def until_seen(tab: Tab, name: str) -> float:
    """When it was drawn, in milliseconds of the page's own clock."""
    return float(await tab.until(f"window.seen?.[{json.dumps(name)}]"))


async def once(url: str, login: str, password: str) -> dict[str, float]:
    """One visit and one sign-in: milliseconds by what was waited for."""
    async with slow() as tab:
        await tab.open(f"{url}/")
        found = {CATALOGUE: await until_seen(tab, CATALOGUE)}
    async with slow() as tab:
        await tab.open(f"{url}/console/enrollments?as=school")
        found[FORM] = await until_seen(tab, FORM)
        await tab.write("#field-login", login)
        await tab.write("#field-password", password)
        await tab.evaluate(_SUBMIT)
        found[ROWS] = await until_seen(tab, ROWS) - float(await tab.evaluate("window.pressed"))
        return found


async def measure(runs: int) -> dict[str, list[float]]:
    """Milliseconds by what was waited for, a figure each run; a first run, of a cold gateway, is left out."""
    with tempfile.TemporaryDirectory(dir=ROOT / ".local", prefix="bench-pages-") as home, Suite(Path(home)) as suite:
        logins = await load_once(suite, Seed.ROUND)
        login = next(login for scope, login, who in logins["logins"] if scope == "school" and "专人" in who)
        await once(suite.url, login, logins["password"])
        found: dict[str, list[float]] = {name: [] for name in _SEEN}
        for _ in range(runs):
            for name, milliseconds in (await once(suite.url, login, logins["password"])).items():
                found[name].append(milliseconds)
        return found


def page(found: dict[str, list[float]]) -> str:
    """The page of results."""
    rows = [
        f"| {name} | {statistics.median(times):,.0f} | {min(times):,.0f}–{max(times):,.0f} |"
        for name, times in found.items()
    ]
    return "\n".join(
        (
            "# Pages",
            "",
            (
                f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.machine()}, {os.cpu_count()} cores, shared with "
                f"the whole suite (load {os.getloadavg()[1]:.1f}) · headless Chromium, CPU ÷ {SLOWER}, {MEGABITS} "
                f"Mbit/s, {LATENCY_MS} ms, nothing kept, {len(found[CATALOGUE])} runs. `make bench-pages` repeats it."
            ),
            "",
            "| waiting for | ms, median | least and most |",
            "|---|---|---|",
            *rows,
            "",
            "A navigation counts from its start, the sign-in from the press; both end with the frame that draws it.",
            "",
        )
    )


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="two runs; writes nothing")
    given = parser.parse_args()
    if program() is None:
        sys.exit("there is no Chromium")
    web.build(web.WEB)
    text = page(asyncio.run(measure(2 if given.quick else given.runs)))
    print(text)
    if not given.quick:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
