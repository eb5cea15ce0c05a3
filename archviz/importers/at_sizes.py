"""A source as a spec, whichever sides of its inputs are open.

Where some are, it is read at several sizes. If the specs that come of that are one, with names for
what is open, that is the spec; if a layer fits one size only, the network has that size; and what
is neither is drawn at a size that is said to be an example.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, fail
from archviz.importers import open_sizes
from archviz.importers.garbage_collector import without_collector
from archviz.importers.imported import Imported, Remarks, import_layers, mistake, report
from archviz.importers.open_sizes import Plan, one_spec, plans
from archviz.importers.prove import differences, numbered
from archviz.importers.sizes import OpenSizesError, option, shown_input
from archviz.importers.sources import Read, read_model, states_facts
from archviz.importers.unroll import unrolled
from archviz.language.expand import expand_at
from archviz.language.spec import read_spec
from archviz.language.trials import analysed
from archviz.network.open_sides import listed, sentence
from archviz.network.rules import ShapeError
from archviz.network.telling import trial_sizes

if TYPE_CHECKING:
    from archviz.importers.graphs import LayerGraph
    from archviz.importers.sizes import Sizes
    from archviz.language.syntax import Spec

Trials: TypeAlias = "tuple[Mapping[str, int], ...]"
"""Sizes by the names of sides, of several trials."""


def import_file(path: str, sizes: Sizes = (), names: str = "field") -> Imported:
    """The spec of the model in a file; ``sizes`` of inputs fill the sides that it leaves open.

    ``names`` says what labels its modules: words of the ``field``, or the ``code``'s classes.

    Raises:
        ArchvizError: the file is no model, or one that cannot be drawn.
    """
    title = os.path.splitext(os.path.basename(path))[0]
    with without_collector():
        if states_facts(path):
            return _of_family(path, sizes)
        return import_model(
            lambda given, known=None: read_model(path, given, known)._replace(names=names),
            title,
            path,
            sizes,
        )


def _of_family(path: str, sizes: Sizes) -> Imported:
    """The spec of a language model from a file that has its facts and no graph."""
    from archviz.importers.families.described import describe

    try:
        text, network, report, agrees = describe(path, sizes)
    except ArchvizError:
        raise
    except Exception as error:
        raise mistake(error, path) from error
    return Imported(text, network, report, faithful=False, agrees=agrees)


def import_model(read: Read, title: str, file: str, sizes: Sizes = ()) -> Imported:
    """The spec of what ``read`` gives at ``sizes``, and at others where sides are open.

    Raises:
        ArchvizError: the model cannot be drawn.
    """
    try:
        graph = read(sizes)
    except OpenSizesError as refused:
        return _Opened(read, title, file, refused).imported()
    except ArchvizError:
        raise
    except Exception as error:
        raise mistake(error, file) from error
    made = import_layers(graph, title, file)
    if sizes:
        _check_sizes(read, graph, title, file, made.doubts > 0 or not made.faithful)
    return made


def _check_sizes(read: Read, graph: LayerGraph, title: str, file: str, likely: bool) -> None:
    """:class:`ArchvizError` where layers do not fit given sizes, and there are sizes that they fit.

    ``likely``: something in the model is not understood, which may be due to its size.
    """
    try:
        read(())
    except OpenSizesError as refused:
        opened = _Opened(read, title, file, refused)
        asked = opened.asks(graph, likely)
        sizes = opened.fitting() if asked else None
        if asked and sizes:
            message = f"is given sizes at which a layer gets {asked[0]:,} values and takes "
            right = option(sizes, sizes)
            raise fail(file, f"{message}{asked[1]:,}", f"a size that fits: {right}") from None
    except ArchvizError:
        return


FEW_LAYERS = 1000
"""Of models that are kept for all sizes that are tried."""
UNPROVEN = 1000
"""How wrong is what cannot be proven, in kinds of operators that are not understood."""


class _At(NamedTuple):
    """A model at certain sizes."""

    plan: Plan
    sizes: Mapping[str, int]
    layers: LayerGraph
    imported: Imported

    @property
    def wrong(self) -> int:
        """How much is not as it should be: 0 where everything fits."""
        return self.imported.doubts + UNPROVEN * (not self.imported.faithful)


class _Opened:
    """Finds out what a source with open sides is."""

    def __init__(self, read: Read, title: str, file: str, refused: OpenSizesError) -> None:
        self.read, self.title, self.file = read, title, file
        self.refused = refused
        self.tried: list[tuple[_At, Trials]] = []
        """The model at the first sizes of each trial, and all of them."""
        self.known: dict[tuple[object, ...], _At | None] = {}
        """Models of few layers, by the sizes of their inputs."""
        self.more = Remarks()
        """What else has to be said."""
        self.right: _At | None = None
        """The model at sizes that its layers fix."""

    def imported(self) -> Imported:
        """The spec; :class:`OpenSizesError` where the source can be read at no size."""
        free, tied = plans(self.refused)
        if free and not free[0].names:
            return self.closed(free[0])
        for plan in free:
            if found := self.named(plan) or self.fixed(plan):
                return found
        for plan in free:
            if found := self.doubtful(plan, UNPROVEN):
                return found
        for plan in tied:
            if found := self.named(plan) or self.fixed(plan) or self.doubtful(plan, UNPROVEN):
                return found
        if not self.tried:
            raise self.refused
        return self.partly() or self.unproven() or self.example()

    def closed(self, plan: Plan) -> Imported:
        """The spec, where the first layers fix all that is open."""
        at = self.at(plan, {})
        if at is None:
            raise self.refused
        said = "its layers fix the sizes that it leaves open"
        return self.again(at, Remarks((), (said,)))

    # ---- one size --------------------------------------------------------------------

    def at(self, plan: Plan, sizes: Mapping[str, int]) -> _At | None:
        """The model at certain sizes; None where it cannot be drawn at them."""
        key = (*plan.at(sizes).items(), self.more)
        if key not in self.known:
            found = self.drawn(plan, sizes)
            if found and len(found.layers.nodes) > FEW_LAYERS:
                return found
            self.known[key] = found
        known = self.known[key]
        return known and known._replace(plan=plan, sizes=sizes)

    def drawn(self, plan: Plan, sizes: Mapping[str, int]) -> _At | None:
        """See :meth:`at`."""
        try:
            layers = self.layers(plan, sizes)
            remarks = self.more._replace(even=True)
            made = import_layers(layers, self.title, self.file, remarks)
            return _At(plan, sizes, layers, made)
        except Exception:  # at another size it may be otherwise
            return None

    def layers(self, plan: Plan, sizes: Mapping[str, int]) -> LayerGraph:
        """The layers at certain sizes, of the operators that have been read."""
        return self.read(plan.at(sizes), self.refused.graph)

    def asks(self, layers: LayerGraph, likely: bool = False) -> tuple[int, int] | None:
        """See :func:`open_sizes.asked_for`."""
        return open_sizes.asked_for(layers, self.refused.graph, likely)

    def again(self, at: _At, remarks: Remarks) -> Imported:
        """The same model, with what has to be said of it."""
        return import_layers(at.layers, self.title, self.file, remarks)

    # ---- all sizes -------------------------------------------------------------------

    def named(self, plan: Plan) -> Imported | None:
        """The model with names for what is open, if everything fits at all sizes."""
        for sizes in plan.trials():
            longest = max(sizes[-1].values(), default=0)
            first = self.at(plan, sizes[0])
            if first is None or open_sizes.is_beyond(longest, self.refused.graph):
                continue
            self.tried.append((first, sizes))
            if first.wrong or self.asks(first.layers):
                continue
            if found := self.together(first, sizes):
                return found
        return None

    def together(self, first: _At, sizes: Trials) -> Imported | None:
        """One spec for the model at all sizes of a trial, if there is one."""
        plan = first.plan
        trials = [first, *(self.at(plan, one) for one in sizes[1:])]
        if any(trial is None or trial.wrong > first.wrong for trial in trials):
            return None
        specs = [trial.imported for trial in trials if trial]
        text = one_spec([spec.text for spec in specs], sizes)
        try:
            spec = read_spec(text, f"{self.title}.yaml") if text else None
            if spec is None:
                return None
            network, analysis = analysed(spec, expand_at)
        except ArchvizError:
            return None
        pairs = zip(sizes, specs, strict=True)
        if not all(_is(spec, *pair) for pair in pairs) or not self.holds_far_off(first, spec):
            return None
        counted = analysis.totals.macs is not None
        said = sentence(analysis.open, counted).rstrip(".")
        remarks = Remarks(self.more.notes, (*self.more.report, said), counted)
        made, proof = first.imported, first.imported.proof
        assert proof is not None
        told = report(proof, remarks)
        return made._replace(text=text, network=network, report=told, plain=False)

    def holds_far_off(self, first: _At, spec: Spec) -> bool:
        """Whether a spec is the model at large sizes, too, if the model is anything at them."""
        (sizes, *_) = trial_sizes(first.plan.names, open_sizes.FAR)
        if sizes == first.sizes or open_sizes.is_beyond(max(sizes.values()), self.refused.graph):
            return True
        if self.is_at(first.plan, sizes, spec):
            return True
        far = self.at(first.plan, sizes)
        if far is None or far.wrong > first.wrong or self.asks(far.layers):
            return True
        return _is(spec, sizes, far.imported)

    def is_at(self, plan: Plan, sizes: Mapping[str, int], spec: Spec) -> bool:
        """Whether a spec is the model at certain sizes, by its layers alone."""
        try:
            layers = self.layers(plan, sizes)
            flat = unrolled(expand_at(spec, sizes))
            return not (self.asks(layers) or differences(numbered(layers), flat))
        except Exception:  # then there is more to look at
            return False

    def doubtful(self, plan: Plan, most: int) -> Imported | None:
        """One spec for all sizes, of a model of which not everything is understood.

        Of the sizes that were tried those at which most is: others may be none that it takes.
        """
        least = min((first.wrong for first, _ in self.tried), default=0)
        for first, sizes in self.tried:
            if first.plan != plan or first.wrong != least or not 0 < least < most:
                continue
            if not self.asks(first.layers) and (found := self.together(first, sizes)):
                return found
        return None

    def partly(self) -> Imported | None:
        """One spec for all widths of one height, where no spec holds for all heights."""
        plan = self.tried[0][0].plan
        name = plan.names[0]
        for height in open_sizes.HEIGHTS if len(plan.names) == 2 else ():
            part = plan.at_one(name, height)
            said = f"{name} is open, too, and {height} an example: not every size of it fits"
            self.more = Remarks((f"{said}.",), (said,))
            found = self.named(part) or self.doubtful(part, UNPROVEN)
            if found:
                return found
        self.more = Remarks()
        return None

    def unproven(self) -> Imported | None:
        """One spec for all sizes, of a model that cannot be proven at any."""
        free, tied = plans(self.refused)
        found = (self.doubtful(plan, 2 * UNPROVEN) for plan in (*free, *tied))
        return next(filter(None, found), None)

    # ---- the size that fits --------------------------------------------------------------

    def fixed(self, plan: Plan) -> Imported | None:
        """The model at the one size, or the one range of sizes, that its layers fit."""
        first = next((at for at, _ in self.tried if at.plan == plan), None)
        if first is None:
            return None
        found, likely = None, first.wrong > 0
        if self.asks(first.layers, likely):
            tables = open_sizes.table_sides(self.refused.graph)
            found = self.stated(plan, tables) or self.asked(plan, first, likely)
        elif not first.imported.faithful:
            gaps = first.layers.held.shapes
            found = self.stated(plan, open_sizes.stated_sides(self.refused.graph, gaps))
        return found

    def asked(self, plan: Plan, first: _At, likely: bool) -> Imported | None:
        """The model at a size at which an operator gets as many values as it takes.

        Several open sides are taken to be alike.
        """
        names = plan.names
        plan = plan.tied()
        name = names[0]

        def values(size: int) -> tuple[int, int] | None:
            try:
                layers = self.layers(plan, {name: size})
            except Exception:
                return 0, 1
            return self.asks(layers, likely)

        sizes = open_sizes.fitting(values, max(first.sizes.values()))
        if not sizes:
            return None
        size = open_sizes.usual_size(sizes)
        at = self.at(plan, {name: size})
        if at is None or at.wrong:
            return None
        words = "×".join([str(size)] * len(names))
        words += ", if they are alike" if len(names) > 1 else ""
        if len(sizes) > 1:
            words += f" (all from {sizes[0]} to {sizes[-1]} fit)"
        return self.said(at, names, f"its layers take {words}", len(sizes) + len(names) > 2)

    def stated(self, plan: Plan, sides: Sequence[int]) -> Imported | None:
        """The model at sizes that are among some which it states further behind."""
        for sizes in product(sides if len(plan.names) < 3 else (), repeat=len(plan.names)):
            at = self.at(plan, dict(zip(plan.names, sizes, strict=True)))
            if at is not None and not at.wrong and not self.asks(at.layers):
                words = f"its layers are stated for {'×'.join(map(str, sizes))}"
                return self.said(at, plan.names, words, False)
        return None

    def said(self, at: _At, names: Sequence[str], words: str, note: bool) -> Imported:
        """The model at a size that was found, and how."""
        self.right = at
        said = f"leaves {listed(names)} open; {words}"
        return self.again(at, Remarks((f"The file {said}.",) if note else (), (f"it {said}",)))

    def fitting(self) -> dict[str, tuple[int, ...]]:
        """The sizes of all inputs that the layers fix, where they fix any."""
        for plan in plans(self.refused)[0]:
            sizes = next(plan.trials())
            first = self.at(plan, sizes[0])
            self.tried = [(first, sizes)] if first else []
            if self.fixed(plan) and self.right:
                return self.right.plan.at(self.right.sizes)
        return {}

    # ---- some size -------------------------------------------------------------------

    def example(self) -> Imported:
        """The model at a size that is an example."""
        plan = self.tried[0][0].plan
        usual = self.at(plan, open_sizes.example(plan))
        best = min((usual, *(at for at, _ in self.tried)), key=lambda at: at.wrong if at else 10**6)
        assert best is not None  # some were tried
        sizes = best.plan.at(best.sizes)
        graph = self.refused.graph
        shown = ", ".join(
            f"{shown_input(name, graph.shapes.get(name), graph.sides)} drawn at "
            + "×".join(map(str, size))
            for name, size in sizes.items()
            if None in (graph.shapes.get(name) or ())
        )
        said = f"its size is open, and this is an example: {shown}"
        return self.again(best, Remarks((f"The file leaves sizes open: {shown}.",), (said,)))


def _is(spec: Spec, sizes: Mapping[str, int], imported: Imported) -> bool:
    """Whether a spec is, at certain sizes, the model as it is at them."""
    try:
        flat = unrolled(expand_at(spec, sizes))
    except (ArchvizError, ShapeError):
        return False
    return not differences(unrolled(imported.network), flat)
