"""The results of the planning stages as text."""

from collections.abc import Callable

from gateway.federation.condition import ALWAYS, When, as_text
from gateway.federation.planner.groups import Group
from gateway.federation.planner.node import Enter, Node, ToField, ToType, path_of
from gateway.federation.planner.plan import format_path
from gateway.federation.selection import Selection

Watch = Callable[[str, Callable[[], str]], None]
"""Called with the name of a stage and a function that makes the text of its result."""


def unwatched(stage: str, text: Callable[[], str]) -> None:
    """A watch that does nothing."""
    del stage, text


def format_selection(selection: Selection, depth: int = 0) -> str:
    """A normalised selection as indented text, one line a field, with its object types and its condition."""
    text = ""
    for selected in selection.fields:
        alias = f"{selected.key}: " if selected.key not in (None, selected.name) else ""
        marks = f"  on {'|'.join(sorted(selected.on))}{_if(selected.when)}{'  denied' if selected.denied else ''}"
        text += f"{'  ' * depth}{alias}{selected.name}{selected.arguments}{marks}\n"
        text += format_selection(selected.selection, depth + 1) if selected.selection else ""
    return text


def format_paths(roots: list[Node]) -> str:
    """The tree of used nodes, and the keys that each move waits for."""
    return "".join(_node(root, 0) for root in roots if root.used)


def format_groups(groups: list[Group]) -> str:
    """The groups, each with its entries and the groups that it waits for."""
    names = {group: f"{number} {group.subgraph}" for number, group in enumerate(groups, 1)}
    text = ""
    for group, name in names.items():
        after = sorted(names[predecessor] for predecessor in group.after)
        text += f"{name}{_if(group.when)}{'  after ' + ', '.join(after) if after else ''}\n"
        text += "".join(f"  {entry.type} at {format_path(path_of(entry)) or 'the root'}\n" for entry in group.entries)
    return text


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
