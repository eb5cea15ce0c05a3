"""What an attention in the making becomes: a layer of its kind, or a box that says which it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.named import state
from archviz.importers.fold.state import product
from archviz.network.kinds import NORMS

if TYPE_CHECKING:
    from archviz.importers.fold.facts import AttentionFacts
    from archviz.importers.fold.state import LayerDraft

_PLAIN = ("attention", "grouped-query attention", "cross-attention")
"""Attentions that the kind ``attention`` says all of."""


def as_layer(draft: LayerDraft, facts: AttentionFacts) -> None:
    """Make an attention a layer: of kind ``attention`` where that says all, else a named box."""
    features, width, keys = facts.features, facts.width, facts.keys
    source = draft.inputs[-1].shape[-1] if facts.label == "cross-attention" else features
    wanted = 2 * (features * width + source * keys)
    wanted += (width + 2 * keys) * facts.biased + (width + keys) * facts.keyless
    wanted += features * facts.out_biased
    known = facts.biased or facts.unbiased or facts.keyless
    usual = facts.out == features and known and facts.heads > 0
    rows, seen = (product(one.shape[:-1]) for one in (draft, draft.inputs[-1]))
    macs = 2 * rows * features * width + 2 * seen * source * keys + 2 * rows * seen * width
    plain = (
        facts.label in _PLAIN
        and not facts.scored
        and len(draft.inputs) < 3
        and len(draft.inputs[-1].shape) == 2
        and draft.macs == macs  # else not all rows see all rows
    )
    if usual and wanted == draft.parameters and plain and not keys % facts.head:
        draft.kind = "attention"
        draft.options["count"] = facts.heads
        if keys != width:
            draft.options["kv_heads"] = keys // facts.head
        if width != features:
            draft.options["filters"] = width
        if facts.unbiased:
            draft.options["bias"] = False
        if facts.keyless:
            draft.options["key_bias"] = False
        if facts.out_biased == facts.unbiased:
            draft.options["out_bias"] = facts.out_biased
        return
    draft.kind = "other-attention"
    norm = NORMS[draft.options["norm"]] if "norm" in draft.options else None
    inner = draft.fixed - (norm.weights[1] * draft.shape[-1] if norm is not None else 0)
    if inner > 0:  # the moving statistics of norms in it
        draft.options["untrained"] = inner
    state(draft, facts.label)
