"""Names, labels and colours of modules, as a person would choose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archviz.importers.compact.code_names import CodeNames, key_of, spec_name
from archviz.importers.compact.module_drafts import ModuleDraft
from archviz.importers.compact.modules import TAILS
from archviz.importers.compact.outline import Item, LayerItem
from archviz.importers.compact.structure import ALONE, Structures
from archviz.importers.compact.told_apart import strides, told_apart
from archviz.importers.compact.tree import Chain, FreeGraph, Parallel, chain_layers
from archviz.network.kinds import KINDS

GROWS = ALONE | {"conv", "dropout", "concat"}
"""Kinds of what a dense layer adds to what it takes, of at most two convolutions."""
LONGEST_LABEL = 30
"""Letters that three lines in a box hold."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class ModuleLabel(NamedTuple):
    """How a module is shown, and its name in the spec."""

    name: str
    label: str
    title: str
    color: str


class BaseLabel(NamedTuple):
    """What a module is; several of one network get letters."""

    name: str
    label: str
    title: str
    color: str = "green"
    coded: bool = False
    """Whether the model's own code calls it so."""


FIRE = BaseLabel("fire", "fire", "Fire module")
REDUCTION_CELL = BaseLabel("reduction-cell", "Reduction", "Reduction cell", "orange")
SUMMED = BaseLabel("separable-sum", "sep. sum", "Sum of separable convolutions")
SEPARABLE = BaseLabel("separable", "separable", "Separable convolutions")


def name_modules(
    structures: Structures,
    drafts: Sequence[ModuleDraft],
    bodies: Mapping[int, Chain],
    code: CodeNames,
) -> dict[int, ModuleLabel]:
    """The labels of all modules, given in the order of their first use."""
    bases = {index: _base(structures, drafts[index].role, body) for index, body in bodies.items()}
    blocks = {index: body for index, body in bodies.items() if drafts[index].role == "block"}
    _flows(structures, blocks, bases)
    for index, base in bases.items():
        calls = [call.body for call in drafts[index].calls]
        bases[index] = _as_coded(structures, code, calls, base, drafts[index].name)
    bases = _told_apart(structures, drafts, bases)
    counts = Counter(base.name for base in bases.values())
    seen: Counter[str] = Counter()
    result = {}
    for index, base in bases.items():
        if counts[base.name] == 1:
            result[index] = ModuleLabel(base.name, base.label, base.title, base.color)
            continue
        letter = _letter(seen[base.name])
        seen[base.name] += 1
        label = f"{base.label}-{letter.upper()}"
        title = label if base.title == base.label else f"{base.title} {letter.upper()}"
        result[index] = ModuleLabel(f"{base.name}-{letter}", label, title, base.color)
    return result


def _as_coded(
    structures: Structures, code: CodeNames, calls: Sequence[Chain], base: BaseLabel, name: str
) -> BaseLabel:
    """The ``name`` of a module, or of the class that all calls are; else what was found for it."""
    classes = {name or code.class_of(structures, body) for body in calls}
    name = classes.pop() if len(classes) == 1 else ""
    key = key_of(name.lstrip("_"), KINDS)
    if not key:
        return base
    return base._replace(name=key, label=code.label(name), title=code.title(name), coded=True)


def _told_apart(
    structures: Structures, drafts: Sequence[ModuleDraft], bases: Mapping[int, BaseLabel]
) -> dict[int, BaseLabel]:
    """Modules of one class of the model's code, with words for what they differ in."""
    result = dict(bases)
    titles = {index: base.title for index, base in bases.items()}
    for name in dict.fromkeys(base.name for base in bases.values() if base.coded):
        alike = [index for index, base in bases.items() if base.name == name]
        if len(alike) == 1:
            continue
        calls = {index: [call.body for call in drafts[index].calls] for index in alike}
        for index, told in told_apart(structures, calls, titles).items():
            base = bases[index]
            if told.whole:
                title = f"{base.title}, {told.whole}"
                others = {one.name for one in result.values() if one.title != title}
                result[index] = base._replace(
                    name=spec_name(f"{name} {told.whole}", others),
                    label=_short(base.label, told.short),
                    title=title,
                )
    return result


def _short(label: str, difference: str) -> str:
    """A label with what tells it apart, that fits into a box: with its last words if need be."""
    words = label.split()
    while len(words) > 1 and len(" ".join(words)) + len(difference) > LONGEST_LABEL:
        del words[0]
    kept = " ".join(words)
    return f"{kept[:1].upper()}{kept[1:]}, {difference}"


def with_kernel(label: ModuleLabel, body: Sequence[Item]) -> ModuleLabel:
    """The label of a module of separable convolutions, with the kernel if all have one."""
    if not label.name.startswith(SEPARABLE.name) or label.name.startswith(SUMMED.name):
        return label
    layers = [dict(item.values) for item in body if isinstance(item, LayerItem)]
    kernels = {values["kernel"] for values in layers if "kernel" in values}
    if len(kernels) != 1 or len(layers) < len(body):
        return label
    kernel = kernels.pop()
    side = kernel if kernel.isdigit() else f"{{{kernel}}}"
    return label._replace(label=label.label.replace(SEPARABLE.label, f"sep {side}×{side}"))


def _letter(number: int) -> str:
    rest, last = divmod(number, len(LETTERS))
    return (_letter(rest - 1) if rest else "") + LETTERS[last]


def _base(structures: Structures, role: str, body: Chain) -> BaseLabel:
    kinds = [structures.kind(layer) for layer in chain_layers(body)]
    first = body[0]
    if role == "stem":
        return BaseLabel("stem", "Stem", "Stem", "yellow")
    if role == "graph":
        smaller = isinstance(first, FreeGraph) and reduces(structures, first)
        return REDUCTION_CELL if smaller else BaseLabel("cell", "Cell", "Cell")
    paths = sum(isinstance(one, Parallel) for one in body)
    if role == "pair" or (role == "block" and paths > 1):
        coder = any(map(is_attention, kinds))
        return (
            BaseLabel("encoder-block", "encoder", "Encoder block")
            if coder
            else _scoped(structures, body)
        )
    squeezes = len(body) == 1 and kinds[0] == "global-avg-pool"
    if (role == "inner" or squeezes) and structures.kind(first) == "multiply":
        return BaseLabel("squeeze-excite", "SE", "Squeeze and excitation")
    if role in ("inner", "linear") and "sep-conv" in kinds:
        return SUMMED if "add" in kinds else SEPARABLE
    if len(body) == 2 and isinstance(body[1], Parallel) and structures.kind(body[1]) == "concat":
        fire = kinds == ["conv"] * 3 + ["concat"]
        return FIRE if fire else _towers(structures, body, kinds)
    if len(body) == 1 + (kinds[-1] in TAILS) and isinstance(first, Parallel):
        return _block(structures, first, body, kinds)
    return _linear(structures, body, kinds)


def _linear(structures: Structures, body: Chain, kinds: Sequence[str]) -> BaseLabel:
    if {*kinds} == {"conv"}:
        word = {2: "Double", 3: "Triple"}.get(len(kinds), "Repeated")
        name = f"{word.lower()} conv"
        return BaseLabel(name.replace(" ", "-"), name, f"{word} convolution")
    if "depthwise-conv" in kinds:
        if "multiply" in kinds:
            return BaseLabel("mbconv-first", "MBConv", "MBConv without a shortcut", "yellow")
        if kinds[-1] == "conv" and len(kinds) > 2:
            return BaseLabel("bottleneck", "bottleneck", "Inverted bottleneck", "yellow")
    if "pool" in kinds[-1] and "conv" in kinds and len(kinds) <= 5:
        return BaseLabel("transition", "transition", "Transition", "orange")
    return _scoped(structures, body)


def _block(structures: Structures, block: Parallel, body: Chain, kinds: Sequence[str]) -> BaseLabel:
    kind, paths = structures.kind(block), block.branches
    inner = {
        structures.kind(element)
        for path in paths
        for element in path
        if isinstance(element, Parallel)
    }
    if kind in ("add", "scaled-add"):
        if "concat" in inner:
            return BaseLabel("inception-resnet", "Inception-ResNet", "Inception-ResNet")
        if len(paths) == 2:
            return _residual(structures, block, body, kinds)
        return _scoped(structures, body)
    if kind == "concat" and all("pool" in one for one in kinds[:-1]):
        return BaseLabel("pyramid-pooling", "pyramid pool", "Pyramid pooling")
    if kind == "concat" and len(paths) == 2 and not paths[1]:
        grows = {*kinds} <= GROWS and kinds.count("conv") <= 2
        dense = BaseLabel("dense-layer", "dense layer", "Dense layer")
        return dense if grows else _scoped(structures, body)
    if kind == "concat":
        if all(any(stride > 1 for stride in strides(structures, path)) for path in paths):
            return BaseLabel("reduction", "Reduction", "Reduction", "orange")
        if len(paths) == 2 and [structures.kind(one) for one in paths[1]] == ["conv"]:
            return BaseLabel("csp", "CSP", "Cross-stage partial block")
        if "channel-shuffle" in kinds:
            return BaseLabel("shuffle-unit", "shuffle", "Shuffle unit")
        return _towers(structures, body, kinds)
    return _scoped(structures, body)


def _towers(structures: Structures, body: Chain, kinds: Sequence[str]) -> BaseLabel:
    """Towers that a concat joins: those of other layers than convolutions are no Inception."""
    if any("conv" in kind for kind in kinds):
        return BaseLabel("inception", "Inception", "Inception")
    return _scoped(structures, body)


def _residual(
    structures: Structures, block: Parallel, body: Chain, kinds: Sequence[str]
) -> BaseLabel:
    shortcut = block.branches[1]
    if any(map(is_attention, kinds)):
        return BaseLabel("attention-block", "attention", "Attention block")
    if "depthwise-conv" in kinds:
        if structures.kind(block.branches[0][0]) == "depthwise-conv":
            return BaseLabel("convnext-block", "ConvNeXt", "ConvNeXt block")
        if "multiply" in kinds:
            return BaseLabel("mbconv", "MBConv", "MBConv")
        return BaseLabel("inverted-residual", "inverted", "Inverted residual")
    if ("conv" in kinds) == ("layer-norm" in kinds) and {"conv", "dense"} & {*kinds}:
        return BaseLabel("mlp-block", "MLP", "MLP block")
    if not any("conv" in kind for kind in kinds):
        return _scoped(structures, body)
    if shortcut:
        return BaseLabel("conv-block", "conv", "Conv block", "yellow")
    return BaseLabel("identity-block", "identity", "Identity block")


def is_attention(kind: str) -> bool:
    """Whether a kind of layer is an attention of whatever form."""
    return kind.endswith("attention")


def _flows(
    structures: Structures, bodies: Mapping[int, Chain], bases: dict[int, BaseLabel]
) -> None:
    """Residual blocks of separable convolutions: entry, middle and exit."""
    blocks = [
        index
        for index, body in bodies.items()
        if bases[index].name in ("conv-block", "identity-block")
        and any(structures.kind(layer) == "sep-conv" for layer in chain_layers(body))
    ]
    middles = [index for index in blocks if bases[index].name == "identity-block"]
    if not middles or len(blocks) == len(middles):
        return
    before = True
    for index in blocks:
        if index in middles:
            bases[index], before = BaseLabel("middle", "Middle", "Middle"), False
        elif before:
            bases[index] = BaseLabel("entry", "Entry", "Entry", "yellow")
        else:
            bases[index] = BaseLabel("exit", "Exit", "Exit", "orange")


def reduces(structures: Structures, graph: FreeGraph) -> bool:
    """Whether every way from the input of free wiring to its end makes the map smaller."""
    bodies = dict(graph.nodes)
    keeps = {"in"}
    for name, _ in graph.nodes:  # in topological order
        sources = [source for source, target in graph.edges if target == name]
        if not keeps.isdisjoint(sources) and max(strides(structures, bodies[name]), default=1) < 2:
            keeps.add(name)
    return not any(target == "out" and source in keeps for source, target in graph.edges)


def _scoped(structures: Structures, body: Chain) -> BaseLabel:
    """The scope that all layers of a module share, without its number; else ``block``."""
    scopes = [
        structures.nodes[layer if layer >= 0 else ~layer].scope for layer in chain_layers(body)
    ]
    word = ""
    for level in zip(*scopes, strict=False):
        if len(set(level)) > 1:
            break
        last = level[0].rpartition(".")[2].strip("0123456789_")
        word = last if last.isascii() and last.replace("_", "").isalpha() else word
    word = word.replace("_", " ").strip().lower()
    name = word.replace(" ", "-")
    if not 2 < len(word) <= 24 or name in KINDS or name in ("features", "model", "layers"):
        word = name = "block"
    return BaseLabel(name, word, word.capitalize())
