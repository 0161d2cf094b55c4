"""The three subgraphs of the benchmark in one process, so cheap that the gateway is the bottleneck.

`python -m bench.gateway.canned PORT`; every path answers whatever of the graph it is asked, from the ids alone.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import httptools
import orjson
import uvloop
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
)

Json = Any
Read = Callable[[str], Json]
Answer = Callable[[dict[str, Json]], Json]

ENROLLMENTS_A_PROJECT = 25
FIELDS: dict[str, dict[str, Read]] = {
    "Project": {
        "id": lambda key: key,
        "code": lambda key: f"2024-DQT-{key}",
        "title": lambda key: f"“双师型”教师专业教学能力提升 {key}",
        "days": lambda key: 7 + int(key) % 3,
        "fee": lambda key: 280000 + int(key),
        "online": lambda key: int(key) % 2 == 0,
        "capacity": lambda _: 50,
        "accepted": lambda key: int(key) % 51,
    },
    "Enrollment": {
        "id": lambda key: key,
        "status": lambda _: "PASSED",
        "rank": lambda key: int(key.rpartition("-")[2]),
        "rate": lambda key: 0.5 + int(key.rpartition("-")[2]) / 100,
        "hours": lambda _: 56,
    },
}


class Reader:
    """Compiles documents to functions from variables to data, each once.

    Args:
        text: A document with one operation.
    """

    def __init__(self, text: str) -> None:
        document = parse(text, no_location=True)
        self._fragments = {
            one.name.value: one.selection_set for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
        self._fields = [(_key(one), self._root(one)) for one in self._selected(operation.selection_set, None)]

    def answer(self, variables: dict[str, Json]) -> bytes:
        """The reply's body."""
        return orjson.dumps({"data": {key: read(variables) for key, read in self._fields}})

    def _selected(self, selections: SelectionSetNode, on: str | None) -> list[FieldNode]:
        found: list[FieldNode] = []
        for one in selections.selections:
            if isinstance(one, FieldNode):
                found.append(one)
            elif isinstance(one, FragmentSpreadNode):
                found += self._selected(self._fragments[one.name.value], on)
            elif isinstance(one, InlineFragmentNode):
                condition = one.type_condition and one.type_condition.name.value
                if on is None or condition in {None, on}:
                    found += self._selected(one.selection_set, on)
        return found

    def _root(self, field: FieldNode) -> Answer:
        given = {one.name.value: _value(one.value) for one in field.arguments or ()}
        match field.name.value:
            case "_entities":
                readers = {name: self._object(field, name) for name in FIELDS}
                return lambda variables: [
                    readers[one["__typename"]](one["id"]) for one in given["representations"](variables)
                ]
            case "projects":
                read = self._object(field, "Project")
                return lambda variables: [
                    read(str(given["from"](variables) + number)) for number in range(given["first"](variables))
                ]
            case "__typename":
                return lambda _: "Query"
            case _:
                read = self._object(field, "Project")
                return lambda variables: read(given["id"](variables))

    def _object(self, field: FieldNode, name: str) -> Read:
        selections = field.selection_set or SelectionSetNode(selections=())
        parts = [(_key(one), self._field(one, name)) for one in self._selected(selections, name)]
        return lambda key: {part: read(key) for part, read in parts}

    def _field(self, field: FieldNode, name: str) -> Read:
        if field.name.value == "__typename":
            return lambda _: name
        if field.name.value == "enrollments":
            read = self._object(field, "Enrollment")
            return lambda key: [read(f"{key}-{number}") for number in range(ENROLLMENTS_A_PROJECT)]
        return FIELDS[name].get(field.name.value, lambda _: None)


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _value(node: ValueNode) -> Callable[[dict[str, Json]], Json]:
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: variables[name]
    value = int(node.value) if node.kind == "int_value" else node.value  # type: ignore[attr-defined]
    return lambda _: value


class Server(asyncio.Protocol):
    """One connection."""

    _known: ClassVar[dict[str, Reader]] = {}

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer the request."""
        content = orjson.loads(b"".join(self._body))
        self._body.clear()
        reader = self._known.get(content["query"]) or self._known.setdefault(content["query"], Reader(content["query"]))
        body = reader.answer(content.get("variables") or {})
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)  # type: ignore[attr-defined]


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
