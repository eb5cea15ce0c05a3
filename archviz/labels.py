"""What a layer is called in a figure and in a table."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.kinds import KINDS
from archviz.model import Layer, Shape


def shape_text(shape: Shape) -> str:
    """``(224, 224, 3)`` as ``224×224×3``."""
    return "×".join(str(size) for size in shape)


def layer_label(layer: Layer, kernels: Sequence[tuple[int, int]] = ()) -> str:
    """``conv 3×3``; where ``kernels`` differ between calls, as the spec wrote it: ``conv k×k``."""
    if layer.label:
        return layer.label
    template = KINDS[layer.kind].label
    if "{kernel}" not in template:
        return template
    kernel = shape_text(layer.kernel)
    if len(kernels) > 1:
        kernel = layer.written.get("kernel", kernel)
    return template.replace("{kernel}", kernel)
