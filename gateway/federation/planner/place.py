"""Places: where in the answer data lies, and under which internal key.

Every fetch that contributes to one object of the answer shares its place. The internal key of a field is the client's
response key unless that clashes, across fragments or with the engine's own fields; the projection renames it back.
"""

from collections.abc import Iterable

from gateway.federation.model import Supergraph
from gateway.federation.selection import TYPENAME


class Place:
    """One position of the answer, lists looked through.

    Args:
        supergraph: Tells whether two fields of equal key can stand in one fetch.
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
        """The internal key of a field for all these types; None when they cannot share one."""
        if name == TYPENAME:
            return TYPENAME
        wanted = asked or name
        missing = []
        keys = set()
        for one in types:
            known = self._names.get((one, name, arguments, wanted))
            if known is None:
                missing.append(one)
            else:
                keys.add(known)
        if len(keys) > 1:
            return None
        key = keys.pop() if keys else self._free(missing, name, arguments, wanted)
        if missing and not all(self._fits(key, one, name, arguments) for one in missing):
            return None
        for one in missing:
            self._names[one, name, arguments, wanted] = key
            self._held.setdefault(key, []).append((one, name, arguments))
        if asked:
            self.response.setdefault(key, asked)
        return key

    def presence(self) -> str:
        """The internal key of a `__typename` that tells no more than that there is an object."""
        if self._presence is None:
            self._presence = self._free([""], TYPENAME, "", "_present")
            self._held.setdefault(self._presence, []).append(("", TYPENAME, ""))
        return self._presence

    def known(self, type_name: str, name: str, arguments: str, asked: str | None) -> str:
        """The internal key given to a field, or the one it would have by default."""
        wanted = asked or name
        return TYPENAME if name == TYPENAME else self._names.get((type_name, name, arguments, wanted), wanted)

    def child(self, key: str) -> "Place":
        """The place below an internal key."""
        known = self.children.get(key)
        if known is None:
            known = self.children[key] = Place(self._supergraph, (*self.path, key))
        return known

    def _free(self, types: list[str], name: str, arguments: str, wanted: str) -> str:
        key, number = wanted, 0
        while not all(self._fits(key, one, name, arguments) for one in types):
            key, number = f"_{number}_{wanted}", number + 1
        return key

    def _fits(self, key: str, type_name: str, name: str, arguments: str) -> bool:
        if key == TYPENAME:
            return False
        return all(
            (name, arguments) == (other_name, other_arguments) and _same_shape(self._supergraph, type_name, other, name)
            for other, other_name, other_arguments in self._held.get(key, ())
        )


def _same_shape(supergraph: Supergraph, one: str, other: str, name: str) -> bool:
    """Whether two types' fields may share a response key in any subgraph (GraphQL 5.3.2, same response shape)."""
    if one == other:
        return True
    first, second = (supergraph.types[each].fields.get(name) for each in (one, other))
    if first is None or second is None:
        return True
    for subgraph, join in first.subgraphs.items():
        beside = second.subgraphs.get(subgraph)
        if beside and not _shapes_agree(supergraph, join.returns, beside.returns):
            return False
    return True


def _shapes_agree(supergraph: Supergraph, one: str, other: str) -> bool:
    if one == other:
        return True
    names = [text.replace("[", "").replace("]", "").replace("!", "") for text in (one, other)]
    wrappers = [text.replace(name, "") for text, name in zip((one, other), names, strict=True)]
    return wrappers[0] == wrappers[1] and all(name in supergraph.types for name in names)
