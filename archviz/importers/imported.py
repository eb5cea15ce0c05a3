"""A model as a spec, and the proof that the spec is the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archviz.errors import ArchvizError, Problem, fail, one_line
from archviz.importers.conservation import UNSTATED
from archviz.importers.graphs import Held, LayerGraph, LayerNode
from archviz.language.options import MAX_SIZE
from archviz.network.analysis import analyse
from archviz.network.kinds import STATED
from archviz.network.model import Network
from archviz.network.rules import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.importers.compact.outline import Outline
    from archviz.importers.conservation import Findings
    from archviz.importers.unroll import Wired

SHOWN = 3
"""Differences that a report names."""
MAY_BE_DAMAGED = "the file may be damaged; if other programs read it, please report it"
SIDES = 10**6
"""A layer may have so many times the weights that a side may have units."""


class Proof(NamedTuple):
    """What comparing a model with its spec has come to."""

    file: str
    found: tuple[str, ...]
    """How the two differ."""
    conserved: Findings
    idle: Sequence[str]
    """Inputs that nothing takes."""
    unknown: Sequence[str]
    """Operators that were not understood."""
    passing: int
    """Values that are given on the way."""
    counts: tuple[int, int, int, bool]
    """Layers, parameters and multiply-adds, and whether those of some boxes are not known."""

    @property
    def faithful(self) -> bool:
        """Whether nothing differs, and all is proven."""
        return not (self.found or self.conserved.differences or self.conserved.unproven)

    @property
    def doubts(self) -> int:
        """How many operators were not understood."""
        return len(self.unknown)


class Imported(NamedTuple):
    """A model's spec as YAML, the network that it describes, and what a check of it found."""

    text: str
    network: Network
    report: str
    faithful: bool
    plain: bool = False
    """Whether the figure shows the model as it is, and nothing has to be said about it."""
    unused: tuple[tuple[str, int], ...] = ()
    """Weights that the model did not use when it ran, and that the figure leaves out."""
    agrees: bool = False
    """Of a figure whose wiring is its family's: whether nothing in the file speaks against it."""
    doubts: int = 0
    """How many kinds of operators were not understood."""
    almost: tuple[str, ...] = ()
    """Why rules do not fit that nearly do: a sentence each, with the layers that it is of."""
    proof: Proof | None = None
    """What the report says of it."""


class Remarks(NamedTuple):
    """What else has to be said of a model: in its figure, and in the report."""

    notes: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    counted: bool = True
    """Whether its multiply-adds are known."""
    even: bool = False
    """Whether the lines of its spec are broken alike whatever numbers are in them."""


PLAIN = Remarks()


def import_layers(graph: LayerGraph, title: str, file: str, remarks: Remarks = PLAIN) -> Imported:
    """The spec of a layer graph; what it unrolls to is compared with the graph.

    Raises:
        ArchvizError: the model cannot be drawn.
    """
    try:
        return _import(graph, title, file, remarks)
    except ArchvizError:
        raise
    except Exception as error:
        raise mistake(error, file) from error


def mistake(error: Exception, file: str) -> ArchvizError:
    """What to say where an import fails for no reason that we know."""
    if isinstance(error, MemoryError):
        return fail(file, "needs more memory than there is")
    what = f"{type(error).__name__}: {error}"[:100]
    return fail(
        file,
        f"cannot be drawn, by a mistake of archviz ({what})",
        "please report it, if you can with the model",
    )


def _import(graph: LayerGraph, title: str, file: str, remarks: Remarks) -> Imported:
    from archviz.importers.compact.pipeline import compact, outlined
    from archviz.importers.compact.rows import with_boxes
    from archviz.importers.compact.several_inputs import (
        idle_inputs,
        without_inputs,
        without_passing_outputs,
    )
    from archviz.importers.conservation import Drawn, findings
    from archviz.importers.garbage_collector import without_collector

    if all(node.kind == "input" for node in graph.nodes):
        raise fail(file, "has no layer: what goes in comes out as it is")
    idle = idle_inputs(graph)
    if idle:
        graph = without_inputs(graph, idle)
    passing = len(graph.outputs)
    graph = with_boxes(without_passing_outputs(graph))
    passing -= len(graph.outputs)
    with without_collector():
        place = _Place(file, title, passing, remarks)
        read = _read(graph, compact(graph, file), place)
        if read is None:
            read = _read(graph, outlined(graph, file), place)
        assert read is not None
    _, text, network, flat, found = read
    total, fixed = flat.total("parameters"), sum([node.fixed for node in flat.nodes])
    heads = sum([node.parameters for node in flat.nodes]) - total
    conserved = findings(graph.held, Drawn(total, fixed, heads), graph.unknown)
    totals = flat.total("parameters"), flat.total("macs")
    counts = len(graph.nodes), *totals, any(_is_uncounted(node, graph) for node in graph.nodes)
    proof = Proof(file, tuple(found), conserved, idle, graph.unknown, passing, counts)
    made = Imported(text, network, report(proof, remarks), proof.faithful, doubts=proof.doubts)
    plain = proof.faithful and not (idle or graph.unknown or conserved.remarks or remarks.report)
    unused, almost = graph.held.unused, _almost(graph)
    return made._replace(plain=plain, unused=unused, almost=almost, proof=proof)


def report(proof: Proof, remarks: Remarks) -> str:
    """What is said of a model that was compared with its spec."""
    said = [*_outcome(proof, remarks.counted), *remarks.report]
    if proof.idle:
        said.append(f"not drawn, since nothing takes it: {', '.join(proof.idle[:SHOWN])}")
    if proof.unknown:
        names = ", ".join(sorted(set(proof.unknown))[:12])
        said.append(f"not understood, drawn as plain boxes: {names}")
        if proof.counts[-1]:
            said.append("the multiply-adds of such boxes with weights are not counted")
    said += [*proof.conserved.remarks, *proof.conserved.asides]
    if proof.passing:
        said.append(f"gives {_values(proof.passing, 'more ')}, on the way to its end")
    return one_line(f"{proof.file}: {'; '.join(said)}")


def _almost(graph: LayerGraph) -> tuple[str, ...]:
    """Sentences on rules that nearly fit layers which are drawn."""
    if not graph.near:
        return ()
    layers = {node.id: ".".join(node.scope) for node in graph.nodes}
    places: dict[tuple[str, str], list[str]] = {}
    for one in graph.near:
        if one.layer in layers:
            known = places.setdefault((one.rule, one.why), [])
            path = layers[one.layer]
            known.append(f"{one.operator} {f'in {path}' if path else one.layer}"[:80])
    return tuple(
        one_line(f"almost '{rule}', but {why}: {_some(found)}")
        for (rule, why), found in places.items()
    )


def _some(places: list[str]) -> str:
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return ", ".join(places[:SHOWN]) + more


def _notes(passing: int, held: Held) -> list[str]:
    """What the figure itself says of the model beside its layers."""
    found = [f"Also gives {_values(passing)} on the way to its end."] if passing else []
    if held.left_out:
        found.append(f"Left out behind these values: {', '.join(held.left_out)}.")
    if held.unwired:
        found.append(
            f"Layers and weights as the file lists them. How they are connected is in the code of"
            f" {held.unwired} and not in the file: the lines do not tell, nor the shapes."
        )
    return found


class _Read(NamedTuple):
    """An outline, its spec as it was read back, and what differs from the model."""

    outline: Outline
    text: str
    network: Network
    flat: Wired
    found: list[str]


class _Place(NamedTuple):
    """What a spec is of, and what else it has to say."""

    file: str
    title: str
    passing: int
    """Values that the model gives on its way."""
    remarks: Remarks


def _read(graph: LayerGraph, outline: Outline, place: _Place) -> _Read | None:
    """The spec of an outline, proven; None where uniting variants of a block has spoiled it."""
    from archviz.importers.prove import differences, numbered
    from archviz.importers.spec.spec_text import write_spec

    file, title, passing, remarks = place
    own = _notes(passing, graph.held)
    outline = outline._replace(notes=(*outline.notes, *own, *remarks.notes))
    text = write_spec(outline, one_line(title, 100) or "model", remarks.even)
    try:
        network, flat = _read_back(text, f"{title}.yaml")
    except ArchvizError as error:
        if outline.united:
            return None
        raise _not_drawn(graph, file, text, error.problems[0]) from None
    found = differences(numbered(graph), flat)
    return None if found and outline.united else _Read(outline, text, network, flat, found)


def _values(number: int, more: str = "") -> str:
    return f"{number} {more}{'value' if number == 1 else 'values'}"


def _is_uncounted(node: LayerNode, graph: LayerGraph) -> bool:
    """Whether a box has weights, and nobody knows what is done with them."""
    unknown = str(node.options.get("label", "")) in {
        name.removesuffix(UNSTATED) for name in graph.unknown
    }
    return unknown and node.kind in STATED and node.parameters > 0 and not node.macs


def _outcome(proof: Proof, counted: bool) -> list[str]:
    """What the comparisons have found, most important first."""
    found, conserved = proof.found, proof.conserved
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        wrong = [*found[:SHOWN], *more, *conserved.differences, *conserved.unproven]
        return ["the spec differs from the model: " + "; ".join(wrong)]
    layers, parameters, macs, _ = proof.counts
    same = f"the same {layers:,} layers and wiring, {parameters:,} parameters"
    same += f", {macs:,} multiply-adds" if counted else ""
    if not conserved.wired:
        same = f"{parameters:,} parameters"
    if proof.faithful:
        return [f"faithful: {same}"]
    said = [f"differs from the model: {'; '.join(conserved.differences)}"]
    said += [f"not proven: {'; '.join(conserved.unproven)}"]
    return [*[words for words in said if not words.endswith(": ")], f"else {same}"]


def _read_back(text: str, name: str) -> tuple[Network, Wired]:
    """The network of a spec that was written, and its layers."""
    from archviz.importers.unroll import unrolled
    from archviz.language.expand import network_from_text

    network = network_from_text(text, name)
    try:
        flat = unrolled(network)
        if any("shared" in node.options for node in flat.nodes):
            analyse(network)  # knows whether another layer has what one shares
        return network, flat
    except ShapeError:
        analyse(network)  # says which layers do not fit, and where they stand
        raise


def _not_drawn(graph: LayerGraph, file: str, text: str, problem: Problem) -> ArchvizError:
    """Why there is no figure, where the spec of a model is none itself."""
    for node in graph.nodes:
        numbers = [*node.shape, node.parameters // SIDES]
        for value in node.options.values():
            numbers += value if isinstance(value, tuple) else [value]
        if any(isinstance(one, int | float) and abs(one) > MAX_SIZE for one in numbers):
            return fail(
                file,
                f"the layer '{node.id[:80]}' is larger than a layer can be",
                "the file seems to be damaged",
            )
    if problem.message.startswith("shared, "):
        return fail(
            file,
            "a layer that is called several times does not fit all that comes in",
            MAY_BE_DAMAGED,
        )
    place = text.split("\n")[max(problem.mark.line - 1, 0)].strip(" -")
    return fail(
        file,
        f"cannot be drawn: {problem.message[:200]}, in '{place[:60]}' of its spec",
        MAY_BE_DAMAGED,
    )
