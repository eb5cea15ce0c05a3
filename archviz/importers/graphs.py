"""The two graphs of an import: operators as the file has them, and layers as we draw them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from archviz.network.model import NOTHING, Shape

MAX_DEPTH = 64
"""Parts of a path that are looked at."""


def module_path(path: tuple[str, ...] | str) -> tuple[str, ...]:
    """The modules in a path.

    A text is what PyTorch names operators by: ``/features/features.17/conv.1/Conv`` has the
    modules ``features``, ``17``, ``conv`` and ``1``. Most are never asked for.
    """
    if isinstance(path, tuple):
        return path
    found: list[str] = []
    before = ""
    for part in path.rpartition("/")[0].split("/")[:MAX_DEPTH]:
        if part:
            own = part.removeprefix(f"{before}.") if before else part
            found += [word for word in own.split(".") if word]
            before = part
    return tuple(found)


class Tensor(NamedTuple):
    """A constant of the model: its shape, and its values where they are few and at hand."""

    shape: tuple[int, ...]
    values: tuple[float, ...] | None = None
    floating: bool = True
    """Whether it holds floating-point numbers, as weights do."""

    @property
    def size(self) -> int:
        """How many elements it has."""
        return prod(self.shape)


class Op(NamedTuple):
    """An operator as the file has it; ``inputs`` and ``outputs`` name values.

    ``path`` says in which module it was, where the file knows that: the names of the modules,
    outermost first, or a path in which they stand.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = NOTHING
    path: tuple[str, ...] | str = ()

    @property
    def scope(self) -> tuple[str, ...]:
        """The module path, outermost first."""
        return module_path(self.path)


class OpGraph(NamedTuple):
    """A model's operators in topological order.

    ``shapes`` gives the shape of a value with its batch axis, ``None`` where unknown or
    dynamic; ``constants`` are the weights and the small tensors that steer operators.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ops: tuple[Op, ...]
    shapes: Mapping[str, tuple[int | None, ...]]
    constants: Mapping[str, Tensor]
    channels_last: frozenset[str] = frozenset()
    """Inputs that are known to be (height, width, channels); others are looked at."""


ORDERED = frozenset({"scaled-add", "op-merge"})
"""Merges that tell their inputs apart."""


class LayerNode(NamedTuple):
    """A layer of the model: its kind and options as a spec states them.

    ``options`` holds fields of :class:`archviz.network.model.Layer` that differ from the defaults
    (``kernel``, ``filters``, ``stride``, ``padding``, ``groups``, ``bias``, ``norm``,
    ``activation``, ``dilation``, ``multiplier``, ``value``, ``shape``, ``label`` ...).
    ``inputs`` are the ids of the nodes that feed it, in order; ``path`` is as in :class:`Op`.
    Nodes that say the same may share their options.
    """

    id: str
    kind: str
    inputs: tuple[str, ...]
    options: Mapping[str, Any] = NOTHING
    shape: Shape = ()
    path: tuple[str, ...] | str = ()
    parameters: int = 0
    fixed: int = 0
    """How many of the parameters are not trained: moving means and variances."""
    macs: int = 0
    """Multiply-adds, from the weights' shapes and the number of places they are used at."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The module path, outermost first."""
        return module_path(self.path)


class LayerGraph(NamedTuple):
    """A model's layers in topological order; the first nodes are of kind ``input``."""

    name: str
    nodes: tuple[LayerNode, ...]
    outputs: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Operators that were not understood and stand as plain boxes."""
