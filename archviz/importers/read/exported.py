"""Exported PyTorch programs as recordings: the steps of a graph, with their modules.

The graph is that of the JSON which ``torch.export.save`` writes. Whoever has a live program makes
the same steps of it, see ``exported_live``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from archviz.errors import fail, one_line
from archviz.importers.read.recorded import Facts, counted_buffers
from archviz.importers.record.aten import Node, call_of, is_written, scopes_of, viewed
from archviz.importers.record.recording import Call, Recording, Ref, Value, refs_in
from archviz.importers.sizes import Sizes

MAX_DEPTH = 16
"""Graphs in graphs."""
MAX_RANK = 64
INLINED = ("wrap", "set_grad", "autocast", "checkpoint", "invoke_subgraph", "strict_mode")
"""In the names of operators that only run a graph of their own."""
_FLOATING = frozenset({6, 7, 8, 9, 10, 11, 13, *range(29, 40)})
"""The numbers of the floating-point types."""
_SELF = re.compile(r"^L\['self'\]\.?|^L__self__\.?")
_INNER = re.compile(r"\._modules\['([^']*)'\]|\['?([^'\]]*)'?\]")


class UnreadError(Exception):
    """What stands there is no program that can be read."""


class Program(NamedTuple):
    """A recording, and what was recorded."""

    recording: Recording
    facts: Facts


class Writer:
    """A recording in the making."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.values: dict[str, Value] = {}
        self.classes: dict[str, str] = {}
        self.views: dict[str, str] = {}
        """What a value is a view of."""
        self.now: dict[str, str] = {}
        """What values that were written to have become."""

    def value(self, name: str, shape: tuple[int, ...], floating: bool, origin: str = "") -> None:
        """A value, and what is known of it."""
        self.values[name] = Value(shape, floating, origin)

    def ref(self, name: str) -> Ref:
        """A value as it is now."""
        while name in self.now:
            name = self.now[name]
        if name not in self.values:
            raise UnreadError(f"nothing gives '{name[:80]}'")
        return Ref(name)

    def step(self, node: Node) -> None:
        """Write a step down, and what it does to values that it writes to."""
        self.classes.update((one.path, one.kind) for one in node.scopes)
        self.calls.append(call_of(node, self.values))
        source = viewed(node)
        if source is not None:
            self.views.update(dict.fromkeys(node.outputs, source.name))
        written = is_written(node)
        if written is not None and node.outputs:
            self._written(written.name, node.outputs[0], node)

    def _written(self, old: str, new: str, node: Node) -> None:
        self.now[old] = new
        base = self.views.get(old)
        while base is not None:
            parts = self.ref(base), Ref(new)
            made = f"{new}>{len(self.calls)}"
            held = self.values[parts[0].name]
            self.value(made, held.shape, held.floating)
            self.calls.append(Call("write_view", parts, {}, (made,), node.scopes))
            self.now[parts[0].name] = made
            base, new = self.views.get(base), made


def is_program(given: Any) -> bool:
    """Whether something is an exported program."""
    parts = all(hasattr(given, name) for name in ("graph_module", "graph_signature"))
    return parts and callable(getattr(given, "module", None))


def facts_of(
    name: str,
    writer: Writer,
    frozen: frozenset[str],
    others: Mapping[str, str],
) -> Facts:
    """What a program has by its own count."""
    sizes = {
        key: prod(one.shape) for key, one in writer.values.items() if one.origin == "parameter"
    }
    buffers = {key: prod(one.shape) for key, one in writer.values.items() if one.origin == "buffer"}
    inputs = {key: one.shape for key, one in writer.values.items() if one.origin == "input"}
    notes = (f"read as it was exported, for {shown(inputs)}",) if inputs else ()
    return Facts(name, sizes, frozen, others, counted_buffers(buffers), writer.classes, notes=notes)


def shown(sizes: Mapping[str, Sequence[int]]) -> str:
    """Sizes by their names, as the command line takes them."""
    return " ".join(f"{name}={'x'.join(map(str, size))}" for name, size in sizes.items())


def check_sizes(program: Program, sizes: Sizes, path: str) -> None:
    """Refuse sizes that are not those for which a program was exported.

    Raises:
        ArchvizError: they are others.
    """
    own = {name: program.recording.values[name].shape for name in program.recording.inputs}
    given = dict(sizes) if isinstance(sizes, Mapping) else dict(zip(own, sizes, strict=False))
    if len(sizes) <= len(own) and all(own.get(name) == size for name, size in given.items()):
        return
    advice = "leave --input out, or export it for that size"
    raise fail(path, f"was exported for {shown(own)}", advice)


# ---- the JSON of an archive --------------------------------------------------------------------


def program_of(model: Any, weights: Any, name: str) -> Program:
    """The program that the JSON of an archive holds; ``weights`` says which share their numbers.

    Raises:
        UnreadError: it is none.
    """
    module = model["graph_module"]
    reader = _Reader(module["graph"], _tied(weights))
    reader.inputs(module["signature"]["input_specs"])
    reader.run(module["graph"], reader.names, "", 0)
    outputs = [
        spec["user_output"]["arg"] for spec in module["signature"]["output_specs"]
        if "user_output" in spec
    ]  # fmt: skip
    wanted = [name for one in outputs for name in _tensors(one)]
    writer = reader.writer
    recording = Recording(
        tuple(writer.calls),
        writer.values,
        tuple(reader.given),
        tuple([writer.ref(reader.names[name]).name for name in wanted]),
    )
    others = {key: first for key, first in reader.tied.items() if key != first}
    title = writer.classes.get("", name)
    return Program(recording, facts_of(title, writer, frozenset(reader.frozen), others))


def _tied(weights: Any) -> dict[str, str]:
    """The first name of each weight, where several have the same numbers."""
    first: dict[Any, str] = {}
    found = {}
    for name, entry in (weights or {}).get("config", {}).items():
        meta = entry.get("tensor_meta") or {}
        key = (
            entry.get("path_name"),
            str(meta.get("sizes")),
            str(meta.get("strides")),
            str(meta.get("storage_offset")),
        )
        found[name] = first.setdefault(key, name)
    return found


class _Reader:
    """Walks through a graph and the graphs in it."""

    def __init__(self, graph: Any, tied: dict[str, str]) -> None:
        self.writer = Writer()
        self.tied = tied
        self.top = graph
        self.names: dict[str, str] = {}
        """What the outer graph calls values, and what they are called here."""
        self.given: list[str] = []
        self.frozen: list[str] = []
        self.graphs = 0

    def inputs(self, specs: Sequence[Any]) -> None:
        """Parameters, buffers, constants, and what goes in."""
        for spec in specs:
            ((kind, held),) = spec.items()
            if kind == "user_input":
                for name in _tensors(held["arg"]):
                    self._user(name)
                continue
            local = (held.get("arg") or {}).get("name")
            if local is None or kind in ("token", "custom_obj", "constant_input"):
                continue
            own = str(held.get(f"{kind}_name") or local)
            own = self.tied.get(own, own) if kind == "parameter" else own
            origin = kind if kind in ("parameter", "buffer") else "constant"
            shape, floating, trained = _meta(self.top["tensor_values"][local])
            self.names[local] = own
            if own not in self.writer.values:
                self.writer.value(own, shape, floating, origin)
                if origin == "parameter" and not trained:
                    self.frozen.append(own)

    def _user(self, local: str) -> None:
        shape, floating, _ = _meta(self.top["tensor_values"][local])
        name = local if local not in self.writer.values else f"input {local}"
        self.names[local] = name
        self.writer.value(name, shape, floating, "input")
        self.given.append(name)

    def run(self, graph: Any, names: dict[str, str], prefix: str, depth: int) -> list[str]:
        """Write the steps of a graph down; the names of what it gives."""
        if depth > MAX_DEPTH:
            raise UnreadError("graphs inside graphs, without end")
        for node in graph["nodes"]:
            self._node(graph, node, names, prefix, depth)
        return [names[name] for one in graph["outputs"] for name in _tensors(one)]

    def _node(self, graph: Any, node: Any, names: dict[str, str], prefix: str, depth: int) -> None:
        locals_ = [name for one in node["outputs"] for name in _tensors(one)]
        if not locals_:
            return  # arithmetic of sizes, or a check
        target = one_line(str(node["target"])).removeprefix("torch.ops.")
        given = [(one, _plain(one["arg"], graph, names, self.writer)) for one in node["inputs"]]
        inner = [value for _, value in given if isinstance(value, _Graph)]
        if len(inner) == 1 and any(word in target for word in INLINED):
            rest = [value for _, value in given if not isinstance(value, _Graph)]
            self._inline(inner[0], rest, locals_, names, depth)
            return
        outputs = []
        for local in locals_:
            names[local] = f"{prefix}value:{local}"
            shape, floating, _ = _meta(graph["tensor_values"][local])
            self.writer.value(names[local], shape, floating)
            outputs.append(names[local])
        plain = [(one, value) for one, value in given if not isinstance(value, _Graph)]
        words = [(str(one.get("name") or n), one, value) for n, (one, value) in enumerate(plain)]
        args = {word: value for word, one, value in words if one.get("kind", 1) != 2}
        kwargs = {word: value for word, one, value in words if one.get("kind", 1) == 2}
        noted = (node.get("metadata") or {}).get("nn_module_stack") or ""
        stack = _stack(one_line(noted) if isinstance(noted, str) else noted)
        self.writer.step(Node(target, args, kwargs, tuple(outputs), scopes_of(stack)))

    def _inline(
        self, inner: _Graph, rest: Sequence[Any], locals_: Sequence[str],
        names: dict[str, str], depth: int,
    ) -> None:  # fmt: skip
        """Run the graph of an operator in its place."""
        self.graphs += 1
        wanted = [name for one in inner.graph["inputs"] for name in _tensors(one)]
        values = refs_in(list(rest))
        own = dict(zip(wanted, values[len(values) - len(wanted) :], strict=True))
        ends = self.run(inner.graph, own, f"graph:{self.graphs}.", depth + 1)
        names.update(zip(locals_, ends, strict=True))


class _Graph(NamedTuple):
    graph: Any


def _tensors(argument: Any) -> list[str]:
    """The names of the tensors in an argument."""
    if not isinstance(argument, dict) or len(argument) != 1:
        return []
    ((kind, value),) = argument.items()
    if kind == "as_tensor":
        return [str(value["name"])]
    if kind == "as_tensors":
        return [str(one["name"]) for one in value]
    if kind in ("as_optional_tensor", "as_optional_tensors"):
        return [name for one in (value if isinstance(value, list) else [value])
                for name in _tensors(one)]  # fmt: skip
    return []


def _plain(argument: Any, graph: Any, names: Mapping[str, str], writer: Writer) -> Any:
    """What a step is given, with tensors as references and sizes as numbers."""
    ((kind, value),) = argument.items()

    def ref(one: Any) -> Ref:
        return writer.ref(names[one["name"]])

    if kind == "as_tensor":
        return ref(value)
    if kind == "as_tensors":
        return [ref(one) for one in value]
    if kind == "as_optional_tensor":
        return _plain(value, graph, names, writer)
    if kind == "as_optional_tensors":
        return [_plain(one, graph, names, writer) for one in value]
    if kind == "as_graph":
        return _Graph(value["graph"])
    if kind == "as_none":
        return None
    if kind.startswith("as_sym_"):
        known = {**graph.get("sym_int_values", {}), **graph.get("sym_float_values", {})}
        found = [_number(one, known) for one in (value if isinstance(value, list) else [value])]
        return found if isinstance(value, list) else found[0]
    if isinstance(value, list):
        return [one for one in value if isinstance(one, int | float | str | bool)]
    return value if isinstance(value, int | float | str | bool) else None


def _number(one: Any, known: Mapping[str, Any]) -> Any:
    """A size, as it was when the program was exported."""
    if not isinstance(one, dict):
        return one
    ((kind, value),) = [(key, found) for key, found in one.items() if found is not None]
    if kind == "as_name":
        if value not in known:
            return 1  # a truth, or a number that nothing here asks for
        return _number(known[value], {})
    if kind == "as_expr":
        hint = value.get("hint")
        if hint is None:
            raise UnreadError("a size is open, and the program has no example of it")
        return _number(hint, {})
    return value


def _meta(meta: Any) -> tuple[tuple[int, ...], bool, bool]:
    """The shape of a tensor, whether its numbers are floating-point ones, and trained."""
    shape = tuple([_number(side, {}) for side in meta["sizes"]])
    if len(shape) > MAX_RANK or not all(type(side) is int and side >= 0 for side in shape):
        raise UnreadError(f"a tensor of shape {str(shape)[:80]}")
    return shape, meta.get("dtype") in _FLOATING, bool(meta.get("requires_grad"))


def _stack(text: str) -> list[tuple[str, str, str]]:
    """The modules that were running, outermost first: key, path and class."""
    found = []
    for part in text.split(";"):
        words = part.split(",")
        if len(words) >= 3:
            found.append((words[0], path_of(",".join(words[1:-1])), words[-1]))
    return found


def path_of(text: str) -> str:
    """The path of a module as the model itself has it: ``layers.0`` for ``L['self'].layers[0]``."""
    path = _INNER.sub(lambda match: f".{match[1] or match[2]}", _SELF.sub("", text))
    return path.strip(".")
