"""The canonical tree of a network: what is left when a spec has been read and its
parameters have been filled in. Analysis and layout see only this.

``where`` names a place in the spec, not in the unrolled network: all calls of a module
share the ``where`` of its layers, and so do all iterations of a repeat. It is the key
under which the analysis gathers what a drawn box stands for.

All records are named tuples: frozen like frozen dataclasses, at a fifth of the time that
it takes to define one, and start-up is what a user of the command line waits for. (For
the same reason annotations are plain here: postponed ones are compiled one by one.)
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from archviz.errors import Mark, Problem
from archviz.looks import MODULES
from archviz.network.head import Head

NOTHING: Mapping[str, Any] = {}
"""The default of mappings; nobody writes to it."""

PREVIOUS = "previous"
"""The value that every module has besides what comes in: what the item before took in."""
COMING_IN = "in"
"""The value that comes into a module, where a name for it is needed."""
Shape: TypeAlias = tuple[int, ...]
"""(height, width, channels) of a map, (length, features) of a sequence, or (features,) of a
vector; no batch axis."""


class Layer(NamedTuple):
    """One layer with everything that its shape and its counts depend on.

    ``padding`` is ``"same"``, ``"half"``, ``"valid"`` or (top, bottom, left, right) in pixels;
    of a sequence (before, behind), of a volume six numbers. Kernels have as many sides as
    what they move over.
    """

    kind: str
    where: str
    mark: Mark
    kernel: tuple[int, ...] = (1, 1)
    filters: int = 0
    """Output channels; units; width of all heads; features inside a feed-forward part."""
    stride: tuple[int, ...] = (1, 1)
    dilation: tuple[int, ...] = (1, 1)
    padding: str | tuple[int, ...] = "valid"
    ceil: bool = False
    groups: int = 1
    multiplier: int = 1
    bias: bool = True
    norm: str = "none"
    activation: str = "none"
    value: float = 0.0
    """Rate of a dropout, scale of a scaled add, factor of an upsampling."""
    shape: Shape = ()
    """Of an input or a reshape: the shape that it states."""
    name: str = ""
    label: str = ""
    drawn: bool = True
    present: bool = True
    """False where this call's ``when`` leaves the layer out; others may have it."""
    counts_in_depth: bool = True
    count: int = 1  # type: ignore[assignment]  # hides tuple.count, which nobody calls
    """Heads of an attention, tokens that are put before a sequence, words of an embedding,
    experts, rows of a table of positions."""
    kv_heads: int = 0
    """Heads of keys and values of an attention; 0: as many as of queries."""
    head_width: int = 0
    """Features of each head; 0: what comes in, or the width of all heads, divided."""
    window: int = 0
    """How many rows each row of an attention sees; 0: all."""
    relative: int = 0
    """Relative positions for each of which a head of an attention learns a bias of its scores."""
    causal: bool = False
    """Whether a row sees nothing behind it: a mask, or a padding before a convolution."""
    rotary: bool = False
    qk_norm: str = "none"
    """How queries and keys are normalised, with the same weights for all heads."""
    qk_whole: bool = False
    """Whether each head has weights of its own for that."""
    key_bias: bool | None = None
    """Whether the keys of an attention have a bias; None: as queries and values."""
    out_bias: bool | None = None
    """Whether the last projection of an attention has a bias; None: as the others."""
    active: int = 0
    """Experts that are active for a row."""
    gated: bool = False
    biases: int = 1
    """How many a gate of a recurrent layer has."""
    reset_after: bool = False
    bidirectional: bool = False
    last: bool = False
    """Only the last state, or the last row."""
    keep: bool = False
    """Whether a global pooling gives a map of 1×1 places."""
    weights: int = 0
    macs: int = 0
    """Of an operator that no other kind describes: what it counts, as stated."""
    own: int = 0
    """Where ``shared``: parameters that are the layer's own and do count."""
    shared: bool = False
    """Whether the weights are those of an earlier layer, and do not count again."""
    frozen: bool = False
    """Whether no weight of it is trained."""
    untrained: int = 0
    """How many of its weights are not trained, beside moving statistics, where some are."""
    takes: tuple[str, ...] = ()
    """Named values that it takes besides what comes in: of a merge, an attention, a crop."""
    alone: bool = False
    """Of a merge: it takes the named values only, not what comes in."""
    gives: tuple[str, ...] = ()
    """Names of further values that it gives: parts of a split, the last state of a recurrence."""
    caption: str = ""
    color: str = ""
    """A theme's role or ``#rrggbb``, where it is not the kind's."""


class Look(NamedTuple):
    """What a spec says of how an item looks, beside what it is."""

    label: str = ""
    title: str = ""
    color: str = ""
    caption: str = ""
    drawn: bool = True


PLAIN = Look()


class Named(NamedTuple):
    """A name for the value at this place of a series; draws nothing but the name's wire."""

    name: str
    where: str
    mark: Mark


class From(NamedTuple):
    """The series goes on from a named value; what came before ends here."""

    name: str
    where: str
    mark: Mark


class Series(NamedTuple):
    """Nodes one after another; an empty series is the identity."""

    nodes: tuple["Node", ...] = ()


class Repeat(NamedTuple):
    """``times`` iterations in a row; ``bodies`` has one for all, or one for each."""

    times: int
    bodies: tuple[Series, ...]
    where: str
    mark: Mark
    name: str = ""
    look: Look = PLAIN
    shared: bool = False
    """Whether all that stand here have the weights of the first, which count once."""


class Towers(NamedTuple):
    """Parallel towers on one input, brought together by ``merge``.

    ``copies`` > 1: one tower, that many times (``branches`` holds it once). ``joined``:
    a fork at the end of a tower, whose ends go straight to the merge of the towers
    around it; its own merge counts and is not drawn.
    """

    branches: tuple[Series, ...]
    merge: Layer
    where: str
    mark: Mark
    copies: int = 1
    joined: bool = False
    name: str = ""
    look: Look = PLAIN
    shared: bool = False
    """Whether all that stand here have the weights of the first, which count once."""


class Residual(NamedTuple):
    """A main path and a shortcut (empty: identity) on one input, merged."""

    main: Series
    shortcut: Series
    merge: Layer
    where: str
    mark: Mark
    name: str = ""
    look: Look = PLAIN


class Graph(NamedTuple):
    """Wiring that is not series-parallel.

    ``nodes`` in topological order; ``edges`` from name to name, where ``in`` is the
    input and ``out`` the output; they may start at values that have a name, too. A node
    with several inputs starts with a merge.
    """

    nodes: tuple[tuple[str, Series], ...]
    edges: tuple[tuple[str, str], ...]
    where: str
    mark: Mark
    name: str = ""
    look: Look = PLAIN


class ModuleCall(NamedTuple):
    """A module with its parameters filled in."""

    module: str
    arguments: Mapping[str, int | float | str]
    body: Series
    where: str
    mark: Mark
    name: str = ""
    present: bool = True
    look: Look = PLAIN
    """Its label is the text of this call's box, where that is not the module's."""
    inputs: tuple[tuple[str, str], ...] = ()
    """The module's inputs besides what comes in, each with the value that this call gives it."""
    gives: tuple[tuple[str, str], ...] = ()
    """Names in its body that are names where it is called, too, each with the name there."""
    shared: bool = False
    """Whether its weights are those of an earlier call, and do not count again."""
    whole: bool = False
    """Whether its body is a whole network, before whose first item nothing stands."""


class Stage(NamedTuple):
    """A stretch of the main row that has a name."""

    title: str
    body: Series
    where: str
    mark: Mark
    look: Look = PLAIN


class Outputs(NamedTuple):
    """Several outputs of equal rank, which end the network."""

    branches: tuple[tuple[str, Series], ...]
    where: str
    mark: Mark
    looks: tuple[Look, ...] = ()
    """One a branch."""


class Auxiliary(NamedTuple):
    """An auxiliary classifier, tapped off the main row behind the node before it."""

    body: Series
    where: str
    mark: Mark
    side: str = "auto"
    name: str = ""
    look: Look = PLAIN


Node: TypeAlias = (
    Layer
    | Series
    | Repeat
    | Towers
    | Residual
    | Graph
    | ModuleCall
    | Auxiliary
    | Named
    | From
    | Stage
    | Outputs
)


class Module(NamedTuple):
    """How a module is shown: as a box in a row, and as a panel under its title.

    Parameters in braces in ``label`` are filled in by each call.
    """

    name: str
    label: str
    title: str
    color: str
    mark: Mark
    inputs: tuple[str, ...] = ()
    """Named values that it takes besides what comes in."""
    gives: tuple[str, ...] = ()
    """Names of values that it gives besides what goes out."""


class Figure(NamedTuple):
    """What a spec says of its figure.

    ``hide_badges``: the layer kinds whose badges are left out because a note says them once;
    ``colors``: what colors mean; ``looks``: the options given, of :data:`archviz.looks.LOOKS`.
    """

    notes: tuple[str, ...] = ()
    hide_badges: frozenset[str] = frozenset()
    colors: Mapping[str, str] = NOTHING
    looks: Mapping[str, Any] = NOTHING
    parts: Mapping[str, frozenset[str]] = NOTHING
    """By the file of another spec, whose parts are in this one: its ``hide_badges``."""

    def hidden(self, layer: Layer) -> frozenset[str]:
        """Kinds whose badges are left out in the spec that a layer is written in."""
        return self.parts.get(layer.mark.file, self.hide_badges)

    @property
    def opened(self) -> tuple[str, ...]:
        """What has a panel: modules and kinds of layers, or :data:`archviz.looks.MODULES`."""
        names: tuple[str, ...] = self.looks.get("open", (MODULES,))
        return names

    @property
    def panels(self) -> tuple[str, ...]:
        """Modules and kinds whose panels come first, in this order."""
        names: tuple[str, ...] = self.looks.get("panels", ())
        return names

    @property
    def detail(self) -> tuple[str, ...]:
        """What is printed at each layer, of :data:`archviz.looks.DETAILS`."""
        words: tuple[str, ...] = self.looks.get("detail", ())
        return words

    @property
    def blank(self) -> tuple[str, ...]:
        """What boxes without labels have, of :data:`archviz.looks.BLANKS`; nothing if they are
        as ever."""
        words: tuple[str, ...] = self.looks.get("blank", ())
        return words

    @property
    def symbols(self) -> bool:
        """Whether merges are drawn as circles with a sign."""
        return self.looks.get("merges") == "symbols"

    @property
    def direction(self) -> str:
        """The way in which the network is read: ``right``, ``down`` or ``up``."""
        return str(self.looks.get("direction", "right"))


class Network(NamedTuple):
    """A network: its head, its inputs, its main row and how its modules are shown.

    ``body`` begins with the input, or with towers or a graph that begin with several.
    ``modules`` in the order of their first use.
    """

    head: Head
    inputs: tuple[Layer, ...]
    body: Series
    modules: Mapping[str, Module]
    figure: Figure = Figure()
    published_marks: Mapping[str, Mark] = NOTHING
    files: tuple[str, ...] = ()
    """Of the specs that parts of it come from, besides its own."""
    warnings: tuple[Problem, ...] = ()
    """What is hardly meant as it stands in the spec."""
    sizes: tuple[Mapping[str, int], ...] = ()
    """Of sides that are open, by their names, in each trial."""
    trials: tuple["Network", ...] = ()
    """The network at each of these sizes; in its own layers numbers depend on the names."""
