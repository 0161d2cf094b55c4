"""One execution of one plan."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from gateway.federation.condition import holds
from gateway.federation.errors import DISAGREEMENT, MALFORMED, Path, TransportError, coded, is_reply, passed_on
from gateway.federation.executor.tree import Place, collect, copied, locate, merge
from gateway.federation.planner.plan import Batch, Condition, Fetch, Parallel, Plan, PlanNode, Target
from kernel.refusals import INTERNAL

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
        representations: How many entities it asks for.
    """

    subgraph: str
    kind: str
    body: bytes
    representations: int = 0


Send = Callable[[Call], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a fetch asks for: the distinct representations as JSON, and for each the objects that it stands for."""

    fetch: Fetch
    representations: list[bytes]
    objects: Objects

    def variable(self, name: str) -> bytes:
        return b'"%b":[%b]' % (name.encode(), b",".join(self.representations))


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
            await (self._entities(self._represented(node)) if node.representations else self._root(node))
        elif isinstance(node, Batch):
            await self._batch(node)
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
        if isinstance(data, dict):
            self._merge_into(fetch, objects if fetch.targets else [self.data], data)
        for error in _errors(reply):
            path = _path(error)
            for prefix in self._places(fetch) if fetch.targets else [()]:
                self._pass_on(error, (*prefix, *path), fetch)

    async def _entities(self, asked: _Asked) -> None:
        if not asked.representations:
            return
        variable = asked.variable(str(asked.fetch.representations))
        reply = await self._ask(asked.fetch, [variable], len(asked.representations))
        if reply is not None:
            self._take_entities(asked, _member(reply, "_entities"), _errors(reply))

    async def _batch(self, batch: Batch) -> None:
        """Ask for the entities of several fetches at once; what one of them spoils for the others is asked again."""
        all_asked = [self._represented(fetch) for fetch in batch.fetches]
        if sum(bool(asked.representations) for asked in all_asked) < 2:  # noqa: PLR2004 - one is no batch
            for asked in all_asked:
                await self._entities(asked)
            return
        variables = [asked.variable(name) for name, asked in zip(batch.names, all_asked, strict=True)]
        reply = await self._ask(batch, variables, sum(len(asked.representations) for asked in all_asked))
        if reply is None:
            return
        errors, of_all = _by_alias(_errors(reply), batch.names)
        spoilt = not isinstance(reply.get("data"), dict)
        async with asyncio.TaskGroup() as group:
            for name, asked in zip(batch.names, all_asked, strict=True):
                if spoilt and not errors[name] and not of_all:
                    group.create_task(self._entities(asked))
                elif asked.representations:
                    self._take_entities(asked, _member(reply, name), errors[name] + of_all)
                    of_all = of_all if spoilt else []

    def _take_entities(self, asked: _Asked, entities: Json, errors: list[Json]) -> None:
        """Merge the entities into the objects that they stand for, and pass on the errors."""
        if isinstance(entities, list) and len(entities) == len(asked.objects):
            odd: list[dict[str, Json]] = []
            for entity, objects in zip(entities, asked.objects, strict=True):
                if isinstance(entity, dict):
                    self._merge_into(asked.fetch, objects, entity)
                elif entity is not None:
                    odd += objects
            if odd:
                self._fail(asked.fetch, MALFORMED, self._places_of_objects(asked.fetch, odd))
        elif entities is not None or not errors:
            self._fail(asked.fetch, MALFORMED)
        self._pass_on_entity_errors(asked.fetch, errors, asked.objects)

    def _merge_into(self, fetch: Fetch, objects: list[dict[str, Json]], part: dict[str, Json]) -> None:
        """Merge what was fetched into each of the objects.

        Objects of one target are at one place of the query, where a key stands for one field with its arguments, so
        they may share what lies in them. Those of several targets may not: elsewhere a key has other arguments.
        """
        several = len(fetch.targets) > 1
        apart: list[Place] = []
        for number, object_ in enumerate(objects):
            merge(object_, copied(part) if several and number else part, apart)
            if apart:
                self._tell_apart(fetch, object_, apart)
                apart.clear()

    def _tell_apart(self, fetch: Fetch, object_: dict[str, Json], apart: list[Place]) -> None:
        """Add errors where two subgraphs do not agree: at these places below an object."""
        message = f"The subgraph {fetch.subgraph} has another value here than the subgraph that was asked before"
        places = [
            place for target in self._targets(fetch) for place in locate(self.data, target.path).get(id(object_), ())
        ]
        for place in dict.fromkeys(places if fetch.targets else [()]):
            for below in apart:
                path = self._plan.response((*place, *below))
                self.errors.append(coded(message, DISAGREEMENT, path, service=fetch.subgraph))

    def _represented(self, fetch: Fetch) -> _Asked:
        """The distinct representations of a fetch's objects."""
        by_representation: dict[bytes, list[dict[str, Json]]] = {}
        dumps = orjson.dumps
        for target in self._targets(fetch):
            represent = target.represent
            assert represent is not None  # noqa: S101 - entity fetches represent
            for object_ in collect(self.data, target.path):
                if (representation := represent(object_)) is not None:
                    by_representation.setdefault(dumps(representation), []).append(object_)
        return _Asked(fetch, list(by_representation), list(by_representation.values()))

    def _targets(self, fetch: Fetch) -> list[Target]:
        return [target for target in fetch.targets if holds(target.when, self._variables)]

    async def _ask(
        self, request: Fetch | Batch, variables: list[bytes], representations: int = 0
    ) -> dict[str, Json] | None:
        """The parsed reply to a request; None, with an error added for each fetch, if there is no usable one."""
        try:
            reply = orjson.loads(await self._send(self.call(request, variables, representations)))
        except TransportError as error:
            code = error.code
        except orjson.JSONDecodeError:
            code = MALFORMED
        except Exception:
            log.exception("transport failed", subgraph=request.subgraph)
            code = INTERNAL.code
        else:
            if is_reply(reply):
                return reply
            code = MALFORMED
        for fetch in request.fetches if isinstance(request, Batch) else (request,):
            self._fail(fetch, code)
        return None

    def call(self, request: Fetch | Batch, variables: Iterable[bytes] = (), representations: int = 0) -> Call:
        """The call of a request.

        Args:
            request: The fetch, or the batch of fetches.
            variables: Further variables, each as a member of a JSON object: `"name":value`.
            representations: How many entities they ask for.
        """
        used = orjson.dumps(self._used(request.variables))[1:-1]
        parts = [used, *variables] if used else variables
        members = b",".join(parts)
        body = b'%b,"variables":{%b}}' % (request.head, members) if members else request.head + b"}"
        return Call(request.subgraph, request.kind, body, representations)

    def _used(self, names: Iterable[str]) -> dict[str, Json]:
        return {name: self._variables[name] for name in names if name in self._variables}

    def _fail(self, fetch: Fetch, code: str, places: list[Path] | None = None) -> None:
        """Add an error for each top field of a failed fetch, at the first object of each target that lacks it.

        Args:
            fetch: The fetch.
            code: The code of the errors.
            places: The objects that lack it, where they are not all.
        """
        if places is None:
            places = self._first_places(fetch) if fetch.targets else [()]
        message = f"The subgraph {fetch.subgraph} did not answer as it should"
        for place in places:
            keys = [key for key, when in fetch.keys.items() if holds(when, self._variables)]
            paths = [self._plan.response((*place, key)) for key in keys]
            for path in dict.fromkeys(path for path in paths if len(path) > len(place)) or [self._plan.response(place)]:
                self.errors.append(coded(message, code, path, service=fetch.subgraph))

    def _places(self, fetch: Fetch) -> list[Path]:
        return [place for target in self._targets(fetch) for place in self._places_of(target)]

    def _places_of_objects(self, fetch: Fetch, objects: list[dict[str, Json]]) -> list[Path]:
        wanted = {id(object_) for object_ in objects}
        located = [pair for target in self._targets(fetch) for pair in locate(self.data, target.path).items()]
        found = [place for object_, places in located if object_ in wanted for place in places]
        return list(dict.fromkeys(found))

    def _first_places(self, fetch: Fetch) -> list[Path]:
        firsts = [place for target in self._targets(fetch) for place in self._places_of(target)[:1]]
        return list(dict.fromkeys(firsts))

    def _places_of(self, target: Target) -> list[Path]:
        return [place for places in locate(self.data, target.path).values() for place in places]

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
                    paths = self._first_asked(fetch, objects)
            for path in dict.fromkeys(paths):
                self._pass_on(error, path, fetch)

    def _first_asked(self, fetch: Fetch, objects: Objects) -> list[Path]:
        """The place of the first object of each target that was asked for."""
        asked = {id(object_) for group in objects for object_ in group}
        located = [locate(self.data, target.path).items() for target in self._targets(fetch)]
        firsts = [[places[0] for object_, places in by_object if object_ in asked][:1] for by_object in located]
        return [place for first in firsts for place in first]

    def _pass_on(self, error: Json, path: Path, fetch: Fetch) -> None:
        client_error = passed_on(error, self._plan.response(path), fetch.subgraph)
        identity = (client_error["message"], *client_error.get("path", ()))
        if identity not in self._told:
            self._told.add(identity)
            self.errors.append(client_error)


def _member(reply: dict[str, Json], key: str) -> Json:
    data = reply.get("data")
    return data.get(key) if isinstance(data, dict) else None


def _by_alias(errors: list[Json], names: tuple[str, ...]) -> tuple[dict[str, list[Json]], list[Json]]:
    """The errors of a batch by the alias at which they arose, with paths as in one fetch, and those of no alias."""
    by_alias: dict[str, list[Json]] = {name: [] for name in names}
    of_all = []
    for error in errors:
        match _path(error):
            case (str(name), *rest) if name in by_alias:
                by_alias[name].append({**error, "path": ["_entities", *rest]})
            case _:
                of_all.append(error)
    return by_alias, of_all


def _errors(reply: dict[str, Json]) -> list[Json]:
    errors = reply.get("errors")
    return errors if isinstance(errors, list) else []


def _path(error: Json) -> Path:
    path = error.get("path") if isinstance(error, dict) else None
    return tuple(path) if isinstance(path, list) and all(isinstance(step, str | int) for step in path) else ()
