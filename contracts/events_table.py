"""The generated parts of `docs/events.md`: the table of events, and the example consumer."""

from collections.abc import Iterator
from pathlib import Path

from chassis.events import event_name
from contracts import registry
from contracts.asyncapi import summary
from services.enrollment.messaging.feed_publisher import FOR_EVERY_PROVINCE, NOT_FOR_PROVINCES

FILE = Path(__file__).resolve().parent.parent / "docs" / "events.md"
CONSUMER = FILE.with_name("province_consumer.py")


def files() -> Iterator[tuple[Path, str]]:
    """The document and its text: what is between the marks is generated anew, the rest stays."""
    text = FILE.read_text(encoding="utf-8")
    for name, make in {"events": table, "consumer": consumer}.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}{make()}\n{end}{tail}"
    yield FILE, text


def table() -> str:
    """The table: each event's name, schema, and which provinces receive it."""
    rows = ["| event | schema | provinces | what happened |", "|---|---|---|---|"]
    for producer, kind in registry.events():
        name = event_name(kind)
        file = f"../contracts/events/{producer}/{name}.{registry.VERSION}.schema.json"
        rows.append(
            f"| `{producer}.{name}` | [{registry.VERSION}]({file}) | {_reach(producer, name)} | {summary(kind)} |"
        )
    return "\n".join(rows)


def consumer() -> str:
    """The source of the example consumer; the end-to-end tests run it."""
    return f"```python\n{CONSUMER.read_text(encoding='utf-8')}```"


def _reach(producer: str, name: str) -> str:
    kind = f"{producer}.{name}"
    if kind in FOR_EVERY_PROVINCE:
        return "all"
    return "none" if kind in NOT_FOR_PROVINCES else "its own"
