"""Random supergraphs: entities spread over subgraphs, joined by plain and composite keys, with @requires and @provides.

Their interface has a field that each entity returns as itself (covariance), and a list of the interface is shared by
subgraphs that know different entities of it. Some fields have an argument, which `@requires` gives; some that return
the interface or the union provide a field of one entity. Another interface, `V`, has its types in one subgraph and is
an interface object in the others.

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
ARGUMENTS = {"n": ["1", "2", "null"]}
"""Values for the argument that some fields have."""
VEHICLES = ("W0", "W1")
"""The types of the interface `V`."""


@dataclass
class Field:
    """A field of a drawn type.

    Attributes:
        returns: Its type.
        owners: The subgraphs that resolve it.
        requires: The field of the same object it is computed from.
        given: The argument that it is required with, if that takes one.
        takes: Whether it has an argument `n`.
        external: Subgraphs that mention it only because they require or provide it.
        provides: The selection of what it returns that its owner provides.
    """

    name: str
    returns: str
    owners: list[str]
    requires: str | None = None
    external: set[str] = field(default_factory=set)
    provides: str | None = None
    given: int | None = None
    takes: bool = False

    @property
    def named(self) -> str:
        """The type without lists and bangs."""
        return self.returns.strip("[]!")

    @property
    def declared(self) -> str:
        """Its name, argument and type."""
        return f"{self.name}{'(n: Int)' if self.takes else ''}: {self.returns}"

    @property
    def required(self) -> str:
        """What `@requires` says."""
        return f"{self.requires}(n: {self.given})" if self.given is not None else str(self.requires)


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
        self.home = self._random.choice(self.subgraphs) if self._random.random() < 0.6 else ""
        self.roots: list[Field] = []
        for entity in self.entities:
            self._fill(entity)
        for entity in self.entities:
            self._depend(entity)
        for one in self.subgraphs:
            self.roots += [Field(f"{one}_r{n}", self._type(one), [one]) for n in range(3)]
        if knowing := [one for one in self.subgraphs if self.members_of(one)]:
            self.roots.append(Field("shared", "[I]", knowing))
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
            if type_.strip("[]!") not in ("I", "U", "V"):
                others = [one for one in entity.keys if one not in owners and self._knows(one, type_.strip("[]!"))]
                owners += [one for one in others if self._random.random() < 0.25]
            takes = type_ in ("Int", "String!") and self._random.random() < 0.3
            made = Field(f"f{n}", type_, owners, takes=takes)
            entity.fields[made.name] = made

    def _knows(self, subgraph: str, name: str) -> bool:
        return all(entity.name != name or subgraph in entity.keys for entity in self.entities)

    def _type(self, subgraph: str) -> str:
        known = [entity.name for entity in self.entities if subgraph in entity.keys]
        if self.members_of(subgraph):
            known += ["I", "U"]
        if self.home:
            known.append("V")
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
            before = [other for other in leaves[:position] if not set(one.owners) & set(other.owners)]
            if before and self._random.random() < 0.5:
                needed = self._random.choice(before)
                one.owners, one.requires, one.returns = one.owners[:1], needed.name, "String"
                one.given = self._random.randint(1, 2) if needed.takes else None
                needed.external.add(one.owners[0])

    def _provide(self, one: Field) -> None:
        """Let the owner of a field provide a leaf of what it returns, or of one type of it, that it does not own."""
        owner = one.owners[0]
        names = self.members_of(owner) if one.named in ("I", "U") else [one.named]
        among = [entity for entity in self.entities if entity.name in names]
        if not among or len(one.owners) > 1 or self._random.random() < 0.5:
            return
        named = self._random.choice(among)
        leaves = [each for each in named.fields.values() if each.named in ("Int", "String")]
        leaves = [each for each in leaves if owner not in each.owners and not each.requires and not each.takes]
        if leaves and owner in named.keys:
            provided = self._random.choice(leaves)
            provided.external.add(owner)
            one.provides = provided.name if one.named == named.name else f"... on {named.name} {{ {provided.name} }}"

    def sdl(self, subgraph: str) -> str:
        """What a subgraph says of itself."""
        return "\n".join(self._subgraph_parts(subgraph))

    def _subgraph_parts(self, subgraph: str) -> Iterator[str]:
        roots = [text for one in self.roots if (text := self._field(one, subgraph))]
        yield f"type Query {{ {' '.join(roots)} }}"
        if self.home:
            yield self._vehicles(subgraph)
        members = self.members_of(subgraph)
        if members:
            yield f"interface I {{ tag: Int peer: I }}\nunion U = {' | '.join(members)}"
        for entity in self.entities:
            if subgraph in entity.keys:
                marks = " ".join(f'@key(fields: "{key}")' for key in entity.keys[subgraph])
                implements = " implements I" if entity.name in members else ""
                fields = [f"{key}: ID!" for key in entity.key_fields(subgraph)]
                fields += [text for one in entity.fields.values() if (text := self._field(one, subgraph))]
                shared = f" tag: Int peer: {entity.name}" if implements else ""
                yield f"type {entity.name}{implements} {marks} {{ {' '.join(fields)}{shared} }}"

    def _field(self, one: Field, subgraph: str) -> str:
        if subgraph in one.external:
            return f"{one.declared} @external"
        if subgraph not in one.owners:
            return ""
        marks = f' @requires(fields: "{one.required}")' if one.requires else ""
        marks += f' @provides(fields: "{one.provides}")' if one.provides else ""
        return f"{one.declared}{marks}"

    def _vehicles(self, subgraph: str) -> str:
        """The interface `V` in a subgraph: with its types where it is at home, elsewhere as an interface object."""
        if subgraph == self.home:
            types = (
                f'type {name} implements V @key(fields: "id") {{ id: ID! vname: String own{name}: Int }}'
                for name in VEHICLES
            )
            return 'interface V @key(fields: "id") { id: ID! vname: String }\n' + "\n".join(types)
        return (
            f'type V @key(fields: "id") @interfaceObject {{ id: ID! vname: String @external {subgraph}_v: Int '
            f'{subgraph}_w: String @requires(fields: "vname") }}'
        )

    def _joined_vehicles(self) -> Iterator[str]:
        home, away = self.home.upper(), [one.upper() for one in self.subgraphs if one != self.home]
        marks = " ".join(f'@join__type(graph: {one}, key: "id", isInterfaceObject: true)' for one in away)
        external = " ".join(f"@join__field(graph: {one}, external: true)" for one in away)
        own = " ".join(
            f"{one.lower()}_v: Int @join__field(graph: {one}) "
            f'{one.lower()}_w: String @join__field(graph: {one}, requires: "vname")'
            for one in away
        )
        name = f"vname: String @join__field(graph: {home}) {external}"
        yield f'interface V @join__type(graph: {home}, key: "id") {marks} {{ id: ID! {name} {own} }}'
        added = " ".join(f"{one.lower()}_v: Int @join__field {one.lower()}_w: String @join__field" for one in away)
        for each in VEHICLES:
            join = f'@join__type(graph: {home}, key: "id") @join__implements(graph: {home}, interface: "V")'
            yield f"type {each} implements V {join} {{ id: ID! vname: String own{each}: Int {added} }}"

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
            parts.append(f"interface I {types} {{ tag: Int peer: I }}\nunion U {types} {union} = {' | '.join(names)}")
        parts += [self._joined_entity(entity) for entity in self.entities]
        parts += self._joined_vehicles() if self.home else ()
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
            graphs = " ".join(f"@join__field(graph: {one.upper()})" for one in inside)
            fields += [f"tag: Int {graphs}", f"peer: {entity.name} {graphs}"]
        implements = " implements I" if inside else ""
        return f"type {entity.name}{implements} {' '.join(marks)} {{ {' '.join(fields)} }}"

    def _joined(self, one: Field) -> str:
        requires = f', requires: "{one.required}"' if one.requires else ""
        requires += f', provides: "{one.provides}"' if one.provides else ""
        marks = [f"@join__field(graph: {each.upper()}{requires})" for each in one.owners]
        marks += [f"@join__field(graph: {each.upper()}, external: true)" for each in sorted(one.external)]
        return f"{one.declared} {' '.join(marks)}"

    def world(self) -> World:
        """Three objects of each entity, and the roots."""
        things: dict[str, list[dict[str, Any]]] = {
            entity.name: [
                {"__typename": entity.name, "id": f"{entity.name}i{n}", "code": f"{entity.name}c{n}", "tag": n}
                for n in range(3)
            ]
            for entity in self.entities
        }
        for name in VEHICLES if self.home else ():
            things[name] = [self._vehicle(name, n) for n in range(2)]
        for entity in self.entities:
            for thing in things[entity.name]:
                thing["peer"] = self._random.choice([*things[entity.name], None])
                for one in entity.fields.values():
                    thing[one.name] = self._value(one, things, one.owners[0], thing["id"])
        root: dict[str, Any] = {"__typename": "Query"}
        for one in self.roots:
            root[one.name] = self._value(one, things, one.owners[0], "root")
        return World(root, [thing for group in things.values() for thing in group])

    def _vehicle(self, name: str, n: int) -> dict[str, Any]:
        made: dict[str, Any] = {"__typename": name, "__implements": ("V",), "id": f"{name}i{n}", f"own{name}": n}
        made["vname"] = self._random.choice((None, f"{name} {n}"))
        for one in self.subgraphs:
            made[f"{one}_v"] = self._random.choice((None, n))
            made[f"{one}_w"] = lambda view, one=one: f"{one} of {view['vname']}"
        return made

    def _shared(self, one: Field, things: dict[str, list[dict[str, Any]]]) -> list[Any]:
        """Objects of the entities that all its subgraphs know, for all of them answer the same."""
        common = set.intersection(*(set(self.members_of(owner)) for owner in one.owners))
        return [thing for name in sorted(common) for thing in things[name][:2]] + [None]

    def _value(self, one: Field, things: dict[str, list[dict[str, Any]]], subgraph: str, owner: str) -> Any:
        if one.name == "shared":
            return self._shared(one, things)
        if one.requires or one.takes:
            return _computed(one, owner)
        if one.named == "String":
            return f"{owner}.{one.name}"
        if one.named == "Int":
            return [1, None, 3] if one.returns.startswith("[") else self._random.choice((None, 7))
        names = self.members_of(subgraph) if one.named in "IU" else [one.named]
        names = list(VEHICLES) if one.named == "V" else names
        pool = [thing for name in names for thing in things[name]]
        if one.returns.startswith("["):
            gaps = [] if "!]" in one.returns else [None]
            return self._random.choices(pool + gaps, k=self._random.randint(0, 4))
        return self._random.choice([*pool, None])


def _computed(one: Field, owner: str) -> Any:
    """The value of a field that requires another one or takes an argument."""
    needed, given = one.requires, {} if one.given is None else {"n": one.given}
    if needed:
        return lambda view, n=None: f"{owner}.{one.name}({view.read(needed, given)})/{n}"
    if one.named == "String":
        return lambda _view, n=None: f"{owner}.{one.name}/{n}"
    return lambda _view, n=None: (n or 0) + 10
