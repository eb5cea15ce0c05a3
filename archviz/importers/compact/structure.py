"""What distinguishes layers: their structure, and the fields in which equal ones may differ."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, assert_never

from archviz.importers.compact.tree import (
    UNKNOWN,
    Call,
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chains_of,
)
from archviz.importers.graphs import LayerNode
from archviz.network.kinds import ACTIVATIONS, KINDS
from archviz.network.rules import dimensions

FieldValue: TypeAlias = int | float | str | None
"""None where a layer is not there: any value will do."""
VaryingField: TypeAlias = tuple[str, FieldValue]
"""A field in which layers of one structure may differ, and its value.

A padding is a text: ``same``, ``valid``, ``any`` where both come to the same, ``half:N`` for what
is also ``same``, a number, or four of them."""

ALONE = frozenset({*ACTIVATIONS, *(name for name in KINDS if KINDS[name].role == "norm")})
"""Activations and normalisations that are layers of their own."""
FIXED = (
    *("bias", "norm", "ceil", "shared", "label", "drawn", "kv_heads", "key_bias", "out_bias"),
    *("biases", "reset_after", "bidirectional", "last", "takes", "active", "gated", "begins"),
    *("frozen", "causal", "keep", "color"),
)
PRESENT = "present"
"""The field of what some calls of a module leave out."""
EXTRA = "extra"
"""The same of calls, and of layers behind others."""
EXTRAS = {"merge": "shortcut", "conv": "convolved", "pool": "pooled", "attention": "attends"}
"""The same of layers that play a part with a name."""
OPTIONAL = frozenset({PRESENT, EXTRA, *EXTRAS.values()})
FREE: Mapping[str, FieldValue] = {
    "activation": "none",
    "norm": "none",
    "bias": "yes",
    "groups": 1,
    "dilation": 1,
    "kernel": 1,
}
"""Options in which layers of one place may differ, with what they have without a word."""
NUMBER = "number"
"""The field of the number in a label, in which layers of one place may differ."""
NUMBERED = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
BLANK = "#"
"""What stands for that number in the label."""
TIMES = "times"
"""The field of a row of equal elements: how many there are."""
DRAWN = {name: int(kind.drawn) for name, kind in KINDS.items()}
NUMBERS = (
    *("filters", "multiplier", "groups", "value", "count", "weights", "macs", "own"),
    "untrained",
)


class LayerStructure(NamedTuple):
    """A layer taken apart: ``key`` is its structure."""

    key: tuple[Any, ...]
    fixed: tuple[tuple[str, Any], ...]
    varying: tuple[VaryingField, ...]


def layer_structure(node: LayerNode) -> LayerStructure:
    """The structure of a layer, its constant options, and the fields that may differ."""
    options, kind = node.options, node.kind
    known = KINDS[kind]
    fixed: list[tuple[str, Any]] = [(f, options[f]) for f in FIXED if f in options]
    varying: list[VaryingField] = []
    ones = (1,) * dimensions(kind)
    kernel = options.get("kernel", ones)
    stride, dilation = options.get("stride", ones), options.get("dilation", ones)
    varying += [(field, options[field]) for field in NUMBERS if field in options]
    windowed = "kernel" in known.options
    if windowed:
        for field, pair in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
            if len(set(pair)) > 1 or (field == "kernel" and pair == ones):
                fixed.append((field, pair))
            elif field != "dilation" or pair != ones or (field in known.options and kernel != ones):
                varying.append((field, pair[0]))
    if windowed or "pad" in known.options:
        padding = pad_text(kind, options.get("padding", "valid"), kernel, stride, dilation)
        target: list[Any] = fixed if "," in padding and ":" not in padding else varying
        target.append(("padding", padding))
    if kind == "scaled-add" and "value" not in options:
        varying.append(("value", 1.0))
    for axis, side in enumerate(options.get("shape", ())):
        varying.append((f"shape{axis}", side))
    activation = options.get("activation", "none")
    if known.join:
        varying.append(("activation", activation))
    elif activation != "none":
        fixed.append(("activation", activation))
    classes = [field for field, _ in varying]
    if kind in ALONE:
        varying.append((PRESENT, 1))
    return LayerStructure((kind, tuple(fixed), tuple(classes)), tuple(fixed), tuple(varying))


def freed(layer: LayerStructure, fields: Collection[str]) -> LayerStructure:
    """A layer with fields as varying ones that are constant elsewhere, and one of presence."""
    fixed = dict(layer.fixed)
    moved = [name for name in FREE if name in fields]
    own = dict(layer.varying)
    varying = [one for one in layer.varying if one[0] not in (PRESENT, *moved)]
    for name in moved:
        value = own.get(name, fixed.pop(name, FREE[name]))
        value = value[0] if isinstance(value, tuple) else value
        varying.append((name, ("no", "yes")[value] if isinstance(value, bool) else value))
    if NUMBER in fields:
        label = str(fixed["label"])
        found = NUMBERED.search(label)
        assert found is not None
        fixed["label"] = label.replace(found[0], BLANK, 1)
        varying.append((NUMBER, found[0]))
    names = [name for name, _ in varying]
    if PRESENT in own:
        varying.append((PRESENT, 1))
    elif PRESENT in fields:
        varying.append((EXTRAS.get(KINDS[layer.key[0]].role, EXTRA), 1))
    kept = tuple(fixed.items())
    return LayerStructure((layer.key[0], kept, (*names, *fields)), kept, tuple(varying))


def pad_text(
    kind: str, padding: Any, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> str:
    """A padding as a text."""
    spans = [(size - 1) * step for size, step in zip(kernel, dilation, strict=True)]
    plain = kind != "zero-pad" and not kind.startswith("conv-transpose")
    if plain and not any(spans) and (padding in ("same", "valid") or not any(padding)):
        return "any"
    halves = tuple([span // 2 for span in spans for _ in range(2)])
    odd = plain and set(stride) == {1} and not any(span % 2 for span in spans)
    if odd and (padding == "same" or tuple(padding) == halves):
        return f"half:{sides_text(halves)}"
    if isinstance(padding, str):
        return padding
    if plain and not any(padding):
        return "valid"
    return sides_text(padding)


def sides_text(sides: Sequence[int]) -> str:
    """Padding in pixels, as short as it can be written."""
    return str(sides[0]) if len(set(sides)) == 1 else ",".join(map(str, sides))


class Structures:
    """Structures of layers, chains and elements as numbers, equal for equal structures."""

    def __init__(self, nodes: Sequence[LayerNode]) -> None:
        self.nodes = nodes
        self.numbers: dict[tuple[Any, ...], int] = {}
        self.layers: list[LayerStructure | None] = [None] * len(nodes)
        self.keys: list[int] = [UNKNOWN] * len(nodes)
        self.stated: dict[tuple[Any, ...], LayerStructure] = {}
        """By kind and options: most layers are like an earlier one."""
        self.freed: dict[int, frozenset[str]] = {}
        """Of layers in modules that are one of several: the fields that vary there alone."""
        self.sizes: list[int] = []
        """How many layers are drawn in what has a structure, by its number."""
        self.inputs = any(node.kind == "input" for node in nodes[1:])
        """Whether there are others than the first layer."""

    def number(self, key: tuple[Any, ...], size: int = 0) -> int:
        """A number for a structure, the same for equal ones."""
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.sizes)
            self.sizes.append(size)
        return found

    def layer(self, number: int) -> LayerStructure:
        """A layer taken apart; what is not there is like the layer it stands for."""
        if number < 0:
            found = self.layer(~number)
            if ~number not in self.freed and found.varying[-1:] == ((PRESENT, 1),):
                return found._replace(varying=(*found.varying[:-1], (PRESENT, 0)))
            there = [(name, 0 if name in OPTIONAL else None) for name, _ in found.varying]
            return found._replace(varying=tuple(there))
        known = self.layers[number]
        if known is None:
            known = self.as_stated(number)
            if number in self.freed:
                known = freed(known, sorted(self.freed[number]))
            self.layers[number] = known
        return known

    def as_stated(self, number: int) -> LayerStructure:
        """A layer taken apart, whatever varies where it stands."""
        node = self.nodes[number]
        stated = node.kind, *node.options.items()
        known = self.stated.get(stated)
        if known is None:
            known = self.stated[stated] = layer_structure(node)
        return known

    def free(self, number: int, fields: Collection[str]) -> None:
        """Let fields of a layer, or of the one it stands for, be varying ones."""
        index = number if number >= 0 else ~number
        self.freed[index] = self.freed.get(index, frozenset()) | {*fields}
        self.layers[index] = None
        self.keys[index] = UNKNOWN

    def may_lack(self, number: int) -> bool:
        """Whether calls of the module around a layer may leave it out."""
        return PRESENT in self.freed.get(number if number >= 0 else ~number, ())

    def key(self, element: Element) -> int:
        """The structure of an element."""
        if isinstance(element, int):
            index = element if element >= 0 else ~element
            if self.keys[index] == UNKNOWN:
                drawn = DRAWN[self.nodes[index].kind]
                self.keys[index] = self.number(self.layer(index).key, drawn)
            return self.keys[index]
        if element.key == UNKNOWN:
            element.key = self.structure(element)
        return element.key

    def structure(self, element: Parallel | Fork | FreeGraph | Call | Run) -> int:
        """The number of an element's structure, which nobody has looked at yet."""
        inner = tuple([self.chain_key(chain) for chain in chains_of(element)])
        sizes = self.sizes
        size = 0
        for keys in inner:
            for number in keys:
                size += sizes[number]
        match element:
            case Parallel():
                return self.number(("parallel", self.key(element.merge), *inner), size + 1)
            case FreeGraph():
                return self.number(("graph", inner, tuple(element.edges)), size)
            case Fork():
                return self.number(("fork", *inner), size)
            case Run():
                return self.number(("run", *inner), size)
            case Call():
                return self.number(("call", element.module, element.optional, *inner), size)
            case _:
                assert_never(element)

    def size(self, element: Element) -> int:
        """How many layers are drawn in an element."""
        return self.sizes[self.key(element)]

    def chain_key(self, chain: Chain) -> tuple[int, ...]:
        """The structure of a chain."""
        keys, key = self.keys, self.key
        return tuple(
            [keys[e] if isinstance(e, int) and e >= 0 and keys[e] >= 0 else key(e) for e in chain]
        )

    def chain_size(self, chain: Chain) -> int:
        """How many layers are drawn in a chain."""
        sizes = self.sizes
        return sum([sizes[key] for key in self.chain_key(chain)])

    def kind(self, element: Element) -> str:
        """The kind of a layer; of an element its merge's."""
        if isinstance(element, int):
            return self.nodes[element if element >= 0 else ~element].kind
        return self.nodes[element.merge].kind if isinstance(element, Parallel) else ""


def varying_fields(structures: Structures, chain: Chain) -> list[VaryingField]:
    """All fields and values of a chain, in the order in which it is written."""
    found: list[VaryingField] = []
    for element in chain:
        if isinstance(element, int):
            found += structures.layer(element).varying
        else:
            for inner in chains_of(element):
                found += varying_fields(structures, inner)
            if isinstance(element, Parallel):
                found += structures.layer(element.merge).varying
            elif isinstance(element, Run):
                found.append((TIMES, len(element.bodies)))
    return found
