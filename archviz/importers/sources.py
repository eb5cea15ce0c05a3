"""Where models come from: which files are models, and the layer graph of each."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from archviz.catalog import MODEL_SUFFIXES
from archviz.errors import fail
from archviz.files import is_special
from archviz.importers.garbage_collector import without_collector
from archviz.importers.graphs import LayerGraph, OpGraph

if TYPE_CHECKING:
    from archviz.importers.sizes import Sizes

MODEL_FILES = (
    "an ONNX file, a .keras or .h5 file of Keras, the JSON of model.to_json(), a .pt2 file of "
    "PyTorch, "
    "or the GGUF file or config.json of a language model"
)


class Read(Protocol):
    """Gives the layers of a source at given sizes of its inputs."""

    def __call__(self, sizes: Sizes, known: OpGraph | None = None, /) -> LayerGraph:
        """``known``: its operators, where they have been read."""


MOST_FILES = 10_000
"""How many files of a folder are looked at."""
SHOWN = 3
"""Files that a message names."""


def is_model_file(path: str) -> bool:
    """Whether a file is to be imported, not read as a spec; a folder, whether models are in it."""
    if os.path.isdir(path):
        return bool(models_in(path))
    suffix = suffix_of(path)
    if suffix == ".json":
        from archviz.importers.read.keras import looks_like_model

        return looks_like_model(path) or states_facts(path)
    return suffix in MODEL_SUFFIXES


def states_facts(path: str) -> bool:
    """Whether a file has the facts of a language model, and no graph."""
    suffix = suffix_of(path)
    if suffix == ".json":
        from archviz.importers.read.config_json import is_configuration

        return is_configuration(path)
    return suffix == ".gguf"


def models_in(folder: str) -> list[str]:
    """The model files in a folder, by name; a configuration with its weights stands for all."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MOST_FILES))
    except OSError:
        return []
    stated = os.path.join(folder, "config.json")
    named = "config.json" in names and states_facts(stated)
    if named and any(suffix_of(name) == ".safetensors" for name in names):
        return [stated]
    found = [
        path
        for path in (os.path.join(folder, name) for name in names)
        if suffix_of(path) in MODEL_SUFFIXES and not os.path.isdir(path) and is_model_file(path)
    ]
    return [path for path in found if path != stated] or found


def model_in(path: str) -> str:
    """The one model in a folder; a file as it is.

    Raises:
        ArchvizError: there is none in it, or there are several.
    """
    if not os.path.isdir(path):
        return path
    found = models_in(path)
    if len(found) == 1:
        return found[0]
    if not found:
        raise fail(path, "this is a folder without a model", f"give {MODEL_FILES}")
    names = ", ".join(os.path.basename(one) for one in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    message = f"this is a folder with {len(found)} models: {names}{more}"
    raise fail(path, message, f"name one of them, such as {found[0]}")


def suffix_of(path: str) -> str:
    """What the name of a file ends with, also where it is all of the name."""
    dot = os.path.basename(path).rfind(".")
    return os.path.basename(path)[dot:].lower() if dot >= 0 else ""


def read_model(path: str, sizes: Sizes = (), known: OpGraph | None = None) -> LayerGraph:
    """The layers of the model in a file; :class:`ArchvizError` where it is none.

    ``sizes`` of inputs fill the sides that the file leaves open. ``known``: the operators of the
    file, where they have been read; those of ONNX are not read again then.
    """
    if is_special(path):
        raise fail(path, "is no file on a disk", "save the model to a file, and name that")
    with without_collector():
        return _read(path, suffix_of(path), sizes, known)


def _read(path: str, suffix: str, sizes: Sizes, known: OpGraph | None) -> LayerGraph:
    from archviz.importers.read import weight_files

    if suffix == ".onnx":
        from archviz.importers.attention_parts import with_attention
        from archviz.importers.fold.pipeline import fold_graph
        from archviz.importers.read.onnx import read_onnx
        from archviz.importers.sizes import with_sizes

        ops = read_onnx(path, sizes) if known is None else with_sizes(known, sizes, path)
        return with_attention(fold_graph(ops, path))
    if suffix in (".keras", ".json"):
        from archviz.importers.read.keras import read_keras

        return read_keras(path, sizes)
    if suffix == ".pt2":
        from archviz.importers.read.pt2 import read_pt2

        return read_pt2(path, sizes)
    if suffix in (".h5", ".hdf5"):
        from archviz.importers.read.keras_hdf5 import read_keras_hdf5

        return read_keras_hdf5(path, sizes)
    if suffix in weight_files.SUFFIXES:
        raise weight_files.refusal(path)
    raise fail(path, "is no model that can be imported", f"give {MODEL_FILES}")
