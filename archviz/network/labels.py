"""What a layer is called in a figure and in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archviz.network.kinds import KINDS
from archviz.network.model import Layer, Shape

IN_BRACES = r"\{([^{}]*)\}"
"""A parameter in the label of a module."""


def shape_text(shape: Shape) -> str:
    """``(224, 224, 3)`` as ``224×224×3``."""
    return "×".join(str(size) for size in shape)


def layer_label(
    layer: Layer, kernels: Sequence[Shape] = (), words: Sequence[tuple[str, str]] = ()
) -> str:
    """``conv 3×3``; where ``kernels`` differ between calls, as the spec wrote it: ``conv k×k``.

    ``words``: what the calls say of a kind that has words of its own, such as an attention.
    """
    if layer.label:
        return layer.label
    kind = KINDS[layer.kind]
    template = kind.label
    if kind.words:
        return kind.words(layer)[0] if len({label for label, _ in words}) < 2 else template
    if "{kernel}" not in template:
        return template
    if layer.causal:
        template = f"causal {template}"
    kernel = shape_text(layer.kernel)
    if len(kernels) > 1:
        kernel = layer.written.get("kernel", kernel)
    return template.replace("{kernel}", kernel)


def parameters_in(label: str) -> list[str]:
    """The parameters in the label of a module, which stand in braces."""
    return re.findall(IN_BRACES, label) if "{" in label else []


def filled(label: str, values: Mapping[str, object]) -> str:
    """The label of a module as a call has it."""
    return re.sub(IN_BRACES, lambda found: str(values[found[1]]), label) if "{" in label else label


def without_braces(label: str) -> str:
    """A label that stands for all calls: ``sep k×k`` for ``sep {k}×{k}``."""
    return re.sub(IN_BRACES, r"\1", label) if "{" in label else label


def call_text(module: str, arguments: Mapping[str, object]) -> str:
    """A call in a message: ``conv-block width=64``, of many arguments the first ones."""
    words = [module, *(f"{name}={value}" for name, value in arguments.items())]
    return " ".join([*words[:4], *(["..."] if len(words) > 4 else [])])
