"""Files of Keras models: ``.keras``, HDF5, and ``model.to_json()``, read without Keras."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from archviz.errors import ArchvizError, fail
from archviz.files import is_special
from archviz.importers.graphs import Held, LayerGraph
from archviz.importers.read.keras_graph import KerasReader, is_model
from archviz.importers.read.keras_listed import Listed, listed_model
from archviz.importers.read.keras_shared import Sharing, nothing_shared, sharing_of, with_sharing
from archviz.importers.read.keras_weights import held_by_manifest, held_in_archive, with_held
from archviz.importers.read.order import sorted_ops
from archviz.importers.sizes import Sizes, with_sizes

MAX_JSON = 64 * 2**20
MAX_BRACKETS = 4_000_000
"""In memory a pair of brackets takes up to thirty times as much as in the file."""
MAX_WRAPPERS = 8
HeldBy = Callable[[dict[str, Any], Sharing], Held | None]
"""What the source of a model holds; the layers of its configuration are given their own."""
ListedBy = Callable[[dict[str, Any]], Listed | None]
"""The layers that a source lists of a model with code of its own."""
SharedBy = Callable[[dict[str, Any]], Sharing]
"""Which layers of a configuration are one."""


class Source(NamedTuple):
    """What a file has beside the configuration of its model."""

    held: HeldBy | None = None
    numbered: bool = False
    """Whether objects that stand in the configuration several times have numbers."""
    listed: ListedBy | None = None


JSON_ALONE = Source()


def looks_like_model(path: str) -> bool:
    """Whether a JSON file starts like the JSON of a Keras model."""
    try:
        if is_special(path):
            return False
        with open(path, "rb") as file:
            head = file.read(4096)
    except (OSError, ValueError):
        return False
    return b'"class_name"' in head


def read_keras(path: str, sizes: Sizes = ()) -> LayerGraph:
    """The layers of the model in a ``.keras`` or ``.json`` file; ``sizes`` fill open sides."""
    archive = path.lower().endswith(".keras")
    try:
        if archive:
            text = _from_zip(path)
        elif os.path.getsize(path) > MAX_JSON:
            raise fail(path, "is too large for the JSON of a model")
        else:
            with open(path, "rb") as file:
                text = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fail(path, f"cannot be read: {reason.lower()}") from error
    if not archive:
        return read_text(text, path, sizes=sizes)
    source = Source(partial(held_in_archive, path), True, partial(listed_model, path))
    return read_text(text, path, source, sizes)


def _from_zip(path: str) -> bytes:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("config.json")
            if info.flag_bits & 1:
                raise fail(path, "is encrypted", "save the model without a password")
            if info.file_size > MAX_JSON:
                raise fail(path, "holds a config.json of more than 64 MB: this is no model")
            with archive.open(info) as member:
                text = member.read(MAX_JSON + 1)
            if len(text) > MAX_JSON:
                raise fail(path, "holds a config.json of more than 64 MB: this is no model")
            return text
    except KeyError:
        raise fail(
            path,
            "is a zip file without config.json, and so no .keras file",
            "save the model again with Keras 3",
        ) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        hint = "models of Keras 2 are HDF5 files: name them .h5"
        raise fail(path, f"is no .keras file: {str(error).lower()[:200]}", hint) from None


def read_keras_text(text: str | bytes, path: str) -> LayerGraph:
    """The layers of a model given as JSON; ``path`` names it in messages."""
    return read_text(text, path)


def read_text(
    text: str | bytes, path: str, source: Source = JSON_ALONE, sizes: Sizes = ()
) -> LayerGraph:
    """The layers of a model given as JSON; ``source`` says what else its file has."""
    brackets = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    if sum(map(text.count, brackets)) > MAX_BRACKETS:  # type: ignore[arg-type]
        raise fail(path, "has millions of lists in it: this is no model")
    try:
        model = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise fail(path, f"is no JSON: {reason[:200]}", "write model.to_json() to it") from None
    manifest = model.get("weightsManifest") if _is_wrapper(model) else None
    if manifest and source.held is None:
        source = source._replace(held=partial(held_by_manifest, manifest))

    version = ""
    for _ in range(MAX_WRAPPERS):  # as files of TensorFlow.js have it
        version = str(model.get("keras_version") or version) if isinstance(model, dict) else ""
        inner = (
            model.get("modelTopology", model.get("model_config")) if _is_wrapper(model) else None
        )
        model = model if inner is None else inner
    if not isinstance(model, dict) or not isinstance(model.get("config"), dict | list):
        raise fail(path, "is JSON, but not that of a Keras model", "write model.to_json() to it")
    listed = source.listed(model) if source.listed and not is_model(model) else None
    if listed is not None:
        return _unwired(listed, path, sizes)

    def shared(config: dict[str, Any]) -> Sharing:
        return sharing_of(config, source.numbered, version)

    return read_config(model, path, shared, source.held, sizes)


def _unwired(listed: Listed, path: str, sizes: Sizes) -> LayerGraph:
    """The layers of a model with code of its own, none of which is more than a box."""
    graph = read_config(
        listed.model, path, lambda _: nothing_shared(), lambda *_: listed.held, sizes
    )
    held = listed.held._replace(notes=("which weights are trained, the file does not say",))
    nodes = [
        node if node.kind == "input" else node._replace(path=(listed.code,)) for node in graph.nodes
    ]
    return graph._replace(nodes=tuple(nodes), unknown=(), held=held)


def _is_wrapper(model: Any) -> bool:
    return isinstance(model, dict) and "config" not in model


def read_config(
    model: dict[str, Any],
    path: str,
    shared: SharedBy,
    held: HeldBy | None = None,
    sizes: Sizes = (),
) -> LayerGraph:
    """The layers of a model by its configuration."""
    from archviz.importers.fold.keras_table import BOXES, HANDLERS
    from archviz.importers.fold.pipeline import fold_graph

    try:
        sharing = shared(model)
        found = held(model, sharing) if held is not None else None
        reader = KerasReader(path, sharing.same)
        graph = reader.model(model)
        graph = with_sizes(sorted_ops(graph, path), sizes, path)
        layers = fold_graph(graph, path, HANDLERS)
        if all(node.kind == "input" for node in layers.nodes):
            layers = fold_graph(graph, path, BOXES)  # nothing but what training needs
        return with_sharing(with_held(layers, found), sharing, reader.first)
    except ArchvizError:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        RecursionError,
        ArithmeticError,
    ) as error:
        what = f"{type(error).__name__}: {str(error)[:120]}"
        raise fail(path, f"is not the JSON of a Keras model that can be read ({what})") from None
