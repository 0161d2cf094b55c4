"""One execution of one plan."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from gateway.federation.condition import holds
from gateway.federation.errors import MALFORMED, UNREACHABLE, Path, TransportError, coded, passed_on
from gateway.federation.executor.tree import collect, locate, merge
from gateway.federation.planner.plan import Condition, Fetch, Parallel, Plan, PlanNode, Target

Json = Any
log = structlog.get_logger()
Objects = list[list[dict[str, Json]]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a subgraph.

    Attributes:
        subgraph: Its name.
        kind: `query`, `mutation` or `subscription`.
        body: The request's body, JSON.
    """

    subgraph: str
    kind: str
    body: bytes


Send = Callable[[Call], Awaitable[bytes]]


class Run:
    """Executes a plan's fetches and merges the replies into one tree.

    Args:
        plan: The plan.
        variables: Coerced values of the client's variables; unset variables are absent.
        send: Sends a request to a subgraph and returns the body of its reply; raises TransportError.

    Attributes:
        data: The tree, by internal keys.
        errors: The errors, at the client's paths.
    """

    def __init__(self, plan: Plan, variables: Mapping[str, Json], send: Send) -> None:
        self._plan = plan
        computed = {name: holds(when, variables) for name, when in plan.computed.items()}
        self._variables = {**variables, **computed}
        self._send = send
        self.data: dict[str, Json] = {}
        self.errors: list[dict[str, Json]] = []
        self._told: set[tuple[Json, ...]] = set()

    async def execute(self) -> None:
        """Run the plan to its end; a failing subgraph leaves its fields out of the tree and an error in `errors`."""
        if self._plan.root is not None:
            await self._node(self._plan.root)

    async def _node(self, node: PlanNode) -> None:
        if isinstance(node, Fetch):
            await (self._entities(node, node.representations) if node.representations else self._root(node))
        elif isinstance(node, Parallel):
            async with asyncio.TaskGroup() as group:
                for child in node.nodes:
                    group.create_task(self._node(child))
        elif isinstance(node, Condition):
            if holds(node.when, self._variables):
                await self._node(node.node)
        else:
            for child in node.nodes:
                await self._node(child)

    async def _root(self, fetch: Fetch) -> None:
        objects = [object_ for target in self._targets(fetch) for object_ in collect(self.data, target.path)]
        if fetch.targets and not objects:
            return
        reply = await self._ask(fetch, [])
        if reply is None:
            return
        data = reply.get("data")
        for object_ in objects if fetch.targets else (self.data,):
            if isinstance(data, dict):
                merge(object_, data)
        for error in _errors(reply):
            path = _path(error)
            for prefix in self._places(fetch) if fetch.targets else [()]:
                self._pass_on(error, (*prefix, *path), fetch)

    async def _entities(self, fetch: Fetch, variable: str) -> None:
        representations, objects = self._represent(fetch)
        if not representations:
            return
        reply = await self._ask(fetch, [b'"%b":[%b]' % (variable.encode(), b",".join(representations))])
        if reply is None:
            return
        data = reply.get("data")
        entities = data.get("_entities") if isinstance(data, dict) else None
        if isinstance(entities, list) and len(entities) == len(objects):
            for entity, targets in zip(entities, objects, strict=True):
                for object_ in targets if isinstance(entity, dict) else ():
                    merge(object_, entity)
        elif entities is not None or not _errors(reply):
            self._fail(fetch, MALFORMED)
        self._pass_on_entity_errors(fetch, _errors(reply), objects)

    def _represent(self, fetch: Fetch) -> tuple[Iterable[bytes], Objects]:
        """The distinct representations as JSON, and for each the objects of the tree that it stands for."""
        by_representation: dict[bytes, list[dict[str, Json]]] = {}
        for target in self._targets(fetch):
            assert target.represent is not None  # noqa: S101 - entity fetches represent
            for object_ in collect(self.data, target.path):
                representation = target.represent(object_)
                if representation is not None:
                    by_representation.setdefault(orjson.dumps(representation), []).append(object_)
        return by_representation.keys(), list(by_representation.values())

    def _targets(self, fetch: Fetch) -> list[Target]:
        return [target for target in fetch.targets if holds(target.when, self._variables)]

    async def _ask(self, fetch: Fetch, variables: list[bytes]) -> dict[str, Json] | None:
        """The parsed reply to a fetch; None, with an error added, if there is no usable one."""
        try:
            reply = orjson.loads(await self._send(self.call(fetch, variables)))
        except TransportError as error:
            self._fail(fetch, error.code)
            return None
        except orjson.JSONDecodeError:
            self._fail(fetch, MALFORMED)
            return None
        except Exception:
            log.exception("transport failed", subgraph=fetch.subgraph)
            self._fail(fetch, UNREACHABLE)
            return None
        if not isinstance(reply, dict) or not ("data" in reply or "errors" in reply):
            self._fail(fetch, MALFORMED)
            return None
        return reply

    def call(self, fetch: Fetch, variables: Iterable[bytes] = ()) -> Call:
        """The request of a fetch.

        Args:
            fetch: The fetch.
            variables: Further variables, each as a member of a JSON object: `"name":value`.
        """
        used = orjson.dumps(self._used(fetch))[1:-1]
        parts = [used, *variables] if used else variables
        members = b",".join(parts)
        body = b'%b,"variables":{%b}}' % (fetch.head, members) if members else fetch.head + b"}"
        return Call(fetch.subgraph, fetch.kind, body)

    def _used(self, fetch: Fetch) -> dict[str, Json]:
        return {name: self._variables[name] for name in fetch.variables if name in self._variables}

    def _fail(self, fetch: Fetch, code: str) -> None:
        """Add an error for each top field of a failed fetch, at the first of the objects that lack it."""
        places = self._places(fetch)[:1] if fetch.targets else [()]
        message = f"The subgraph {fetch.subgraph} did not answer as it should"
        for place in places:
            keys = [key for key, when in fetch.keys.items() if holds(when, self._variables)]
            paths = [self._plan.response((*place, key)) for key in keys]
            for path in dict.fromkeys(path for path in paths if len(path) > len(place)) or [self._plan.response(place)]:
                self.errors.append(coded(message, code, path, service=fetch.subgraph))

    def _places(self, fetch: Fetch) -> list[Path]:
        return [
            place
            for target in self._targets(fetch)
            for places in locate(self.data, target.path).values()
            for place in places
        ]

    def _pass_on_entity_errors(self, fetch: Fetch, errors: list[Json], objects: Objects) -> None:
        if not errors:
            return
        places: dict[int, list[Path]] = {}
        for target in self._targets(fetch):
            places |= locate(self.data, target.path)
        for error in errors:
            match _path(error):
                case ("_entities", int(index), *rest) if index < len(objects):
                    paths = [(*place, *rest) for object_ in objects[index] for place in places.get(id(object_), ())]
                case _:
                    paths = [
                        place for group in objects[:1] for object_ in group for place in places.get(id(object_), ())
                    ][:1]
            for path in dict.fromkeys(paths):
                self._pass_on(error, path, fetch)

    def _pass_on(self, error: Json, path: Path, fetch: Fetch) -> None:
        client_error = passed_on(error, self._plan.response(path), fetch.subgraph)
        identity = (client_error["message"], *client_error.get("path", ()))
        if identity not in self._told:
            self._told.add(identity)
            self.errors.append(client_error)


def _errors(reply: dict[str, Json]) -> list[Json]:
    errors = reply.get("errors")
    return errors if isinstance(errors, list) else []


def _path(error: Json) -> Path:
    path = error.get("path") if isinstance(error, dict) else None
    return tuple(path) if isinstance(path, list) and all(isinstance(step, str | int) for step in path) else ()
