"""Recurrent layers of Keras: LSTM, GRU and SimpleRNN, in one or both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold.keras_layers import finish
from archviz.importers.fold.state import BATCH, Fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.importers.graphs import Op

KINDS_OF = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def recurrent(fold: Fold, op: Op) -> bool:
    """A layer whose state begins with zeros; its sequence or its last state."""
    value, config = fold.value(op), op.attributes
    both = op.kind.startswith("Bidirectional(")
    name = op.kind.removeprefix("Bidirectional(").removesuffix(")")
    if both:
        if config.get("merge_mode", "concat") != "concat" or config.get("backward_layer"):
            return False
        config = config["layer"]["config"]
        if not isinstance(config, dict):
            raise ValueError("its layer has no configuration")
    value = fold.sequence(op, value) if value is not None else None
    if value is None or value.axes != (BATCH, 0, 1) or len(op.inputs) != 1 or not _usual(config):
        return False
    options: dict[str, Any] = {"filters": int(config["units"])}
    if both:
        options["bidirectional"] = True
    whole = bool(config.get("return_sequences"))
    if not whole:
        options["last"] = True
    if name == "GRU" and config.get("reset_after", True):
        options["reset_after"] = True
    if config.get("use_bias") is False:
        options["bias"] = False
    width = options["filters"] * (2 if both else 1)
    shape = (value.draft.shape[0], width) if whole else (width,)
    made = fold.draft(KINDS_OF[name], op, [value.draft], shape, **options)
    # the activation of its configuration is inside, not behind it
    inside = op._replace(attributes={"shared": op.attributes.get("shared", False)})
    return finish(fold, inside, made, value.axes if whole else (BATCH, 0))


def _usual(config: Mapping[str, Any]) -> bool:
    """Whether the kinds ``lstm``, ``gru`` and ``rnn`` say all of a layer."""
    gate = config.get("recurrent_activation", "sigmoid")
    plain = config.get("activation", "tanh") == "tanh" and gate in ("sigmoid", "hard_sigmoid")
    return plain and not config.get("return_state") and not config.get("go_backwards")
