"""What a recording comes to in operators: the same that ONNX files have, with every shape known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from archviz.importers.graphs import Op, OpGraph, Tensor
from archviz.importers.record.recording import Call, Recording, Ref

_NEEDED = object()
_WORDS: Mapping[str, Any] = {"None": None, "True": True, "False": False}


class Operators:
    """Operators in the making, with the shapes of all values."""

    def __init__(self, recording: Recording, learned: frozenset[str]) -> None:
        self.recording = recording
        self.ops: list[Op] = []
        self.shapes: dict[str, tuple[int, ...]] = {
            name: value.shape for name, value in recording.values.items()
        }
        self.constants: dict[str, Tensor] = {
            name: Tensor(value.shape, value.numbers, value.floating, name in learned)
            for name, value in recording.values.items()
            if value.origin in ("parameter", "buffer", "constant")
        }
        self.makers = {name: call for call in recording.calls for name in call.outputs}
        self.once: dict[tuple[Any, ...], str] = {}
        """What functions have given, by what they were called with."""
        self.derived: set[str] = set()
        """Results of weights alone."""
        self.path: tuple[str, ...] = ()
        self.made = 0
        self.seen: dict[tuple[Any, ...], str] = {}

    # ---- what rules ask ----------------------------------------------------------------------

    def shape(self, name: str | Ref) -> tuple[int, ...]:
        """The shape of a value."""
        return self.shapes[name.name if isinstance(name, Ref) else name]

    def is_constant(self, name: str) -> bool:
        """Whether a value does not depend on what goes in."""
        return name in self.constants or name in self.derived

    def operand(self, value: Any) -> str:
        """The name of what a function was given: a value, or a number."""
        if isinstance(value, Ref):
            return value.name
        if value is None:
            return ""
        return self.numbers((), float(value))

    def numbers(self, shape: tuple[int, ...], *values: float) -> str:
        """A constant of the model's code, which is no weight."""
        key = (shape, values)
        if key not in self.seen:
            name = self.seen[key] = f"number:{len(self.seen)}"
            whole = all(isinstance(value, int) for value in values)
            self.constants[name] = Tensor(shape, values, not whole, False)
            self.shapes[name] = shape
        return self.seen[key]

    def list_of(self, values: Iterable[int]) -> str:
        """Whole numbers that steer an operator."""
        found = tuple(int(value) for value in values)
        return self.numbers((len(found),), *found)

    def constant(self, name: str, *, floating: bool = True) -> None:
        """Let a result be a constant whose numbers nobody asks for."""
        self.constants[name] = Tensor(self.shapes[name], None, floating, False)

    # ---- what rules write --------------------------------------------------------------------

    def put(self, kind: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> None:
        """An operator that gives named values."""
        self.ops.append(Op(kind, outputs[0], tuple(inputs), outputs, attributes, self.path))

    def step(
        self, kind: str, inputs: Sequence[str], shape: tuple[int, ...], **attributes: Any
    ) -> str:
        """An operator that gives a value between two of the recording."""
        self.made += 1
        name = f"step:{self.made}"
        self.shapes[name] = shape
        self.put(kind, inputs, name, **attributes)
        return name

    def reshape(self, source: str, output: str) -> None:
        """The same numbers in other axes."""
        if self.shapes[source] == self.shapes[output]:
            self.put("Identity", [source], output)
        else:
            self.put("Reshape", [source, self.list_of(self.shapes[output])], output)

    def reshaped(self, source: str, shape: tuple[int, ...]) -> str:
        """The same numbers in other axes, on the way."""
        if self.shapes[source] == shape:
            return source
        return self.step("Reshape", [source, self.list_of(shape)], shape)

    def transposed(self, source: str, order: Sequence[int]) -> str:
        """Axes in another order, on the way."""
        if list(order) == [*range(len(order))]:
            return source
        old = self.shapes[source]
        return self.step(
            "Transpose", [source], tuple(old[axis] for axis in order), perm=tuple(order)
        )

    # ---- out ---------------------------------------------------------------------------------

    def graph(self, name: str) -> OpGraph:
        """The operators on the way to an output, in their order."""
        needed = set(self.recording.outputs)
        kept: list[Op] = []
        for op in reversed(self.ops):
            if not needed.isdisjoint(op.outputs):
                kept.append(op)
                needed.update(op.inputs)
        kept.reverse()
        return OpGraph(
            name,
            self.recording.inputs,
            tuple(dict.fromkeys(self.recording.outputs)),
            tuple(kept),
            self.shapes,
            self.constants,
            learned=True,
            called=self.recording.called,
        )


def bound(signature: str, call: Call) -> SimpleNamespace:
    """The arguments of a call by name.

    A signature is like ``input weight bias=None stride=1``; ``mask|attn_mask`` is called the
    second by torch; ``*dims`` takes what is left, as one tuple whether it was given as one or not.
    """
    found: dict[str, Any] = {}
    args = list(call.args)
    for word in signature.split():
        if word.startswith("*"):
            rest = tuple(args)
            args = []
            if len(rest) == 1 and isinstance(rest[0], list | tuple):
                rest = tuple(rest[0])
            found[word[1:]] = rest or tuple(call.kwargs.get(word[1:]) or ())
            continue
        names, _, plain = word.partition("=")
        name = names.partition("|")[0]
        if args:
            found[name] = args.pop(0)
        else:
            given = [call.kwargs[key] for key in names.split("|") if key in call.kwargs]
            found[name] = (*given, _plain(plain) if plain else _NEEDED)[0]
        if found[name] is _NEEDED:
            raise LookupError(f"{call.function} without {name}")
    return SimpleNamespace(**found, out=call.outputs[0], outs=call.outputs, call=call)


def _plain(word: str) -> Any:
    return _WORDS[word] if word in _WORDS else (float(word) if "." in word else int(word))


def sides(value: Any, rank: int) -> tuple[int, ...]:
    """A side for each axis of a window."""
    found = tuple(value) if isinstance(value, list | tuple) else (value,)
    return found * rank if len(found) == 1 else found
