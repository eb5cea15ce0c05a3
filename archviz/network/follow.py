"""A value on its way through a network: each layer that runs, in order, and what it sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archviz.network.kinds import KINDS
from archviz.network.model import Auxiliary, Layer, ModuleCall, Network, Series, Towers
from archviz.network.paths import Scope
from archviz.network.reach import NOTHING, UNKNOWN, Reach, first_reach, met, reach_behind
from archviz.network.walk import Run, Walk

if TYPE_CHECKING:
    from archviz.network.analysis import Analysis, Row


class Passage(NamedTuple):
    """A layer that runs: its row, the ``where`` of the calls that it is in, from the outermost.

    ``reach`` is the receptive field of what it gives.
    """

    row: Row
    calls: tuple[str, ...]
    reach: Reach


class Way(NamedTuple):
    """All passages, in the order in which the layers run.

    ``ends``: the ``where`` of a call, and the number of the last passage in it, for each call.
    """

    passages: tuple[Passage, ...]
    ends: tuple[tuple[str, int], ...]


def follow(network: Network, analysis: Analysis) -> Way:
    """The way of a value through a network that was analysed."""
    follower = _Follower(network, analysis)
    follower.series(network.body, NOTHING, Scope(""))
    return Way(tuple(follower.passages), tuple(follower.ends))


class _Follower(Walk[Reach]):
    """Walks as the analysis did, and takes its rows one after another."""

    def __init__(self, network: Network, analysis: Analysis) -> None:
        super().__init__(NOTHING)
        self.input: tuple[int, ...] = network.inputs[0].shape if len(network.inputs) == 1 else ()
        self.main, self.aside = iter(analysis.rows), iter(analysis.auxiliary_rows)
        self.rows: Iterator[Row] = self.main
        self.calls: list[str] = []
        self.passages: list[Passage] = []
        self.ends: list[tuple[str, int]] = []

    def layer(
        self, layer: Layer, values: tuple[Reach, ...], names: Sequence[str], scope: Scope
    ) -> Reach:
        row = next(self.rows)
        reach = self._reach(layer, values, row)
        self.passages.append(Passage(row, tuple(self.calls), reach))
        return reach

    def _reach(self, layer: Layer, values: Sequence[Reach], row: Row) -> Reach:
        kind = KINDS[layer.kind]
        if not self.input:
            return UNKNOWN
        if not values:
            return first_reach(row.output_shape) if layer.kind == "input" else NOTHING
        if kind.join:
            return met(values) if not kind.name.startswith("op") else UNKNOWN
        if len(values) > 1:
            return UNKNOWN
        return reach_behind(layer, values[0], row.input_shape, row.output_shape, self.input)

    def run(self, node: Run, bodies: Sequence[Series], value: Reach, scope: Scope) -> Reach:
        """Run bodies, and note where the call ends."""
        if not isinstance(node, ModuleCall):
            return super().run(node, bodies, value, scope)
        self.calls.append(node.where)
        value = super().run(node, bodies, value, scope)
        self.calls.pop()
        self.ends.append((node.where, len(self.passages) - 1))
        return value

    def identical(self, node: Towers, value: Reach, scope: Scope) -> list[Reach]:
        """One of the towers, which stands for all."""
        return [self.branch(node.branches[0], value, scope)] * node.copies

    def auxiliary(self, node: Auxiliary, value: Reach, scope: Scope) -> None:
        """What is tapped off has rows of its own."""
        self.rows = self.aside
        self.run(node, (node.body,), value, scope)
        self.rows = self.main
