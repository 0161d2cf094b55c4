"""Random supergraphs: entities spread over subgraphs, joined by plain and composite keys, with @requires and @provides.

Written without the composer: the supergraph's join directives and the subgraphs' SDL come from one drawing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.unit.federation.differential.world import World

_HEAD = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
scalar join__FieldSet
"""


@dataclass
class Field:
    """A field of a drawn type.

    Attributes:
        returns: Its type.
        owners: The subgraphs that resolve it.
        requires: The field of the same object it is computed from.
        external: Subgraphs that mention it only because they require or provide it.
        provides: The field of what it returns that its owner provides.
    """

    name: str
    returns: str
    owners: list[str]
    requires: str | None = None
    external: set[str] = field(default_factory=set)
    provides: str | None = None

    @property
    def named(self) -> str:
        """The type without lists and bangs."""
        return self.returns.strip("[]!")


@dataclass
class Entity:
    """A drawn entity: its keys by subgraph, its fields."""

    name: str
    keys: dict[str, list[str]]
    fields: dict[str, Field] = field(default_factory=dict)

    def key_fields(self, subgraph: str) -> list[str]:
        """The fields of its keys in a subgraph."""
        return [name for name in ("id", "code") if any(name in key.split() for key in self.keys.get(subgraph, ()))]


class Drawing:
    """One random supergraph with its subgraphs and objects.

    Args:
        seed: The same seed draws the same.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a test's chance
        self.subgraphs = [f"g{n}" for n in range(self._random.randint(2, 4))]
        self.entities = [self._entity(f"E{n}") for n in range(self._random.randint(2, 4))]
        self.members: dict[str, list[str]] = {
            one: [entity.name for entity in self.entities if one in entity.keys and self._random.random() < 0.8]
            for one in self.subgraphs
        }
        self.roots: list[Field] = []
        for entity in self.entities:
            self._fill(entity)
        for entity in self.entities:
            self._depend(entity)
        for one in self.subgraphs:
            self.roots += [Field(f"{one}_r{n}", self._type(one), [one]) for n in range(3)]
        for drawn in [*self.roots, *(made for entity in self.entities for made in entity.fields.values())]:
            self._provide(drawn)

    def _entity(self, name: str) -> Entity:
        keys: dict[str, list[str]] = {}
        for one in self.subgraphs:
            if self._random.random() < 0.8:
                keys[one] = self._random.choice((["id"], ["code"], ["id", "code"], ["id code"], ["id", "id code"]))
        both = self._random.choice(self.subgraphs)
        return Entity(name, keys | {both: ["id", "code"]})

    def _fill(self, entity: Entity) -> None:
        for n in range(self._random.randint(3, 6)):
            owners = self._random.sample(list(entity.keys), 1)
            type_ = (
                self._type(owners[0])
                if self._random.random() < 0.5
                else self._random.choice(("Int", "String!", "[Int]"))
            )
            if "I" not in type_.replace("Int", "") and "U" not in type_:
                others = [one for one in entity.keys if one not in owners and self._knows(one, type_.strip("[]!"))]
                owners += [one for one in others if self._random.random() < 0.25]
            made = Field(f"f{n}", type_, owners)
            entity.fields[made.name] = made

    def _knows(self, subgraph: str, name: str) -> bool:
        return all(entity.name != name or subgraph in entity.keys for entity in self.entities)

    def _type(self, subgraph: str) -> str:
        known = [entity.name for entity in self.entities if subgraph in entity.keys]
        if self.members_of(subgraph):
            known += ["I", "U"]
        if not known:
            return "Int"
        name = self._random.choice(known)
        return self._random.choice((name, name, f"[{name}]", f"[{name}!]!"))

    def members_of(self, subgraph: str) -> list[str]:
        """The members of the interface and the union in a subgraph."""
        return self.members[subgraph]

    def _depend(self, entity: Entity) -> None:
        leaves = [one for one in entity.fields.values() if one.named in ("Int", "String")]
        for position, one in enumerate(leaves):
            before = [
                other for other in leaves[:position] if not set(one.owners) & (set(other.owners) | other.external)
            ]
            if before and self._random.random() < 0.5:
                needed = self._random.choice(before)
                one.owners, one.requires, one.returns = one.owners[:1], needed.name, "String"
                needed.external.add(one.owners[0])

    def _provide(self, one: Field) -> None:
        """Let the owner of a field provide a leaf of what it returns that it does not own."""
        named = next((entity for entity in self.entities if entity.name == one.named), None)
        if named is None or len(one.owners) > 1 or self._random.random() < 0.5:
            return
        owner = one.owners[0]
        leaves = [each for each in named.fields.values() if each.named in ("Int", "String")]
        leaves = [each for each in leaves if owner not in each.owners and not each.requires]
        if leaves and owner in named.keys:
            provided = self._random.choice(leaves)
            provided.external.add(owner)
            one.provides = provided.name

    def sdl(self, subgraph: str) -> str:
        """What a subgraph says of itself."""
        return "\n".join(self._subgraph_parts(subgraph))

    def _subgraph_parts(self, subgraph: str) -> Iterator[str]:
        roots = [text for one in self.roots if (text := self._field(one, subgraph))]
        yield f"type Query {{ {' '.join(roots)} }}"
        members = self.members_of(subgraph)
        if members:
            yield f"interface I {{ tag: Int }}\nunion U = {' | '.join(members)}"
        for entity in self.entities:
            if subgraph in entity.keys:
                marks = " ".join(f'@key(fields: "{key}")' for key in entity.keys[subgraph])
                implements = " implements I" if entity.name in members else ""
                fields = [f"{key}: ID!" for key in entity.key_fields(subgraph)]
                fields += [text for one in entity.fields.values() if (text := self._field(one, subgraph))]
                tag = " tag: Int" if implements else ""
                yield f"type {entity.name}{implements} {marks} {{ {' '.join(fields)}{tag} }}"

    def _field(self, one: Field, subgraph: str) -> str:
        if subgraph in one.external:
            return f"{one.name}: {one.returns} @external"
        if subgraph not in one.owners:
            return ""
        marks = f' @requires(fields: "{one.requires}")' if one.requires else ""
        marks += f' @provides(fields: "{one.provides}")' if one.provides else ""
        return f"{one.name}: {one.returns}{marks}"

    def supergraph(self) -> str:
        """The supergraph, as a composer would write it."""
        graphs = " ".join(f'{one.upper()} @join__graph(name: "{one}", url: "")' for one in self.subgraphs)
        parts = [_HEAD, f"enum join__Graph {{ {graphs} }}"]
        everywhere = " ".join(f"@join__type(graph: {one.upper()})" for one in self.subgraphs)
        parts.append(f"type Query {everywhere} {{ {' '.join(map(self._joined, self.roots))} }}")
        having = [one for one in self.subgraphs if self.members_of(one)]
        if having:
            types = " ".join(f"@join__type(graph: {one.upper()})" for one in having)
            pairs = [(one, member) for one in having for member in self.members_of(one)]
            union = " ".join(f'@join__unionMember(graph: {one.upper()}, member: "{member}")' for one, member in pairs)
            names = dict.fromkeys(member for _, member in pairs)
            parts.append(f"interface I {types} {{ tag: Int }}\nunion U {types} {union} = {' | '.join(names)}")
        parts += [self._joined_entity(entity) for entity in self.entities]
        return "\n".join(parts)

    def _joined_entity(self, entity: Entity) -> str:
        marks = [
            f'@join__type(graph: {one.upper()}, key: "{key}")' for one, keys in entity.keys.items() for key in keys
        ]
        inside = [one for one in self.subgraphs if entity.name in self.members_of(one)]
        marks += [f'@join__implements(graph: {one.upper()}, interface: "I")' for one in inside]
        fields = []
        for key in ("id", "code"):
            having = [one for one in entity.keys if key in entity.key_fields(one)]
            if having:
                fields.append(f"{key}: ID! " + " ".join(f"@join__field(graph: {one.upper()})" for one in having))
        fields += [self._joined(one) for one in entity.fields.values()]
        if inside:
            fields.append("tag: Int " + " ".join(f"@join__field(graph: {one.upper()})" for one in inside))
        implements = " implements I" if inside else ""
        return f"type {entity.name}{implements} {' '.join(marks)} {{ {' '.join(fields)} }}"

    def _joined(self, one: Field) -> str:
        requires = f', requires: "{one.requires}"' if one.requires else ""
        requires += f', provides: "{one.provides}"' if one.provides else ""
        marks = [f"@join__field(graph: {each.upper()}{requires})" for each in one.owners]
        marks += [f"@join__field(graph: {each.upper()}, external: true)" for each in sorted(one.external)]
        return f"{one.name}: {one.returns} {' '.join(marks)}"

    def world(self) -> World:
        """Three objects of each entity, and the roots."""
        things: dict[str, list[dict[str, Any]]] = {
            entity.name: [
                {"__typename": entity.name, "id": f"{entity.name}i{n}", "code": f"{entity.name}c{n}", "tag": n}
                for n in range(3)
            ]
            for entity in self.entities
        }
        for entity in self.entities:
            for thing in things[entity.name]:
                for one in entity.fields.values():
                    thing[one.name] = self._value(one, things, one.owners[0], thing["id"])
        root: dict[str, Any] = {"__typename": "Query"}
        for one in self.roots:
            root[one.name] = self._value(one, things, one.owners[0], "root")
        return World(root, [thing for group in things.values() for thing in group])

    def _value(self, one: Field, things: dict[str, list[dict[str, Any]]], subgraph: str, owner: str) -> Any:
        if one.requires:
            return lambda view: f"{owner}.{one.name}({view[one.requires]})"
        if one.named == "String":
            return f"{owner}.{one.name}"
        if one.named == "Int":
            return [1, None, 3] if one.returns.startswith("[") else self._random.choice((None, 7))
        names = self.members_of(subgraph) if one.named in "IU" else [one.named]
        pool = [thing for name in names for thing in things[name]]
        if one.returns.startswith("["):
            gaps = [] if "!]" in one.returns else [None]
            return self._random.choices(pool + gaps, k=self._random.randint(0, 4))
        return self._random.choice([*pool, None])
