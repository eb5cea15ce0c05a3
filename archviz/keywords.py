"""What a picture and its file can be told, by keyword or flag: typed, and checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from archviz.errors import did_you_mean
from archviz.export import Analysed, Picture
from archviz.layout.page import MAIN_ROW, Options, Place
from archviz.looks import LOOKS, MODULES, NONE, PLACES, length_of, read_names, width_of
from archviz.network.kinds import OPENABLE
from archviz.network.model import NOTHING, Network
from archviz.scene.theme import load_theme
from archviz.write.about import date_of, date_of_build
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
    detail: str | Sequence[str] | None
    """What is printed at each layer: words of ``"filters"``, ``"strides"``, ``"shapes"``,
    ``"parameters"`` and ``"macs"``, or ``"compact"`` for none of it, ``"full"`` for all."""
    totals: bool | None
    """Print parameters, multiply-adds and depth of the whole above the figure."""
    merges: Literal["boxes", "symbols"] | None
    """``"symbols"`` draws add, concat and their likes as circles with a sign."""
    open: str | Sequence[str] | None
    """What has a panel: names of modules, ``"modules"`` for all of them, ``"attention"``, or
    ``"none"``."""
    panels: str | Sequence[str] | None
    """Modules whose panels come first, in this order."""
    blank: bool | str | Sequence[str] | None
    """Leave labels out of boxes, for an exercise: True, or words of ``"numbers"``, ``"lines"``,
    ``"empty"``, ``"grey"`` and ``"badges"``."""
    transparent: bool | None
    """Leave the ground out."""


class FileKeywords(FigureKeywords, total=False):
    """What a file can be told beside; :data:`archviz.write.formats.FORMATS` says which."""

    scale: float | None
    """PNG: pixels for one of the figure."""
    width: int | str | None
    """Where a network's figure will stand, such as ``"3.5in"``, ``"89mm"`` or ``"column"``: it is
    made for that width. A whole number is the width of a PNG in pixels, instead of ``scale``."""
    min_font: str | None
    """The smallest letters of a figure made for a width; ``"7pt"`` unless told otherwise."""
    max_height: str | None
    """The greatest height of a figure made for a width, such as ``"9in"``."""
    only: str | Sequence[str] | None
    """What is shown, where that is not all: ``"row"``, and modules by their names."""
    fragment: bool | None
    """TeX: a picture to ``\\input``, not a document. HTML: a figure to put into a page."""
    template: str | os.PathLike[str] | None
    """PPTX: a presentation whose master the slides take."""
    accents: bool | None
    """PPTX: layers and modules in the accent colours of the ``template``, the legend, too."""
    deck_title: str | None
    """Slides: the title of their cover, on which author and date stand, too."""
    build: bool | None
    """Slides: built up step by step, the panels one after another."""
    author: str | None
    """PDF and PPTX: whom the file and the cover of a deck name; nobody unless told."""
    date: str | None
    """PDF and PPTX: when it was made, such as ``"2026-11-29"``. None is stated unless told, here
    or by ``SOURCE_DATE_EPOCH``."""


TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    **{name: (row.expected, row.types) for name, row in LOOKS.items()},
    "scale": ("a number", (int, float)),
    "width": ("a whole number of pixels, or a text such as '3.5in'", (int, str)),
    "min_font": ("a text such as '7pt'", (str,)),
    "max_height": ("a text such as '9in'", (str,)),
    "only": ("a list of names", (str, Sequence)),
    "fragment": ("True or False", (bool,)),
    "template": ("the path of a file", (str, os.PathLike)),
    "accents": ("True or False", (bool,)),
    "deck_title": ("a text", (str,)),
    "build": ("True or False", (bool,)),
    "author": ("a text", (str,)),
    "date": ("a text such as '2026-11-29'", (str,)),
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
        tuple(values.get("detail", ())),
        read_place(values),
        tuple(values.get("only", ())),
        values.get("totals", False),
    )
    width = values.get("width")
    template = values.get("template")
    return options, Settings(
        values.get("scale", 2.0),
        width if isinstance(width, int) else None,
        values.get("fragment", False),
        os.fspath(template) if template is not None else None,
        aspect or Settings().aspect,
        options.place is not None,
        values.get("author", ""),
        values.get("date") or date_of_build(),
        deck_title=values.get("deck_title", ""),
        build=values.get("build", False),
        accents=read_accents(values),
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
        elif name == "width" and isinstance(value, int | str):
            values[name] = width_of(value)
        elif name in ("author", "deck_title"):
            values[name] = " ".join(str(value).split())
        elif name == "date":
            values[name] = date_of(str(value))
        elif name == "only" and isinstance(value, str | Sequence):
            values[name] = read_names(value)
    return values


def read_accents(values: Mapping[str, Any]) -> bool:
    """Whether boxes have the accents of a template.

    Raises:
        ValueError: there is no template.
    """
    if values.get("accents") and values.get("template") is None:
        raise ValueError("accents are those of a template; give one, such as house.pptx")
    return bool(values.get("accents"))


def read_place(values: Mapping[str, Any]) -> Place | None:
    """The place that a figure is made for; None where it is as wide as it comes.

    Raises:
        ValueError: a length is none, or there is no width.
    """
    width = values.get("width")
    lengths = {name: values[name] for name in ("min_font", "max_height") if name in values}
    if not isinstance(width, str):
        for name in lengths:
            flag = name.replace("_", "-")
            raise ValueError(f"{flag} is for a figure made for a width; give one, such as 3.5in")
        return None
    if values.get("aspect"):
        raise ValueError("aspect and width both shape the figure; leave one of the two out")
    wide, letters = PLACES.get(width, (width, PLACES["column"][1]))
    high = lengths.get("max_height")
    return Place(
        length_of(wide),
        length_of(lengths.get("min_font", letters)),
        length_of(high) if high else float("inf"),
    )


def tell(networks: Sequence[Network], given: Mapping[str, object]) -> list[Network]:
    """The networks with what was given over what their specs say of their figures.

    Raises:
        TypeError, ValueError: as :func:`read_keywords`, or no network has such a module.
    """
    values = read_given(given)
    looks = {name: value for name, value in values.items() if name in LOOKS}
    modules = {name for network in networks for name in network.modules} | set(OPENABLE)
    every = (("open", {MODULES, NONE}), ("panels", set[str]()), ("only", {MAIN_ROW}))
    for option, words in every:
        known = modules | words
        for name in values.get(option, ()):
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
    if len(pictures) == 1:  # a page of its own is like it
        return pictures, pictures[0].options, pictures[0].settings
    return pictures, *read_keywords(given, agreed(told))


def agreed(networks: Sequence[Network]) -> dict[str, Any]:
    """The looks that hold for a page of several networks: those that all of their specs say."""
    first, *others = [network.figure.looks for network in networks] or [NOTHING]
    return {
        name: value
        for name, value in first.items()
        if all(looks.get(name) == value for looks in others)
    }
