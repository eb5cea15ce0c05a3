"""What stands between the scores of an attention and its softmax: masks and learned biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.state import Fold, LayerDraft

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

STEPS = 64
"""How many layers are looked at."""


def only_masked(weights: LayerDraft, scores: LayerDraft, parts: Sequence[LayerDraft]) -> bool:
    """Whether what is added to scores has no weights and no products of its own.

    Relative positions that queries and keys are multiplied with make an attention of another form.
    """
    todo, draft = [], weights
    for _ in range(STEPS):
        if draft is scores or not draft.inputs:
            break
        todo += draft.inputs[1:]
        draft = draft.inputs[0]
    seen = {*parts, scores}
    while todo and len(seen) < STEPS:
        one = todo.pop()
        if one in seen or one.kind == "input":
            continue
        if one.kind == "~product" or one.parameters:
            return False
        seen.add(one)
        todo += one.inputs
    return True


def is_placed(draft: LayerDraft, source: LayerDraft) -> bool:
    """Whether a value is another one with numbers added that nobody has learned: positions."""
    added = draft.kind == "op" and draft.options.get("label") == "+ table"
    return added and draft.inputs == [source] and not draft.parameters


def biases(fold: Fold, made: LayerDraft, weights: LayerDraft, heads: int) -> tuple[int, int]:
    """Learned numbers added to the scores, one for each head: its own, and all; masks are none.

    A table that all layers share belongs to the first: the others take what it has computed.
    """
    own = lent = 0
    draft = weights
    while draft.inputs and draft.kind != "~product":
        if draft.known or (fold.graph.learned and draft.parameters):
            own += draft.parameters - draft.lent
            lent += draft.lent
            fold.weighed.update(dict.fromkeys(fold.weighed.keys() & draft.op.inputs, made))
        elif draft.op.kind == "Add" and fold.graph.learned:
            learned = _learned(fold, made, draft.op)
            own += learned.parameters - learned.lent
            lent += learned.lent
        elif draft.op.kind == "Add":
            for name in draft.op.inputs:
                tensor = fold.constants.get(name)
                table = fold.constants.get(fold.origins.get(name, ""))
                if table is not None and len(table.shape) == 2 and table.shape[1] == heads:
                    own += table.size
                    fold.weighed[name] = made
                elif tensor is not None and len(tensor.shape) > 2 and tensor.shape[-3] == heads > 1:
                    own += tensor.size
                    fold.weighed[name] = made
        draft = draft.inputs[0]
    return own, own + lent


def _learned(fold: Fold, made: LayerDraft, op: Op) -> LayerDraft:
    """What an operator of the scores takes of weights, as a layer of its own would."""
    taken = fold.draft("~table", op, [], (1,))
    fold.drafts.pop()
    names = [name for name in op.inputs if name in fold.constants]
    fold.weigh(taken, *names, whole=True)
    fold.weighed.update(dict.fromkeys(fold.weighed.keys() & names, made))
    return taken
