"""What a picture and its file can be told, by keyword or flag: typed, and checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from archviz.errors import did_you_mean
from archviz.export import Analysed, Picture
from archviz.layout.page import Options
from archviz.looks import LOOKS, MODULES, NONE
from archviz.network.kinds import OPENABLE
from archviz.network.model import NOTHING, Network
from archviz.scene.theme import load_theme
from archviz.write.formats import Settings


class FigureKeywords(TypedDict, total=False):
    """What a figure shows: a row of :data:`archviz.looks.LOOKS` each.

    None is as good as not given: then holds what the network's spec says.
    """

    legend: bool | None
    """Say under the figure what its colours mean; yes unless told not to."""
    title: bool | str | None
    """Print the network's title over the figure, or another text; no unless asked for."""
    theme: str | os.PathLike[str] | Mapping[str, Any] | None
    """Name of a bundled theme, path of a theme file, or a dict with what is in one."""
    aspect: float | str | None
    """Width / height of the page, such as ``"16:9"`` or 1.5; 0 or ``"natural"`` for as it comes."""
    direction: Literal["right", "down", "up"] | None
    """The way in which the network is read; ``"right"`` unless told otherwise."""
    detail: Literal["compact", "full"] | None
    """``"full"`` prints filters, strides and output shapes under each layer."""
    merges: Literal["boxes", "symbols"] | None
    """``"symbols"`` draws add, concat and their likes as circles with a sign."""
    open: str | Sequence[str] | None
    """What has a panel: names of modules, ``"modules"`` for all of them, ``"attention"``, or
    ``"none"``."""
    panels: str | Sequence[str] | None
    """Modules whose panels come first, in this order."""
    transparent: bool | None
    """Leave the ground out."""


class FileKeywords(FigureKeywords, total=False):
    """What a file can be told beside; :data:`archviz.write.formats.FORMATS` says which."""

    scale: float | None
    """PNG: pixels for one of the figure."""
    width: int | None
    """PNG: width in pixels, instead of ``scale``."""
    fragment: bool | None
    """TeX: a picture to ``\\input``, not a document."""
    template: str | os.PathLike[str] | None
    """PPTX: a presentation whose master the slides take."""


TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    **{name: (row.expected, row.types) for name, row in LOOKS.items()},
    "scale": ("a number", (int, float)),
    "width": ("a whole number", (int,)),
    "fragment": ("True or False", (bool,)),
    "template": ("the path of a file", (str, os.PathLike)),
}
"""Of each keyword, what it has to be."""


def read_keywords(
    given: Mapping[str, object], looks: Mapping[str, Any] = NOTHING
) -> tuple[Options, Settings]:
    """The picture's options and the file's settings: what was given, and ``looks`` for the rest.

    Raises:
        ArchvizError: the theme is none.
        TypeError: there is no such keyword, or its value is of the wrong type.
        ValueError: a value is none that there is.
    """
    values = {**looks, **read_given(given)}
    aspect = values.get("aspect", 0.0)
    theme = load_theme(values.get("theme", "article"))
    if values.get("transparent"):
        theme = theme.without_ground()
    options = Options(
        theme,
        values.get("title", False),
        values.get("legend", True),
        aspect,
        values.get("detail") == "full",
    )
    template = values.get("template")
    return options, Settings(
        values.get("scale", 2.0),
        values.get("width"),
        values.get("fragment", False),
        os.fspath(template) if template is not None else None,
        aspect or Settings().aspect,
    )


def read_given(given: Mapping[str, object]) -> dict[str, Any]:
    """The values of keywords that were given; errors as :func:`read_keywords`."""
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name, value in values.items():
        if name not in TYPES:
            hint = did_you_mean(name, TYPES) or f"there are {', '.join(TYPES)}"
            raise TypeError(f"there is no option {name}; {hint}")
        expected, types = TYPES[name]
        if not isinstance(value, types):
            raise TypeError(f"{name} must be {expected}, not {value!r}")
        if name in LOOKS:
            values[name] = LOOKS[name].read(value)
    return values


def tell(networks: Sequence[Network], given: Mapping[str, object]) -> list[Network]:
    """The networks with what was given over what their specs say of their figures.

    Raises:
        TypeError, ValueError: as :func:`read_keywords`, or no network has such a module.
    """
    looks = {name: value for name, value in read_given(given).items() if name in LOOKS}
    modules = {name for network in networks for name in network.modules} | set(OPENABLE)
    for option, words in (("open", {MODULES, NONE}), ("panels", set[str]())):
        known = modules | words
        for name in looks.get(option, ()):
            if name not in known:
                hint = did_you_mean(name, known) or f"there are {', '.join(sorted(known))}"
                raise ValueError(f"{option}: no module is called '{name}'; {hint}")
    return [
        network._replace(figure=network.figure._replace(looks={**network.figure.looks, **looks}))
        for network in networks
    ]


def read_pictures(
    nets: Sequence[Analysed], given: Mapping[str, object]
) -> tuple[list[Picture], Options, Settings]:
    """Each network as it is drawn on its own; and what holds for a page that they share.

    What was given wins over what a network's spec says; on a shared page holds what all of
    their specs say. Errors as :func:`tell`.
    """
    told = tell([network for network, _ in nets], given)
    pictures = []
    for network, (_, analysis) in zip(told, nets, strict=True):
        read = read_keywords(given, network.figure.looks)
        pictures.append(Picture((network, analysis), *read))
    return pictures, *read_keywords(given, agreed(told))


def agreed(networks: Sequence[Network]) -> dict[str, Any]:
    """The looks that hold for a page of several networks: those that all of their specs say."""
    first, *others = [network.figure.looks for network in networks] or [NOTHING]
    return {
        name: value
        for name, value in first.items()
        if all(looks.get(name) == value for looks in others)
    }
