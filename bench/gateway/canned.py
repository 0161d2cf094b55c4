"""The three subgraphs of the benchmark in one process, with answers so cheap that the gateway is the bottleneck.

`python -m bench.gateway.canned PORT`; every path answers any query of the graph, with values computed from ids.
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
    """A document compiled to a function from variables to a reply.

    Args:
        text: A document with one operation.
    """

    def __init__(self, text: str) -> None:
        document = parse(text, no_location=True)
        self._fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        self._fields = [(_key(field), self._root(field)) for field in self._selected(operation.selection_set, None)]

    def answer(self, variables: dict[str, Json]) -> bytes:
        """The body of the reply."""
        return orjson.dumps({"data": {key: read(variables) for key, read in self._fields}})

    def _selected(self, selections: SelectionSetNode, on: str | None) -> list[FieldNode]:
        fields: list[FieldNode] = []
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                fields.append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                fields += self._selected(self._fragments[selection.name.value], on)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition and selection.type_condition.name.value
                if on is None or condition in {None, on}:
                    fields += self._selected(selection.selection_set, on)
        return fields

    def _root(self, field: FieldNode) -> Answer:
        arguments = {argument.name.value: _value(argument.value) for argument in field.arguments or ()}
        match field.name.value:
            case "_entities":
                readers = {name: self._object(field, name) for name in FIELDS}
                return lambda variables: [
                    readers[entity["__typename"]](entity["id"]) for entity in arguments["representations"](variables)
                ]
            case "projects":
                read = self._object(field, "Project")
                return lambda variables: [
                    read(str(arguments["from"](variables) + number)) for number in range(arguments["first"](variables))
                ]
            case "__typename":
                return lambda _: "Query"
            case _:
                read = self._object(field, "Project")
                return lambda variables: read(arguments["id"](variables))

    def _object(self, field: FieldNode, name: str) -> Read:
        selections = field.selection_set or SelectionSetNode(selections=())
        fields = [(_key(child), self._field(child, name)) for child in self._selected(selections, name)]
        return lambda key: {name: read(key) for name, read in fields}

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
    """A connection of the server."""

    _readers: ClassVar[dict[str, Reader]] = {}

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
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
        reader = self._readers.get(content["query"]) or self._readers.setdefault(
            content["query"], Reader(content["query"])
        )
        body = reader.answer(content.get("variables") or {})
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)  # type: ignore[attr-defined]


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
