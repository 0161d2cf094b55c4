"""Commands of the database and publishes are spans of the trace that they belong to, and tell no value (ADR 50)."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis.commands.bulk import Row, RowResult
from chassis.commands.combining import Combiner
from chassis.context import Act
from chassis.runtime import telemetry
from chassis.runtime.telemetry import current_span_in, publish_span
from chassis.storage import driver_metrics
from chassis.storage.mongo import Database, DuplicateKey, StorageError

TRACE, OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319c"
SAMPLED = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = f"00-{OTHER_TRACE}-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-b7ad6b7169203331-00"
PERSON = "110101199003070000"


class Made:
    """The spans that were made and have ended."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def all(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def __getitem__(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.all() if span.name == name]
        return span


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """As in a process with a collector whose sampler follows the caller's."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    monkeypatch.setattr(telemetry, "_STATE", {"traced": True, "follows": True})
    yield Made(exporter)
    provider.shutdown()


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


async def test_a_command_is_a_span_with_operation_and_collection_and_no_value(database: Database, made: Made) -> None:
    with current_span_in(SAMPLED, "request", SpanKind.SERVER):
        await database["things"].insert_one({"_id": PERSON})
        assert await database["things"].find_one({"_id": PERSON})
    request, insert, find = made["request"], made["insert things"], made["find things"]
    assert request.context
    assert {parent_of(insert), parent_of(find)} == {request.context.span_id}
    assert find.kind is SpanKind.CLIENT
    assert find.attributes == {
        "db.system.name": "mongodb",
        "db.namespace": database.name,
        "db.operation.name": "find",
        "db.collection.name": "things",
    }
    assert not any(PERSON in span.to_json() for span in made.all())


async def test_a_command_that_fails_says_so_without_the_servers_words(database: Database, made: Made) -> None:
    """The text of a duplicate key's error holds the key; an error that leaves a request's span is not told either."""
    await database["things"].insert_one({"_id": PERSON})
    with pytest.raises(DuplicateKey), current_span_in(SAMPLED, "request", SpanKind.SERVER):
        await database["things"].insert_one({"_id": PERSON})
    with pytest.raises(StorageError), current_span_in(SAMPLED, "another", SpanKind.SERVER):
        await database.command("nonsense")
    request, failed = made["request"], made[f"nonsense {database.name}"]
    assert request.attributes == {"error.type": "DuplicateKeyError"}
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "CommandNotFound"
    assert failed.status.status_code is StatusCode.ERROR
    assert not any(PERSON in span.to_json() for span in made.all())


async def test_a_collection_that_only_a_tool_could_name_is_other(database: Database, made: Made) -> None:
    with current_span_in(SAMPLED, "request", SpanKind.SERVER):
        await database[f"Of {PERSON}"].find_one({})
    assert {span.name for span in made.all()} == {"request", f"find {driver_metrics.OTHER}"}


async def test_no_span_is_made_outside_a_trace_or_in_one_that_is_not_sampled(database: Database, made: Made) -> None:
    await database["things"].find_one({})
    with current_span_in(UNSAMPLED, "request", SpanKind.SERVER):
        await database["things"].find_one({})
    for traceparent in (None, UNSAMPLED):
        with publish_span(traceparent, "catalog.project-published", "training.events"):
            pass
    assert not made.all()


async def test_commands_of_a_lane_are_in_the_trace_of_its_first_row_and_linked_to_the_others(
    database: Database, made: Made
) -> None:
    """One transaction is of several callers, so it is a span of its own, and its commands are below it."""

    async def run(rows: Sequence[Row[Any]]) -> list[RowResult[Any]]:
        await database["things"].find_one({"_id": len(rows)})
        return [RowResult(row.key) for row in rows]

    lane: Combiner[Any, Any] = Combiner("test", run)
    acts = [Act(traceparent=UNSAMPLED), Act(traceparent=SAMPLED), Act(traceparent=OTHER), Act(traceparent=SAMPLED)]
    await lane.submit_all([Row(key=str(key), command=None, act=act) for key, act in enumerate(acts)])
    span = made["lane"]
    assert span.context
    assert f"{span.context.trace_id:032x}" == TRACE
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [OTHER_TRACE]
    assert parent_of(made["find things"]) == span.context.span_id


def test_a_publish_is_a_producers_span_in_the_trace_of_its_cause(made: Made) -> None:
    with publish_span(SAMPLED, "catalog.project-published", "training.events"):
        pass
    with pytest.raises(TimeoutError), publish_span(SAMPLED, "catalog.base-closed", "training.events"):
        raise TimeoutError(PERSON)
    sent, failed = made["publish catalog.project-published"], made["publish catalog.base-closed"]
    assert sent.kind is SpanKind.PRODUCER
    assert sent.parent
    assert f"{sent.parent.trace_id:032x}" == TRACE
    assert sent.attributes == {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": "training.events",
        "guopei.event": "catalog.project-published",
    }
    assert failed.attributes
    assert failed.attributes["error.type"] == "TimeoutError"
    assert PERSON not in failed.to_json()
