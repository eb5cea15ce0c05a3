"""The Python API: a network in one call, its picture in another."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archviz.layout.page import Options
from archviz.scene.theme import load_theme

if TYPE_CHECKING:
    from archviz.importers.imported import Imported
    from archviz.network.analysis import Analysis
    from archviz.network.model import Network
    from archviz.scene.scene import Scene


class LoadedNetwork:
    """A network that has been read and proven, ready to be drawn.

    A notebook shows it as its picture.
    """

    def __init__(self, network: Network, imported: Imported | None = None) -> None:
        self.network = network
        self.imported = imported
        """For a network that came from a model: its spec as YAML, and what a check of it found."""

    @cached_property
    def analysis(self) -> Analysis:
        """Shapes, parameters, multiply-adds and depth of every layer."""
        from archviz.network.analysis import analyse

        return analyse(self.network)

    def scene(self, **options: Any) -> Scene:
        """The picture as plain data; the keywords of :func:`figure_options`.

        Raises:
            ArchvizError: shapes do not fit, or the theme is not one.
        """
        from archviz.layout.page import draw_network

        return draw_network(self.network, self.analysis, figure_options(**options))

    def svg(self, **options: Any) -> str:
        """The picture as an SVG document; the keywords of :func:`figure_options`."""
        from archviz.write.svg import write_svg

        return write_svg(self.scene(**options))

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file, in the format of its suffix.

        The keywords of :func:`figure_options`, and the fields of
        :class:`archviz.write.formats.Settings` for formats that know them.

        Raises:
            ArchvizError: no such format, or the file cannot be written.
        """
        from archviz.export import Look, network_bytes
        from archviz.files import write_file
        from archviz.write.formats import Settings, format_of

        name = os.fspath(path)
        settings = Settings(**{key: options[key] for key in Settings._fields if key in options})
        look = Look(**{key: options[key] for key in Look._fields if key in options})
        unknown = options.keys() - {*Settings._fields, *Look._fields}
        if unknown:
            raise TypeError(f"save() has no option {', '.join(sorted(unknown))}")
        write_file(name, network_bytes(self, format_of(name), look, settings))

    def info(self) -> dict[str, Any]:
        """What ``archviz info --json`` prints: totals, published totals, every layer.

        Of a network from a model, ``imported`` is its report, and whether it is faithful.
        """
        from archviz.network.report import info_data

        data = info_data(self.network, self.analysis)
        if self.imported:
            found = {"faithful": self.imported.faithful, "report": self.imported.report}
            data["imported"] = found
        return data

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<archviz network {self.network.head.title!r}>"


def load(source: str | os.PathLike[str]) -> LoadedNetwork:
    """A network by its bundled name (``"resnet50"``), from a YAML file or a model file.

    Raises:
        ArchvizError: with all problems of the spec.
    """
    from archviz.catalog import MODEL_SUFFIXES, resolve
    from archviz.language.expand import load_network

    path = resolve(os.fspath(source))
    if path.lower().endswith(MODEL_SUFFIXES):
        from archviz.importers.sources import is_model_file

        if is_model_file(path):
            return from_onnx(path)
    return LoadedNetwork(load_network(path))


def from_onnx(path: str | os.PathLike[str]) -> LoadedNetwork:
    """A network from a model file: ONNX, ``.keras`` or the JSON of a Keras model.

    Its weights are counted and not read; no framework is needed. ``imported`` says whether
    the figure is faithful: it takes the weights that the file holds, and gives its shapes.

    Raises:
        ArchvizError: the file is no model, or one that cannot be drawn.
    """
    from archviz.importers.imported import import_file

    imported = import_file(os.fspath(path))
    return LoadedNetwork(imported.network, imported)


def from_torch(module: Any, input_size: Any, title: str = "") -> LoadedNetwork:
    """A network from a PyTorch module; ``input_size`` such as ``(1, 3, 224, 224)``.

    ``imported`` says whether its total is that of the module's own parameters.

    Raises:
        ArchvizError: torch is missing, or cannot export the module.
    """
    from archviz.importers.imported import import_layers
    from archviz.importers.read.torch import layers_of_torch

    name = title or type(module).__name__
    imported = import_layers(layers_of_torch(module, input_size), name, name)
    return LoadedNetwork(imported.network, imported)


def from_keras(model: Any, title: str = "") -> LoadedNetwork:
    """A network from a live Keras model, functional or sequential.

    ``imported`` says whether its total is what the model itself counts.

    Raises:
        ArchvizError: the model has no configuration to read.
    """
    from archviz.importers.imported import import_layers
    from archviz.importers.read.keras import layers_of_keras

    name = title or str(getattr(model, "name", "")) or type(model).__name__
    imported = import_layers(layers_of_keras(model), name, name)
    return LoadedNetwork(imported.network, imported)


def figure_options(
    *,
    theme: str = "article",
    title: bool = False,
    legend: bool = True,
    aspect: float = 0.0,
    detail: str = "compact",
) -> Options:
    """What a figure shows.

    Args:
        theme: name of a bundled theme, or path of a theme file.
        title: print the network's title over the figure.
        legend: print the legend under it.
        aspect: width / height of the page, 0 for as it comes.
        detail: ``"compact"``, or ``"full"`` with filters, strides and output shapes.

    Raises:
        ArchvizError: there is no such theme.
        ValueError: ``detail`` or ``aspect`` is not one of these.
    """
    if detail not in ("compact", "full"):
        raise ValueError(f"detail must be 'compact' or 'full', not {detail!r}")
    if aspect and not 0.1 <= aspect <= 10:
        raise ValueError(f"aspect must lie between 0.1 and 10, not {aspect}")
    return Options(load_theme(theme), title, legend, aspect, detail == "full")
