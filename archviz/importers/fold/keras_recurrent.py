"""Keras' recurrent layers, in one or both directions, as the kinds of ours that say all of them."""

from __future__ import annotations

from typing import Any

from archviz.importers.fold.keras_layers import finish, fits
from archviz.importers.fold.keras_rules_recurrent import (
    KIND,
    Cell,
    Recurrence,
    alike,
    recurrence,
)
from archviz.importers.fold.keras_values import (
    CALL,
    Given,
    call_of,
    counted,
    given_of,
    natural,
    order_of,
)
from archviz.importers.fold.named import named
from archviz.importers.fold.state import BATCH, Fold, LayerDraft, TensorView
from archviz.importers.graphs import Op


def recurrent(fold: Fold, op: Op) -> bool:
    """A layer whose state begins with zeros; its sequence or its last state, and all states."""
    found = recurrence(op.kind, op.attributes)
    value = fold.value(op)
    if found is None or value is None or call_of(op).steps or len(op.inputs) != 1:
        return False
    if not _usual(found, op) or len(fold.dims(value)) != 3:
        return False
    features = fold.dims(value)[-1]
    total = 0
    for cell in found.cells:
        total += cell.weights(features) * (2 if found.both else 1)
        features = cell.units
    weights = counted(op, total)
    if weights is None or not _takes(found, fold.dims(value)[1:]):
        return False
    draft, drafts = natural(fold, op, value), []
    for number in range(len(found.cells)):
        draft = _layer(fold, op, found, draft, number)
        drafts.append(draft)
    _states(fold, op, found, drafts)
    return True


def _usual(found: Recurrence, op: Op) -> bool:
    if found.flag("go_backwards") or found.flag("time_major") or op.attributes.get("time_major"):
        return False
    if found.both and (found.merge != "concat" or not alike(Given(op.kind, op.attributes, ()))):
        return False
    if len(found.cells) > 1 and (found.both or call_of(op).shared):
        return False
    return all(cell.usual for cell in found.cells)


def _options(found: Recurrence, cell: Cell, top: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"filters": cell.units}
    if found.both:
        options["bidirectional"] = True
    if top and not found.flag("return_sequences"):
        options["last"] = True
    if cell.reset_after:
        options["reset_after"] = True
    elif cell.doubled:
        options["biases"] = 2
    if not cell.biased:
        options["bias"] = False
    return options


def _takes(found: Recurrence, shape: tuple[int, ...]) -> bool:
    first = found.cells[0]
    return fits(_bare(first), KIND[first.name], _options(found, first, True), shape)


def _bare(cell: Cell) -> Op:
    """An operator that only has a configuration, of which no weights are known."""
    return Op(cell.name, "", (), ("",), cell.config)


def _layer(fold: Fold, op: Op, found: Recurrence, draft: LayerDraft, number: int) -> LayerDraft:
    """One cell as a layer."""
    cell, top = found.cells[number], number == len(found.cells) - 1
    options = _options(found, cell, top)
    length = draft.shape[0]
    width = cell.units * (2 if found.both else 1)
    shape = (width,) if options.get("last") else (length, width)
    made = fold.draft(KIND[cell.name], op, [draft], shape, **options)
    # the activation of its configuration is inside, not behind it
    trained = {"trainable": op.attributes.get("trainable", True)}
    call = call_of(op)
    if len(found.cells) > 1:
        frozen = call.weights is not None and not call.weights.trainable
        trained = {"trainable": trained["trainable"] is not False and not frozen}
        call = call._replace(weights=None)
        if not top:
            made.name = ""
    outputs = op.outputs[:1] if top else (f"{op.outputs[0]}/{number}",)
    inside = op._replace(attributes={**trained, CALL: call}, outputs=outputs)
    finish(fold, inside, made, order_of(shape))
    if not top:
        made.refs = 1
    return made


def _states(fold: Fold, op: Op, found: Recurrence, drafts: list[LayerDraft]) -> None:
    """The states that the layer gives behind what it gives first."""
    top = drafts[-1]
    given = given_of(fold, op)
    cells = [cell for cell in found.cells for _ in range(2 if cell.name == "LSTM" else 1)]
    owners = [
        draft
        for draft, cell in zip(drafts, found.cells, strict=True)
        for _ in range(2 if cell.name == "LSTM" else 1)
    ]
    ways = 2 if found.both else 1
    for place, label in enumerate(found.states):
        name = op.outputs[1 + place] if 1 + place < len(op.outputs) else ""
        uses = fold.uses.get(name, 0)
        if not name or not uses:
            continue
        owner, cell = owners[place % len(cells)], cells[place % len(cells)]
        whole = not found.flag("return_sequences") and ways == 1
        if whole and owner is top and "state" in label:
            owner.refs += uses
            fold.values[name] = TensorView(owner, (BATCH, 0))
            continue
        made = named(fold, op, label, [owner], (cell.units,))
        made.name = f"{given.kind}-{op.name}-{label}".replace(" ", "-")
        owner.refs += 1
        made.refs = uses
        fold.values[name] = TensorView(made, (BATCH, 0))
