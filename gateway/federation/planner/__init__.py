"""Plans an operation: selection → cheapest paths → groups → merged groups → fetches in order → lifted conditions."""

from collections.abc import Mapping

from gateway.federation.condition import NEVER
from gateway.federation.model import Supergraph
from gateway.federation.planner.choose import choose, use
from gateway.federation.planner.fetches import FetchMaker
from gateway.federation.planner.groups import make_groups
from gateway.federation.planner.lift import lift
from gateway.federation.planner.merge import merge
from gateway.federation.planner.node import Enter, Node
from gateway.federation.planner.place import Place
from gateway.federation.planner.plan import Plan, PlanNode, Sequence, format_node, format_plan
from gateway.federation.planner.schedule import schedule
from gateway.federation.planner.search import Search
from gateway.federation.planner.stages import Watch, format_groups, format_paths, format_selection, unwatched
from gateway.federation.planner.walk import PlanTooLarge, Unplannable
from gateway.federation.selection import Selected, Selection

__all__ = ["Place", "Plan", "PlanTooLarge", "Unplannable", "Watch", "format_plan", "make_plan", "unwatched"]


def make_plan(
    graph: Supergraph,
    kind: str,
    selection: Selection,
    definitions: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
) -> tuple[Plan, Place]:
    """Plan one operation.

    Args:
        graph: The supergraph.
        kind: `query`, `mutation`, whose root fields run strictly in order, or `subscription`, whose one root field is
            the first fetch.
        selection: The normalised operation.
        definitions: Variable definitions as printed, by name.
        watch: Called with the result of each stage.

    Returns:
        The plan, and the place of the root, which knows the internal keys.

    Raises:
        Unplannable: The supergraph has no way to a field.
        PlanTooLarge: The operation fans out over too many types.
    """
    watch("selection", lambda: format_selection(selection))
    place = Place(graph)
    maker = FetchMaker(graph, kind, definitions or {})
    parts = []
    for part in _in_order(graph, kind, selection):
        node = _plan_part(graph, part, place, maker, watch)
        if node is not None:
            parts.append(node)
    root = parts[0] if len(parts) == 1 else (Sequence(tuple(parts)) if parts else None)
    return Plan(root, lambda path: _client_path(place, path), maker.computed), place


def _plan_part(
    graph: Supergraph, selection: Selection, place: Place, maker: FetchMaker, watch: Watch
) -> PlanNode | None:
    if all(selected.denied or selected.name.startswith("__") for selected in selection.fields):
        return None
    roots = [
        Node(selection.type, subgraph, place, Enter())
        for subgraph in graph.types[selection.type].subgraphs
        if subgraph in graph.subgraphs
    ]
    needs = Search(graph).gather(selection, roots, when=NEVER)
    for need, node in zip(needs, choose(needs), strict=True):
        use(node, need.when)
    watch("paths", lambda: format_paths(roots))
    groups = make_groups(roots)
    watch("groups", lambda: format_groups(groups))
    groups = merge(groups)
    watch("merged groups", lambda: format_groups(groups))
    ordered = schedule(groups, {group: maker.make(group) for group in groups})
    watch("schedule", lambda: format_node(ordered))
    return ordered and lift(ordered)


def _in_order(graph: Supergraph, kind: str, selection: Selection) -> list[Selection]:
    """A mutation's root fields one by one, but neighbours of the same single subgraph together."""
    if kind != "mutation":
        return [selection]
    runs: list[tuple[frozenset[str], list[Selected]]] = []
    for selected in selection.fields:
        field = graph.types[selection.type].fields.get(selected.name)
        where = frozenset(field.subgraphs) if field else frozenset()
        if runs and len(where) == 1 and runs[-1][0] == where:
            runs[-1][1].append(selected)
        else:
            runs.append((where, [selected]))
    return [Selection(selection.type, tuple(fields)) for _, fields in runs]


def _client_path(place: Place, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The client's path for an internal one, up to the first key that the client did not ask for."""
    client_path: list[str | int] = []
    here = place
    for key in path:
        if isinstance(key, int):
            client_path.append(key)
        elif key in here.response:
            client_path.append(here.response[key])
            here = here.child(key)
        else:
            break
    return tuple(client_path)
