"""The two graphs of an import: operators as the file has them, and layers as we draw them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

from archviz.network.model import NOTHING, Shape

EXPERTS = "MixtureOfExperts"
"""An operator that a recording is read as; no file has it."""
record = tuple.__new__
"""Makes a named tuple of all its fields, as for each of many operators: in half of the time."""
UNNAMED = "~"
"""How the classes of modules begin whose names the source does not tell."""
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
    weight: bool = True
    """Whether it can be a weight; tables that a model's code computes are none."""

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
    inner: Mapping[str, int] = NOTHING
    """Sizes of the weights inside the bodies of operators and functions."""
    insides: Mapping[str, tuple[str, ...]] = NOTHING
    """Which of them an operator has, by the first value that it gives."""
    written: frozenset[str] = frozenset()
    """Constants that operators of the graph write out, as ``Constant`` does."""
    idle: frozenset[str] = frozenset()
    """Constants that change nothing: zeros that are added, ones that something is multiplied by."""
    learned: bool = False
    """Whether the source says which constants are weights."""
    frozen: frozenset[str] = frozenset()
    """Parameters that are not trained, where the source says so."""
    moving: frozenset[str] = frozenset()
    """Other weights that are not: means and variances that a norm has gathered."""
    sides: Mapping[str, tuple[str, ...]] = NOTHING
    """What inputs call their open sides, '' of the others."""
    called: Mapping[str, str] = NOTHING
    """What the source calls its outputs, by their values."""
    classes: Mapping[str, str] = NOTHING
    """The classes of the model's own modules, by their paths, where the source knows them."""
    bodies: Mapping[str, tuple[Callable[[], OpGraph], ...]] = NOTHING
    """The graphs in an operator, by the first value that it gives; they are read when asked for."""


COUNTED = ("shared", "own", "frozen", "untrained")
"""Options that say which weights of a layer count, and as what."""
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
    """How many of the parameters are not trained: moving means and variances, and where the layer
    does not share them, frozen ones."""
    macs: int = 0
    """Multiply-adds, from the weights' shapes and the number of places they are used at."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The module path, outermost first."""
        return module_path(self.path)


class Held(NamedTuple):
    """What a model's source is known to hold, beside the layers that were made of it."""

    source: str
    """What holds it, as sentences name it: the model, or the file."""
    weights: int | None = None
    """Elements of all weights, each once; None where that cannot be known."""
    boxes: tuple[str, ...] = ()
    """Where that cannot be known: plain boxes that may have some, by the names of operators."""
    frozen: tuple[str, ...] = ()
    """Where that cannot be known: layers that are not trained, though they count as trainable."""
    fixed: int | None = None
    """How many of them are not trained; None where that cannot be known."""
    untaken: Mapping[str, int] = NOTHING
    """Sizes of weights that no layer takes as they are, by name."""
    idle: Mapping[str, int] = NOTHING
    """Sizes of weights that nothing in the model uses."""
    extra: Mapping[str, int] = NOTHING
    """Sizes of what layers count as weights, and is none."""
    aside: Mapping[str, int] = NOTHING
    """Sizes of what is understood to be no weight, though the source does not say so."""
    computed: Mapping[str, int] = NOTHING
    """Sizes of weights from several of which, or of parts of which, a layer's are computed."""
    merged: int = 0
    """Weights that layers must have had before an exporter made fewer of them."""
    shapes: tuple[str, ...] = ()
    """Sentences on shapes that the source states and the layers do not give."""
    batched: tuple[str, ...] = ()
    """Layers whose sides hold all examples, and not one, by what they are called."""
    unused: tuple[tuple[str, int], ...] = ()
    """Weights that the model has and did not use when it was recorded, with their sizes."""
    calls: tuple[str, ...] = ()
    """Sentences on what was recorded of the model and is not in the layers as it ran."""
    counts: tuple[str, ...] = ()
    """Sentences on multiply-adds that were counted in what ran, and that layers do not have."""
    uncounted: tuple[str, ...] = ()
    """Functions that multiply matrices, and nobody knows how many numbers, by name."""
    twice: tuple[str, ...] = ()
    """Layers that share weights which each of them counts, and where they stand."""
    alike: tuple[str, ...] = ()
    """Layers that may be one, which the source does not say, and where they stand."""
    unwired: str = ""
    """The class whose code connects the layers, which the source does not have."""
    taken: Mapping[str, int] = NOTHING
    """Sizes of the constants that layers take as weights, where it says which are."""
    warnings: tuple[str, ...] = ()
    """What a reader has to know of how it was read."""
    notes: tuple[str, ...] = ()
    """How it was read, and what else only a report says."""
    left_out: tuple[str, ...] = ()
    """What the model does behind its last weights, and neither layers nor shapes can say."""


class Near(NamedTuple):
    """A rule that does not fit some operators, though all but one of its conditions hold."""

    layer: str
    """The id of the layer that their last one is."""
    operator: str
    rule: str
    why: str


class LayerGraph(NamedTuple):
    """A model's layers in topological order; the first nodes are of kind ``input``."""

    name: str
    nodes: tuple[LayerNode, ...]
    outputs: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Operators that were not understood and stand as plain boxes."""
    held: Held = Held("file")
    classes: Mapping[str, str] = NOTHING
    """The classes of the model's own modules, by their paths, where the source knows them."""
    owners: Mapping[str, str] = NOTHING
    """The layer that each value of the source belongs to, by their ids."""
    names: str = "field"
    """What labels its modules: words of the ``field``, or the classes of the ``code``."""
    batch: int = 1
    """How many examples go in at once; layers count for one of them."""
    near: tuple[Near, ...] = ()
    """Rules that nearly fit."""
    called: Mapping[str, str] = NOTHING
    """What the source calls its outputs, by the layers that give them."""
