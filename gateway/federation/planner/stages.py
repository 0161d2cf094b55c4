"""What each stage of planning has made, as text for people."""

from collections.abc import Callable

from gateway.federation.condition import ALWAYS, When, as_text
from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, ToField, ToType, path_of
from gateway.federation.planner.plan import format_path
from gateway.federation.selection import Selection

Watch = Callable[[str, Callable[[], str]], None]
"""Is told the name of a stage, and what writes it down."""


def unwatched(stage: str, text: Callable[[], str]) -> None:
    """Watches nothing."""
    del stage, text


def format_selection(selection: Selection, depth: int = 0) -> str:
    """A normalised selection: each field with the object types it is for, and when it is asked."""
    found = ""
    for one in selection.fields:
        alias = f"{one.key}: " if one.key not in (None, one.name) else ""
        marks = f"  on {'|'.join(sorted(one.on))}{_if(one.when)}{'  denied' if one.denied else ''}"
        found += f"{'  ' * depth}{alias}{one.name}{one.arguments}{marks}\n"
        found += format_selection(one.selection, depth + 1) if one.selection else ""
    return found


def format_paths(roots: list[Node]) -> str:
    """The plan tree: every node that a chosen path uses, and the keys that a move waits for."""
    return "".join(_node(root, 0) for root in roots if root.used)


def format_groups(groups: list[Group]) -> str:
    """Groups, each with its entries and the groups it waits for."""
    names = {group: f"{number} {group.subgraph}" for number, group in enumerate(groups, 1)}
    found = ""
    for group, name in names.items():
        after = sorted(names[one] for one in group.after)
        found += f"{name}{_if(group.when)}{'  after ' + ', '.join(after) if after else ''}\n"
        found += "".join(f"  {entry.type} at {format_path(path_of(entry)) or 'the root'}\n" for entry in group.entries)
    return found


def _node(node: Node, depth: int) -> str:
    line = f"{'  ' * depth}{_step(node)}{_if(node.when)}\n"
    return line + "".join(_node(child, depth + 1) for child in node.children)


def _step(node: Node) -> str:
    match node.step:
        case ToField(key, name, arguments):
            alias = "" if key == name else f"{key}: "
            return f"{alias}{name}{arguments}" + (f"  → {node.type} in {node.subgraph}" if node.type else "")
        case ToType(name):
            return f"... on {name}"
        case Enter(None):
            return f"enter {node.type} in {node.subgraph}"
        case Enter(typename):
            waits = ", ".join(dict.fromkeys(format_path(path_of(need)) for need in node.needs))
            return f"enter {typename} in {node.subgraph}, with {waits}"


def _if(when: When) -> str:
    return "" if when == ALWAYS else f"  if {as_text(when)}"
