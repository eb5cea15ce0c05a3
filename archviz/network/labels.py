"""What a layer is called in a figure and in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archviz.network.kind import Trait, counted
from archviz.network.kinds import KINDS
from archviz.network.model import Layer, Shape

IN_BRACES = r"\{([^{}]*)\}"
"""A parameter in the label of a module."""


def shape_text(shape: Shape) -> str:
    """``(224, 224, 3)`` as ``224×224×3``."""
    return "×".join(str(size) for size in shape)


OPEN = "open"
"""Said for a number that depends on a side that is open."""


def count_text(count: int | None) -> str:
    """``1,234``; of a count that depends on what is open, a word."""
    return OPEN if count is None else f"{count:,}"


def macs_text(count: int | None) -> str:
    """``1,234 multiply-adds``, for a sentence."""
    return f"{count_text(count)} multiply-adds"


def rounded_count(count: int) -> str:
    """A count with three figures: ``25.6M``, ``118M``, ``3.86G``, ``9.41k``; small ones whole."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= 0.9995 * unit and count >= 1000:
            return f"{count / unit:.3g}{name}"
    return str(count)


def totals_text(parameters: int, macs: int | None, depth: int) -> str:
    """What a network comes to, in one line."""
    products = OPEN if macs is None else rounded_count(macs)
    return f"{rounded_count(parameters)} parameters · {products} multiply-adds · depth {depth}"


def layer_label(layer: Layer) -> str:
    """``conv 3×3``."""
    if layer.label:
        return layer.label
    kind = KINDS[layer.kind]
    template = kind.label
    if kind.words:
        return kind.words(layer)[0]
    if "{kernel}" not in template:
        return template
    if layer.causal:
        template = f"causal {template}"
    return template.replace("{kernel}", shape_text(layer.kernel))


def box_label(layer: Layer, depthwise: bool = False) -> str:
    """What a box says: the factor by which it enlarges, too, and whether it is ``depthwise``."""
    label = layer_label(layer)
    if layer.label:
        return label
    if layer.kind in FACTORS:
        return f"{label} ×{layer.value:g}"
    return label.replace("conv", "conv dw", 1) if depthwise else label


FACTORS = ("upsample", "max-unpool", "pixel-shuffle")
"""Kinds that say by how much they enlarge."""


def traits(layer: Layer, depthwise: bool = False) -> tuple[Trait, ...]:
    """What sets a layer apart from others of its label, whatever the detail of the figure."""
    kind = KINDS[layer.kind]
    found = [*kind.words(layer)[1]] if kind.words else []
    if kind.name == "scaled-add":
        found.append(Trait("scale", f"×{layer.value:g}"))
    if enlarges(layer):
        found.append(Trait("factor", f"enlarges ×{sides(layer.stride)}", set(layer.stride) == {1}))
    if "groups" in kind.options and not depthwise:
        found.append(Trait("groups", counted(layer.groups, "group"), layer.groups == 1))
    if "multiplier" in kind.options or depthwise:
        number = layer.filters // layer.groups if depthwise else layer.multiplier
        found.append(Trait("multiplier", f"multiplier {number}", number == 1))
    if "dilation" in kind.options:
        found.append(Trait("rate", f"rate {sides(layer.dilation)}", set(layer.dilation) == {1}))
    return tuple(found)


def enlarges(layer: Layer) -> bool:
    """Whether its stride makes the map larger."""
    return layer.kind.startswith("conv-transpose")


def sides(sizes: Sequence[int]) -> str:
    """``4``; all sides where they differ: ``2×1``."""
    return f"{sizes[0]}" if len({*sizes}) == 1 else shape_text(tuple(sizes))


SINGULAR = re.compile(r"^1 ((?:key )?(?:head|group|tower))\b")


def several(texts: Sequence[str]) -> str:
    """Traits of which one holds, in one: ``1 or 4 groups``, ``window 7 / no window``."""
    texts = list(dict.fromkeys(texts))
    if len(texts) > 1 and all(text.startswith("×") for text in texts):
        return "×" + either([text[1:] for text in texts])
    return alternatives(texts if len(texts) < 2 else [SINGULAR.sub(r"1 \1s", t) for t in texts])


def either(texts: Sequence[str]) -> str:
    """``3×3 or 5×5``, ``R / hS``; more than three numbers from the least to the largest."""
    if len(texts) < 2 or not all(NUMBER.search(text) for text in texts):
        return " / ".join(texts)
    ordered = sorted(texts, key=lambda text: [float(one) for one in NUMBER.findall(text)])
    if len(texts) > 3 and len({NUMBER.sub("#", text) for text in texts}) == 1:
        return f"{ordered[0]} … {ordered[-1]}"
    return f"{', '.join(ordered[:-1])} or {ordered[-1]}"


NUMBER = re.compile(r"\d+(?:\.\d+)?")


def alternatives(texts: Sequence[str]) -> str:
    """Texts of which one holds, in one: ``conv 3×3 or 5×5``, ``max-pool / avg-pool 2×2``."""
    texts = list(dict.fromkeys(texts))
    even = len({len(text.split()) for text in texts}) == 1
    columns = [list(dict.fromkeys(words)) for words in zip(*map(str.split, texts), strict=False)]
    if even and sum(len(words) > 1 for words in columns) == 1:
        return " ".join(either(words) for words in columns)
    return " / ".join(texts)


def parameters_in(label: str) -> list[str]:
    """The parameters in the label of a module, which stand in braces."""
    return re.findall(IN_BRACES, label) if "{" in label else []


def filled(label: str, values: Mapping[str, object]) -> str:
    """The label of a module, or of a layer in it, as a call has it."""
    if "{" not in label:
        return label
    return re.sub(IN_BRACES, lambda found: str(values.get(found[1], found[0])), label)


def without_braces(label: str) -> str:
    """A label without parameters: ``sep`` for ``sep {k}×{k}``, ``Layer`` for ``Layer, {n}``."""
    if "{" not in label:
        return label
    first, *more = label.split(",")
    first = " ".join(word for word in first.split() if "{" not in word)
    return ",".join([first, *(part for part in more if "{" not in part)]).strip(" ,;:-–")


def title_of(label: str) -> str:
    """The title of a module that has none, from its label: ``Residual block``."""
    title = without_braces(label)
    word = title.partition(" ")[0]
    return title[:1].upper() + title[1:] if word.islower() and "×" not in word else title


def call_text(module: str, arguments: Mapping[str, object]) -> str:
    """A call in a message: ``conv-block width=64``, of many arguments the first ones."""
    words = [module, *(f"{name}={value}" for name, value in arguments.items())]
    return " ".join([*words[:4], *(["..."] if len(words) > 4 else [])])
