"""Places: positions of the answer, with the internal keys of the fields there.

All fetches that contribute to an object of the answer share its place. The internal key of a field is the client's
response key unless that clashes, across fragments or with fields of the engine; the projection renames it back.
"""

from collections.abc import Iterable

from gateway.federation.model import Supergraph
from gateway.federation.selection import TYPENAME


class Place:
    """One position of the answer; the items of a list share one.

    Args:
        supergraph: Decides whether two fields with the same key can be in one fetch.
        path: Internal keys from the root.
    """

    __slots__ = ("_held", "_names", "_presence", "_supergraph", "children", "path", "response")

    def __init__(self, supergraph: Supergraph, path: tuple[str, ...] = ()) -> None:
        self._supergraph = supergraph
        self.path = path
        self.children: dict[str, Place] = {}
        self.response: dict[str, str] = {}
        self._names: dict[tuple[str, str, str, str], str] = {}
        self._presence: str | None = None
        self._held: dict[str, list[tuple[str, str, str]]] = {TYPENAME: []}

    def key(self, types: Iterable[str], name: str, arguments: str, asked: str | None) -> str | None:
        """The internal key of a field for all these types; None if they cannot share one.

        Args:
            types: Names of the types.
            name: The field's name.
            arguments: Its arguments as printed.
            asked: The client's response key; None for a field of the engine.
        """
        if name == TYPENAME:
            return TYPENAME
        wanted = asked or name
        missing = []
        keys = set()
        for type_name in types:
            existing_key = self._names.get((type_name, name, arguments, wanted))
            if existing_key is None:
                missing.append(type_name)
            else:
                keys.add(existing_key)
        if len(keys) > 1:
            return None
        key = keys.pop() if keys else self._free(missing, name, arguments, wanted)
        if missing and not all(self._fits(key, type_name, name, arguments) for type_name in missing):
            return None
        for type_name in missing:
            self._names[type_name, name, arguments, wanted] = key
            self._held.setdefault(key, []).append((type_name, name, arguments))
        if asked:
            self.response.setdefault(key, asked)
        return key

    def presence(self) -> str:
        """The internal key of a `__typename` that only shows that there is an object."""
        if self._presence is None:
            self._presence = self._free([""], TYPENAME, "", "_present")
            self._held.setdefault(self._presence, []).append(("", TYPENAME, ""))
        return self._presence

    def known(self, type_name: str, name: str, arguments: str, asked: str | None) -> str:
        """The internal key that a field has, or the one that it would get.

        Args:
            type_name: The type.
            name: The field's name.
            arguments: Its arguments as printed.
            asked: The client's response key; None for a field of the engine.
        """
        wanted = asked or name
        return TYPENAME if name == TYPENAME else self._names.get((type_name, name, arguments, wanted), wanted)

    def child(self, key: str) -> "Place":
        """The place below an internal key."""
        place = self.children.get(key)
        if place is None:
            place = self.children[key] = Place(self._supergraph, (*self.path, key))
        return place

    def settle(self) -> None:
        """Forget what only planning and projection ask for; what clients call the keys stays."""
        self._names, self._held = {}, {}
        for child in self.children.values():
            child.settle()
        self.children = {key: child for key, child in self.children.items() if child.children or child.response}

    def _free(self, types: list[str], name: str, arguments: str, wanted: str) -> str:
        key, number = wanted, 0
        while not all(self._fits(key, type_name, name, arguments) for type_name in types):
            key, number = f"_{number}_{wanted}", number + 1
        return key

    def _fits(self, key: str, type_name: str, name: str, arguments: str) -> bool:
        if key == TYPENAME:
            return False
        return all(
            (name, arguments) == (other_name, other_arguments) and _same_shape(self._supergraph, type_name, other, name)
            for other, other_name, other_arguments in self._held.get(key, ())
        )


def _same_shape(supergraph: Supergraph, first_type: str, second_type: str, name: str) -> bool:
    """Whether two types' fields may share a response key in any subgraph (GraphQL 5.3.2, same response shape)."""
    if first_type == second_type:
        return True
    first, second = (supergraph.types[type_name].fields.get(name) for type_name in (first_type, second_type))
    if first is None or second is None:
        return True
    for subgraph, join in first.subgraphs.items():
        beside = second.subgraphs.get(subgraph)
        if beside and not _shapes_agree(supergraph, join.returns, beside.returns):
            return False
    return True


def _shapes_agree(supergraph: Supergraph, first: str, second: str) -> bool:
    if first == second:
        return True
    names = [text.replace("[", "").replace("]", "").replace("!", "") for text in (first, second)]
    wrappers = [text.replace(name, "") for text, name in zip((first, second), names, strict=True)]
    return wrappers[0] == wrappers[1] and all(name in supergraph.types for name in names)
