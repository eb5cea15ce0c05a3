"""Layers whose weights are computed from others: weight normalisation and its kin."""

from __future__ import annotations

from typing import Any

from archviz.importers.fold.named import state
from archviz.importers.fold.state import LayerDraft
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.model import Layer

NORM = "weight-norm"
_NOWHERE: Any = None


def settle(draft: LayerDraft) -> None:
    """Let a layer that has more or fewer weights than its kind says so."""
    usual = _usual(draft)
    more = draft.parameters - usual
    if not more:
        return
    normed = draft.computed == "norm" and "norm" not in draft.options and takes_norm(draft)
    if normed and more == draft.shape[-1]:
        draft.options["norm"] = NORM
        return
    kernel = draft.options.get("kernel")
    size = f" {'×'.join(map(str, kernel))}" if kernel else ""
    state(draft, f"{draft.kind}{size}")


def own(draft: LayerDraft) -> None:
    """Let a step count only what no earlier layer has counted: it takes what that has computed."""
    if draft.options.pop("shared", None):
        draft.parameters, draft.lent = draft.parameters - draft.lent, 0


def takes_norm(draft: LayerDraft) -> bool:
    """Whether the weights of a layer can be normalised."""
    return draft.kind in ("conv", "depthwise-conv", "conv-transpose", "dense")


def _usual(draft: LayerDraft) -> int:
    """How many weights a layer with such options has."""
    options = {key: value for key, value in draft.options.items() if key in Layer._fields}
    options.pop("shared", None)
    layer = Layer(draft.kind, "", _NOWHERE, **options)
    kind = KINDS[draft.kind]
    if kind.join:
        return draft.parameters
    count = sum(kind.weights(layer, draft.inputs[0].shape))
    channels = draft.shape[-1]
    count += sum(NORMS[layer.norm].weights) * channels if layer.norm != "none" else 0
    if layer.activation != "none" and not kind.inside:
        count += ACTIVATIONS[layer.activation].weights[0] * channels
    return int(count)
