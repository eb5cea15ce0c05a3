"""Live exported programs, by the same steps as those of archives; nothing of them runs."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

from archviz.errors import fail
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.exported import (
    INLINED,
    MAX_DEPTH,
    Program,
    UnreadError,
    Writer,
    check_sizes,
    facts_of,
    path_of,
)
from archviz.importers.read.recorded import layers_of_recording
from archviz.importers.record.aten import Node, scopes_of
from archviz.importers.record.recording import Recording, refs_in


def layers_of_program(torch: Any, program: Any, given: Any, warnings: Sequence[str]) -> LayerGraph:
    """The layers of a live exported program.

    Raises:
        ArchvizError: it cannot be read, or ``given`` is a size that it was not exported for.
    """
    name = type(program).__name__
    try:
        found = _program(torch, program, name)
    except UnreadError as error:
        raise fail(name, f"cannot be read: {error}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        what = f"{type(error).__name__}: {str(error)[:120]}"
        raise fail(name, f"cannot be read ({what})", "give the module it was made of") from error
    if given is not None:
        check_sizes(found, [tuple(one.shape) for one in _sizes(torch, given)], name)
    return layers_of_recording(found.recording, found.facts._replace(warnings=tuple(warnings)))


def _sizes(torch: Any, given: Any) -> Iterator[Any]:
    """What was given beside a program, as tensors."""
    from archviz.importers.record.recording import tensors_in

    found = list(tensors_in(torch, given))
    if not found and isinstance(given, list | tuple) and given:
        sizes = [given] if isinstance(given[0], int) else given
        found = [torch.empty(size, device="meta") for size in sizes]
    yield from found


def _program(torch: Any, program: Any, name: str) -> Program:
    reader = _Reader(torch, program)
    signature = program.graph_signature
    nodes = list(program.graph.nodes)
    reader.inputs([node for node in nodes if node.op == "placeholder"])
    reader.run(program.graph_module, reader.names, "", 0)
    wanted = [reader.names[one] for one in signature.user_outputs if one in reader.names]
    writer = reader.writer
    outputs = tuple([writer.ref(one).name for one in wanted])
    recording = Recording(tuple(writer.calls), writer.values, tuple(reader.given), outputs)
    title = writer.classes.get("", name)
    facts = facts_of(title, writer, frozenset(reader.frozen), reader.others)
    return Program(recording, facts)


def _side(side: Any) -> int:
    """A side, as it was when the program was exported."""
    hint = side if isinstance(side, int) else getattr(side.node, "hint", None)
    if hint is None:
        raise UnreadError("a size is open, and the program has no example of it")
    return int(hint)


class _Reader:
    """Walks through a graph of torch.fx and the graphs in it."""

    def __init__(self, torch: Any, program: Any) -> None:
        self.torch = torch
        self.writer = Writer()
        self.names: dict[str, str] = {}
        self.given: list[str] = []
        self.frozen: list[str] = []
        self.others: dict[str, str] = {}
        self.signature = program.graph_signature
        self.parameters = dict(program.named_parameters())
        self.graphs = 0

    def inputs(self, nodes: Sequence[Any]) -> None:
        """Parameters, buffers, constants, and what goes in."""
        signature = self.signature
        first: dict[int, str] = {}
        for node in nodes:
            value = node.meta.get("val")
            if not self.torch.is_tensor(value):
                continue
            local = node.name
            own, origin = local, "input"
            if local in signature.inputs_to_parameters:
                own, origin = signature.inputs_to_parameters[local], "parameter"
                held = self.parameters.get(own)
                if held is not None and first.setdefault(id(held), own) != own:
                    self.others[own] = first[id(held)]
                    own = first[id(held)]
                elif held is not None and not held.requires_grad:
                    self.frozen.append(own)
            elif local in signature.inputs_to_buffers:
                own, origin = signature.inputs_to_buffers[local], "buffer"
            elif local not in signature.user_inputs:
                origin = "constant"
            elif local in self.writer.values:
                own = f"input {local}"
            self.names[local] = own
            self._value(own, value, origin)
            if origin == "input":
                self.given.append(own)

    def _value(self, name: str, tensor: Any, origin: str = "") -> None:
        shape = tuple([_side(side) for side in tensor.shape])
        floating = bool(tensor.dtype.is_floating_point or tensor.dtype.is_complex)
        self.writer.value(name, shape, floating, origin)

    def run(self, module: Any, names: dict[str, str], prefix: str, depth: int) -> list[Any]:
        """Write the steps of a graph down; what it gives."""
        if depth > MAX_DEPTH:
            raise UnreadError("graphs inside graphs, without end")
        ends: list[Any] = []
        for node in module.graph.nodes:
            if node.op == "output":
                ends = refs_in(self._plain(node.args, names))
            elif node.op == "call_function":
                self._node(module, node, names, prefix, depth)
        return ends

    def _node(self, module: Any, node: Any, names: dict[str, str], prefix: str, depth: int) -> None:
        if node.target is operator.getitem and f"{node.args[0].name}.{node.args[1]}" in names:
            names[node.name] = names[f"{node.args[0].name}.{node.args[1]}"]
            return
        made = self._made(node)
        if not made:
            return  # arithmetic of sizes, or a check
        target = str(node.target)
        graphs = [one for one in node.args if getattr(one, "op", "") == "get_attr"]
        inner = [getattr(module, str(one.target), None) for one in graphs]
        rest = [one for one in node.args if one not in graphs]
        if len(inner) == 1 and any(word in target for word in INLINED):
            self._inline(inner[0], rest, list(made), names, depth)
            return
        for local, value in made.items():
            names[local] = f"{prefix}value:{local}"
            self._value(names[local], value)
        outputs = tuple([names[local] for local in made])
        schema = getattr(node.target, "_schema", None)
        words = [one.name for one in schema.arguments] if schema else map(str, range(len(rest)))
        args = {word: self._plain(one, names) for word, one in zip(words, rest, strict=False)}
        kwargs = {word: self._plain(one, names) for word, one in node.kwargs.items()}
        stack = [
            (key, path_of(str(path)), kind if isinstance(kind, str) else kind.__qualname__)
            for key, (path, kind) in (node.meta.get("nn_module_stack") or {}).items()
        ]
        self.writer.step(Node(target, args, kwargs, outputs, scopes_of(stack)))

    def _made(self, node: Any) -> dict[str, Any]:
        """The tensors that a step gives, by their names."""
        value = node.meta.get("val")
        if self.torch.is_tensor(value):
            return {node.name: value}
        if isinstance(value, list | tuple):
            parts = {f"{node.name}.{place}": one for place, one in enumerate(value)}
            return {key: one for key, one in parts.items() if self.torch.is_tensor(one)}
        return {}

    def _inline(
        self,
        inner: Any,
        rest: Sequence[Any],
        locals_: Sequence[str],
        names: dict[str, str],
        depth: int,
    ) -> None:
        """Run the graph of an operator in its place."""
        self.graphs += 1
        wanted = [node.name for node in inner.graph.nodes if node.op == "placeholder"]
        values = refs_in([self._plain(one, names) for one in rest])
        own = dict(zip(wanted, values[len(values) - len(wanted) :], strict=True))
        ends = self.run(inner, own, f"graph:{self.graphs}.", depth + 1)
        names.update(zip(locals_, ends, strict=True))

    def _plain(self, value: Any, names: dict[str, str]) -> Any:
        """What a step is given, with tensors as references and sizes as numbers."""
        if hasattr(value, "op") and hasattr(value, "meta"):
            if value.name in names:
                return self.writer.ref(names[value.name])
            known = value.meta.get("val")
            if isinstance(known, list | tuple):
                parts = [names.get(f"{value.name}.{n}") for n in range(len(known))]
                return [self.writer.ref(one) for one in parts if one is not None]
            return _side(known) if hasattr(known, "node") else known
        if isinstance(value, list | tuple):
            return [self._plain(one, names) for one in value]
        if isinstance(value, slice):
            return slice(
                *[self._plain(one, names) for one in (value.start, value.stop, value.step)]
            )
        return _side(value) if hasattr(value, "node") else value
