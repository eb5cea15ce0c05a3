"""The Python API: a network in one call, its picture in another."""

from __future__ import annotations

import io
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TextIO

from archviz.errors import fail
from archviz.export import network_bytes
from archviz.keywords import read_pictures
from archviz.marks import marked
from archviz.write.formats import FORMATS, Format, asked_for, check_options, choose_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Unpack

    from archviz.export import Picture
    from archviz.importers.imported import Imported
    from archviz.keywords import FigureKeywords, FileKeywords
    from archviz.network.analysis import Analysis
    from archviz.network.model import Network
    from archviz.scene.scene import Scene


class LoadedNetwork:
    """A network that has been read and proven, ready to be drawn.

    A notebook shows it as its picture.
    """

    def __init__(
        self, network: Network, imported: Imported | None = None, source: str = ""
    ) -> None:
        self.network = network
        self.source = source
        """The file that it was read from, which is never written over."""
        self.imported = imported
        """For a network that came from a model: its spec as YAML, and what a check of it found."""

    @cached_property
    def analysis(self) -> Analysis:
        """Shapes, parameters, multiply-adds and depth of every layer."""
        from archviz.network.analysis import analyse

        return analyse(self.network)

    def scene(self, **options: Unpack[FigureKeywords]) -> Scene:
        """The picture as plain data; the keywords are those of :class:`FigureKeywords`.

        Raises:
            ArchvizError: shapes do not fit, or the theme is not one.
            TypeError: there is no such keyword, or its value is of the wrong type.
            ValueError: a value is none of those that there are.
        """
        from archviz.layout.made_for import draw_figure

        picture = self.picture(FORMATS["svg"], options)
        return draw_figure(*picture.net, picture.options)

    def svg(self, **options: Unpack[FigureKeywords]) -> str:
        """The picture as an SVG document; the keywords and errors of :meth:`scene`."""
        from archviz.write.svg import write_svg

        return write_svg(self.scene(**options))

    def save(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,  # noqa: A002 (what everybody calls it)
        *,
        force: bool = False,
        **options: Unpack[FileKeywords],
    ) -> None:
        """Write the picture to a file, or to a binary stream such as ``io.BytesIO()``.

        ``format`` is a suffix such as ``"png"``; a path has one of its own. The keywords
        are those of :class:`archviz.keywords.FileKeywords`. A file that archviz did not
        write, or that was edited since, is replaced only with ``force``.

        Raises:
            ArchvizError: no such format, the theme is not one, or the file must not or
                cannot be written.
            TypeError: there is no such keyword, or a value is of the wrong type.
            ValueError: a value is none of those that there are, or the format would ignore it.
        """
        save_picture(
            target,
            format,
            lambda output: self._bytes(output, options),
            force=force,
            inputs=lambda: self.files_read(options),
        )

    def files_read(self, options: FileKeywords) -> Iterator[str]:
        """The files that a picture with such keywords is made of."""
        from archviz.scene.theme import theme_files

        yield from self.files()
        yield os.fspath(options.get("template") or "")
        yield from theme_files(options.get("theme") or "article")

    def files(self) -> Iterator[str]:
        """The files that the network and its theme were read from, which are never written over."""
        from archviz.scene.theme import theme_files

        yield self.source
        yield from self.network.files
        yield from theme_files(self.network.figure.looks.get("theme", "article"))

    def _bytes(self, output: Format, given: Mapping[str, object]) -> bytes:
        return marked(network_bytes(self.picture(output, given), output), output.mark)

    def picture(self, output: Format, given: Mapping[str, object]) -> Picture:
        """The network as it is drawn in a format, of what was given by keyword.

        Raises:
            ValueError: the format would ignore it.
        """
        (picture,), _, _ = read_pictures([(self.network, self.analysis)], given)
        names = asked_for(given)
        check_options(dict(zip(names, names, strict=True)), [output], "network")
        return picture

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


def save_picture(
    target: str | os.PathLike[str] | BinaryIO,
    suffix: str | None,
    made: Callable[[Format], bytes],
    *,
    force: bool,
    inputs: Callable[[], Iterable[str]],
) -> None:
    """Write what is ``made`` in a format to a file, or to a binary stream.

    ``inputs`` are files that are never written over; nobody asks where there is nothing to lose.

    Raises:
        ArchvizError: no such format, or the file must not or cannot be written.
        TypeError: the target is neither a path nor a binary stream.
        ValueError: a stream without a format.
    """
    if isinstance(target, str | os.PathLike):
        from archviz.files import write_file

        name = os.fspath(target)
        write_file(name, made(choose_format(name, suffix)), force=force, inputs=inputs())
        return
    if isinstance(target, io.TextIOBase) or not hasattr(target, "write"):
        message = "save() needs a path or a binary stream, such as io.BytesIO(), not"
        raise TypeError(f"{message} {type(target).__name__}")
    if suffix is None:
        raise ValueError("a stream has no suffix; say which format, such as format='png'")
    target.write(made(choose_format("-", suffix)))


def load(
    source: str | os.PathLike[str] | TextIO | BinaryIO, *, allow_outside: bool = False
) -> LoadedNetwork:
    """A network by its bundled name (``"resnet50"``), from a YAML file or a model file.

    An open file, or a stream such as ``io.StringIO(text)``, is read as YAML. Files that a
    spec names must be in its folder, unless ``allow_outside``.

    Raises:
        ArchvizError: with all problems of the spec.
    """
    from archviz.catalog import MODEL_SUFFIXES, resolve
    from archviz.language.expand import load_network

    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            message = "load() needs a name, a path or an open file, not"
            raise TypeError(f"{message} {type(source).__name__}")
        return load_text(
            source.read(), str(getattr(source, "name", "text")), allow_outside=allow_outside
        )
    name = os.fspath(source)
    if "\n" in name and not os.path.exists(name):
        raise fail("load", "this is the text of a spec, not a name", "use archviz.load_text(text)")
    path = resolve(name)
    if path.lower().endswith(MODEL_SUFFIXES) or os.path.isdir(path):
        from archviz.importers.sources import is_model_file

        if is_model_file(path):
            return from_onnx(path)
    return LoadedNetwork(load_network(path, allow_outside), source=path)


def load_text(
    text: str | bytes, name: str = "text", *, allow_outside: bool = False
) -> LoadedNetwork:
    """A network from the text of a spec, in YAML; ``name`` stands for its file in messages.

    Files that it names must be in the folder of ``name``, unless ``allow_outside``.

    Raises:
        ArchvizError: with all problems of the spec.
    """
    from archviz.language.expand import network_from_text
    from archviz.yamlnodes import spec_text

    if not isinstance(text, str | bytes):
        raise TypeError(f"load_text() needs the text of a spec, not {type(text).__name__}")
    return LoadedNetwork(network_from_text(spec_text(text, name), name, allow_outside))


MODES = ("eval", "train")
NAMES = ("field", "code")


def from_onnx(
    path: str | os.PathLike[str],
    input_size: Any = None,
    *,
    names: Literal["field", "code"] = "field",
) -> LoadedNetwork:
    """A network from a model file: ONNX, ``.keras``, the JSON of a Keras model, ``.pt2`` of an
    exported PyTorch program, and GGUF or ``config.json`` of a language model; or a folder with
    one of them in it.

    ``input_size`` is for sides of inputs that the file leaves open: a shape with its batch,
    such as ``(1, 3, 640, 640)``, several, or a dictionary of them by the names of inputs.
    ``names`` is as for :func:`from_torch`, where the file knows the classes of its code.

    Its weights are counted and not read; no framework is needed. ``imported`` says whether
    the figure is faithful: it takes the weights that the file holds, and gives its shapes. Of a
    language model that has facts and no graph it never is; ``imported.agrees`` says whether
    nothing in the file speaks against the figure.

    Raises:
        ArchvizError: the file is no model, or one that cannot be drawn.
        TypeError: ``input_size`` is no size.
        ValueError: ``names`` are none that there are.
    """
    from archviz.importers.at_sizes import import_file
    from archviz.importers.sizes import sizes_of
    from archviz.importers.sources import model_in

    _check("names", names, NAMES)
    file = model_in(os.fspath(path))
    imported = import_file(file, sizes_of(input_size), names)
    return LoadedNetwork(imported.network, imported, file)


def from_torch(
    module: Any,
    input_size: Any = None,
    title: str = "",
    *,
    mode: Literal["eval", "train"] = "eval",
    names: Literal["field", "code"] = "field",
) -> LoadedNetwork:
    """A network from a PyTorch module, by what it does when it is called once.

    ``input_size`` is a shape such as ``(1, 3, 224, 224)``, several shapes, or what the module is
    called with: a tensor, a tuple of arguments, a dictionary of keyword arguments. Models of timm
    and transformers state theirs. The module itself is not changed; a copy of it runs, in
    evaluation mode or in training ``mode``. ``imported`` says what was compared with it.

    Modules are labelled with words of the field, ``Swin block``, or as ``names="code"`` with the
    classes of the code, ``SwinTransformerBlock``, which are their titles either way.

    Raises:
        ArchvizError: torch is missing, the module cannot run, or nothing says on what.
        ValueError: there is no such mode, or such names.
    """
    from archviz.importers.imported import import_layers
    from archviz.importers.read.torch import layers_of_torch

    _check("mode", mode, MODES)
    _check("names", names, NAMES)
    layers = layers_of_torch(module, input_size, mode)._replace(names=names)
    name = title or layers.name
    imported = import_layers(layers, name, name)
    return LoadedNetwork(imported.network, imported)


def from_keras(model: Any, title: str = "", input_size: Any = None) -> LoadedNetwork:
    """A network from a live Keras model, functional or sequential.

    ``input_size`` is for sides of inputs that are open, as in :func:`from_onnx`. ``imported``
    says whether its total is what the model itself counts.

    Raises:
        ArchvizError: the model has no configuration to read.
        TypeError: ``input_size`` is no size.
    """
    from archviz.importers.at_sizes import import_model
    from archviz.importers.read.keras_live import layers_of_keras
    from archviz.importers.sizes import sizes_of

    name = title or str(getattr(model, "name", "")) or type(model).__name__
    imported = import_model(
        lambda sizes, _=None: layers_of_keras(model, sizes), name, name, sizes_of(input_size)
    )
    return LoadedNetwork(imported.network, imported)


def _check(word: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{word} is {' or '.join(map(repr, known))}, not {given!r}")
