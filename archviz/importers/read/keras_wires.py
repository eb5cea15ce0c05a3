"""What the calls of Keras layers get, in all the forms in which files of Keras 2 and 3 say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.sizes import Dims

Wire: TypeAlias = tuple[str, int, int]
"""Layer, call, and which of its outputs."""
_CONSTANT = "_CONSTANT_VALUE"


class CallWires(NamedTuple):
    """A call of a layer: its tensors, which argument each is, and the other arguments."""

    wires: tuple[Wire, ...]
    roles: tuple[str, ...]
    arguments: tuple[Any, ...] = ()


def side(value: Any) -> int | None:
    """A side of a shape; None where it is open."""
    return value if type(value) is int and value > 0 else None


def calls_of(layer: Mapping[str, Any]) -> list[CallWires]:
    """The calls of a layer, in their order."""
    calls = [
        _new_call(node) if isinstance(node, dict) else _old_call(node)
        for node in layer.get("inbound_nodes") or ()
    ]
    return [call for call in calls if call.wires]


def _new_call(node: Mapping[str, Any]) -> CallWires:
    """A call as Keras 3 writes it."""
    wires: list[Wire] = []
    roles: list[str] = []
    arguments: list[Any] = []
    places: list[tuple[str, Any]] = [
        (str(place), value) for place, value in enumerate(_items(node.get("args")))
    ]
    named = node.get("kwargs")
    places += list(named.items()) if isinstance(named, dict) else []
    for role, value in places:
        tensors = list(tensors_in(value))
        for tensor in tensors:
            name, call, index = tensor["keras_history"]
            wires.append((str(name), int(call), int(index)))
            roles.append(role)
        if not tensors and role not in ("training", "mask") and value is not None:
            arguments.append(value)
        elif tensors and role.isdigit():
            arguments.append(None)
    told = tuple(arguments) if any(one is not None for one in arguments) else ()
    return CallWires(tuple(wires), tuple(roles), told)


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("items")
    return value if isinstance(value, list) else []


def _old_call(node: Any) -> CallWires:
    """A call as Keras 2 writes it: ``[["conv", 0, 0, {}]]``, with further ones as arguments."""
    wires: list[Wire] = []
    roles: list[str] = []
    arguments: list[Any] = []
    for place, entry in enumerate(_entries(node)):
        if entry[0] == _CONSTANT:
            arguments.append(entry[2])
        else:
            wires.append((entry[0], entry[1], int(entry[2])))
            roles.append(str(place))
            arguments.append(None)
        named = entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}
        for role, value in named.items():
            found = wires_in(value) if isinstance(value, list) else []
            wires += found
            roles += [role] * len(found)
            if not found and value is not None and role not in ("name", "training", "mask"):
                arguments.append(value)
    told = tuple(arguments) if any(one is not None for one in arguments) else ()
    return CallWires(tuple(wires), tuple(roles), told)


def _entries(tree: Any) -> Iterator[list[Any]]:
    """``["conv", 0, 0, {}]``, alone or in lists or dictionaries, in order."""
    if isinstance(tree, dict):
        for key in sorted(tree):
            yield from _entries(tree[key])
    elif isinstance(tree, list):
        if len(tree) >= 3 and isinstance(tree[0], str) and type(tree[1]) is int:
            yield tree
        else:
            for node in tree:
                yield from _entries(node)


def wires_in(tree: Any) -> list[Wire]:
    """The wires in lists and dictionaries, as a model states what it takes and gives."""
    return [
        (entry[0], entry[1], int(entry[2])) for entry in _entries(tree) if entry[0] != _CONSTANT
    ]


def tensors_in(tree: Any) -> Iterator[dict[str, Any]]:
    """Keras 3's tensors in an argument of a call, in their order."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, list | tuple):
            todo.extend(reversed(node))
        elif isinstance(node, dict):
            if node.get("class_name") == "__keras_tensor__":
                yield node["config"]
            else:
                todo.extend([node[key] for key in sorted(node, key=str, reverse=True)])


def stated_shapes(layers: list[Any]) -> Iterator[tuple[Wire, Dims]]:
    """The shapes of tensors, which Keras 3 states where they are used."""
    for layer in layers:
        for node in layer.get("inbound_nodes") or ():
            if isinstance(node, dict):
                for tensor in tensors_in([node.get("args"), node.get("kwargs")]):
                    name, call, index = tensor["keras_history"]
                    shape = tensor.get("shape")
                    if isinstance(shape, list | tuple):
                        wire = (str(name), int(call), int(index))
                        yield wire, tuple([side(one) for one in shape])
