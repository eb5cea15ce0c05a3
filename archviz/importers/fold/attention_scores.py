"""What stands between the scores of an attention and its softmax: masks and learned biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.state import Fold, LayerDraft

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

STEPS = 64
"""How many layers are looked at."""
_BETWEEN = ("~math", "~affine", "~view", "reshape", "op", "scale")
"""What may stand between scores and a mask."""


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


def is_mask(fold: Fold, op: Op, name: str) -> bool:
    """Whether a constant is added to scores, the same numbers for all heads or for all queries."""
    tensor = fold.constants.get(name)
    values = [fold.values[one] for one in op.inputs if one in fold.values]
    if name in fold.graph.idle:
        return True
    if op.kind != "Add" or tensor is None or len(tensor.shape) < 2 or len(values) != 1:
        return False
    dims, sides = fold.dims(values[0]), tensor.shape
    if len(dims) < 3 or dims[-3] == 1:
        return False
    if sides[-3:-2] not in ((), (1,)) and not sides[-2] < dims[-2]:
        return False
    draft = values[0].draft
    for _ in range(STEPS):
        if draft.kind == "~product" or not draft.inputs or draft.kind not in _BETWEEN:
            break
        draft = draft.inputs[0]
    return draft.kind == "~product" and sides[-1] == dims[-1] and sides[-2] in (1, dims[-2])


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
                table = _table(fold, name, heads)
                if not table:
                    continue
                if fold.seen_weights.get(table, draft) is draft:  # the sum itself, or nobody
                    fold.seen_weights[table] = made
                    own += fold.constants[table].size
                else:
                    lent += fold.constants[table].size
                fold.weighed[name] = made
        draft = draft.inputs[0]
    return own, own + lent


def _table(fold: Fold, name: str, heads: int) -> str:
    """The learned numbers in a constant that is added to scores, some for each head.

    Where they were picked from a table, that; ``""`` where it is a mask.
    """
    leaves = fold.leaves.get(name, ())
    source = leaves[0] if len(leaves) == 1 else fold.origins.get(name, "")
    picked, tensor = fold.constants.get(source), fold.constants.get(name)
    if picked is not None and len(picked.shape) == 2 and heads in picked.shape:
        return source
    if tensor is None or len(tensor.shape) < 3 or not tensor.shape[-3] == heads > 1:
        return ""
    if tensor.shape[-2] == 1:  # the same for all queries, as a slope for each head is
        return ""
    return source if picked is not None and picked.size < tensor.size else name


def _learned(fold: Fold, made: LayerDraft, op: Op) -> LayerDraft:
    """What an operator of the scores takes of weights, as a layer of its own would."""
    taken = fold.draft("~table", op, [], (1,))
    fold.drafts.pop()
    names = [name for name in op.inputs if name in fold.constants]
    fold.weigh(taken, *names, whole=True)
    fold.weighed.update(dict.fromkeys(fold.weighed.keys() & names, made))
    return taken
