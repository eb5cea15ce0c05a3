"""A model as a spec, and the proof that the spec is the model."""

from __future__ import annotations

import os
from typing import NamedTuple

from archviz.analysis import analyse
from archviz.importers.graphs import LayerGraph
from archviz.model import Network

SHOWN = 3
"""Differences that a report names."""


class Imported(NamedTuple):
    """A model's spec as YAML, the network that it describes, and what a check of it found."""

    text: str
    network: Network
    report: str
    faithful: bool


def import_file(path: str) -> Imported:
    """The spec of the model in a file.

    Raises:
        ArchvizError: the file is no model, or one that cannot be drawn.
    """
    from archviz.importers.sources import read_model

    return import_layers(read_model(path), os.path.splitext(os.path.basename(path))[0], path)


def import_layers(graph: LayerGraph, title: str, file: str) -> Imported:
    """The spec of a layer graph; what it unrolls to is compared with the graph."""
    from archviz.expand import network_from_text
    from archviz.importers.compact import compact
    from archviz.importers.sources import without_collector
    from archviz.importers.verify import verify
    from archviz.importers.write_spec import write_spec

    with without_collector():
        text = write_spec(compact(graph, file), " ".join(title.split())[:100] or "model")
        network = network_from_text(text, f"{title}.yaml")
        totals = analyse(network).totals
        differences = verify(graph, network)
    if differences:
        report = f"{file}: the spec differs from the model: " + "; ".join(differences[:SHOWN])
        if len(differences) > SHOWN:
            report += f"; and {len(differences) - SHOWN} more"
    else:
        report = (
            f"{file}: faithful: the same {len(graph.nodes):,} layers and wiring, "
            f"{totals.parameters:,} parameters, {totals.macs:,} multiply-adds"
        )
    if graph.unknown:
        names = ", ".join(sorted(set(graph.unknown))[:12])
        report += f"; not understood, drawn as plain boxes: {names}"
    return Imported(text, network, report, not differences)
