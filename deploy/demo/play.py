"""`make demo`: play the round on a suite of its own; print each step, a federated query with its plan, and events."""

import asyncio
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import aio_pika
import orjson
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from chassis.messaging.amqp import DEAD
from deploy.broker.definitions import queue_of
from deploy.demo import documents
from deploy.demo.afterwards import play_afterwards
from deploy.demo.story import Story, play_round
from deploy.local.process import StartFailed
from deploy.local.suite import ROOT, Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Refused, session
from deploy.seed.logins import logins_of, show
from deploy.seed.steps import StepFailed, check, wait_for
from gateway.federation.explain import explain

_PROVINCES = ("44", "51")
SUPERGRAPH = ROOT / "contracts" / "graph" / "supergraph.graphql"
console = Console(highlight=False)


def play(*, keep: bool) -> int:
    """Play the round on a suite that is made for it and removed afterwards.

    Args:
        keep: Leave the suite running until Ctrl-C.

    Returns:
        The exit code: 1 when a step failed.
    """
    (ROOT / ".local").mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="demo-", dir=ROOT / ".local"))
    suite = Suite(home)
    started = time.monotonic()
    try:
        with console.status("正在启动 Starting …"):
            suite.start()
        logins = asyncio.run(_play(suite))
        console.print(f"[green]全部步骤通过 Every step passed[/] · {time.monotonic() - started:.0f} s")
        if keep:
            show(console, suite.url, logins)
            console.print("按 Ctrl-C 停止并删除 Ctrl-C stops it and removes its data")
            _wait_for_interrupt()
    except (StepFailed, Refused, StartFailed) as failure:
        console.print(f"[red]步骤失败 A step failed:[/] {failure}")
        return 1
    finally:
        suite.stop()
        shutil.rmtree(home, ignore_errors=True)
    return 0


async def _play(suite: Suite) -> dict[str, Any]:
    """Play the round and show what came of it; the logins, as `logins_of` gives them."""
    rows: list[tuple[str, str, str]] = []

    def report(who: str, what: str, result: str) -> None:
        rows.append((who, what, result))
        console.print(f"  [dim]{len(rows):2}[/] {who} · {what} → {result}")

    async with session() as http:
        story = Story(AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}"), report)
        await play_round(story)
        await play_afterwards(story)
        _show_table(rows)
        await _show_query(story)
        await _show_events(suite)
        return logins_of(story.provisioner, story.seeded.logins)


def _show_table(rows: list[tuple[str, str, str]]) -> None:
    table = Table(title="这一轮 The round", title_justify="left")
    for heading in ("谁 who", "做了什么 what", "结果 result"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


async def _show_query(story: Story) -> None:
    """Print a query over the three services, its answer, and the gateway's plan for it."""
    project = next(key for (_, key) in story.enrollments)
    answer = await story.seeded.ministry.ask(documents.ACROSS_SERVICES, id=project)
    nodes = answer["project"]["enrollments"]["nodes"]
    check(any(node["credit"] for node in nodes), "the answer joins credit")
    check(all("*" in node["teacher"]["idNumber"] for node in nodes), "ID numbers are masked (R41)")
    console.print(Syntax(documents.ACROSS_SERVICES, "graphql"))
    console.print(Syntax(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode(), "json"))
    console.print("查询计划 The plan")
    console.print(explain(SUPERGRAPH.read_text(encoding="utf-8"), documents.ACROSS_SERVICES), markup=False)


async def _show_events(suite: Suite) -> None:
    """Print what the provinces' own queues hold; the sequence numbers must have no gap (R27)."""
    table = Table(title="省级系统收到的事件 Events of the provinces", title_justify="left")
    for heading in ("省 province", "序号 sequence", "事件 event"):
        table.add_column(heading)
    for code in _PROVINCES:
        received = await _received(suite, code)
        numbers = [number for number, _ in received]
        check(numbers == list(range(1, len(numbers) + 1)), f"the feed of {code} has gaps: {numbers}")
        for number, name in received[:3]:
            table.add_row(code, str(number), name)
        table.add_row(code, "…", f"共 {len(received)} 个，序号连续 {len(received)} in all, no gap")
    console.print(table)
    await _no_dead_letters(suite)


async def _received(suite: Suite, code: str) -> list[tuple[int, str]]:
    """Everything in a province's queue, read by its own user until credits have come and nothing follows.

    Returns:
        `(sequence, event name)`, in the order of the queue.
    """
    events: list[tuple[int, str]] = []
    connection = await aio_pika.connect(suite.parts.amqp_url(queue_of(code)))
    async with connection:
        queue = await (await connection.channel()).get_queue(queue_of(code), ensure=False)

        async def complete() -> bool:
            message = await queue.get(fail=False, timeout=5)
            if message:
                headers: dict[str, Any] = dict(message.headers)
                events.append((int(headers["cloudEvents_sequence"]), str(headers["cloudEvents_type"])))
                await message.ack()
            return message is None and any("credited" in name for _, name in events)

        await wait_for(complete, f"the events of province {code}")
    return events


async def _no_dead_letters(suite: Suite) -> None:
    connection = await aio_pika.connect(suite.parts.amqp_url("admin"))
    async with connection:
        dead = await (await connection.channel()).get_queue(DEAD)
        check(dead.declaration_result.message_count == 0, "there are dead letters")


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
