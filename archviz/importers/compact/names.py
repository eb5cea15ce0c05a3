"""Names, labels and colours of modules, as a person would choose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from archviz.importers.compact.module_calls import Group
from archviz.importers.compact.modules import TAILS
from archviz.importers.compact.outline import Cell, Item
from archviz.importers.compact.structure import Book
from archviz.importers.compact.tree import Chain, Par, Wild, chain_leaves, chains_of
from archviz.network.kinds import KINDS

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Label(NamedTuple):
    """How a module is shown, and its name in the spec."""

    name: str
    label: str
    title: str
    color: str


class Base(NamedTuple):
    """What a module is; several of one network get letters."""

    name: str
    label: str
    title: str
    color: str = "green"


FIRE = Base("fire", "fire", "Fire module")
REDUCTION_CELL = Base("reduction-cell", "Reduction", "Reduction cell", "orange")
SUMMED = Base("separable-sum", "sep. sum", "Sum of separable convolutions")
SEPARABLE = Base("separable", "separable", "Separable convolutions")


def name_modules(
    book: Book, groups: Sequence[Group], bodies: Mapping[int, Chain]
) -> dict[int, Label]:
    """The labels of all modules, given in the order of their first use."""
    bases = {index: _base(book, groups[index].role, body) for index, body in bodies.items()}
    blocks = {index: body for index, body in bodies.items() if groups[index].role == "block"}
    _flows(book, blocks, bases)
    counts = Counter(base.name for base in bases.values())
    seen: Counter[str] = Counter()
    result = {}
    for index, base in bases.items():
        if counts[base.name] == 1:
            result[index] = Label(*base)
            continue
        letter = _letter(seen[base.name])
        seen[base.name] += 1
        label = f"{base.label}-{letter.upper()}"
        title = label if base.title == base.label else f"{base.title} {letter.upper()}"
        result[index] = Label(f"{base.name}-{letter}", label, title, base.color)
    return result


def with_kernel(label: Label, body: Sequence[Item]) -> Label:
    """The label of a module of separable convolutions, with the kernel if all have one."""
    if not label.name.startswith(SEPARABLE.name) or label.name.startswith(SUMMED.name):
        return label
    layers = [dict(item.values) for item in body if isinstance(item, Cell)]
    kernels = {values["kernel"] for values in layers if "kernel" in values}
    if len(kernels) != 1 or len(layers) < len(body):
        return label
    kernel = kernels.pop()
    side = kernel if kernel.isdigit() else f"{{{kernel}}}"
    return label._replace(label=label.label.replace(SEPARABLE.label, f"sep {side}×{side}"))


def _letter(number: int) -> str:
    rest, last = divmod(number, len(LETTERS))
    return (_letter(rest - 1) if rest else "") + LETTERS[last]


def _base(book: Book, role: str, body: Chain) -> Base:
    kinds = [book.kind(leaf) for leaf in chain_leaves(body)]
    first = body[0]
    if role == "stem":
        return Base("stem", "Stem", "Stem", "yellow")
    if role == "graph":
        smaller = isinstance(first, Wild) and reduces(book, first)
        return REDUCTION_CELL if smaller else Base("cell", "Cell", "Cell")
    if role == "pair":
        coder = any(map(is_attention, kinds))
        return Base("encoder-block", "encoder", "Encoder block") if coder else _scoped(book, body)
    if role == "inner" and book.kind(first) == "multiply":
        return Base("squeeze-excite", "SE", "Squeeze and excitation")
    if role in ("inner", "stretch") and "sep-conv" in kinds:
        return SUMMED if "add" in kinds else SEPARABLE
    if len(body) == 2 and isinstance(body[1], Par) and book.kind(body[1]) == "concat":
        fire = kinds == ["conv"] * 3 + ["concat"]
        return FIRE if fire else Base("inception", "Inception", "Inception")
    if len(body) == 1 + (kinds[-1] in TAILS) and isinstance(first, Par):
        return _block(book, first, body, kinds)
    return _stretch(book, body, kinds)


def _stretch(book: Book, body: Chain, kinds: Sequence[str]) -> Base:
    if {*kinds} == {"conv"}:
        word = {2: "Double", 3: "Triple"}.get(len(kinds), "Repeated")
        name = f"{word.lower()} conv"
        return Base(name.replace(" ", "-"), name, f"{word} convolution")
    if "depthwise-conv" in kinds:
        if "multiply" in kinds:
            return Base("mbconv-first", "MBConv", "MBConv without a shortcut", "yellow")
        if kinds[-1] == "conv" and len(kinds) > 2:
            return Base("bottleneck", "bottleneck", "Inverted bottleneck", "yellow")
    if "pool" in kinds[-1] and "conv" in kinds and len(kinds) <= 5:
        return Base("transition", "transition", "Transition", "orange")
    return _scoped(book, body)


def _block(book: Book, block: Par, body: Chain, kinds: Sequence[str]) -> Base:
    kind, paths = book.kind(block), block.branches
    inner = {book.kind(element) for path in paths for element in path if isinstance(element, Par)}
    if kind in ("add", "scaled-add"):
        if "concat" in inner:
            return Base("inception-resnet", "Inception-ResNet", "Inception-ResNet")
        if len(paths) == 2:
            return _residual(book, block, body, kinds)
        return _scoped(book, body)
    if kind == "concat" and all("pool" in one for one in kinds[:-1]):
        return Base("pyramid-pooling", "pyramid pool", "Pyramid pooling")
    if kind == "concat" and len(paths) == 2 and not paths[1]:
        return Base("dense-layer", "dense layer", "Dense layer")
    if kind == "concat":
        if all(any(stride > 1 for stride in _strides(book, path)) for path in paths):
            return Base("reduction", "Reduction", "Reduction", "orange")
        if len(paths) == 2 and [book.kind(one) for one in paths[1]] == ["conv"]:
            return Base("csp", "CSP", "Cross-stage partial block")
        if "channel-shuffle" in kinds:
            return Base("shuffle-unit", "shuffle", "Shuffle unit")
        return Base("inception", "Inception", "Inception")
    return _scoped(book, body)


def _residual(book: Book, block: Par, body: Chain, kinds: Sequence[str]) -> Base:
    shortcut = block.branches[1]
    if any(map(is_attention, kinds)):
        return Base("attention-block", "attention", "Attention block")
    if "depthwise-conv" in kinds:
        if book.kind(block.branches[0][0]) == "depthwise-conv":
            return Base("convnext-block", "ConvNeXt", "ConvNeXt block")
        if "multiply" in kinds:
            return Base("mbconv", "MBConv", "MBConv")
        return Base("inverted-residual", "inverted", "Inverted residual")
    if ("conv" in kinds) == ("layer-norm" in kinds) and {"conv", "dense"} & {*kinds}:
        return Base("mlp-block", "MLP", "MLP block")
    if not any("conv" in kind for kind in kinds):
        return _scoped(book, body)
    if shortcut:
        return Base("conv-block", "conv", "Conv block", "yellow")
    return Base("identity-block", "identity", "Identity block")


def is_attention(kind: str) -> bool:
    """Whether a kind of layer is an attention of whatever form."""
    return kind.endswith("attention")


def _flows(book: Book, bodies: Mapping[int, Chain], bases: dict[int, Base]) -> None:
    """Residual blocks of separable convolutions: entry, middle and exit."""
    blocks = [
        index
        for index, body in bodies.items()
        if bases[index].name in ("conv-block", "identity-block")
        and any(book.kind(leaf) == "sep-conv" for leaf in chain_leaves(body))
    ]
    middles = [index for index in blocks if bases[index].name == "identity-block"]
    if not middles or len(blocks) == len(middles):
        return
    before = True
    for index in blocks:
        if index in middles:
            bases[index], before = Base("middle", "Middle", "Middle"), False
        elif before:
            bases[index] = Base("entry", "Entry", "Entry", "yellow")
        else:
            bases[index] = Base("exit", "Exit", "Exit", "orange")


def reduces(book: Book, wild: Wild) -> bool:
    """Whether every way from the input of free wiring to its end makes the map smaller."""
    bodies = dict(wild.nodes)
    keeps = {"in"}
    for name, _ in wild.nodes:  # in topological order
        sources = [source for source, target in wild.edges if target == name]
        if not keeps.isdisjoint(sources) and max(_strides(book, bodies[name]), default=1) < 2:
            keeps.add(name)
    return not any(target == "out" and source in keeps for source, target in wild.edges)


def _strides(book: Book, chain: Chain) -> Iterator[int]:
    for element in chain:
        if isinstance(element, int):
            stride = book.nodes[element if element >= 0 else ~element].options.get("stride", (1, 1))
            yield max(stride)
        for inner in chains_of(element):
            yield from _strides(book, inner)


def _scoped(book: Book, body: Chain) -> Base:
    """The scope that all layers of a module share, without its number; else ``block``."""
    scopes = [book.nodes[leaf if leaf >= 0 else ~leaf].scope for leaf in chain_leaves(body)]
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
    return Base(name, word, word.capitalize())
