"""Where models come from: which files are models, and the layer graph of each.

    python -m archviz.importers.sources FILE

prints the layers of a model, one a line.
"""

from __future__ import annotations

import os

from archviz.catalog import MODEL_SUFFIXES
from archviz.errors import ArchvizError, fail, printable
from archviz.files import is_special
from archviz.importers.garbage_collector import without_collector
from archviz.importers.graphs import LayerGraph, LayerNode

MODEL_FILES = "an ONNX file, a Keras 3 .keras file, or the JSON of model.to_json()"


def is_model_file(path: str) -> bool:
    """Whether a file is to be imported, not read as a spec."""
    suffix = suffix_of(path)
    if suffix == ".json":
        from archviz.importers.read.keras import looks_like_model

        return looks_like_model(path)
    return suffix in MODEL_SUFFIXES


def suffix_of(path: str) -> str:
    """What the name of a file ends with, also where it is all of the name."""
    dot = os.path.basename(path).rfind(".")
    return os.path.basename(path)[dot:].lower() if dot >= 0 else ""


def read_model(path: str) -> LayerGraph:
    """The layers of the model in a file; :class:`ArchvizError` where it is none."""
    if is_special(path):
        raise fail(path, "is no file on a disk", "save the model to a file, and name that")
    with without_collector():
        return _read(path, suffix_of(path))


def _read(path: str, suffix: str) -> LayerGraph:
    if suffix == ".onnx":
        from archviz.importers.fold.pipeline import fold_graph
        from archviz.importers.read.onnx import read_onnx

        return fold_graph(read_onnx(path), path)
    if suffix in (".keras", ".json"):
        from archviz.importers.read.keras import read_keras

        return read_keras(path)
    if suffix in (".h5", ".hdf5"):
        raise fail(
            path,
            "is HDF5, which needs Keras to be read",
            "save it as .keras, or write model.to_json() to a .json file",
        )
    if suffix in (".pt", ".pth", ".pkl"):
        raise fail(
            path,
            "is a pickle, which only runs as Python code",
            "use archviz.from_torch(module, input_size), or export to ONNX",
        )
    raise fail(path, "is no model that can be imported", f"give {MODEL_FILES}")


def line(node: LayerNode) -> str:
    """A layer as a line of text."""
    options = " ".join(f"{key}={value}" for key, value in node.options.items())
    shape = "×".join(map(str, node.shape))
    scope = ".".join(node.scope)
    return (
        f"{node.id:40} {node.kind:15} {shape:14} {node.parameters:>11,} [{options}] "
        f"<- {', '.join(node.inputs)}  ({scope})"
    )


def main() -> int:
    """Print the layers of the file that the command line names."""
    import sys

    try:
        graph = read_model(sys.argv[1])
    except ArchvizError as error:
        print(error, file=sys.stderr)
        return 1
    for node in graph.nodes:
        print(printable(line(node)))
    parameters = sum(node.parameters for node in graph.nodes)
    fixed = sum(node.fixed for node in graph.nodes)
    macs = sum(node.macs for node in graph.nodes)
    print(
        f"{len(graph.nodes)} layers, {parameters:,} parameters, {fixed:,} of them not trained, "
        f"{macs:,} multiply-adds; outputs {graph.outputs}; unknown {graph.unknown}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
