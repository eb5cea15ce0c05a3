"""Keras layers that no kind of ours says: boxes with their name, their weights and their shapes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archviz.errors import one_line
from archviz.importers.fold.keras_rule import KerasRule
from archviz.importers.fold.keras_rules import RULES, is_known
from archviz.importers.fold.keras_rules_operations import PREFIX
from archviz.importers.fold.keras_values import (
    Given,
    Weights,
    call_of,
    counted,
    given_of,
    natural,
    order_of,
    weigh,
)
from archviz.importers.fold.state import Fold, LayerDraft, TensorView
from archviz.network.kinds import STATED
from archviz.network.model import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.importers.graphs import Op

EACH_STEP = ", each step"
_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What goes wrong in a rule whose layer is configured as none can be."""


class Facts(NamedTuple):
    """What is known of a layer that becomes a box."""

    label: str
    role: str = ""
    understood: bool = False
    shapes: tuple[Shape, ...] = ()
    """Of all that it gives, as far as its class says; none where it does not."""
    weights: Weights | None = None
    further: tuple[str, ...] = ()


def box(fold: Fold, op: Op) -> None:
    """A box for a layer; each further output in use is one more behind it."""
    names = [name for name in dict.fromkeys(op.inputs) if name in fold.values]
    call, given = call_of(op), given_of(fold, op)
    lead = fold.dims(fold.values[names[0]])[1 : 1 + call.steps] if names else ()
    drafts = [natural(fold, op, fold.values[name]) for name in names]
    for index, name in enumerate(op.inputs):
        if name in fold.values and name in op.inputs[:index]:
            fold.values[name].draft.refs -= 1
    rule = RULES.get(op.kind) if is_known(op.kind, op.attributes) else None
    facts = _facts(rule, given, op, lead, bool(fold.known(op.outputs[0])))
    first, axes, guessed = _shape(fold, op, 0, facts, drafts)
    own = f"other-{facts.role}" if f"other-{facts.role}" in STATED else "op"
    kind = "op-merge" if len(drafts) > 1 else own
    made = fold.draft(kind, op, drafts, first, label=facts.label)
    made.named, made.guessed = facts.understood, guessed
    if facts.role and kind != f"other-{facts.role}":
        made.options["color"] = facts.role
    fold.guesses += guessed
    if facts.weights is not None:
        weigh(op, made, facts.weights)
        if facts.weights.fixed and facts.weights.trainable:
            made.options["untrained"] = facts.weights.fixed
    if rule is not None and facts.understood and not guessed:
        made.macs = prod(lead) * rule.macs(given, first[call.steps :])
    fold.values[op.outputs[0]] = TensorView(made, axes)
    made.refs = fold.uses.get(op.outputs[0], 0)
    _further(fold, op, made, facts)


def _facts(rule: KerasRule | None, given: Given, op: Op, lead: Shape, stated: bool) -> Facts:
    """What the rule of a class says, where it has one that its configuration fits."""
    held = call_of(op).weights
    plain = Facts(one_line(op.kind.removeprefix(PREFIX), 100) or "op", weights=held)
    if rule is None or not given.shapes:
        return plain
    try:
        weights = held if held is not None else counted(op, *rule.weights(given))
        changed = call_of(op).changed
        label = rule.label(given) + (EACH_STEP if call_of(op).steps else "")
        label += f", {changed}" if changed else ""
        facts = Facts(one_line(label, 100), rule.role, not changed, (), weights)
        facts = facts._replace(further=tuple(rule.further(given)))
    except _MISFITS:
        return plain
    try:
        found = rule.shape(given)
        if rule.macs(given, found[0] if isinstance(found, list) else found) < 0:
            return plain
    except _MISFITS:
        return facts if stated or op.kind.startswith(PREFIX) else plain
    several = found if isinstance(found, list) else [found]
    return facts._replace(shapes=tuple([(*lead, *shape) for shape in several]))


def _shape(
    fold: Fold,
    op: Op,
    index: int,
    facts: Facts,
    drafts: Sequence[LayerDraft],
) -> tuple[Shape, tuple[int, ...], bool]:
    """The shape of an output, the order of its axes, and whether it is a guess."""
    dims = fold.known(op.outputs[index])
    if dims is not None and dims:
        if dims[0] == fold.batch:
            return dims[1:] or (1,), order_of(dims[1:]), False
        return dims, tuple(range(len(dims))), False
    shape = facts.shapes[index] if index < len(facts.shapes) else None
    if shape is not None:
        return shape or (1,), order_of(shape), False
    like = drafts[0].shape if drafts else (1,)
    return like, order_of(like), True


def _further(fold: Fold, op: Op, made: LayerDraft, facts: Facts) -> None:
    for index, name in enumerate(op.outputs[1:], 1):
        uses = fold.uses.get(name, 0)
        if not name or not uses or name in fold.values:
            continue
        shape, axes, guessed = _shape(fold, op, index, facts, [made])
        named = index <= len(facts.further)
        label = facts.further[index - 1] if named else f"output {index + 1}"
        draft = fold.draft("op", op, [made], shape, label=label)
        draft.name = f"{op.name}-{label}".replace(" ", "-")
        draft.named, draft.guessed = made.named, guessed
        fold.guesses += guessed
        made.refs += 1
        draft.refs = uses
        fold.values[name] = TensorView(draft, axes)
