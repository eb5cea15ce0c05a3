"""Rules of Keras' recurrent layers: cells, both directions, ConvLSTM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from archviz.importers.fold.keras_rule import KerasRule, times
from archviz.importers.fold.keras_rules_windows import conv_shape, kernel_of
from archviz.importers.fold.keras_values import CELLS_RUN, Given, class_of, listed, parts_of
from archviz.network.model import Shape

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
CELLS = {
    **{f"{name}Cell": name for name in GATES},
    **{name: name for name in GATES},
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
}
KIND = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
_STATES = {"LSTM": ("state", "cell"), "GRU": ("state",), "SimpleRNN": ("state",)}


class Cell(NamedTuple):
    """A cell of a recurrent layer, or the layer as one."""

    name: str
    """``LSTM``, ``GRU`` or ``SimpleRNN``."""
    config: Mapping[str, Any]
    doubled: bool = False
    """Whether its gates have two biases, as those of cuDNN."""

    @property
    def units(self) -> int:
        """Its states' features."""
        units = int(self.config["units"])
        if units < 1:
            raise ValueError("a size of less than 1")
        return units

    @property
    def biased(self) -> bool:
        """Whether it has biases."""
        return self.config.get("use_bias") is not False

    @property
    def reset_after(self) -> bool:
        """Whether a GRU's reset gate acts behind the matrix."""
        return self.name == "GRU" and bool(self.config.get("reset_after", True))

    @property
    def usual(self) -> bool:
        """Whether the kinds ``lstm``, ``gru`` and ``rnn`` say all of it."""
        gate = self.config.get("recurrent_activation", "sigmoid")
        return self.config.get("activation", "tanh") == "tanh" and (
            self.name == "SimpleRNN" or gate in ("sigmoid", "hard_sigmoid")
        )

    def weights(self, features: int) -> int:
        """Matrices of the input and of the state, and biases."""
        biases = 2 if self.doubled or self.reset_after else 1
        gate = self.units * (features + self.units) + self.biased * biases * self.units
        return GATES[self.name] * gate


class Recurrence(NamedTuple):
    """A recurrent layer: its cells, one above the other, and how it runs."""

    cells: tuple[Cell, ...]
    config: Mapping[str, Any]
    """Of the layer that runs them."""
    merge: str | None = ""
    """How both directions are merged, None where they stay apart; '' of one direction."""

    @property
    def both(self) -> bool:
        """Whether it runs in both directions."""
        return self.merge != ""

    def flag(self, name: str) -> bool:
        """A setting of the layer that runs the cells."""
        return bool(self.config.get(name))

    @property
    def states(self) -> list[str]:
        """What the states that it gives are called."""
        if not self.flag("return_state"):
            return []
        many = len(self.cells) > 1
        own = [
            f"{word} {number}" if many else word
            for number, cell in enumerate(self.cells, 1)
            for word in _STATES[cell.name]
        ]
        ways = ("forward", "backward") if self.both else ("last",)
        return [f"{way} {word}" for way in ways for word in own]


def recurrence(kind: str, config: Mapping[str, Any]) -> Recurrence | None:
    """A recurrent layer by its class and configuration; None where its cells are not known."""
    if kind == "Bidirectional":
        inner = recurrence(*parts_of(config["layer"]))
        merge = config.get("merge_mode", "concat")
        if inner is None or inner.both:
            return None
        return inner._replace(merge=merge if merge is None else str(merge) or "concat")
    if kind in ("RNN", CELLS_RUN):
        cell = listed(config["cell"])
        if isinstance(cell, Mapping) and class_of(cell) == "StackedRNNCells":
            cell = listed(parts_of(cell)[1]["cells"])
        found = [_cell(one) for one in (cell if isinstance(cell, list) else [cell])]
        if not found or None in found:
            return None
        return Recurrence(tuple([one for one in found if one is not None]), config)
    if kind not in CELLS or kind.endswith("Cell"):
        return None
    return Recurrence((Cell(CELLS[kind], config, kind.startswith("CuDNN")),), config)


def _cell(layer: Any) -> Cell | None:
    kind, config = parts_of(layer)
    return Cell(CELLS[kind], config) if kind in CELLS else None


def _other_way(given: Given) -> Recurrence | None:
    """The layer of the way back, where it is stated apart."""
    layer = given.config.get("backward_layer")
    return recurrence(*parts_of(layer)) if isinstance(layer, Mapping) else None


def alike(given: Given) -> bool:
    """Whether the way back is as the way there."""
    there, back = _of(given), _other_way(given)
    if back is None:
        return True
    said = [
        [(one.name, one.units, one.biased, one.reset_after, one.usual) for one in way.cells]
        for way in (there, back)
    ]
    return said[0] == said[1]


def _of(given: Given) -> Recurrence:
    found = recurrence(given.kind, given.config)
    if found is None:
        raise ValueError("its cells are not known")
    return found


def _shape(given: Given) -> list[Shape]:
    found = _of(given)
    length = given.shapes[0][0]
    units = found.cells[-1].units
    width = units * 2 if found.merge == "concat" else units
    shape: Shape = (length, width) if found.flag("return_sequences") else (width,)
    sizes = [(cell.units,) for cell in found.cells for _ in _STATES[cell.name]]
    states: list[Shape] = [*sizes] * (2 if found.both else 1) if found.flag("return_state") else []
    return [*[shape] * (2 if found.merge is None else 1), *states]


def _one_way(found: Recurrence, features: int) -> int:
    total = 0
    for cell in found.cells:
        total += cell.weights(features)
        features = cell.units
    return total


def _products(found: Recurrence, features: int) -> int:
    plain = [
        cell._replace(config={**cell.config, "use_bias": False}, doubled=False)
        for cell in found.cells
    ]
    return _one_way(found._replace(cells=tuple(plain)), features)


def _both(given: Given, count: Any) -> int:
    """A number of the way there, and of the way back."""
    found, features = _of(given), given.shapes[0][-1]
    if not found.both:
        return int(count(found, features))
    return int(count(found, features) + count(_other_way(given) or found, features))


def _label(given: Given) -> str:
    found = _of(given)
    names = [cell.name.replace("Simple", "") for cell in found.cells]
    label = f"{' + '.join(dict.fromkeys(names))} {', '.join(str(c.units) for c in found.cells)}"
    ways = {None: "apart", "sum": "summed", "mul": "multiplied", "ave": "averaged"}
    if found.both:
        label = f"bidirectional {label}"
        label += f", {ways[found.merge]}" if found.merge in ways else ""
    elif found.flag("go_backwards"):
        label += ", backwards"
    own = found.cells[0].config.get("activation", "tanh")
    if isinstance(own, str) and own != "tanh":
        label += f", {own[:30]}"
    return label


def _further(given: Given) -> Sequence[str]:
    found = _of(given)
    return [*(["backward"] if found.merge is None else []), *found.states]


_RULE = KerasRule(
    _shape,
    lambda given: (_both(given, _one_way), 0),
    lambda given, shape: given.shapes[0][0] * _both(given, _products),
    _label,
    role="recurrent",
    further=_further,
)


# ---- convolutions in the cells -----------------------------------------------------------------


def _step(given: Given) -> Given:
    return given._replace(shapes=(given.shapes[0][1:],))


def _conv_shape(given: Given) -> list[Shape]:
    step = conv_shape(_step(given))
    shape = (given.shapes[0][0], *step) if given.config.get("return_sequences") else step
    return [shape, step, step] if given.config.get("return_state") else [shape]


def _conv_size(given: Given) -> tuple[int, int]:
    """Weights of the convolutions of input and state for all four gates."""
    step = _step(given).shapes[0]
    channels = step[0] if given.first else step[-1]
    filters, size = int(given.config["filters"]), prod(kernel_of(given))
    return size * channels * 4 * filters, size * filters * 4 * filters


def _conv_weights(given: Given) -> tuple[int, int]:
    biased = given.config.get("use_bias") is not False
    return sum(_conv_size(given)) + biased * 4 * int(given.config["filters"]), 0


def _conv_macs(given: Given, shape: Shape) -> int:
    step = conv_shape(_step(given))
    places = prod(step[1:] if given.first else step[:-1])
    return given.shapes[0][0] * places * sum(_conv_size(given))


def _conv_label(given: Given) -> str:
    back = ", backwards" if given.config.get("go_backwards") else ""
    return f"ConvLSTM {times(kernel_of(given))}, {given.config['filters']}{back}"


def _conv_further(given: Given) -> Sequence[str]:
    return ("last state", "last cell") if given.config.get("return_state") else ()


RULES: Mapping[str, KerasRule] = {
    **dict.fromkeys((*(c for c in CELLS if not c.endswith("Cell")), "RNN", CELLS_RUN), _RULE),
    **{
        f"ConvLSTM{rank}D": KerasRule(
            _conv_shape,
            _conv_weights,
            _conv_macs,
            _conv_label,
            role="recurrent",
            further=_conv_further,
        )
        for rank in (1, 2, 3)
    },
}
"""What is known of them; ``Bidirectional`` is told apart by what it runs."""
BOTH = _RULE
