"""Whole Keras models in HDF5 files, as Keras 2 saved them and Keras 3 still can.

Files as h5py writes them by default are read without it, newer forms of HDF5 with it.
"""

from __future__ import annotations

import importlib
import mmap
from collections.abc import Iterator
from math import prod
from typing import Any, TypeAlias

from archviz.errors import fail
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.hdf5 import Array, NewerFormError, UnreadError, arrays, text_of
from archviz.importers.read.keras import MAX_JSON, Source, read_text
from archviz.importers.read.keras_weights import held_by_names
from archviz.importers.sizes import Sizes

CONFIG = "model_config"
WEIGHTS = "model_weights"
MAX_ARRAYS = 200_000
MAX_DEPTH = 32
_AGAIN = "save the model again: model.save('model.keras')"
_MISSING = "is of a newer form of HDF5, which is read by h5py, and that is not there"
_INSTALL = 'install it with: pip install "archviz[keras]"; or save the model as .keras'

SAMPLE = 2**20
"""Bytes of an array that are compared."""

Arrays: TypeAlias = dict[tuple[str, ...], Array]


def read_keras_hdf5(path: str, sizes: Sizes = ()) -> LayerGraph:
    """The layers of the model in an HDF5 file.

    Weights are only looked at where layers have the same name and configuration: equal ones are
    one layer.

    Raises:
        ArchvizError: the file holds no model, or needs h5py.
    """
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            text, found = _contents(data) or _by_h5py(path)
    except ImportError:
        raise fail(path, _MISSING, _INSTALL) from None
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, UnreadError) as error:
        reason = " ".join(str(error).split())[:200].lower()
        raise fail(path, f"is no HDF5 file that can be read: {reason}", _AGAIN) from None
    if text is None:
        raise fail(
            path,
            "holds weights and no model: it does not say which layers there are",
            "save the whole model: model.save('model.keras')",
        )
    if len(text) > MAX_JSON:
        raise fail(path, "has a configuration of more than 64 MB: this is no model")
    shapes = {where: array.shape for where, array in found.items()}

    def sample(where: tuple[str, ...]) -> bytes:
        return sample_of(path, found[where])

    source = Source(lambda model, sharing: held_by_names(shapes, model, sharing, sample))
    return read_text(text, path, source, sizes)


def sample_of(path: str, array: Array) -> bytes:
    """The first numbers of an array; nothing where all are the same, or not in one piece."""
    count = prod(array.shape)
    width = array.size // count if count else 0
    try:
        with open(path, "rb") as file:
            file.seek(array.start)
            numbers = file.read(min(array.size, SAMPLE)) if array.start and width else b""
    except (OSError, OverflowError, ValueError):  # a place that no file has
        return b""
    return b"" if numbers == numbers[:width] * (len(numbers) // max(width, 1)) else numbers


def _contents(data: mmap.mmap) -> tuple[bytes | None, Arrays] | None:
    """The configuration of the model, and its weights; None where h5py has to look."""
    try:
        text = text_of(data, CONFIG)
        if text is None:
            return None, {}
        found = [array for array in arrays(data) if array.path[:1] == (WEIGHTS,)]
    except NewerFormError:
        return None
    return text, {array.path[1:]: array for array in found}


def _by_h5py(path: str) -> tuple[bytes | None, Arrays]:
    """The same by h5py."""
    h5py = importlib.import_module("h5py")
    with h5py.File(path, "r") as file:
        config, group = file.attrs.get(CONFIG), file.get(WEIGHTS)
        if isinstance(config, str):
            config = config.encode("utf-8")
        found = {} if group is None else {a.path: a for a in _arrays(h5py, group, (), 0)}
        return None if config is None else bytes(config), found


def _arrays(h5py: Any, group: Any, path: tuple[str, ...], depth: int) -> Iterator[Array]:
    """The arrays below a group; only what stands in this file, and no links to others."""
    if depth > MAX_DEPTH:
        raise ValueError("groups inside groups, without end")
    for number, name in enumerate(group):
        if number > MAX_ARRAYS:
            raise ValueError("too many arrays")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset):
            shape = tuple([int(side) for side in item.shape or ()])
            at = item.id.get_offset()  # None where the numbers are not in one piece
            yield Array((*path, name), shape, at or 0, item.nbytes if at else 0)
        elif isinstance(item, h5py.Group):
            yield from _arrays(h5py, item, (*path, name), depth + 1)
