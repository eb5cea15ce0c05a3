"""What folding carries along: drafts, which become layers, and the file's values as views of them.

A draft has its shape in our order, (height, width, channels). A value of the file is a draft
seen with its axes in another order; a transposition changes the view and makes no layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.fold.facts import AttentionFacts, ConvOutcome, Span
from archviz.importers.graphs import Op, OpGraph, Tensor, module_path, record
from archviz.importers.weights import taken_directly
from archviz.network.kinds import KINDS
from archviz.network.model import Shape

BATCH, ONE = -1, -2
"""Axes of a value that are no axes of the draft: the batch, and further sides of 1."""

Axes: TypeAlias = tuple[int, ...]
NCHW: Axes = (BATCH, 2, 0, 1)
NHWC: Axes = (BATCH, 0, 1, 2)
VECTOR: Axes = (BATCH, 0)


class LayerDraft:
    """A layer in the making; a kind that starts with ``~`` waits for what follows."""

    __slots__ = (
        "attention",
        "base",
        "before",
        "computed",
        "direction",
        "fixed",
        "free",
        "guessed",
        "inputs",
        "kind",
        "known",
        "lent",
        "macs",
        "moves",
        "name",
        "named",
        "norm_steps",
        "op",
        "operands",
        "options",
        "parameters",
        "path",
        "refs",
        "shape",
        "span",
    )

    def __init__(
        self, kind: str, op: Op, inputs: list[LayerDraft], shape: Shape, options: dict[str, Any]
    ) -> None:
        self.kind = kind
        self.op = op
        self.name = op.name
        self.path = op.path
        self.inputs = inputs
        self.shape = shape
        self.options = options
        self.refs = 0
        """How many operators still use what the draft gives."""
        self.parameters = 0
        self.lent = 0
        """How many of them are those of an earlier layer."""
        self.fixed = 0
        self.macs = 0
        self.before = 0
        """Multiply-adds of products of constants alone that it is the first to take up."""
        self.free = False
        """Whether its shape has not been put in our order for good."""
        self.named = False
        """Whether it is a box that is understood, of the name in its options."""
        self.known = False
        """Whether its label says what it is, though it may yet become a part of something."""
        self.computed = ""
        """How its weights are computed from others, if they are: by their norm, or somehow."""
        self.guessed = False
        """Whether nothing says which shape it has."""
        self.base: LayerDraft | None = None
        """Of an expression: the value that it is one of."""
        self.operands: tuple[LayerDraft | float, ...] = ()
        """Of a step of an expression, ``~math``: what its operator takes."""
        self.norm_steps: tuple[str, ...] = ()
        """Of a norm that is written out, ``~norm`` and ``~affine``: its steps so far."""
        self.span: Span | None = None
        """Of a part, ``~slice``: which one."""
        self.direction: Direction | None = None
        """Of a last state, ``~part``: which of several."""
        self.moves: tuple[int, ...] = ()
        """Of windows: rows and columns of them, and of places in one; of a shift: how far."""
        self.attention: AttentionFacts | None = None
        """Of an ``~attention``: what is known of it so far."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The module path, outermost first."""
        return module_path(self.path)


class Direction(NamedTuple):
    """Which of the directions of a recurrent layer a last state is of."""

    whole: LayerDraft
    number: int
    total: int


class TensorView(NamedTuple):
    """A draft and the order of its axes in the file; ``dims`` where there is no such order."""

    draft: LayerDraft
    axes: Axes | None
    dims: tuple[int, ...] = ()


def product(sides: Iterable[int]) -> int:
    """All sides multiplied."""
    return prod(sides)


def solid(dims: Sequence[int]) -> list[int]:
    """The sides that are not 1."""
    return [side for side in dims if side != 1]


class Fold:
    """The state of folding one model."""

    def __init__(self, graph: OpGraph, path: str, numbers: Collection[str] = ()) -> None:
        self.graph, self.path, self.deep = graph, path, 0
        self.opened = any(
            None in (graph.shapes.get(name) or ()) or any(graph.sides.get(name, ()))
            for name in graph.inputs
        )
        """Whether the file leaves sides open, among which the batch may be."""
        self.numbers = frozenset(numbers)  # those of a file that are known to be learned
        self.folded: Callable[[OpGraph, str, int], Fold] | None = None
        """What folds a graph in an operator."""
        self.parts: dict[tuple[str, ...], tuple[list[Op], dict[str, Tensor]]] = {}
        """What fused operators stand for, by what they give: operators, and constants of theirs."""
        self.constants: dict[str, Tensor] = dict(graph.constants)
        self.values: dict[str, TensorView] = {}
        self.drafts: list[LayerDraft] = []
        self.guesses = 0
        """How many boxes there are whose shape nothing says."""
        self.shapeless: set[str] = set()
        """Constants of unknown shape, of which only how many numbers they come from is known."""
        self.batch = 1
        self.unbatched: set[LayerDraft] = set()
        """Boxes that a value with a batch goes into and that give one without, of such a side."""
        self.convs: dict[tuple[Any, ...], ConvOutcome] = {}
        """By the sizes of the map and of the weights, whether there is a bias, and attributes."""
        self.sequences: dict[LayerDraft, LayerDraft] = {}
        self.seen_weights: dict[str, LayerDraft] = {}
        self.weighed: dict[str, LayerDraft] = {}
        """The drafts that count constants as their weights, by the names of these."""
        self.inside: dict[str, LayerDraft] = {}
        """The drafts that count weights in the bodies of operators, by the names of these."""
        self.masks: set[str] = set()
        """Constants that are no weights: added to scores, or copies that statistics are of."""
        self.missed: dict[tuple[str, str], str] = {}
        """Why rules do not fit that nearly do: by what an operator gives, and the rule."""
        self.merged = 0
        """Weights that layers count and an exporter has merged."""
        self.origins: dict[str, str] = {}
        """Of what was computed from one weight alone, such as rows of a table: that weight."""
        self.leaves: dict[str, tuple[str, ...]] = {}
        """Of what was computed from weights: all of these."""
        self.products: dict[str, dict[str, int]] = {}
        """Multiply-adds of the products of constants alone from which a constant is computed."""
        self.multiplied: set[str] = set()
        """Those products that a draft has counted."""
        self.reduced: set[str] = set()  # by a sum, a norm or a root
        self.direct = taken_directly(graph) if graph.learned else frozenset[str]()
        """Weights that layers take as they are, whatever else is computed from them."""
        taken = [
            op.inputs[:1] if op.kind == "CastLike" else op.inputs
            for op in graph.ops
            if op.kind not in ("Shape", "Size")
        ]
        self.uses: dict[str, int] = Counter(chain(graph.outputs, chain.from_iterable(taken)))
        """How many operators take a value, and how many outputs it is."""
        self.reused = {name for name, count in self.uses.items() if count > 1}

    # ---- making drafts --------------------------------------------------------------------

    def draft(
        self, kind: str, op: Op, inputs: list[LayerDraft], shape: Shape, /, **options: Any
    ) -> LayerDraft:
        """A new draft behind all others."""
        draft = LayerDraft(kind, op, inputs, shape or (1,), options)
        self.drafts.append(draft)
        return draft

    def give(self, op: Op, draft: LayerDraft, axes: Axes | None, dims: Shape = ()) -> None:
        """Let the first output of an operator be what a new draft, or a grown one, gives."""
        name = op.outputs[0]
        draft.refs = self.uses.get(name, 0)
        self.values[name] = record(TensorView, (draft, axes, dims))

    def keep(self, op: Op, value: TensorView) -> None:
        """Let the first output of an operator be an old value, whose draft has grown."""
        name = op.outputs[0]
        value.draft.refs = self.uses.get(name, 0)
        self.values[name] = value if value.axes is not None else TensorView(value.draft, None)

    def alias(self, op: Op, value: TensorView) -> None:
        """Let the first output of an operator be an old value in another view."""
        name = op.outputs[0]
        value.draft.refs += self.uses.get(name, 0) - 1
        self.values[name] = value

    def between(
        self, kind: str, op: Op, draft: LayerDraft, shape: Shape, /, **options: Any
    ) -> LayerDraft:
        """A draft that the file does not have, before the draft of ``op``."""
        made = self.draft(kind, op, [draft], shape, **options)
        made.name = ""
        made.refs = 1
        return made

    def sequence(self, op: Op, value: TensorView) -> TensorView:
        """A map of height or width 1, seen without that, as a sequence; others as they are."""
        draft, axes, _ = value
        if axes is None or len(draft.shape) != 3:
            return value
        lost = next((axis for axis in (0, 1) if draft.shape[axis] == 1 and axis not in axes), None)
        if lost is None:
            return value
        made = self.sequences.get(draft)
        if made is None:
            shape = (*draft.shape[:lost], *draft.shape[lost + 1 :])
            made = self.between("reshape", op, draft, shape)
            made.options["shape"] = made.shape
            made.refs = draft.refs
            self.sequences[draft] = made
        return TensorView(made, tuple(axis - (axis > lost) for axis in axes))

    def weigh(self, draft: LayerDraft, *names: str, whole: bool = False) -> None:
        """Count constants as weights of a draft, each where it is used first.

        ``whole``: of what was picked from a table, all of the table.
        """
        constants, reused, origins = self.constants, self.reused, self.origins
        for name in names:
            tensor = constants.get(name)
            if tensor is None or not tensor.weight:
                draft.computed = draft.computed or ("somehow" if tensor else "")
                continue
            self.weighed[name] = draft
            if self._weighs_leaves(draft, name, tensor, whole):
                continue
            origin = origins.get(name) if origins else None
            if origin and (whole or constants[origin].size <= tensor.size):
                name, tensor = origin, constants[origin]
            leaves = self.leaves.get(name, ())
            whole_leaf = len(leaves) == 1 and constants[leaves[0]].size == tensor.size
            name = leaves[0] if whole_leaf else name
            size = prod(tensor.shape)
            draft.parameters += size
            if name in reused or origins or whole_leaf:
                first = self.seen_weights.setdefault(name, draft)
                if first is not draft and (size > 1 or draft.lent or self.graph.learned):
                    draft.options.setdefault("shared", True)
                    draft.lent += size

    def weigh_inside(self, draft: LayerDraft, op: Op) -> None:
        """Count the weights in the bodies of an operator."""
        if op.outputs and op.outputs[0] in self.graph.insides:
            names = self.graph.insides[op.outputs[0]]
            self.inside.update(dict.fromkeys(names, draft))
            draft.parameters += sum(self.graph.inner[name] for name in names)

    def _weighs_leaves(self, draft: LayerDraft, name: str, tensor: Tensor, whole: bool) -> bool:
        """Count all weights that a constant is computed from; parts of one count by themselves."""
        leaves = self.leaves.get(name, ())
        alone = len(leaves) == 1 and not whole
        size = self.constants[leaves[0]].size if leaves else 0
        part = tensor.size < size or (tensor.size == size and not self.graph.learned)
        if not leaves or (alone and part):
            return False
        draft.computed = "norm" if self.graph.learned or name in self.reduced else "somehow"
        for product_of, macs in self.products.get(name, {}).items():
            draft.before += 0 if product_of in self.multiplied else macs // self.batch
            self.multiplied.add(product_of)
        for leaf in leaves:
            if leaf in self.direct and leaf not in self.seen_weights and not alone:
                continue
            size = self.constants[leaf].size
            draft.parameters += size
            if self.seen_weights.setdefault(leaf, draft) is not draft:
                draft.options.setdefault("shared", True)
                draft.lent += size
        return True

    def weigh_known(self, draft: LayerDraft, names: Sequence[str], size: int) -> None:
        """Count constants that are known to have so many elements each."""
        if self.leaves or self.origins or not self.reused.isdisjoint(names):
            self.weigh(draft, *names)
        else:
            for name in names:
                self.weighed[name] = draft
            draft.parameters += size * len(names)

    def give_nothing(self, name: str, dims: tuple[int, ...]) -> None:
        """Let an output have no numbers: that is a constant like any other, and no weight."""
        self.constants[name] = Tensor(dims, (), False, False)

    def is_named(self, name: str) -> bool:
        """Whether a constant is a weight of the model though it may be a single number."""
        return name in self.graph.constants and name not in self.graph.written

    # ---- looking ---------------------------------------------------------------------------

    def value(self, op: Op, index: int = 0) -> TensorView | None:
        """An input of an operator, None where it is a constant or missing."""
        names = op.inputs
        return self.values.get(names[index]) if index < len(names) else None

    def constant(self, op: Op, index: int) -> Tensor | None:
        """A constant input of an operator, None where it is none."""
        names = op.inputs
        return self.constants.get(names[index]) if index < len(names) else None

    def dims(self, value: TensorView) -> tuple[int, ...]:
        """The shape of a value in the file's order, with the batch."""
        draft, axes, dims = value
        if axes is None:
            return dims
        shape = draft.shape
        return tuple(shape[a] if a >= 0 else self.batch if a == BATCH else 1 for a in axes)

    def alike(self, one: Axes | None, two: Axes | None) -> bool:
        """Whether two orders of axes are the same; a batch of 1 is like any side of 1."""
        if one == two or self.batch > 1 or one is None or two is None:
            return one == two
        if len(one) != len(two):
            return False
        return all(a == b or (a < 0 and b < 0) for a, b in zip(one, two, strict=True))

    def known(self, name: str) -> tuple[int, ...] | None:
        """The shape that the file states for a value, where it states all of it but the batch."""
        stated = self.graph.shapes.get(name)
        if stated is None:
            return None
        dims = tuple(side or 0 for side in stated)
        if dims and not dims[0] and self.opened and not self.deep:  # else it is no batch
            dims = (self.batch, *dims[1:])
        return dims if all(dims) else None


def takes(draft: LayerDraft, option: str) -> bool:
    """Whether a kind of layer accepts an option."""
    kind = KINDS.get(draft.kind)
    return kind is not None and option in kind.options


def numbers(tensor: Tensor | None) -> tuple[int, ...] | None:
    """The values of a small constant as whole numbers."""
    if tensor is None or tensor.values is None:
        return None
    if any(value != value or abs(value) == float("inf") for value in tensor.values):
        return None
    return tuple(int(value) for value in tensor.values)


def scalar(tensor: Tensor | None) -> float | None:
    """The value of a constant with one element."""
    if tensor is None or tensor.values is None or len(tensor.values) != 1:
        return None
    return float(tensor.values[0])
