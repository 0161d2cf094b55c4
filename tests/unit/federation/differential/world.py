"""One object graph, served whole by one schema, or in parts by subgraphs that know only what is theirs.

An object is a dict with `__typename`; a value is a leaf, an object, a list, or a function of (object, arguments) for
fields with arguments and for fields with `@requires`. A subgraph answers an `@external` field only from the
representation it was sent (or where it says `@provides`), so a gateway that forgets to send it is found out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    parse,
    validate,
)

from tests.unit.federation.differential.subgraph_schema import SubgraphSchema

Thing = dict[str, Any]
_MISSING = object()


@dataclass(frozen=True, eq=False)
class View:
    """An object as one schema sees it.

    Attributes:
        typename: What it is.
        truth: The whole object; None for what only a representation told.
        sent: The representation.
        subgraph: Whose view it is; None for the whole graph.
    """

    typename: str
    truth: Thing | None
    sent: Mapping[str, Any]
    subgraph: SubgraphSchema | None

    def __getitem__(self, name: str) -> Any:
        return self.read(name, {})

    def read(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The value of a field, as this schema may know it."""
        if self.subgraph is None or self.truth is None:
            return self._wrap(self._true(name, arguments) if self.truth is not None else self._sent(name))
        external = self.subgraph.external(self.typename, name)
        if external and name in self.sent:
            return self._wrap(self._sent(name))
        if external and not self.subgraph.provides(name):
            raise GraphQLError(f"{self.subgraph.name} was not sent {self.typename}.{name}")
        return self._wrap(self._true(name, arguments))

    def _sent(self, name: str) -> Any:
        value = self.sent.get(name, _MISSING)
        if value is _MISSING:
            raise GraphQLError(f"{self.typename}.{name} is not in the representation")
        return _Sent(value)

    def _true(self, name: str, arguments: Mapping[str, Any]) -> Any:
        assert self.truth is not None
        value = self.truth.get(name)
        return value(self, **arguments) if callable(value) else value

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, _Sent):
            return self._wrap_sent(value.value)
        if isinstance(value, list):
            return [self._wrap(one) for one in value]
        if isinstance(value, dict) and "__typename" in value:
            return View(self._known_as(value), value, {}, self.subgraph)
        return value

    def _known_as(self, thing: Thing) -> str:
        """The type that this subgraph knows an object as: the interface, where it has that as an interface object."""
        interfaces = thing.get("__implements", ()) if self.subgraph else ()
        known = (name for name in interfaces if self.subgraph and self.subgraph.interface_object(name))
        return next(known, str(thing["__typename"]))

    def _wrap_sent(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._wrap_sent(one) for one in value]
        if isinstance(value, dict):
            return View(value.get("__typename", "?"), None, value, self.subgraph)
        return value


@dataclass(frozen=True)
class _Sent:
    value: Any


@dataclass(frozen=True, eq=False)
class World:
    """The objects of a test.

    Attributes:
        root: Root fields, of query and mutation alike.
        things: All entities.
    """

    root: Thing
    things: list[Thing]

    def find(self, subgraph: SubgraphSchema, sent: Mapping[str, Any]) -> Any:
        """The object that a representation stands for, by any key of the subgraph; None where there is none."""
        name = sent["__typename"]
        for keys in subgraph.keys(name):
            if not all(_has(sent, key) for key in keys):
                continue
            for thing in self.things:
                if _is_a(subgraph, thing, name) and all(_matches(thing, sent, key) for key in keys):
                    return View(name if subgraph.interface_object(name) else thing["__typename"], thing, sent, subgraph)
            return None
        raise GraphQLError(f"no key of {subgraph.name}.{name} in {dict(sent)}")


def _has(sent: Any, key: tuple[str, ...]) -> bool:
    if isinstance(sent, list):
        return all(_has(one, key) for one in sent)
    return not key or (isinstance(sent, Mapping) and key[0] in sent and _has(sent[key[0]], key[1:]))


def _matches(thing: Any, sent: Any, key: tuple[str, ...]) -> bool:
    if isinstance(sent, list):
        return len(sent) == len(thing) and all(_matches(a, b, key) for a, b in zip(thing, sent, strict=True))
    return bool(thing == sent) if not key else _matches(thing[key[0]], sent[key[0]], key[1:])


def _is_a(subgraph: SubgraphSchema, thing: Thing, name: str) -> bool:
    return (
        name == thing["__typename"] or name in thing.get("__implements", ()) or subgraph.is_a(thing["__typename"], name)
    )


def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """The default resolver of every schema here."""
    return source.read(info.field_name, arguments)


def type_of(source: Any, *_: Any) -> str:
    """The type of a value of an interface or union."""
    return str(source.typename)


def run(schema: GraphQLSchema, world: World, subgraph: SubgraphSchema | None, body: Mapping[str, Any]) -> Any:
    """Answer a request as one server does: parse, validate, execute."""
    document = parse(body["query"])
    errors = validate(schema, document)
    if errors:
        return ExecutionResult(None, errors).formatted
    root = View("Query", world.root, {}, subgraph)
    result = execute_sync(
        schema,
        document,
        root,
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
        field_resolver=resolve,
        type_resolver=type_of,
        context_value=world,
    )
    return result.formatted
